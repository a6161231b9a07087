/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What this machine, now, with this many entries, takes for the steps that no design can
 * leave out. Each primitive is measured alone over 64 packets (keys, lines) at a time, in
 * slices of 64 bursts; keys are made outside the timed part. Minimum and median are over
 * the slices. The hash tables are rte_hash with 16-byte keys at three quarters of their
 * capacity. Not for use beside traffic: it takes about half a second and the caches. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_ether.h>
#include <rte_fib.h>
#include <rte_fib6.h>
#include <rte_hash.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>
#include <rte_prefetch.h>

#include "dataplane/table.h"
#include "tests/bench/figure.h"
#include "tests/bench/floors.h"

#define SLICES	     201
#define SLICE_BURSTS 64
#define SLICE	     (SLICE_BURSTS * CGN_BURST)

/* Everything that a primitive works on. */
struct bed {
	uint64_t random;
	uint32_t n;
	struct rte_hash *hash;
	uint64_t (*line)[8];
	struct rte_fib *fib4;
	struct rte_fib6 *fib6;
	struct rte_mempool *pool;
	uint32_t index[SLICE];
	union cgn_key key[SLICE];
	hash_sig_t sig[SLICE];
	uint8_t addr6[SLICE][16];
	uint8_t packet[256][128];
	uint64_t sink; /* results go here, so that none is optimised away */
};

typedef void primitive(struct bed *b, unsigned from);

static void
make_key(union cgn_key *key, uint32_t i)
{
	key->w[0] = i * 0x9e3779b97f4a7c15ull;
	key->w[1] = i;
}

static void
draw(struct bed *b)
{
	for (unsigned i = 0; i < SLICE; i++) {
		b->index[i] = cgn_figure_below(cgn_figure_random(&b->random), b->n);
		make_key(&b->key[i], b->index[i]);
		b->sig[i] = cgn_key_hash(&b->key[i], 1);
		memcpy(b->addr6[i], (uint8_t[]){ 0x20, 1, 0xd, 0xb8, 1 }, 5);
		memcpy(b->addr6[i] + 5, &b->key[i], 11);
	}
}

static struct cgn_bench_figure
measure(struct bed *b, primitive *run)
{
	double cycles[SLICES];

	for (unsigned s = 0; s < SLICES; s++) {
		uint64_t start;

		draw(b);
		start = rte_rdtsc_precise();
		for (unsigned i = 0; i < SLICE; i += CGN_BURST)
			run(b, i);
		cycles[s] = (double)(rte_rdtsc_precise() - start) / SLICE;
	}
	return cgn_figure_of(cycles, SLICES);
}

static void
run_line(struct bed *b, unsigned from)
{
	for (unsigned i = 0; i < CGN_BURST; i++)
		rte_prefetch0(b->line[b->index[from + i]]);
	for (unsigned i = 0; i < CGN_BURST; i++)
		b->sink += b->line[b->index[from + i]][0];
}

static uint64_t
look_up(struct bed *b, unsigned from, void **data)
{
	const void *key[CGN_BURST];
	uint64_t hit = 0;

	for (unsigned i = 0; i < CGN_BURST; i++)
		key[i] = &b->key[from + i];
	rte_hash_lookup_with_hash_bulk_data(
		b->hash, key, b->sig + from, CGN_BURST, &hit, data);
	return hit;
}

static void
run_hash(struct bed *b, unsigned from)
{
	void *data[CGN_BURST];

	b->sink += look_up(b, from, data);
}

static void
run_session(struct bed *b, unsigned from)
{
	void *data[CGN_BURST];

	b->sink += look_up(b, from, data);
	for (unsigned i = 0; i < CGN_BURST; i++)
		rte_prefetch0(b->line[(uintptr_t)data[i]]);
	for (unsigned i = 0; i < CGN_BURST; i++)
		b->line[(uintptr_t)data[i]][1] += b->line[(uintptr_t)data[i]][0] + 1;
}

static void
run_mbuf(struct bed *b, unsigned from)
{
	struct rte_mbuf *m[CGN_BURST];

	if (rte_pktmbuf_alloc_bulk(b->pool, m, CGN_BURST) == 0) {
		b->sink += m[from % CGN_BURST]->buf_len;
		rte_pktmbuf_free_bulk(m, CGN_BURST);
	}
}

static void
run_fib4(struct bed *b, unsigned from)
{
	uint32_t addr[CGN_BURST];
	uint64_t hop[CGN_BURST];

	for (unsigned i = 0; i < CGN_BURST; i++)
		addr[i] = 0x0a000000 | (b->index[from + i] & 0xffffff);
	rte_fib_lookup_bulk(b->fib4, addr, hop, CGN_BURST);
	b->sink += hop[0] + hop[CGN_BURST - 1];
}

static void
run_fib6(struct bed *b, unsigned from)
{
	uint64_t hop[CGN_BURST];

	rte_fib6_lookup_bulk(b->fib6, b->addr6 + from, hop, CGN_BURST);
	b->sink += hop[0] + hop[CGN_BURST - 1];
}

static void
run_encap(struct bed *b, unsigned from)
{
	for (unsigned i = 0; i < CGN_BURST; i++) {
		uint8_t *p = b->packet[(from + i) % RTE_DIM(b->packet)];

		memcpy(p, b->line[i], 40);
		memcpy(p + 4, &b->index[from + i], 2);
	}
}

/* RFC 1624: HC' = ~(~HC + ~m + m'), with the sum of the last two at hand. */
static inline uint16_t
update(uint16_t sum, uint16_t delta)
{
	uint32_t s = (uint16_t)~sum + (uint32_t)delta;

	return (uint16_t) ~(s + (s >> 16));
}

static void
run_checksum(struct bed *b, unsigned from)
{
	for (unsigned i = 0; i < CGN_BURST; i++) {
		uint8_t *p = b->packet[(from + i) % RTE_DIM(b->packet)];
		uint16_t sum[2];

		memcpy(&sum[0], p + 10, 2);
		memcpy(&sum[1], p + 26, 2);
		sum[0] = update(sum[0], (uint16_t)b->index[from + i]);
		sum[1] = update(sum[1], (uint16_t)b->sig[from + i]);
		memcpy(p + 10, &sum[0], 2);
		memcpy(p + 26, &sum[1], 2);
	}
}

static void
bed_strip(struct bed *b)
{
	rte_hash_free(b->hash);
	rte_free(b->line);
	b->hash = NULL;
	b->line = NULL;
}

/* A table of n keys and as many lines. */
static int
bed_make(struct bed *b, uint32_t n)
{
	struct rte_hash_parameters p = {
		.name = "floor",
		.entries = n + n / 3 + 8,
		.key_len = sizeof(union cgn_key),
		.socket_id = SOCKET_ID_ANY,
		.extra_flag = RTE_HASH_EXTRA_FLAGS_EXT_TABLE,
	};
	union cgn_key key;

	bed_strip(b);
	b->n = n;
	b->hash = rte_hash_create(&p);
	b->line = rte_zmalloc("floor",
		RTE_MAX((size_t)n, (size_t)CGN_BURST) * sizeof(*b->line),
		RTE_CACHE_LINE_SIZE);
	if (!b->hash || !b->line)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++) {
		make_key(&key, i);
		if (rte_hash_add_key_with_hash_data(b->hash, &key, cgn_key_hash(&key, 1),
			    (void *)(uintptr_t)i) != 0)
			return -ENOMEM;
	}
	return 0;
}

/* Routing tables as small as those of the measured box. */
static int
bed_routes(struct bed *b)
{
	struct rte_fib_conf c4 = { .type = RTE_FIB_DIR24_8,
		.max_routes = 16,
		.dir24_8 = { .nh_sz = RTE_FIB_DIR24_8_2B, .num_tbl8 = 64 } };
	struct rte_fib6_conf c6 = { .type = RTE_FIB6_TRIE,
		.max_routes = 16,
		.trie = { .nh_sz = RTE_FIB6_TRIE_2B, .num_tbl8 = 1024 } };
	static const uint8_t net6[16] = { 0x20, 1, 0xd, 0xb8, 1 };

	b->fib4 = rte_fib_create("floor4", SOCKET_ID_ANY, &c4);
	b->fib6 = rte_fib6_create("floor6", SOCKET_ID_ANY, &c6);
	if (!b->fib4 || !b->fib6 || rte_fib_add(b->fib4, 0x0a000000, 8, 1) != 0 ||
		rte_fib_add(b->fib4, 0, 0, 2) != 0)
		return -ENOMEM;
	return rte_fib6_add(b->fib6, net6, 40, 1);
}

static void
bed_free(struct bed *b)
{
	bed_strip(b);
	if (b->fib4)
		rte_fib_free(b->fib4);
	if (b->fib6)
		rte_fib6_free(b->fib6);
	rte_mempool_free(b->pool);
	free(b);
}

static int
measure_all(struct bed *b, uint32_t sessions, uint32_t users, struct cgn_floors *f)
{
	if (bed_make(b, users) != 0)
		return -ENOMEM;
	f->user = measure(b, run_session);
	if (bed_make(b, sessions) != 0)
		return -ENOMEM;
	f->line = measure(b, run_line);
	f->hash = measure(b, run_hash);
	f->session = measure(b, run_session);
	f->mbuf = measure(b, run_mbuf);
	f->fib4 = measure(b, run_fib4);
	f->fib6 = measure(b, run_fib6);
	f->encap = measure(b, run_encap);
	f->checksum = measure(b, run_checksum);
	return 0;
}

int
cgn_floors_measure(uint32_t sessions, uint32_t users, struct cgn_floors *f)
{
	struct bed *b = calloc(1, sizeof(*b));
	int rc = -ENOMEM;

	if (!b)
		return rc;
	b->random = 0x5eed;
	b->pool = rte_pktmbuf_pool_create(
		"floor", 2047, 256, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	if (b->pool && bed_routes(b) == 0)
		rc = measure_all(b, sessions, users, f);
	bed_free(b);
	return rc;
}

static double
sum_one(const struct cgn_floors *f, const struct cgn_bench_options *o, bool up)
{
	double sum = f->session.min + f->checksum.min;

	if (o->accounting)
		sum += f->line.min;
	if (o->kind == CGN_NAT44) /* down: the public address, then the inside one */
		return sum + f->fib4.min * (up ? 1 : 2);
	sum += f->fib4.min + f->fib6.min;
	return sum + (up ? f->user.min : f->line.min + f->encap.min);
}

double
cgn_floors_sum(const struct cgn_floors *f, const struct cgn_bench_options *o)
{
	if (o->direction != CGN_BENCH_MIX)
		return sum_one(f, o, o->direction == CGN_BENCH_UP);
	return (sum_one(f, o, true) + sum_one(f, o, false)) / 2;
}
