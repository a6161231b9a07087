/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Replication of a location's state from the worker that hosts it to the one that holds
 * its copy, and what becomes of the copy when the host is another. See doc/ha.md.
 *
 * The path calls the functions of "What has changed"; they do nothing for locations
 * without a standby. The sweep and the tick drive the rest. */
#ifndef CGN_DATAPLANE_SYNC_H
#define CGN_DATAPLANE_SYNC_H

#include "dataplane/syncrec.h"
#include "dataplane/worker.h"

/* What a worker is to a location, in cgn_worker.role[]. 0: the host without a standby, or
 * nothing at all. */
#define CGN_ROLE_HOST	 0x01 /* and there is a standby */
#define CGN_ROLE_STANDBY 0x02
#define CGN_ROLE_FOREIGN 0x04 /* another worker hosts it: what is left here goes */
#define CGN_ROLE_FRESH	 0x08 /* has taken it over: copies become live one by one */

/* How far the standby's copy is. */
enum cgn_sync_phase {
	CGN_SYNC_OFF,	/* no standby */
	CGN_SYNC_START, /* a copy of everything is due */
	CGN_SYNC_COPY,	/* a round of the sweep sends all of the wanted ranges */
	CGN_SYNC_REST,	/* further rounds send what found the ring full */
	CGN_SYNC_ASKED, /* digests are sent, the answer is awaited */
	CGN_SYNC_WAIT,	/* before ranges that differ are sent again */
	CGN_SYNC_REAL,	/* the copy is what it should be; changes follow as they come */
};

/* Records of one location at this end. One writer. */
struct cgn_sync_count {
	uint64_t sent, received;
	uint64_t full;	   /* found no room in the ring */
	uint64_t lost;	   /* missing in the sequence that arrived */
	uint64_t resent;   /* objects sent once more because ranges differed */
	uint64_t rejected; /* malformed, stale, or without room in the tables */
	uint64_t waits;	   /* packets that waited for the standby to have their block */
	uint64_t late;	   /* times that it did not have one in time */
};

struct cgn_sync_range {
	uint64_t sum;  /* of the hashes of the objects that the other end knows */
	uint64_t last; /* stamp of the newest record that arrived */
	uint8_t round; /* copy that is coming in; 0: none yet */
};

struct cgn_expect;

struct cgn_sync_location {
	/* read by the control lcore */
	struct cgn_sync_count count;
	uint8_t phase;	  /* enum cgn_sync_phase */
	uint8_t finished; /* this standby has once been found complete */
	uint8_t drained;  /* all is sent, and every change at once */
	/* both ends */
	uint8_t era; /* objects of this era are in the sums; never 0 */
	uint16_t id, peer;
	uint32_t epoch;
	struct cgn_sync_range *range; /* [CGN_SYNC_RANGES] */
	/* host */
	uint32_t stamp;	     /* of the next record */
	uint32_t acked;	     /* the standby has all users and blocks before this one */
	uint32_t late_stamp; /* when that is acked nobody is late any more */
	bool late;     /* atomic for control: what is new does not wait for it now */
	uint32_t copy; /* number of the copy under way or last */
	struct cgn_sync_set set;
	bool full_copy;
	bool failed;		/* something found the ring full in this round */
	bool doubt;		/* something that nobody will send again did */
	bool drain;		/* atomic for control */
	uint32_t lap, user_lap; /* of the sweep at which the round is complete */
	uint32_t from;		/* slot of the session with which the copy began */
	uint64_t due_ms, checked_ms;
	uint32_t backoff_ms;
	/* standby */
	uint64_t next; /* stamp expected */
	struct cgn_sync_set purge, differ;
	bool purging; /* users still have to go */
	bool disowns; /* was host: what has no copy when that is complete was ours alone
		       */
	bool ack_due;
	/* stamp of the first record that did not come, or whose user or block was
	 * refused, since both ends were found to be the same; 0: none */
	uint64_t lacks;
	uint32_t purge_lap;
	uint64_t copy_lost; /* count.lost when the copy under way began */
	unsigned digests;   /* ranges compared since the last answer */
	/* after a take-over */
	bool taken;
	cgn_tick taken_at;
	uint16_t former;
	uint32_t former_epoch, fresh_lap, fresh_user_lap;
};

#define CGN_SYNC_HELD 64
#define CGN_SYNC_LAPS 2 /* of the sweep, until each slot was seen from its beginning */

struct cgn_sync {
	uint64_t generation;	/* of the snapshot that the roles are from */
	bool quiet;		/* what is done now is another's news */
	bool disown;		/* which nobody else will put into the log */
	uint32_t lap, user_lap; /* rounds of the sweep */
	uint32_t user_next;
	uint64_t user_due, user_ms;
	uint64_t peers; /* workers whose records are read */
	uint16_t busy[CGN_MAX_LOCATIONS], n_busy;
	uint64_t malformed;
	struct cgn_sync_range *range;
	/* a burst from a ring, as far as it has not been applied */
	unsigned held, held_at;
	uint16_t held_from;
	uint64_t held_ms;
	uint8_t record[CGN_SYNC_HELD][CGN_SYNCREC_BYTES];
	uint32_t asked, heard;		/* atomic: control has asked for something */
	uint8_t ask[CGN_MAX_LOCATIONS]; /* atomic */
	struct cgn_sync_location location[CGN_MAX_LOCATIONS];
};

/* Bytes of what cgn_sync_init() takes for so many sessions. Pure. */
uint64_t cgn_sync_bytes(uint32_t sessions);

/* 0 or -ENOMEM. Start-up only. */
int cgn_sync_init(struct cgn_worker *w);
void cgn_sync_fini(struct cgn_worker *w);

/* Forgets all roles, for a worker whose tables are empty again; counters go on. Its lcore
 * does not turn. */
void cgn_sync_reset(struct cgn_worker *w);

/* Makes the rings of records of a parked worker whole again: what it was about to put in
 * is lost, what it was about to take out stays. Control lcore. */
void cgn_sync_bury(const struct cgn_snapshot *snap, uint16_t worker);

/* Learns the roles of a new snapshot, applies records that have come (a bounded number)
 * and goes on with copies and digests. Owner, once per tick, before the sweep. */
void cgn_sync_tick(struct cgn_worker *w);

/* ---- what has changed; owner ---- */

/* A user, with its blocks: sent unless the standby knows them. */
void cgn_sync_user(struct cgn_worker *w, uint32_t user);
/* The way back to a user is another: sent again. */
void cgn_sync_user_moved(struct cgn_worker *w, uint32_t user);
void cgn_sync_user_gone(struct cgn_worker *w, const struct cgn_user *u);
void cgn_sync_block(struct cgn_worker *w, const struct cgn_user *u, struct cgn_block *b);
void cgn_sync_block_gone(
	struct cgn_worker *w, const struct cgn_user *u, const struct cgn_block *b);
void cgn_sync_session(struct cgn_worker *w, struct cgn_session *s);
void cgn_sync_session_gone(struct cgn_worker *w, const struct cgn_session *s);
/* The gateway of a session has changed a line; is about to end. */
void cgn_sync_alg(struct cgn_worker *w, const struct cgn_session *s);
void cgn_sync_alg_gone(struct cgn_worker *w, const struct cgn_session *s);
/* A connection that was announced has come, or is waited for no longer. */
void cgn_sync_expect_gone(struct cgn_worker *w, const struct cgn_expect *x);

/* Has a count that wraps (rounds of the sweep, stamps) come so far? */
static inline bool
cgn_sync_reached(uint32_t now, uint32_t goal)
{
	return (int32_t)(now - goal) >= 0;
}

static inline bool
cgn_sync_on(const struct cgn_worker *w, uint16_t location)
{
	return w->role[location] & (CGN_ROLE_HOST | CGN_ROLE_STANDBY);
}

/* Is an object in the sum of its range? */
static inline bool
cgn_sync_told(const struct cgn_sync_location *l, const struct cgn_told *t)
{
	return t->era == l->era;
}

/* Does the other end know it? */
static inline bool
cgn_sync_known(const struct cgn_worker *w, uint16_t location, const struct cgn_told *t)
{
	return cgn_sync_on(w, location) && cgn_sync_told(&w->sync->location[location], t);
}

/* ---- for the sweep; owner ---- */

/* A session of a location with CGN_ROLE_STANDBY, _FOREIGN or _FRESH. false: it does not
 * age here, or is gone. */
bool cgn_sync_arrange(struct cgn_worker *w, uint32_t index, struct cgn_session *s);

/* A session of a location with CGN_ROLE_HOST: sent if the standby should know more. */
void cgn_sync_offer(struct cgn_worker *w, uint32_t index, struct cgn_session *s);

/* The users' turn: a bounded number. */
void cgn_sync_sweep_users(struct cgn_worker *w);

/* ---- for the control lcore ---- */

enum cgn_sync_ask {
	CGN_SYNC_ASK_COPY = 1,	/* everything once more */
	CGN_SYNC_ASK_DRAIN = 2, /* before a planned move: all that is not sent yet */
	CGN_SYNC_ASK_GO_ON = 4, /* the move does not take place */
	CGN_SYNC_ASK_CHECK = 8, /* records were lost on the way: compare soon */
};

/* Asks the host of a location (index) for something; done with its next tick. */
void cgn_sync_ask(struct cgn_worker *host, uint16_t location, enum cgn_sync_ask what);

/* Has the standby of a location once had all? Some of it may be under repair. */
bool cgn_sync_finished(const struct cgn_worker *host, uint16_t location);

/* Has the standby of a location all that the host has to give? What a switch back waits
 * for. */
bool cgn_sync_filled(const struct cgn_worker *host, uint16_t location);

/* Has all been sent, since CGN_SYNC_ASK_DRAIN, and is the ring empty? Then a snapshot
 * that makes the standby the host loses nothing. */
bool cgn_sync_drained(const struct cgn_worker *host, const struct cgn_snapshot *snap,
	uint16_t location);

/* For a planned move: asks for a drain unless one is under way; true once it is done. To
 * be called until then. */
bool cgn_sync_ready(
	struct cgn_worker *host, const struct cgn_snapshot *snap, uint16_t location);

/* not-started, running, finished, na. */
const char *cgn_sync_batch_name(const struct cgn_worker *host, uint16_t location);

/* down, batch, realtime. */
const char *cgn_sync_state_name(const struct cgn_worker *host, uint16_t location);

/* Is the standby of a location too slow for a synchronous commit? */
bool cgn_sync_late(const struct cgn_worker *host, uint16_t location);

/* Counters of a location (index) at this worker. */
struct cgn_sync_count cgn_sync_counts(const struct cgn_worker *w, uint16_t location);

/* ---- between the files of replication ---- */

/* Ring of records between two workers, or NULL. */
struct rte_ring *cgn_sync_link(
	const struct cgn_snapshot *snap, uint16_t from, uint16_t to);

/* How the objects of a location look as records: USER, BLOCK, SESSION, ALG or EXPECT;
 * state and shift as the other end knows them. What they have in common: of_anything().
 */
void cgn_sync_who(const struct cgn_worker *w, const struct cgn_user *u, uint8_t who[16]);
struct cgn_syncrec cgn_sync_of_anything(
	const struct cgn_worker *w, const struct cgn_user *u, uint8_t type);
struct cgn_syncrec cgn_sync_of_user(const struct cgn_worker *w, const struct cgn_user *u);
struct cgn_syncrec cgn_sync_of_block(
	const struct cgn_worker *w, const struct cgn_user *u, const struct cgn_block *b);
struct cgn_syncrec cgn_sync_of_session(
	const struct cgn_worker *w, const struct cgn_session *s, uint8_t state);
struct cgn_syncrec cgn_sync_of_alg(
	const struct cgn_worker *w, const struct cgn_session *s, uint32_t shift);
struct cgn_syncrec cgn_sync_of_expect(
	const struct cgn_worker *w, const struct cgn_expect *x);

/* Range of the user of a record. */
struct cgn_sync_range *cgn_sync_range(const struct cgn_worker *w, uint16_t location,
	const uint8_t who[16], unsigned *n);

/* Sends an object, which is in the sum then; false: the ring is full, and it is not. */
bool cgn_sync_put_object(struct cgn_worker *w, uint16_t location, struct cgn_syncrec *r,
	struct cgn_told *t, uint8_t mark);

/* Takes an object out of the sum, and tells the standby. */
void cgn_sync_put_gone(
	struct cgn_worker *w, uint16_t location, struct cgn_syncrec *r, uint8_t type);

/* What the gateway of a session has changed, and what it expects; nothing if it has no
 * gateway. false: the ring is full. Host. */
bool cgn_sync_put_alg(struct cgn_worker *w, const struct cgn_session *s);

/* Has the gateway of a session something that the standby should know? Host. */
bool cgn_sync_alg_due(const struct cgn_worker *w, const struct cgn_session *s);

/* Takes what its gateway has changed of a session out of the sum, if it is in there. */
void cgn_sync_alg_untold(struct cgn_worker *w, const struct cgn_session *s);

/* Adds an object to its range's sum, or takes it out. */
void cgn_sync_add(struct cgn_worker *w, uint16_t location, const struct cgn_syncrec *r);
void cgn_sync_sub(struct cgn_worker *w, uint16_t location, const struct cgn_syncrec *r);

/* Sends a record of a location; false: the ring is full (counted). */
bool cgn_sync_put(struct cgn_worker *w, uint16_t location, struct cgn_syncrec *r);

/* Sends user and blocks that the standby does not know, or that belong to the copy under
 * way; false: the ring is full. */
bool cgn_sync_put_user(struct cgn_worker *w, uint32_t user);

/* Before a location goes: all that its standby does not know, as far as the ring holds
 * it. Sees every session, so it is for workers that give up what they have. */
void cgn_sync_farewell(struct cgn_worker *w, uint16_t location);

/* Goes on with copy and digests of a location with a standby. */
void cgn_sync_step(struct cgn_worker *w, uint16_t location);

/* The standby's answer to digests. Host. */
void cgn_sync_wanted(
	struct cgn_worker *w, uint16_t location, const struct cgn_syncrec *r);

/* Tells the host what has come, if it wants to know. Standby. */
void cgn_sync_acknowledge(struct cgn_worker *w, uint16_t location);

/* Goes on with clearing what a copy did not bring. */
void cgn_sync_purge(struct cgn_worker *w, uint16_t location);

/* Puts an object into the tables, or takes it out. late: it is the former host's, and
 * must not replace anything. false: refused. */
bool cgn_sync_object(struct cgn_worker *w, uint16_t location, const struct cgn_syncrec *r,
	bool late, uint8_t mark);

/* Applies a record from a worker; false: it belongs to a snapshot that is not here yet.
 */
bool cgn_sync_apply(struct cgn_worker *w, uint16_t from, const uint8_t *wire);

/* The next era: nothing is in the sums. */
void cgn_sync_new_era(struct cgn_sync_location *l);

#endif
