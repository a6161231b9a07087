/* SPDX-License-Identifier: BSD-3-Clause
 *
 * One location and two boxes with different numbers of CPUs. Records go from box to box
 * by hand of the test, in both directions; everything else is as between boards. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_ring_elem.h>

#include "dataplane/sync.h"
#include "tests/box/box.h"
#include "tests/model/packet.h"
#include "tests/unit/eal_main.h"

#define STEP_MS 20
#define KEY	"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n"
#define USERS	40

#define CPU(slot, lcore)                                                                 \
	"{ slot = " #slot "; cpus = ( { cpu = 0; lcore = " #lcore "; } ); }"
#define LICENSE(slot)                                                                    \
	"{ slot = " #slot                                                                \
	"; sessions = 8192; users = 256; nat44 = true; ds_lite = true; }"

#define BOX(boards, licences, slot)                                                      \
	"node: { name = \"box\"; run_dir = \"/tmp\"; };"                                 \
	"dpdk: { lcores = \"0@0,1@1,2@1,3@1\"; control_lcore = 0; hugepages = false; };" \
	"ports: ( { name = \"inside\"; device = \"net_null0\"; mtu = 1600;"              \
	"  addresses = [ \"2001:db8:0:1::1/64\", \"10.0.0.1/24\" ]; },"                  \
	" { name = \"outside\"; device = \"net_null1\"; mtu = 1500;"                     \
	"  addresses = [ \"198.51.100.1/24\" ]; },"                                      \
	" { name = \"sync\"; device = \"net_null2\"; mtu = 1600;"                        \
	"  addresses = [ \"10.255.0.1/30\" ]; } );"                                      \
	"routes: ( { prefix = \"2001:db8:100::/40\"; next_hop = \"2001:db8:0:1::2\"; }," \
	" { prefix = \"10.1.0.0/16\"; next_hop = \"10.0.0.2\"; },"                       \
	" { prefix = \"0.0.0.0/0\"; next_hop = \"198.51.100.254\"; } );"                 \
	"boards: ( " boards " ); license: ( " licences " );"                             \
	"service_locations: ( { id = 7; slot = " #slot "; cpu = 0; remote_backup: {"     \
	" port = \"sync\"; peer = \"10.255.0.2\"; key_file = \"%s\"; }; } );"            \
	"service_instance_groups: ( { name = \"group1\"; service_locations = ("          \
	" { id = 7; weight = 1; } ); } );"                                               \
	"address_groups: ( { name = \"pool1\"; id = 1;"                                  \
	" addresses = [ \"203.0.113.0/29\" ]; } );"                                      \
	"ha: { hot_backup = true; delay_time = 1; };"                                    \
	"%s: ( { name = \"i1\"; id = 4711; service_instance_group = \"group1\"; %s%s"    \
	" outbound: ( { acl = \"any\"; address_group = \"pool1\"; } ); } );"

#define ONE BOX(CPU(1, 1), LICENSE(1), 1)
#define THREE                                                                            \
	BOX(CPU(1, 1) "," CPU(2, 2) "," CPU(3, 3),                                       \
		LICENSE(1) "," LICENSE(2) "," LICENSE(3), 3)

struct side {
	struct cgn_box box;
	uint16_t home; /* worker */
	struct cgn_compile_host host;
	unsigned n_sent;
	char port[16];
	uint8_t frame[256];
	uint16_t len;
};

static struct side side[2];
static bool tunnels, large; /* blocks: 16 of an address */
static unsigned lose;	    /* every nth record; 0: none */
static unsigned moved, lost;

static void
sent(void *arg, const char *port, const uint8_t *frame, uint16_t len)
{
	struct side *s = arg;

	s->n_sent++;
	snprintf(s->port, sizeof(s->port), "%s", port);
	s->len = (uint16_t)RTE_MIN(len, sizeof(s->frame));
	memcpy(s->frame, frame, s->len);
}

static void
open_side(struct side *s, const char *form, uint16_t home)
{
	static const struct rte_ether_addr mac = { { 2, 0, 0, 0, 0, 0x99 } };
	char text[4096], key[] = "/tmp/cgn-boxes-XXXXXX";
	int fd = mkstemp(key);

	CU_ASSERT_TRUE_FATAL(fd >= 0);
	CU_ASSERT_EQUAL(write(fd, KEY, strlen(KEY)), (ssize_t)strlen(KEY));
	close(fd);
	snprintf(text, sizeof(text), form, key,
		tunnels ? "ds_lite_instances" : "nat_instances",
		tunnels ? "local_ipv6 = \"2001:db8::aaaa\";"
			  " remote_ipv6 = [ \"2001:db8:100::/40\" ];"
			: "inside: { ports = [ \"inside\" ]; };",
		large ? "port_range: { size = 4032; };" : "");
	s->box.sent = sent;
	s->box.arg = s;
	CU_ASSERT_EQUAL_FATAL(
		cgn_box_open(&s->box, NULL, text, 42 + home, 1000, stderr), 0);
	unlink(key);
	CU_ASSERT_TRUE(cgn_box_neighbour(&s->box, "inside", "2001:db8:0:1::2", &mac));
	CU_ASSERT_TRUE(cgn_box_neighbour(&s->box, "inside", "10.0.0.2", &mac));
	CU_ASSERT_TRUE(cgn_box_neighbour(&s->box, "outside", "198.51.100.254", &mac));
	CU_ASSERT_TRUE(cgn_box_neighbour(&s->box, "sync", "10.255.0.2", &mac));
	s->box.step_ms = STEP_MS;
	s->home = home;
}

/* What this box is to the location: host, or holder of the copy. */
static void
be(struct side *s, bool host, bool peer, uint32_t epoch)
{
	s->host = (struct cgn_compile_host){ .worker = host ? s->home : CGN_REMOTE,
		.standby = host ? (peer ? CGN_REMOTE : CGN_NONE16) : s->home,
		.slot = (uint16_t)(s->home + 1),
		.epoch = epoch };
	cgn_box_rehost(&s->box, &s->host);
}

static void
begin(bool ds_lite)
{
	memset(side, 0, sizeof(side));
	tunnels = ds_lite;
	lose = moved = lost = 0;
	open_side(&side[0], ONE, 0);
	open_side(&side[1], THREE, 2);
	be(&side[0], true, true, 5);
	be(&side[1], false, true, 5);
}

static void
end(void)
{
	CU_ASSERT_EQUAL(cgn_box_close(&side[0].box), 0);
	CU_ASSERT_EQUAL(cgn_box_close(&side[1].box), 0);
}

static void
carry(const struct side *from, const struct side *to)
{
	struct rte_ring *out = cgn_sync_link(from->box.snap, from->home, CGN_REMOTE);
	struct rte_ring *in = cgn_sync_link(to->box.snap, CGN_REMOTE, to->home);
	uint8_t record[CGN_SYNCREC_BYTES];

	while (out && in && !rte_ring_full(in) &&
		!rte_ring_sc_dequeue_elem(out, record, sizeof(record))) {
		moved++;
		if (lose && moved % lose == 0)
			lost++;
		else
			rte_ring_sp_enqueue_elem(in, record, sizeof(record));
	}
}

static void
run(unsigned ms)
{
	for (unsigned t = 0; t < ms; t += STEP_MS)
		for (unsigned i = 0; i < 2; i++) {
			cgn_box_advance(&side[i].box, side[i].box.now_ms + STEP_MS);
			carry(&side[i], &side[!i]);
		}
}

/* true: one packet left, by that port. */
static bool
put(struct side *s, int port, const uint8_t *frame, uint16_t len, const char *leaves_by)
{
	struct rte_mbuf *m = cgn_box_frame(&s->box, port, frame, len);

	s->n_sent = 0;
	cgn_box_receive(&s->box, 0, &m, 1);
	return s->n_sent == 1 && strcmp(s->port, leaves_by) == 0;
}

static bool
give(struct side *s, int port, const struct cgn_model_packet *in,
	struct cgn_model_packet *out, const char *leaves_by)
{
	uint8_t frame[256];
	uint16_t len = cgn_model_build(frame, port, in);

	return put(s, port, frame, len, leaves_by) &&
	       cgn_model_read(s->frame, s->len, out);
}

/* The packet comes to box 1, which passes it on: only its hop limit is another. */
static void
pass_on(int port, const struct cgn_model_packet *in)
{
	uint8_t frame[256];
	uint16_t len = cgn_model_build(frame, port, in);
	unsigned ip6 = in->b4 >= 0 && port == 0;

	CU_ASSERT_TRUE(put(&side[1], port, frame, len, "sync"));
	CU_ASSERT_EQUAL_FATAL(side[1].len, len);
	CU_ASSERT_EQUAL(side[1].frame[ip6 ? 21 : 22], frame[ip6 ? 21 : 22] - 1);
	CU_ASSERT_EQUAL(memcmp(side[1].frame + 26, frame + 26, len - 26u), 0);
}

/* What box 1 has sent arrives at the other end of the channel's link. */
static bool
arrives(struct side *s, const char *leaves_by)
{
	uint8_t frame[256];

	memcpy(frame, side[1].frame, side[1].len);
	memcpy(frame, s->box.snap->port[2].mac.addr_bytes, 6);
	return put(s, 2, frame, side[1].len, leaves_by);
}

static uint32_t
inside_of(int user)
{
	return tunnels ? 0xc0a8010a : 0x0a010001 + (uint32_t)user;
}

static uint16_t
up(struct side *s, int user, uint8_t flags, uint32_t *addr)
{
	struct cgn_model_packet out, in = { .b4 = tunnels ? user : -1,
		.proto = 6,
		.src = inside_of(user),
		.dst = 0xc0000201,
		.sport = 5000,
		.dport = 80,
		.tcp_flags = flags };

	if (!give(s, 0, &in, &out, "outside"))
		return 0;
	*addr = out.src;
	return out.sport;
}

static bool
down(struct side *s, int user, uint8_t flags, uint32_t addr, uint16_t port)
{
	struct cgn_model_packet out, in = { .b4 = -1,
		.proto = 6,
		.src = 0xc0000201,
		.dst = addr,
		.sport = 80,
		.dport = port,
		.tcp_flags = flags };

	return give(s, 1, &in, &out, "inside") && out.b4 == (tunnels ? user : -1) &&
	       out.dst == inside_of(user) && out.dport == 5000;
}

static struct {
	uint32_t addr;
	uint16_t port;
} flow[USERS];

static void
connect_all(struct side *s)
{
	for (int u = 0; u < USERS; u++) {
		uint32_t a;

		flow[u].port = up(s, u, MODEL_SYN, &flow[u].addr);
		CU_ASSERT_TRUE(flow[u].port);
		CU_ASSERT_TRUE(
			down(s, u, MODEL_SYN | MODEL_ACK, flow[u].addr, flow[u].port));
		CU_ASSERT_EQUAL(up(s, u, MODEL_ACK, &a), flow[u].port);
	}
}

static void
go_on(struct side *s)
{
	for (int u = 0; u < USERS; u++) {
		uint32_t a = 0;

		CU_ASSERT_TRUE(down(s, u, MODEL_ACK, flow[u].addr, flow[u].port));
		CU_ASSERT_EQUAL(up(s, u, MODEL_ACK, &a), flow[u].port);
		CU_ASSERT_EQUAL(a, flow[u].addr);
	}
}

static bool
filled(const struct side *s)
{
	uint16_t location = (uint16_t)cgn_compile_find_location(s->box.compiler, 7);

	return cgn_sync_filled(s->box.worker[s->home], location);
}

static void
takes_over(bool ds_lite)
{
	begin(ds_lite);
	connect_all(&side[0]);
	run(6000);
	CU_ASSERT_TRUE(filled(&side[0]));
	be(&side[1], true, false, 6);
	go_on(&side[1]);
	/* the first one is back, with what it had, and gets what is new */
	be(&side[0], false, true, 6);
	be(&side[1], true, true, 6);
	run(6000);
	CU_ASSERT_TRUE(filled(&side[1]));
	be(&side[0], true, false, 7);
	go_on(&side[0]);
	end();
}

static void
test_take_over(void)
{
	takes_over(true);
	takes_over(false);
}

/* Records that the channel gave up are found by digests. */
static void
test_losses(void)
{
	begin(true);
	run(1000);
	lose = 3;
	connect_all(&side[0]);
	run(2000);
	CU_ASSERT_TRUE(lost > 20);
	lose = 0;
	run(20000);
	CU_ASSERT_TRUE(filled(&side[0]));
	be(&side[1], true, false, 6);
	go_on(&side[1]);
	end();
}

/* The backup translates nothing: what comes to it goes to the master as it is, and what
 * the master sent does not go back. */
static void
strays(bool ds_lite)
{
	struct cgn_model_packet out, in = { .b4 = ds_lite ? 1 : -1,
		.proto = 17,
		.src = ds_lite ? 0xc0a8010a : 0x0a010002,
		.dst = 0xc0000201,
		.sport = 5000,
		.dport = 80 };
	struct cgn_stats stats;

	begin(ds_lite);
	pass_on(0, &in);
	CU_ASSERT_TRUE(arrives(&side[0], "outside"));
	CU_ASSERT_TRUE(cgn_model_read(side[0].frame, side[0].len, &out));
	CU_ASSERT_EQUAL(out.src >> 8, 0xcb0071);
	CU_ASSERT_FALSE(arrives(&side[1], "sync"));
	cgn_box_stats(&side[1].box, &stats);
	CU_ASSERT_EQUAL(stats.drop[CGN_DROP_STRAY], 1);
	CU_ASSERT_EQUAL(stats.event[CGN_EVENT_USER_ADD], 0);
	in = (struct cgn_model_packet){ .b4 = -1,
		.proto = 17,
		.src = 0xc0000201,
		.dst = out.src,
		.sport = 80,
		.dport = out.sport };
	pass_on(1, &in);
	CU_ASSERT_TRUE(arrives(&side[0], "inside"));
	end();
}

static void
test_strays(void)
{
	strays(true);
	strays(false);
}

/* A master that has been replaced may say what it likes. */
static void
test_old_epoch(void)
{
	uint32_t addr;

	begin(true);
	connect_all(&side[0]);
	run(6000);
	be(&side[1], true, false, 6);
	run(6000);
	CU_ASSERT_TRUE(up(&side[0], USERS, MODEL_SYN, &addr));
	run(4000);
	CU_ASSERT_EQUAL(side[1].box.worker[2]->stats.event[CGN_EVENT_USER_ADD], 0);
	CU_ASSERT_EQUAL(side[1].box.worker[2]->instance[0].users, USERS);
	end();
}

static bool owned[8][65536];

/* So many new users; how many of them get a block. */
static unsigned
new_users(unsigned box, unsigned n)
{
	static int user;
	unsigned got = 0;

	while (n--) {
		uint32_t addr = 0, first;
		uint16_t port = up(&side[box], user++, MODEL_SYN, &addr);

		if (!port)
			continue;
		first = port - (port - CGN_PORT_FIRST) % 4032u;
		CU_ASSERT_FALSE(owned[addr & 7][first]);
		owned[addr & 7][first] = true;
		got++;
	}
	return got;
}

static void
own(unsigned box, enum cgn_own what)
{
	side[box].host.own = (uint8_t)what;
	cgn_box_rehost(&side[box].box, &side[box].host);
}

/* Both translate, and neither knows of the other one what it does, with addresses that
 * are more than half full: no port has two owners. */
static void
test_partition(void)
{
	large = true;
	begin(true);
	own(0, CGN_OWN_LOW_MOST);
	CU_ASSERT_EQUAL(new_users(0, 100), 100);
	be(&side[1], true, false, 6);
	own(1, CGN_OWN_HIGH);
	CU_ASSERT_EQUAL(new_users(1, 50), 8);
	CU_ASSERT_EQUAL(new_users(0, 50), 20);
	large = false;
	end();
}

const char *const eal_suite = "boxes";
CU_TestInfo eal_tests[] = {
	{ "VPP, DPVS: other numbers of CPUs", test_take_over },
	{ "records are lost", test_losses },
	{ "packets stray to the backup", test_strays },
	{ "an epoch that is over", test_old_epoch },
	{ "no port has two owners", test_partition },
	CU_TEST_INFO_NULL,
};
