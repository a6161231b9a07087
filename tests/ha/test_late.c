/* SPDX-License-Identifier: BSD-3-Clause */
/* Records between boards that come too late, or never. */
#include <rte_ring_elem.h>

#include "pair.h"
#include "tests/unit/eal_main.h"

#define SAME(n) CU_ASSERT_TRUE(cgn_same(&pair.box, pair_location(n), DELAY))

static const struct pair_options one = { .locations = ONE_TO_ONE, .ha = HOT };

/* The next record on its way to the standby, which does not get it. */
static void
catch_record(uint8_t rec[CGN_SYNCREC_BYTES])
{
	unsigned n = 0;

	for (unsigned k = 0; !n && k < 500; k++) {
		pair.box.parked |= 1ull << pair.host[0].standby;
		cgn_box_advance(&pair.box, pair.box.now_ms + 20);
		pair.box.parked &= ~(1ull << pair.host[0].standby);
		n = rte_ring_sc_dequeue_burst_elem(
			pair_ring(0), rec, CGN_SYNCREC_BYTES, 1, NULL);
	}
	CU_ASSERT_EQUAL_FATAL(n, 1);
}

/* VPP nat44-ei: a late addition after the deletion leaves a ghost that holds a port for
 * ever. Here it is refused, as is a duplicate. */
static void
test_late_add_after_del(void)
{
	uint8_t rec[CGN_SYNCREC_BYTES];
	struct cgn_syncrec r;
	uint64_t rejected;
	uint32_t addr;

	pair_open(&one);
	pair_up(1, 17, 7000, 1, 0, &addr);
	pair_run(0);
	catch_record(rec);
	CU_ASSERT_EQUAL(cgn_syncrec_decode(rec, &r), 0);
	CU_ASSERT_EQUAL(r.type, CGN_SYNCREC_SESSION);
	/* it overtakes nothing: the host ends all, then it arrives, twice */
	pair_run(110);
	CU_ASSERT_EQUAL(pair_host(0)->users.used, 0);
	CU_ASSERT_EQUAL(pair_standby(0)->users.used, 0);
	rejected = pair_sync(pair_standby(0), 0)->count.rejected;
	rte_ring_sp_enqueue_elem(pair_ring(0), rec, CGN_SYNCREC_BYTES);
	rte_ring_sp_enqueue_elem(pair_ring(0), rec, CGN_SYNCREC_BYTES);
	pair_run(1);
	CU_ASSERT_EQUAL(pair_standby(0)->sessions.used, 0);
	CU_ASSERT_EQUAL(pair_standby(0)->mappings.used, 0);
	CU_ASSERT_EQUAL(pair_sync(pair_standby(0), 0)->count.rejected, rejected + 2);
	pair_close();
}

/* pfsync: a half of a stale state is copied though the state is rejected. Here a record
 * that is older than what is known changes nothing. */
static void
test_stale_half(void)
{
	uint8_t rec[CGN_SYNCREC_BYTES];
	uint64_t rejected;
	uint32_t addr;
	uint16_t port;

	pair_open(&one);
	port = pair_connect(1, 6000, 9, &addr);
	pair_run(0);
	catch_record(rec); /* "established" */
	rte_ring_sp_enqueue_elem(pair_ring(0), rec, CGN_SYNCREC_BYTES);
	pair_settle();
	SAME(0);
	CU_ASSERT_TRUE(pair_down(1, 6, 6000, 9, MODEL_FIN | MODEL_ACK, addr, port));
	pair_run(3);
	SAME(0);
	rejected = pair_sync(pair_standby(0), 0)->count.rejected;
	rte_ring_sp_enqueue_elem(pair_ring(0), rec, CGN_SYNCREC_BYTES);
	pair_run(1);
	SAME(0);
	CU_ASSERT_EQUAL(pair_sync(pair_standby(0), 0)->count.rejected, rejected + 1);
	pair_close();
}

/* VPP nat44-ei: deleting by ascending index after swap-delete frees live entries. Every
 * other flow ends, and nothing that says so arrives: those go in the end, and no other.
 */
static void
test_half_ends(void)
{
	struct pair_options o = one;
	uint32_t addr;

	o.ha = HOT "batch_interval = 5;";
	pair_open(&o);
	for (int u = 0; u < 20; u++)
		for (uint16_t k = 0; k < 8; k++)
			CU_ASSERT(pair_up(u, 17, 5000 + k, 1, 0, &addr));
	pair_settle();
	for (unsigned ms = 0; pair_host(0)->sessions.used > 80; ms += 20) {
		for (int u = 0; u < 20 && ms % 10000 == 0; u++)
			for (uint16_t k = 0; k < 8; k += 2)
				CU_ASSERT(pair_up(u, 17, 5000 + k, 1, 0, &addr));
		pair_lossy(1);
	}
	CU_ASSERT_EQUAL(pair_standby(0)->sessions.used, 160);
	pair_run(12);
	CU_ASSERT_EQUAL(pair_standby(0)->sessions.used, 80);
	SAME(0);
	pair_close();
}

const char *const eal_suite = "late";
CU_TestInfo eal_tests[] = {
	{ "VPP nat44-ei: late addition after deletion", test_late_add_after_del },
	{ "pfsync: half of a stale state", test_stale_half },
	{ "VPP nat44-ei: deleting frees live entries", test_half_ends },
	CU_TEST_INFO_NULL,
};
