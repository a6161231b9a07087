/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Weighted rendezvous hashing, for users and for addresses. Every (thing, member) pair
 * has a score that depends on nothing but the two ids; the highest score wins. A new
 * member only takes what it wins, so about 1/n moves and nothing moves between old
 * members. For addresses each member has a quota by weight, filled in the order of
 * scores. Only the control lcore calls this, when it compiles a snapshot. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include <rte_byteorder.h>

#include "dataplane/steer.h"

static uint64_t
mix(uint64_t h)
{
	h ^= h >> 33;
	h *= 0xff51afd7ed558ccdull;
	h ^= h >> 33;
	h *= 0xc4ceb9fe1a85ec53ull;
	return h ^ h >> 33;
}

/* -weight / ln(u) with u uniform in (0, 1): the maximum is at a member with a probability
 * in proportion to its weight. */
static double
score(uint64_t thing, const struct cgn_member *m)
{
	uint64_t h = mix(mix(thing + 0x9e3779b97f4a7c15ull) ^ (uint64_t)m->id << 32);
	double u = ((double)(h >> 11) + 0.5) / 9007199254740992.0;

	return -(double)m->weight / log(u);
}

void
cgn_steer_buckets(const struct cgn_member *m, unsigned n, uint16_t bucket[CGN_BUCKETS])
{
	for (uint32_t b = 0; b < CGN_BUCKETS; b++) {
		double best = -1;

		for (unsigned i = 0; i < n; i++) {
			double s = score(b, &m[i]);

			if (s > best) {
				best = s;
				bucket[b] = m[i].location;
			}
		}
	}
}

/* How many of n_addr addresses each member gets: one at least, the rest by weight, what
 * rounding leaves to the largest remainders (ties: the earlier member). */
static void
quotas(const struct cgn_member *m, unsigned n, uint32_t n_addr, uint32_t *quota)
{
	uint64_t weights = 0, spare = n_addr - n;
	uint32_t given = 0;

	for (unsigned i = 0; i < n; i++)
		weights += m[i].weight;
	for (unsigned i = 0; i < n; i++) {
		quota[i] = 1 + (uint32_t)(spare * m[i].weight / weights);
		given += quota[i];
	}
	while (given < n_addr) {
		unsigned best = 0;
		double most = -1e18;

		for (unsigned i = 0; i < n; i++) {
			double want =
				(double)n_addr * m[i].weight / (double)weights - quota[i];

			if (want > most) {
				most = want;
				best = i;
			}
		}
		quota[best]++;
		given++;
	}
}

struct bid {
	double score;
	uint32_t addr;
	uint16_t member;
};

static int
higher_first(const void *a, const void *b)
{
	const struct bid *x = a, *y = b;

	if (x->score != y->score)
		return x->score < y->score ? 1 : -1;
	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

int
cgn_steer_addresses(const struct cgn_member *m, unsigned n, const rte_be32_t *addr,
	uint32_t n_addr, uint16_t *owner)
{
	uint32_t quota[32], left = n_addr;
	struct bid *bid;

	if (n_addr < n || n > RTE_DIM(quota) || !n)
		return -ENOSPC;
	bid = malloc(sizeof(*bid) * n * n_addr);
	if (!bid)
		return -ENOMEM;
	quotas(m, n, n_addr, quota);
	for (uint32_t a = 0; a < n_addr; a++) {
		owner[a] = CGN_NONE16;
		for (unsigned i = 0; i < n; i++)
			bid[a * n + i] = (struct bid){
				score(rte_be_to_cpu_32(addr[a]) | 1ull << 40, &m[i]), a,
				(uint16_t)i
			};
	}
	qsort(bid, (size_t)n * n_addr, sizeof(*bid), higher_first);
	for (size_t k = 0; left && k < (size_t)n * n_addr; k++)
		if (owner[bid[k].addr] == CGN_NONE16 && quota[bid[k].member]) {
			owner[bid[k].addr] = m[bid[k].member].location;
			quota[bid[k].member]--;
			left--;
		}
	free(bid);
	return 0;
}
