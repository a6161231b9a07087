/* SPDX-License-Identifier: BSD-3-Clause */
/* First packets, through the whole pipeline. */
#include <string.h>

#include <rte_tcp.h>

#include "dataplane/user.h"
#include "eal_main.h"
#include "world.h"

#define SYN RTE_TCP_SYN_FLAG
#define ACK RTE_TCP_ACK_FLAG

static const struct packet up_udp = { .proto = 17,
	.src = NAT_HOST,
	.dst = REMOTE_HOST,
	.sport = 5000,
	.dport = 53,
	.payload = 20 },
			   up_tcp = { .proto = 6,
				   .src = NAT_HOST,
				   .dst = REMOTE_HOST,
				   .sport = 5000,
				   .dport = 80,
				   .tcp_flags = SYN },
			   up_echo = { .proto = 1,
				   .src = NAT_HOST,
				   .dst = REMOTE_HOST,
				   .sport = 5000,
				   .icmp_type = 8,
				   .payload = 9 };

static uint64_t
drops(enum cgn_drop reason)
{
	return world.w->stats.drop[reason];
}

/* A packet that is dropped for this reason and leaves all as it was. */
static void
refused(const struct packet *p, enum cgn_drop reason)
{
	struct ledger before = world_ledger(), after;
	uint64_t dropped = drops(reason);

	CU_ASSERT_EQUAL(world_nat_up(p)->kind, -1);
	CU_ASSERT_EQUAL(drops(reason), dropped + 1);
	after = world_ledger();
	CU_ASSERT_TRUE(world_same(&before, &after));
}

static void
test_up(void)
{
	static const struct packet *const packets[] = { &up_udp, &up_tcp, &up_echo };

	world_open(64, 16, 0);
	for (unsigned k = 0; k < RTE_DIM(packets); k++) {
		const uint8_t *ip = world_ip(world_nat_up(packets[k]));

		CU_ASSERT_PTR_NOT_NULL_FATAL(ip);
		CU_ASSERT_TRUE(packet_right4(ip));
		CU_ASSERT_EQUAL(packet_get32(ip, 12) & ~3u, POOL_NAT_FIRST);
		CU_ASSERT_EQUAL(world.w->sessions.used, k + 1);
		ip = world_ip(world_nat_up(packets[k])); /* again: nothing new */
		CU_ASSERT_PTR_NOT_NULL_FATAL(ip);
		CU_ASSERT_EQUAL(world.w->sessions.used, k + 1);
	}
	CU_ASSERT_EQUAL(world.w->users.used, 1);
	CU_ASSERT_EQUAL(world.w->mappings.used, 3);
	CU_ASSERT_EQUAL(world.w->blocks.used, 1);
	CU_ASSERT_PTR_NOT_NULL(world_ip(world_ds_up(B4_1, &up_udp)));
	CU_ASSERT_PTR_NOT_NULL(world_ip(world_ds_up(B4_2, &up_udp)));
	CU_ASSERT_EQUAL(world.w->users.used, 3);
	CU_ASSERT_EQUAL(world.w->instance[DS].users, 2);
	world_close();
}

/* Keys of nobody until the table is full; returns how many. */
static uint32_t
fill(struct cgn_table *t)
{
	union cgn_key key = { .owner = 77 };
	uint32_t n = 0;

	while (cgn_table_add(t, &key, 0) == 0) {
		key.local++;
		n++;
	}
	return n;
}

static void
empty(struct cgn_table *t, uint32_t n)
{
	for (union cgn_key key = { .owner = 77 }; n--; key.local++)
		CU_ASSERT_TRUE(cgn_table_del(t, &key, 0));
}

/* Whatever is full, a new user's packet is dropped by name and nothing stays behind, not
 * even in quarantine. */
static void
test_new_user_refused(void)
{
	struct packet p = up_tcp;
	struct cgn_slots full;

	world_open(64, 16, 0);
	struct {
		struct cgn_table *table;
		enum cgn_drop reason;
	} expect[] = {
		{ world.w->user_by_key, CGN_DROP_USERS_FULL },
		{ world.w->up, CGN_DROP_SESSIONS_FULL },
		{ world.w->down, CGN_DROP_SESSIONS_FULL },
		{ world.w->map_up, CGN_DROP_SESSIONS_FULL },
		{ world.w->map_down, CGN_DROP_SESSIONS_FULL },
	};

	for (unsigned k = 0; k < RTE_DIM(expect); k++) {
		uint32_t n = fill(expect[k].table);

		refused(&up_tcp, expect[k].reason);
		empty(expect[k].table, n);
	}
	full = world.w->sessions;
	while (cgn_slots_take(&world.w->sessions) != CGN_NONE)
		;
	refused(&up_tcp, CGN_DROP_SESSIONS_FULL);
	world.w->sessions = full;
	world.snap.license[0].kind[CGN_NAT44] = false;
	refused(&up_tcp, CGN_DROP_LICENSE);
	world.snap.license[0].kind[CGN_NAT44] = true;
	p.tcp_flags = ACK;
	refused(&p, CGN_DROP_TCP_NO_SYN);
	p.tcp_flags = SYN | RTE_TCP_RST_FLAG;
	refused(&p, CGN_DROP_TCP_NO_SYN);
	world.instance[NAT].max_sessions = 0;
	refused(&up_tcp, CGN_DROP_LIMIT_SESSIONS);
	world.instance[NAT].max_sessions = 9;
	world.instance[NAT].max_ports[CGN_TCP] = 0;
	refused(&up_tcp, CGN_DROP_LIMIT_PORTS);
	world.instance[NAT].max_ports[CGN_TCP] = 9;
	world.instance[NAT].users_per_address = 1;
	for (unsigned slot = 4; slot < 7; slot++)
		world.address[slot].locked = true;
	refused(&up_tcp, CGN_DROP_NO_ADDRESS);
	for (unsigned slot = 4; slot < 7; slot++)
		world.address[slot].locked = false;
	CU_ASSERT_PTR_NOT_NULL(world_ip(world_nat_up(&up_tcp)));
	world_close();
}

/* The next flow of a user at its limits: refused, and the first one lives on. */
static void
test_limits(void)
{
	struct cgn_instance *inst = &world.instance[NAT];
	struct packet p = up_tcp;

	world_open(64, 16, 0);
	inst->max_class[CGN_TCP] = 1;
	inst->port_mode = CGN_MODE_STATIC;
	inst->block_size = 1;
	CU_ASSERT_PTR_NOT_NULL(world_ip(world_nat_up(&up_tcp)));
	p.dport = 81;
	refused(&p, CGN_DROP_LIMIT_SESSIONS); /* on the mapping that exists */
	inst->max_class[CGN_TCP] = 9;
	p.sport = 5001;
	refused(&p, CGN_DROP_NO_PORT);
	cgn_user_at(world.w, 0)->port_mode = CGN_MODE_DYNAMIC;
	cgn_user_at(world.w, 0)->block_size = CGN_PORT_COUNT;
	refused(&p, CGN_DROP_NO_BLOCK);
	cgn_user_at(world.w, 0)->block_size = 1;
	inst->create_rate = 10;
	cgn_user_at(world.w, 0)->tokens = 0;
	refused(&p, CGN_DROP_LIMIT_RATE);
	world_tick(100);
	CU_ASSERT_PTR_NOT_NULL(world_ip(world_nat_up(&p)));
	CU_ASSERT_PTR_NOT_NULL(world_ip(world_nat_up(&up_tcp)));
	world_close();
}

/* RFC 6888 REQ-11D: a flood against a full table ends no session that is there. */
static void
test_never_evicts(void)
{
	struct packet p = up_udp;
	unsigned n;

	world_open(16, 16, 0);
	for (n = 0; world_ip(world_nat_up(&p)); n++)
		p.sport++;
	CU_ASSERT_EQUAL(n, 16);
	for (p.sport = 20000; p.sport < 20100; p.sport++)
		refused(&p, CGN_DROP_SESSIONS_FULL);
	p.src++; /* another user */
	refused(&p, CGN_DROP_SESSIONS_FULL);
	for (p = up_udp; p.sport < 5016; p.sport++)
		CU_ASSERT_PTR_NOT_NULL(world_ip(world_nat_up(&p)));
	world_close();
}

/* The outside of the first mapping. */
static struct packet
inbound(const struct packet *up, const uint8_t *ip, uint32_t from, uint16_t port)
{
	struct packet p = *up;

	p.src = from;
	p.sport = port;
	p.dst = packet_get32(ip, 12);
	p.dport = packet_get16(ip, 20);
	return p;
}

static void
refused_down(const struct packet *p, enum cgn_drop reason)
{
	struct ledger before = world_ledger(), after;
	uint64_t dropped = drops(reason);

	CU_ASSERT_EQUAL(world_down(p)->kind, -1);
	CU_ASSERT_EQUAL(drops(reason), dropped + 1);
	after = world_ledger();
	CU_ASSERT_TRUE(world_same(&before, &after));
}

static void
test_down(void)
{
	struct cgn_instance *inst = &world.instance[NAT];
	struct packet p;
	const uint8_t *ip;

	world_open(64, 16, 0);
	ip = world_ip(world_nat_up(&up_udp));
	CU_ASSERT_PTR_NOT_NULL_FATAL(ip);
	p = inbound(&up_udp, ip, IP4(198, 51, 100, 77), 4444);
	inst->eif = false;
	refused_down(&p, CGN_DROP_FILTERED);
	inst->eif = true;
	p.dport ^= 1;
	refused_down(&p, CGN_DROP_NO_MAPPING);
	p.dport ^= 1;
	inst->max_reverse = 1;
	ip = world_ip(world_down(&p));
	CU_ASSERT_PTR_NOT_NULL_FATAL(ip);
	CU_ASSERT_EQUAL(packet_get32(ip, 16), NAT_HOST);
	CU_ASSERT_EQUAL(packet_get16(ip, 22), 5000);
	CU_ASSERT_EQUAL(world.w->sessions.used, 2);
	CU_ASSERT_EQUAL(world.w->mappings.used, 1);
	CU_ASSERT_EQUAL(cgn_session_at(world.w, 1)->from, CGN_DOWN);
	p.sport++;
	refused_down(&p, CGN_DROP_LIMIT_REVERSE);
	world_close();
}

/* From outside too TCP begins with a SYN only. */
static void
test_down_tcp(void)
{
	struct packet p;
	const uint8_t *ip;

	world_open(64, 16, 0);
	ip = world_ip(world_nat_up(&up_tcp));
	CU_ASSERT_PTR_NOT_NULL_FATAL(ip);
	p = inbound(&up_tcp, ip, IP4(198, 51, 100, 77), 4444);
	p.tcp_flags = ACK;
	refused_down(&p, CGN_DROP_TCP_NO_SYN);
	p.tcp_flags = SYN;
	CU_ASSERT_PTR_NOT_NULL(world_ip(world_down(&p)));
	CU_ASSERT_EQUAL(cgn_session_at(world.w, 1)->state, CGN_STATE_SYN_DOWN);
	world_close();
}

/* RFC 5382 REQ-4: a SYN to a port that nobody holds is answered after six seconds, and
 * not at all if the inside has opened meanwhile. */
static void
test_held_syn(void)
{
	struct packet p = up_tcp, other = up_tcp;
	const uint8_t *ip;

	world_open(64, 16, 0);
	world.instance[NAT].eif = false;
	ip = world_ip(world_nat_up(&up_tcp));
	CU_ASSERT_PTR_NOT_NULL_FATAL(ip);
	p = inbound(&up_tcp, ip, IP4(192, 0, 2, 99), 4444);
	other.dst = p.src;
	other.dport = p.sport;
	CU_ASSERT_EQUAL(world_down(&p)->kind, -1);
	p.sport++;
	CU_ASSERT_EQUAL(world_down(&p)->kind, -1);
	CU_ASSERT_EQUAL(drops(CGN_DROP_FILTERED), 0);
	world_tick(5000);
	CU_ASSERT_PTR_NOT_NULL(world_ip(world_nat_up(&other)));
	world_tick(999);
	CU_ASSERT_EQUAL(world.w->out.n, 0);
	world_tick(1);
	CU_ASSERT_EQUAL(drops(CGN_DROP_SYN_ANSWERED), 1);
	CU_ASSERT_EQUAL(world.w->stats.flow[CGN_FLOW_ICMP_SENT].packets, 1);
	CU_ASSERT_EQUAL(world_empty_outbox(), 1);
	CU_ASSERT_EQUAL(world.w->held.n, 0);
	CU_ASSERT_EQUAL(world_down(&p)->kind, -1);
	CU_ASSERT_EQUAL(world.w->held.n, 1); /* goes with the worker */
	world_close();
}

/* Endpoint-independent: one public port for all servers (RFC 4787 REQ-1); or one for each
 * flow, and then only its own server may answer. */
static void
test_mapping(void)
{
	struct packet p = up_udp, back;
	uint16_t port[2], other;
	const uint8_t *ip;

	for (unsigned eim = 0; eim < 2; eim++) {
		world_open(64, 16, 0);
		world.instance[NAT].eim = world.instance[NAT].eif = eim;
		for (unsigned k = 0; k < 2; k++) {
			p.dst = REMOTE_HOST + k;
			ip = world_ip(world_nat_up(&p));
			CU_ASSERT_PTR_NOT_NULL_FATAL(ip);
			port[k] = packet_get16(ip, 20);
		}
		CU_ASSERT_EQUAL(port[0] == port[1], eim);
		CU_ASSERT_EQUAL(world.w->mappings.used, eim ? 1 : 2);
		back = inbound(&up_udp, ip, REMOTE_HOST + 1, 53);
		CU_ASSERT_PTR_NOT_NULL(world_ip(world_down(&back)));
		back.sport = 54;
		other = (uint16_t)world.w->sessions.used;
		if (!eim)
			refused_down(&back, CGN_DROP_FILTERED);
		else
			CU_ASSERT_PTR_NOT_NULL(world_ip(world_down(&back)));
		CU_ASSERT_EQUAL(world.w->sessions.used, other + eim);
		world_close();
	}
}

/* Mapping and filtering are apart: a port of one destination is open to others if
 * filtering is endpoint-independent, but not to a peer that has a port of its own. */
static void
test_mapping_and_filtering(void)
{
	struct packet p = up_udp, back;
	const uint8_t *ip;

	world_open(64, 16, 0);
	world.instance[NAT].eim = false;
	p.dst = REMOTE_HOST + 1;
	CU_ASSERT_PTR_NOT_NULL_FATAL(world_nat_up(&p));
	ip = world_ip(world_nat_up(&up_udp));
	back = inbound(&up_udp, ip, REMOTE_HOST + 1, 53);
	refused_down(&back, CGN_DROP_FILTERED);
	CU_ASSERT_EQUAL(world.w->stats.event[CGN_EVENT_TABLE_FULL], 0);
	back.sport = 54;
	CU_ASSERT_PTR_NOT_NULL(world_ip(world_down(&back)));
	CU_ASSERT_EQUAL(world.w->sessions.used, 3);
	CU_ASSERT_EQUAL(world.w->mappings.used, 2);
	world_close();
}

/* Many first packets of the same flow in one burst are one session. */
static void
test_one_burst(void)
{
	struct rte_mbuf *m[CGN_BURST];
	uint8_t ip[PACKET_MAX], outer[PACKET_MAX];

	world_open(128, 16, 0);
	for (unsigned k = 0; k < CGN_BURST; k++) {
		struct packet p = up_udp;
		unsigned len;

		p.dport = (uint16_t)(53 + k / 2 % 16);
		len = packet_ip4(ip, &p);
		if (k % 2) {
			m[k] = world_frame(INSIDE, ip, len);
			continue;
		}
		len = packet_ip6(
			outer, packet_addr6(B4_1), packet_addr6(AFTR), 4, ip, len);
		m[k] = world_frame(INSIDE, outer, len);
	}
	cgn_pipeline_run(world.w, m, CGN_BURST, true);
	CU_ASSERT_EQUAL(world_empty_outbox(), CGN_BURST);
	CU_ASSERT_EQUAL(world.w->sessions.used, 32);
	CU_ASSERT_EQUAL(world.w->mappings.used, 2);
	CU_ASSERT_EQUAL(world.w->users.used, 2);
	world_close();
}

const char *const eal_suite = "create";
CU_TestInfo eal_tests[] = {
	{ "sessions from inside", test_up },
	{ "a refused new user leaves nothing", test_new_user_refused },
	{ "limits", test_limits },
	{ "no session is ever evicted", test_never_evicts },
	{ "sessions from outside", test_down },
	{ "TCP from outside", test_down_tcp },
	{ "unsolicited SYNs", test_held_syn },
	{ "mapping behaviour", test_mapping },
	{ "mapping and filtering", test_mapping_and_filtering },
	{ "first packets in one burst", test_one_burst },
	CU_TEST_INFO_NULL,
};
