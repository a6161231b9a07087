/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A worker: one service-board CPU with its private tables, and the calls that drive it.
 * Nothing else is reachable from a stage. It knows neither ports nor threads: packets go
 * in by cgn_pipeline_run(), come out in the outbox, and time is told by
 * cgn_worker_tick(), so that a test, a benchmark and the lcore loop run the same code. */
#ifndef CGN_DATAPLANE_WORKER_H
#define CGN_DATAPLANE_WORKER_H

#include <rte_mbuf.h>

#include "dataplane/session.h"
#include "dataplane/slots.h"
#include "dataplane/snapshot.h"
#include "dataplane/stats.h"
#include "dataplane/table.h"

struct cgn_msg;
struct cgn_reassembly;
struct cgn_sync;
struct cgn_trace;
struct rte_ring;

/* What a worker asks the runtime to do with a packet. */
enum cgn_out_kind {
	CGN_OUT_TX,   /* transmit the frame on snapshot port `arg` */
	CGN_OUT_HAND, /* give it to worker `arg`; mark.op says what to do there */
	CGN_OUT_PUNT, /* give it to the control lcore; mark.op says what to do there */
};

#define CGN_OUTBOX 4096
#define CGN_IP_IDS 1024

struct cgn_outbox {
	uint32_t n;
	struct rte_mbuf *pkt[CGN_OUTBOX];
	uint8_t kind[CGN_OUTBOX]; /* enum cgn_out_kind */
	uint16_t arg[CGN_OUTBOX];
};

/* Sizes of a worker. What its licence allows of that is in the snapshot. */
struct cgn_worker_conf {
	uint16_t index; /* 0..CGN_MAX_WORKERS-1, unique */
	uint16_t slot, cpu;
	uint32_t sessions; /* that tables have room for; 0: a line card without tables */
	uint32_t users;	   /* likewise */
	/* what cgn_growth may bring these to; 0: they stay as they are */
	uint32_t most_sessions, most_users;
	uint64_t seed;		  /* of hashes and of the choice of ports */
	int socket;		  /* NUMA node or -1 */
	struct rte_mempool *pool; /* for packets it makes */
	uint32_t fragments;	  /* packets that may wait for others; 0: 8192 */
};

#define CGN_HELD 256

/* Unsolicited SYNs, oldest first, in a ring. */
struct cgn_held {
	uint32_t first, n;
	struct rte_mbuf *pkt[CGN_HELD];
	uint64_t until_ms[CGN_HELD];
};

#define CGN_COMMIT_WAITS 512

/* Packets about to leave that wait for the standby, oldest first, in a ring. */
struct cgn_commit {
	bool on; /* somebody may have to wait */
	uint64_t until_ms;
	uint32_t first, n;
	struct {
		struct rte_mbuf *pkt;
		uint64_t until_ms;
		uint32_t stamp;
		uint16_t location, port;
	} wait[CGN_COMMIT_WAITS];
};

#define CGN_MAX_SERVERS 4096 /* per worker */

/* Mappings of servers that stand, and how far the snapshot's list has been worked off. */
struct cgn_fixed {
	uint64_t generation; /* of the snapshot that all stand for */
	uint32_t next;	     /* server of the snapshot to look at */
	uint32_t failed;     /* in this round; then there is another */
	uint32_t n;
	uint32_t mapping[CGN_MAX_SERVERS];
	uint64_t
		wanted[CGN_MAX_SERVERS]; /* generation of the last snapshot that has it */
};

/* Per instance and per location, on this worker. */
struct cgn_tally {
	uint32_t users, sessions;
};

#define CGN_GROWTH_TABLES 5

/* Memory for larger tables, made by control, and how far the worker is with them. */
struct cgn_growth {
	void *memory[CGN_GROWTH_TABLES]; /* NULL: that table stays as it is */
	uint32_t sessions, users;	 /* for which it is */
	uint32_t state;			 /* atomic; of dataplane/growth.c */
};

#define CGN_MAX_INSTANCES 1024
#define CGN_MAX_LOCATIONS 256
#define CGN_REFUSALS	  24 /* types of record */
#define CGN_TRACES	  4  /* at a time */

struct cgn_worker {
	const struct cgn_snapshot *snap; /* set by cgn_worker_tick() */
	uint64_t now_ms;
	cgn_tick now;
	struct cgn_table *user_by_key, *up, *down, *map_up, *map_down;
	struct cgn_slots users, sessions, mappings, blocks;
	struct cgn_user_end *user_end; /* [users] */
	uint16_t *user_mtu; /* [users]: of the way to the B4, as far as is known */
	struct cgn_session_count *count; /* [sessions] */
	struct {
		struct cgn_slots controls, expected;
		uint32_t swept; /* slots of expected */
	} alg;
	struct cgn_reassembly *reassembly;
	struct cgn_sync *sync;
	uint8_t role[CGN_MAX_LOCATIONS]; /* CGN_ROLE_* */
	struct rte_ring *journal;	 /* of struct cgn_record */
	struct {			 /* last look-up in an IPv6 table */
		const struct cgn_snapshot *snap;
		uint64_t generation, dst[2], nexthop;
		uint16_t vpn;
	} route6;
	uint16_t ip_id[CGN_IP_IDS]; /* next identification, by hash of the ends */
	uint64_t random;
	uint64_t bursts;
	uint32_t stalled_ms; /* what comes from the ports has waited so long; 0: it has
			      * not */
	uint32_t tracing;    /* atomic: places in trace[], a bit each */
	uint32_t traced;     /* packets that have a name so far */
	struct cgn_trace *trace[CGN_TRACES]; /* set by control */
	struct {
		cgn_tick tick;
		uint32_t sent; /* in this tick */
	} icmp;
	struct {
		uint32_t next;	/* slot */
		uint32_t asked; /* slots up to here are under way from memory */
		uint64_t last_ms;
		uint64_t due; /* slots to look at, times the ms of a lap */
		uint32_t quarantine_head, quarantine_tail; /* blocks, oldest first */
		uint32_t quarantined;
		uint32_t rest_tail, resting; /* addresses with single ports that wait */
	} sweep;
	struct cgn_stats stats;
	struct cgn_tally instance[CGN_MAX_INSTANCES], location[CGN_MAX_LOCATIONS];
	struct cgn_held held;
	struct cgn_commit commit;
	struct cgn_fixed fixed;
	/* of the licence's create_rate: as of a user */
	uint32_t tokens;
	cgn_tick refilled;
	cgn_tick refused[CGN_MAX_INSTANCES][CGN_REFUSALS]; /* last reported */
	struct cgn_outbox out;
	struct cgn_msg *msg;	  /* in progress */
	struct cgn_growth growth; /* of its tables */
	struct cgn_worker_conf conf;
};

/* A worker with empty tables; NULL: out of memory (logged). Start-up only. */
struct cgn_worker *cgn_worker_create(const struct cgn_worker_conf *conf);

/* Bytes that the tables of a worker of this size take, within a few percent. Pure. */
uint64_t cgn_worker_bytes(uint32_t sessions, uint32_t users);

/* Frees a worker and all it holds. Its lcore must have left it. */
void cgn_worker_destroy(struct cgn_worker *w);

/* The same when the process ends: the tables go with its memory. DPDK fills what is freed
 * with zeros, which takes seconds for millions of sessions, and pages that were never
 * used. */
void cgn_worker_leave(struct cgn_worker *w);

/* Empties a worker: no users, sessions, ports, packets; counters go on. clean: it stopped
 * between two ticks, so what it holds is freed; else its tables are not looked at, and
 * packets in them are given up. Returns how many those are. Its lcore, before it turns.
 */
unsigned cgn_worker_reset(struct cgn_worker *w, bool clean);

/* Tells the time (ms, monotonic) and the snapshot; expires sessions whose time has come
 * (a bounded number per call) and goes on with the message in progress. Its own lcore,
 * once per loop. Packets it makes are in w->out. */
void cgn_worker_tick(
	struct cgn_worker *w, const struct cgn_snapshot *snap, uint64_t now_ms);

/* Runs 1..64 packets through all stages. wire: frames from a port (mbuf->port set);
 * otherwise from another lcore, with a mark. All packets end in w->out or in a drop
 * counter. w->out must have room for 4 * n more. pkt is overwritten. Its own lcore. */
void cgn_pipeline_run(struct cgn_worker *w, struct rte_mbuf **pkt, unsigned n, bool wire);

/* Gives a message to the worker; false: one is in progress. Its own lcore. */
bool cgn_worker_message(struct cgn_worker *w, struct cgn_msg *msg);

/* Ends sessions whose time has come: looks at so many slots that the whole table is seen
 * in a lap, but at no more than a bounded number per call. Its own lcore. */
void cgn_sweep(struct cgn_worker *w);

/* Milliseconds of a lap through so many slots: 1000, more beyond four million, and 3000
 * at most. Pure. */
uint32_t cgn_sweep_lap_ms(uint32_t slots);

/* Goes on with the message in progress, for a bounded number of slots. Its own lcore. */
void cgn_msg_step(struct cgn_worker *w);

static inline struct cgn_session *
cgn_session_at(const struct cgn_worker *w, uint32_t i)
{
	return (struct cgn_session *)(void *)w->sessions.base + i;
}

/* Owner in the outside keys of flows and mappings of an instance. Its own lcore. */
static inline uint32_t
cgn_outside_owner(const struct cgn_worker *w, uint16_t instance, uint8_t proto)
{
	return cgn_owner_scope(proto, w->snap->instance[instance].vpn_out);
}

/* The key that a session is found by. Its own lcore. */
static inline void
cgn_session_key(const struct cgn_worker *w, const struct cgn_session *s, enum cgn_dir dir,
	union cgn_key *key)
{
	bool up = dir == CGN_UP;

	key->w[0] = cgn_key_pair(
		up ? cgn_owner_inside(s->kind, s->proto, s->instance, s->user)
		   : cgn_outside_owner(w, s->instance, s->proto),
		up ? s->inside : s->outside);
	key->w[1] = cgn_key_pair(s->remote,
		cgn_key_pair16(up ? s->inside_port : s->outside_port, s->remote_port));
}

/* Is this the session's key? Its own lcore. */
static inline bool
cgn_session_has(const struct cgn_worker *w, uint32_t index, enum cgn_dir dir,
	const union cgn_key *key)
{
	const struct cgn_session *s = cgn_session_at(w, index);
	bool up = dir == CGN_UP;
	uint32_t owner = up ? cgn_owner_inside(s->kind, s->proto, s->instance, s->user)
			    : cgn_outside_owner(w, s->instance, s->proto);

	return ((owner ^ key->owner) | (s->remote ^ key->remote) |
		       ((up ? s->inside : s->outside) ^ key->local) |
		       (cgn_key_pair16(
				up ? s->inside_port : s->outside_port, s->remote_port) ^
			       cgn_key_pair16(key->local_port, key->remote_port))) == 0;
}

/* Packets and bytes of a session so far (zero where its instance has no accounting). Its
 * own lcore. */
static inline struct cgn_session_count
cgn_session_counts(const struct cgn_worker *w, uint32_t i)
{
	const struct cgn_session *s = cgn_session_at(w, i);
	struct cgn_session_count c = { 0 };

	if (s->spilled)
		c = w->count[i];
	for (unsigned d = 0; d < CGN_DIRS; d++) {
		c.packets[d] += s->packets[d];
		c.bytes[d] += s->bytes[d];
	}
	return c;
}

/* Counts an event of this worker's own making, not of replication. Owner. */
void cgn_count(struct cgn_worker *w, enum cgn_event_id event);

static inline struct cgn_mapping *
cgn_mapping_at(const struct cgn_worker *w, uint32_t i)
{
	return (struct cgn_mapping *)(void *)w->mappings.base + i;
}

static inline struct cgn_user *
cgn_user_at(const struct cgn_worker *w, uint32_t i)
{
	return (struct cgn_user *)cgn_slots_at(&w->users, i);
}

/* Its own lcore. */
static inline const struct cgn_user_end *
cgn_user_end_of(const struct cgn_worker *w, const struct cgn_user *u)
{
	return &w->user_end[(size_t)((const uint8_t *)u - w->users.base) / w->users.size];
}

static inline struct cgn_block *
cgn_block_at(const struct cgn_worker *w, uint32_t i)
{
	return (struct cgn_block *)(void *)w->blocks.base + i;
}

#endif
