/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Virtual routers and packets: what goes out on a port, and what comes of that which
 * comes in. The box has one group on port p0: VRID 10, priority 200, an advertisement a
 * second, 2001:db8:0:1::fe, 10.255.0.254 and fe80::10. Time is turned by the test. */
#include <string.h>

#include <rte_ethdev.h>
#include <rte_ip.h>
#include <rte_mbuf.h>

#include "control/host.h"
#include "control/vrrp_int.h"
#include "dataplane/mark.h"
#include "eal_main.h"
#include "show_box.h"

#define KEPT 256

static struct cgn_daemon *const d = &show_box;
static struct cgn_plan plan;
static const struct rte_eth_rxtx_callback *tap;

static struct {
	uint8_t bytes[256];
	unsigned len;
} sent[KEPT];
static unsigned n_sent;

static uint16_t
keep(uint16_t port, uint16_t queue, struct rte_mbuf **pkt, uint16_t n, void *arg)
{
	(void)port;
	(void)queue;
	(void)arg;
	for (unsigned i = 0; i < n; i++) {
		CU_ASSERT_FATAL(n_sent < KEPT);
		sent[n_sent].len = rte_pktmbuf_data_len(pkt[i]);
		memcpy(sent[n_sent].bytes, rte_pktmbuf_mtod(pkt[i], void *),
			RTE_MIN(sent[n_sent].len, sizeof(sent[0].bytes)));
		n_sent++;
	}
	return n;
}

static void
emit(void *ctx, struct rte_mbuf *m, uint16_t port)
{
	cgn_daemon_send(ctx, port, m);
}

/* What the host says goes out on the port, too. */
static void
replace_host(void)
{
	struct cgn_wire wire = {
		.emit = emit, .ctx = d, .pool = d->own_pool, .stats = &d->stats
	};

	cgn_host_destroy(d->host);
	d->host = cgn_host_create(&wire);
	CU_ASSERT_PTR_NOT_NULL_FATAL(d->host);
	cgn_host_snapshot(d->host, d->snap);
	cgn_vrrp_io_attach(d);
	cgn_sender_flush(&d->out);
}

static void
open_box(void)
{
	show_box_init();
	d->rt.plan = &plan; /* queue 0 of every port is everybody's */
	d->out = (struct cgn_sender){
		.rt = &d->rt, .node = cgn_runtime_control(&d->rt), .drop = d->stats.drop
	};
	cgn_sender_begin(&d->out);
	tap = rte_eth_add_tx_callback(d->port->id, 0, keep, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(tap);
	replace_host();
	n_sent = 0;
}

static void
close_box(void)
{
	/* as backup, so that there is no last word */
	d->vrrp->group[0].router.state = CGN_VRRP_BACKUP;
	rte_eth_remove_tx_callback(d->port->id, 0, tap);
	show_box_fini();
}

static void
run(unsigned ms)
{
	for (unsigned i = 0; i < ms; i++) {
		d->vrrp->begin -= d->rt.tsc_per_ms;
		d->now_ms++;
		cgn_vrrp_groups_turn(d);
		cgn_vrrp_groups_speak(d);
		cgn_sender_flush(&d->out);
	}
}

/* Until it is master: three seconds and the skew. */
static void
become_master(void)
{
	run(3230);
	CU_ASSERT_EQUAL_FATAL(cgn_vrrp_groups_state(d, 0), CGN_VRRP_MASTER);
}

static void
input(const char *iface, const uint8_t *packet, size_t len)
{
	static const uint8_t link[14] = { 1, 0, 0x5e, 0, 0, 0x12, 0, 0, 0x5e, 0, 1, 10, 8,
		0 };
	struct rte_mbuf *m = rte_pktmbuf_alloc(d->own_pool);
	uint16_t i = (uint16_t)cgn_compile_find_iface(d->compiler, iface);

	memcpy(rte_pktmbuf_append(m, 14), link, 14);
	memcpy(rte_pktmbuf_append(m, (uint16_t)len), packet, len);
	*cgn_mark(m) = (struct cgn_mark){
		.op = CGN_MARK_LOCAL, .iface = i, .vpn = d->snap->iface[i].vpn, .l3 = 14
	};
	cgn_host_input(d->host, m);
	cgn_sender_flush(&d->out);
}

/* An IPv4 advertisement of 10.255.0.LAST arrives. */
static void
hear(const char *iface, uint8_t last, struct cgn_vrrp_advert a)
{
	static const uint8_t usual[4] = { 10, 255, 0, 254 };
	const uint8_t src[16] = { [10] = 0xff, [11] = 0xff, 10, 255, 0, last };
	uint8_t packet[128];
	int len;

	a.family = 4;
	a.n = 1;
	memcpy(a.src, src, 16);
	if (!a.addr)
		a.addr = usual;
	len = cgn_vrrp_wire_encode(packet, sizeof(packet), &a);
	CU_ASSERT_FATAL(len > 0);
	input(iface, packet, (size_t)len);
}

#define ADVERT(p, cs) .vrid = 10, .priority = (p), .interval_cs = (cs)

static struct cgn_vrrp_advert
sent_advert(unsigned i)
{
	struct cgn_vrrp_advert a = { 0 };

	CU_ASSERT_FATAL(i < n_sent);
	CU_ASSERT_EQUAL(cgn_vrrp_wire_decode(sent[i].bytes + 14, sent[i].len - 14, &a),
		CGN_VRRP_FINE);
	return a;
}

static void
advertisements(void)
{
	struct cgn_vrrp_advert a;

	open_box();
	run(3200);
	CU_ASSERT_EQUAL(n_sent, 0);
	become_master();
	a = sent_advert(0);
	CU_ASSERT_EQUAL(a.family, 4);
	CU_ASSERT_EQUAL(memcmp(sent[0].bytes, "\1\0\x5e\0\0\x12\0\0\x5e\0\1\x0a", 12), 0);
	CU_ASSERT_EQUAL(a.n, 1);
	CU_ASSERT_EQUAL(memcmp(a.addr, "\x0a\xff\0\xfe", 4), 0);
	CU_ASSERT_EQUAL(memcmp(a.src + 12, "\x0a\xff\0\1", 4), 0);
	CU_ASSERT_EQUAL(a.priority, 200);
	CU_ASSERT_EQUAL(a.interval_cs, 100);
	a = sent_advert(1);
	CU_ASSERT_EQUAL(a.family, 6);
	CU_ASSERT_EQUAL(
		memcmp(sent[1].bytes, "\x33\x33\0\0\0\x12\0\0\x5e\0\2\x0a\x86\xdd", 14),
		0);
	CU_ASSERT_EQUAL(memcmp(a.src, "\xfe\x80\0\0\0\0\0\0", 8), 0);
	CU_ASSERT_EQUAL(a.n, 2);
	CU_ASSERT_EQUAL(memcmp(a.addr, "\xfe\x80", 2), 0); /* link-local first */
	CU_ASSERT_EQUAL(memcmp(a.addr + 16, "\x20\x01\x0d\xb8", 4), 0);
	close_box();
}

/* Of each address: at once, after 100 ms, one second and three. */
static void
announcements(void)
{
	static const uint8_t arp[42] = "\xff\xff\xff\xff\xff\xff\0\0\x5e\0\1\x0a\x08\x06"
				       "\0\1\x08\0\6\4\0\1\0\0\x5e\0\1\x0a\x0a\xff\0\xfe"
				       "\0\0\x5e\0\1\x0a\x0a\xff\0\xfe";
	unsigned arps = 0, nas = 0;

	open_box();
	become_master();
	CU_ASSERT_EQUAL_FATAL(n_sent, 5);
	CU_ASSERT_EQUAL(sent[2].len, 42);
	CU_ASSERT_EQUAL(memcmp(sent[2].bytes, arp, sizeof(arp)), 0);
	for (unsigned i = 3; i < 5; i++) {
		CU_ASSERT_EQUAL(memcmp(sent[i].bytes,
					"\x33\x33\0\0\0\1\0\0\x5e\0\2\x0a\x86\xdd", 14),
			0);
		CU_ASSERT_EQUAL(sent[i].bytes[54], 136);
		CU_ASSERT_EQUAL(sent[i].bytes[58], 0xa0); /* router, override */
		CU_ASSERT_EQUAL(
			memcmp(sent[i].bytes + 62, i == 3 ? "\xfe\x80" : "\x20\1", 2), 0);
	}
	run(5000);
	for (unsigned i = 0; i < n_sent; i++) {
		arps += sent[i].bytes[13] == 6;
		nas += sent[i].bytes[13] == 0xdd && sent[i].bytes[20] == 58;
	}
	CU_ASSERT_EQUAL(arps, 4);
	CU_ASSERT_EQUAL(nas, 8);
	close_box();
}

static void
summed_alike(void)
{
	open_box();
	become_master();
	CU_ASSERT_FALSE(sent_advert(0).plain);
	n_sent = 0;
	hear("p0", 2, (struct cgn_vrrp_advert){ ADVERT(100, 100), .plain = true });
	CU_ASSERT_EQUAL_FATAL(n_sent, 2); /* a lower one is answered at once */
	CU_ASSERT(sent_advert(0).plain);
	n_sent = 0;
	hear("p0", 2, (struct cgn_vrrp_advert){ ADVERT(100, 100) });
	CU_ASSERT_FALSE(sent_advert(0).plain);
	close_box();
}

static void
strangers(void)
{
	struct cgn_vrrp_advert other = { ADVERT(250, 100) };

	open_box();
	become_master();
	other.vrid = 11;
	hear("p0", 2, other);
	CU_ASSERT_EQUAL(d->stats.drop[CGN_DROP_VRRP], 1);
	hear("p0", 1, (struct cgn_vrrp_advert){ ADVERT(250, 100) }); /* our own */
	CU_ASSERT_EQUAL(d->stats.drop[CGN_DROP_VRRP], 2);
	hear("red", 2, (struct cgn_vrrp_advert){ ADVERT(250, 100) });
	CU_ASSERT_EQUAL(d->stats.drop[CGN_DROP_MULTICAST], 1);
	CU_ASSERT_EQUAL(cgn_vrrp_groups_state(d, 0), CGN_VRRP_MASTER);
	CU_ASSERT_EQUAL(d->vrrp->group[0].count.received, 0);
	close_box();
}

static void
other_configuration(void)
{
	static const uint8_t addr[4] = { 10, 255, 0, 253 };
	const struct cgn_vrrp_count *count;

	open_box();
	become_master();
	count = &d->vrrp->group[0].count;
	hear("p0", 2, (struct cgn_vrrp_advert){ ADVERT(250, 100) });
	CU_ASSERT_EQUAL(count->addresses + count->intervals, 0);
	CU_ASSERT_EQUAL(cgn_vrrp_groups_state(d, 0), CGN_VRRP_BACKUP);
	hear("p0", 2, (struct cgn_vrrp_advert){ ADVERT(250, 10) });
	CU_ASSERT_EQUAL(count->intervals, 1);
	hear("p0", 2, (struct cgn_vrrp_advert){ ADVERT(250, 100), .addr = addr });
	CU_ASSERT_EQUAL(count->addresses, 1);
	CU_ASSERT_EQUAL(count->received, 3);
	close_box();
}

/* The port has the virtual MAC addresses while it is master; as backup only for what is
 * still on its way here, while something translates it, and half a second beyond. */
static void
vpp_3594(void)
{
	const struct rte_ether_addr mac = { { 0, 0, 0x5e, 0, 1, 10 } };
	const struct cgn_vmac *vmac;

	open_box();
	vmac = d->snap->iface[0].vmac;
	CU_ASSERT_FALSE(cgn_vmac_has(vmac, &mac));
	become_master();
	CU_ASSERT(cgn_vmac_has(vmac, &mac));
	hear("p0", 2, (struct cgn_vrrp_advert){ ADVERT(250, 100) });
	CU_ASSERT_EQUAL(cgn_vrrp_groups_state(d, 0), CGN_VRRP_BACKUP);
	cgn_vrrp_groups_set_busy(d, 0, true);
	run(2000);
	CU_ASSERT(cgn_vmac_has(vmac, &mac));
	cgn_vrrp_groups_set_busy(d, 0, false);
	run(490);
	CU_ASSERT(cgn_vmac_has(vmac, &mac));
	run(20);
	CU_ASSERT_FALSE(cgn_vmac_has(vmac, &mac));
	close_box();
}

/* Giving way: told to the others, to the state, and once as a change. */
static void
gives_way(void)
{
	char err[128] = "";

	open_box();
	run(10);
	CU_ASSERT_NOT_EQUAL(cgn_vrrp_groups_yield(d, 0, true, err, sizeof(err)), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(err, "it is backup"));
	become_master();
	n_sent = 0;
	CU_ASSERT_EQUAL(cgn_vrrp_groups_yield(d, 0, true, err, sizeof(err)), 0);
	cgn_sender_flush(&d->out);
	CU_ASSERT_EQUAL_FATAL(n_sent, 2);
	CU_ASSERT_EQUAL(sent_advert(0).priority, 0);
	CU_ASSERT_EQUAL(sent_advert(1).priority, 0);
	close_box();
}

/* Somebody on the link asks for a public address of the pool, which the network has. */
static unsigned
answers(uint8_t mac[6])
{
	static const uint8_t ask[42] = "\xff\xff\xff\xff\xff\xff\2\0\0\0\0\x77\x08\x06"
				       "\0\1\x08\0\6\4\0\1\2\0\0\0\0\x77\xcb\0\x71\x14"
				       "\0\0\0\0\0\0\xcb\0\x71\x03";
	struct rte_mbuf *m = rte_pktmbuf_alloc(d->own_pool);

	memcpy(rte_pktmbuf_append(m, sizeof(ask)), ask, sizeof(ask));
	*cgn_mark(m) = (struct cgn_mark){ .op = CGN_MARK_LOCAL, .l3 = 14 };
	n_sent = 0;
	cgn_host_input(d->host, m);
	cgn_sender_flush(&d->out);
	memcpy(mac, sent[0].bytes + 22, 6);
	return n_sent;
}

static void
on_the_link(void)
{
	const char *virtual = "\0\0\x5e\0\1\x0a";
	uint8_t mac[6];

	open_box();
	run(10);
	/* locations without VRRP answer as ever */
	CU_ASSERT_EQUAL(answers(mac), 1);
	CU_ASSERT_EQUAL(memcmp(mac, &d->port->mac, 6), 0);
	for (unsigned i = 0; i < d->conf->n_locations; i++)
		d->conf->locations[i].vrrp =
			(struct cgn_conf_vrrp_ref){ .present = true, .index = 0 };
	CU_ASSERT_EQUAL(answers(mac), 0);
	d->vrrp->group[0].router.state = CGN_VRRP_MASTER;
	CU_ASSERT_EQUAL(answers(mac), 1);
	CU_ASSERT_EQUAL(memcmp(mac, virtual, 6), 0);
	close_box();
}

const char *const eal_suite = "vrrp_io";
CU_TestInfo eal_tests[] = {
	{ "advertisements", advertisements },
	{ "announcements", announcements },
	{ "checksum as the other box has it", summed_alike },
	{ "not for a router here", strangers },
	{ "configured differently", other_configuration },
	{ "VPP #3594: its own virtual MAC address hides the master", vpp_3594 },
	{ "giving way", gives_way },
	{ "public addresses on the link", on_the_link },
	CU_TEST_INFO_NULL,
};
