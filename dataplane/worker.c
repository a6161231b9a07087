/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Birth and death of a worker, and its ticks. All memory is taken at start; the path
 * never allocates. How much of it may be in use is for the licence to say, which comes
 * with each snapshot: it may change while the worker runs. A worker without sessions is a
 * line card: it parses, steers and forwards, and hands everything else over. */
#include <errno.h>
#include <stdio.h>

#include <rte_log.h>
#include <rte_malloc.h>
#include <rte_ring_elem.h>

#include "dataplane/alg.h"
#include "dataplane/block_commit.h"
#include "dataplane/create.h"
#include "dataplane/expect.h"
#include "dataplane/growth.h"
#include "dataplane/held.h"
#include "dataplane/journal.h"
#include "dataplane/reassembly.h"
#include "dataplane/server.h"
#include "dataplane/sync.h"
#include "dataplane/user.h"
#include "dataplane/worker.h"

#define DATAGRAMS 4096		  /* that are reassembled at once */
#define FRAGMENTS (2 * DATAGRAMS) /* unless there are few packet buffers */

/* Blocks: one per user, and as many again; users who open hundreds of ports need more. */
static uint32_t
blocks_for(uint32_t sessions, uint32_t users)
{
	return users * 2 + sessions / 16;
}

uint64_t
cgn_worker_bytes(uint32_t sessions, uint32_t users)
{
	uint64_t session = sizeof(struct cgn_session) + sizeof(struct cgn_mapping) +
			   sizeof(struct cgn_session_count);
	uint64_t user = RTE_ALIGN_CEIL(sizeof(struct cgn_user), RTE_CACHE_LINE_SIZE) +
			sizeof(struct cgn_user_end) + sizeof(uint16_t);

	return sizeof(struct cgn_worker) + sessions * session + users * user +
	       (uint64_t)blocks_for(sessions, users) * sizeof(struct cgn_block) +
	       4 * cgn_table_bytes(sessions) + cgn_table_bytes(users) +
	       CGN_JOURNAL * sizeof(struct cgn_record) + cgn_alg_bytes(sessions) +
	       cgn_reassembly_bytes(sessions ? DATAGRAMS : 1) + cgn_sync_bytes(sessions);
}

static struct cgn_table *
table(const struct cgn_worker_conf *conf, const char *what, uint32_t capacity,
	uint64_t salt, struct cgn_records records)
{
	char name[24];

	snprintf(name, sizeof(name), "cgn-%s-%u", what, conf->index);
	return cgn_table_create(name, capacity, conf->seed * 0x9e3779b97f4a7c15ull + salt,
		conf->socket, &records);
}

static struct cgn_records
records_in(const struct cgn_worker *w, const struct cgn_slots *slots,
	void (*key)(const void *, uint32_t, union cgn_key *))
{
	return (struct cgn_records){ key, w, slots->base, slots->size };
}

static int
create_tables(struct cgn_worker *w)
{
	const struct cgn_worker_conf *conf = &w->conf;

	w->user_by_key = table(conf, "user", conf->users, 1,
		(struct cgn_records){ cgn_user_key, w, (const uint8_t *)w->user_end,
			sizeof(*w->user_end) });
	w->up = table(conf, "up", conf->sessions, 2,
		records_in(w, &w->sessions, cgn_session_key_up));
	w->down = table(conf, "down", conf->sessions, 3,
		records_in(w, &w->sessions, cgn_session_key_down));
	w->map_up = table(conf, "map-up", conf->sessions, 4,
		records_in(w, &w->mappings, cgn_mapping_key_up));
	w->map_down = table(conf, "map-down", conf->sessions, 5,
		records_in(w, &w->mappings, cgn_mapping_key_down));
	w->count = rte_malloc_socket("cgn-count",
		sizeof(*w->count) * RTE_MAX(w->sessions.capacity, 1u),
		RTE_CACHE_LINE_SIZE, conf->socket);
	if (!w->user_by_key || !w->up || !w->down || !w->map_up || !w->map_down ||
		!w->count)
		return -ENOMEM;
	return 0;
}

static int
create_slots(struct cgn_worker *w)
{
	const struct cgn_worker_conf *conf = &w->conf;
	uint32_t sessions = RTE_MAX(conf->sessions, conf->most_sessions);
	uint32_t users = RTE_MAX(conf->users, conf->most_users);
	int rc = cgn_slots_init(&w->sessions, "cgn-sessions", sizeof(struct cgn_session),
		sessions, conf->socket);

	if (!rc)
		rc = cgn_slots_init(&w->mappings, "cgn-mappings",
			sizeof(struct cgn_mapping), sessions, conf->socket);
	if (!rc)
		rc = cgn_slots_init(&w->users, "cgn-users",
			RTE_ALIGN_CEIL(sizeof(struct cgn_user), RTE_CACHE_LINE_SIZE),
			users, conf->socket);
	if (!rc)
		rc = cgn_slots_init(&w->blocks, "cgn-blocks", sizeof(struct cgn_block),
			blocks_for(sessions, users), conf->socket);
	if (!rc)
		rc = cgn_alg_init(w);
	if (rc)
		return rc;
	w->user_end = rte_malloc_socket("cgn-user-end",
		sizeof(*w->user_end) * RTE_MAX(users, 1u), RTE_CACHE_LINE_SIZE,
		conf->socket);
	w->user_mtu = rte_malloc_socket("cgn-user-mtu",
		sizeof(*w->user_mtu) * RTE_MAX(users, 1u), RTE_CACHE_LINE_SIZE,
		conf->socket);
	w->reassembly = cgn_reassembly_create(conf->sessions ? DATAGRAMS : 1,
		conf->fragments ? conf->fragments : FRAGMENTS, conf->seed, conf->socket);
	return w->user_end && w->user_mtu && w->reassembly ? 0 : -ENOMEM;
}

static int
create_journal(struct cgn_worker *w)
{
	static unsigned made; /* names are the process's */
	char name[24];

	snprintf(name, sizeof(name), "cgn-journal-%u", made++);
	w->journal = rte_ring_create_elem(name, sizeof(struct cgn_record), CGN_JOURNAL,
		w->conf.socket, RING_F_SP_ENQ | RING_F_SC_DEQ);
	return w->journal ? 0 : -ENOMEM;
}

struct cgn_worker *
cgn_worker_create(const struct cgn_worker_conf *conf)
{
	struct cgn_worker *w = rte_zmalloc_socket(
		"cgn-worker", sizeof(*w), RTE_CACHE_LINE_SIZE, conf->socket);

	if (!w)
		return NULL;
	w->conf = *conf;
	w->random = conf->seed;
	w->tokens = UINT32_MAX; /* as many as it may have */
	if (create_slots(w) || create_tables(w) || create_journal(w) ||
		cgn_sync_init(w)) {
		cgn_worker_destroy(w);
		return NULL;
	}
	return w;
}

void
cgn_worker_leave(struct cgn_worker *w)
{
	cgn_held_fini(w);
	cgn_block_commit_forget(w);
	cgn_sync_fini(w);
	rte_ring_free(w->journal);
	cgn_reassembly_destroy(w->reassembly);
	cgn_alg_fini(w);
}

void
cgn_worker_destroy(struct cgn_worker *w)
{
	if (!w)
		return;
	cgn_worker_leave(w);
	cgn_slots_fini(&w->blocks);
	cgn_slots_fini(&w->users);
	cgn_slots_fini(&w->mappings);
	cgn_slots_fini(&w->sessions);
	rte_free(w->user_mtu);
	rte_free(w->user_end);
	rte_free(w->count);
	cgn_table_destroy(w->map_down);
	cgn_table_destroy(w->map_up);
	cgn_table_destroy(w->down);
	cgn_table_destroy(w->up);
	cgn_table_destroy(w->user_by_key);
	rte_free(w);
}

static void
empty_tables(struct cgn_worker *w)
{
	cgn_table_clear(w->user_by_key);
	cgn_table_clear(w->up);
	cgn_table_clear(w->down);
	cgn_table_clear(w->map_up);
	cgn_table_clear(w->map_down);
	cgn_slots_clear(&w->users);
	cgn_slots_clear(&w->sessions);
	cgn_slots_clear(&w->mappings);
	cgn_slots_clear(&w->blocks);
	cgn_slots_clear(&w->alg.controls);
	cgn_slots_clear(&w->alg.expected);
	w->alg.swept = 0;
}

unsigned
cgn_worker_reset(struct cgn_worker *w, bool clean)
{
	unsigned lost = 0;

	if (clean) {
		cgn_held_fini(w);
		cgn_block_commit_forget(w);
	} else {
		lost = w->held.n + w->commit.n + cgn_reassembly_held(w->reassembly);
	}
	cgn_reassembly_clear(w->reassembly, clean);
	empty_tables(w);
	memset(&w->sweep, 0, sizeof(w->sweep));
	memset(w->instance, 0, sizeof(w->instance));
	memset(w->location, 0, sizeof(w->location));
	memset(&w->held, 0, sizeof(w->held));
	memset(&w->commit, 0, sizeof(w->commit));
	memset(&w->fixed, 0, sizeof(w->fixed));
	cgn_sync_reset(w);
	w->out.n = 0;
	w->msg = NULL;
	return lost;
}

void
cgn_worker_tick(struct cgn_worker *w, const struct cgn_snapshot *snap, uint64_t now_ms)
{
	w->snap = snap;
	w->now_ms = now_ms;
	w->now = (cgn_tick)(now_ms / CGN_MS_PER_TICK);
	cgn_slots_limit(&w->sessions, snap->license[w->conf.index].sessions);
	cgn_slots_limit(&w->users, snap->license[w->conf.index].users);
	cgn_growth_step(w);
	cgn_sync_tick(w);
	cgn_block_commit_release(w);
	cgn_sweep(w);
	cgn_expect_sweep(w);
	cgn_held_release(w);
	cgn_server_step(w);
	cgn_msg_step(w);
}
