/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Ports: opened, read, given back; and what is said when they cannot be. */
#include "dataplane/port.h"

#include <string.h>

#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "dataplane/mark.h"
#include "eal_main.h"

static struct rte_mempool *pool;
static char err[256];

static int
open_port(struct cgn_port *p, const char *device, uint16_t mtu, uint16_t queues)
{
	struct cgn_port_conf conf = { .name = "inside",
		.device = device,
		.mtu = mtu,
		.rx_queues = queues,
		.tx_queues = 5 };

	if (!pool)
		pool = rte_pktmbuf_pool_create(
			"port", 8191, 0, CGN_MARK_SIZE, 10240, SOCKET_ID_ANY);
	CU_ASSERT_PTR_NOT_NULL_FATAL(pool);
	conf.pool = pool;
	err[0] = '\0';
	return cgn_port_init(p, &conf, err, sizeof(err));
}

static void
test_open(void)
{
	struct cgn_port_state state;
	struct rte_mbuf *pkt[32];
	struct cgn_port p;

	/* twice: the second time the name is free again */
	for (unsigned i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL_FATAL(open_port(&p, "net_null0,size=100", 9000, 4), 0);
		CU_ASSERT_STRING_EQUAL(p.driver, "net_null");
		CU_ASSERT_STRING_EQUAL(p.name, "inside");
		CU_ASSERT_EQUAL(p.n_rx, 4);
		CU_ASSERT_EQUAL(p.n_tx, 4);
		CU_ASSERT_EQUAL(rte_eth_rx_burst(p.id, 3, pkt, 32), 32);
		rte_pktmbuf_free_bulk(pkt, 32);
		cgn_port_read(&p, &state);
		CU_ASSERT_TRUE(state.up);
		CU_ASSERT_EQUAL(state.rx_packets, 32);
		cgn_port_fini(&p);
		CU_ASSERT_EQUAL(rte_eth_dev_count_avail(), 0);
		CU_ASSERT_EQUAL(rte_mempool_in_use_count(pool), 0);
	}
}

/* A driver with fewer queues gives what it has. */
static void
test_few_queues(void)
{
	struct cgn_port p;

	CU_ASSERT_EQUAL_FATAL(open_port(&p, "net_pcap0,tx_pcap=/dev/null", 1500, 4), 0);
	CU_ASSERT_EQUAL(p.n_rx, 1);
	CU_ASSERT_EQUAL(p.n_tx, 1);
	cgn_port_fini(&p);
}

static void
test_refused(void)
{
	struct cgn_port p;

	CU_ASSERT_NOT_EQUAL(open_port(&p, "net_nonsense0", 1500, 1), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(err, "port inside: "));
	CU_ASSERT_PTR_NOT_NULL(strstr(err, "net_nonsense0"));
	CU_ASSERT_NOT_EQUAL(open_port(&p, "net_pcap0,rx_pcap=/nowhere", 1500, 1), 0);
	CU_ASSERT_NOT_EQUAL(open_port(&p, "0000:fe:1f.7", 1500, 1), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(err, "vfio-pci"));
	CU_ASSERT_EQUAL(rte_eth_dev_count_avail(), 0);
	cgn_port_fini(&p); /* nothing to do */
	rte_mempool_free(pool);
}

const char *const eal_suite = "port";
CU_TestInfo eal_tests[] = {
	{ "opened and given back, twice", test_open },
	{ "fewer queues than wanted", test_few_queues },
	{ "refused", test_refused },
	CU_TEST_INFO_NULL,
};
