/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/ha/sides.h"

#include <stdlib.h>
#include <unistd.h>

#include <rte_ring_elem.h>

#include "dataplane/sync.h"

#define STEP_MS SIDE_STEP_MS
#define KEY	"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n"

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

struct side side[2];
bool side_tunnels, side_large;
unsigned side_lose, side_lost;
static unsigned moved;

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
		side_tunnels ? "ds_lite_instances" : "nat_instances",
		side_tunnels ? "local_ipv6 = \"2001:db8::aaaa\";"
			       " remote_ipv6 = [ \"2001:db8:100::/40\" ];"
			     : "inside: { ports = [ \"inside\" ]; };",
		side_large ? "port_range: { size = 4032; };" : "");
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

void
side_be(struct side *s, bool host, bool peer, uint32_t epoch)
{
	s->host = (struct cgn_compile_host){ .worker = host ? s->home : CGN_REMOTE,
		.standby = host ? (peer ? CGN_REMOTE : CGN_NONE16) : s->home,
		.slot = (uint16_t)(s->home + 1),
		.epoch = epoch };
	cgn_box_rehost(&s->box, &s->host);
}

void
side_begin(bool ds_lite)
{
	memset(side, 0, sizeof(side));
	side_tunnels = ds_lite;
	side_lose = moved = side_lost = 0;
	open_side(&side[0], ONE, 0);
	open_side(&side[1], THREE, 2);
	side_be(&side[0], true, true, 5);
	side_be(&side[1], false, true, 5);
}

void
side_end(void)
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
		if (side_lose && moved % side_lose == 0)
			side_lost++;
		else
			rte_ring_sp_enqueue_elem(in, record, sizeof(record));
	}
}

void
side_run(unsigned ms)
{
	for (unsigned t = 0; t < ms; t += STEP_MS)
		for (unsigned i = 0; i < 2; i++) {
			cgn_box_advance(&side[i].box, side[i].box.now_ms + STEP_MS);
			carry(&side[i], &side[!i]);
		}
}

bool
side_put(struct side *s, int port, const uint8_t *frame, uint16_t len,
	const char *leaves_by)
{
	struct rte_mbuf *m = cgn_box_frame(&s->box, port, frame, len);

	s->n_sent = 0;
	cgn_box_receive(&s->box, 0, &m, 1);
	return s->n_sent == 1 && strcmp(s->port, leaves_by) == 0;
}

bool
side_give(struct side *s, int port, const struct cgn_model_packet *in,
	struct cgn_model_packet *out, const char *leaves_by)
{
	uint8_t frame[256];
	uint16_t len = cgn_model_build(frame, port, in);

	return side_put(s, port, frame, len, leaves_by) &&
	       cgn_model_read(s->frame, s->len, out);
}

uint32_t
side_inside(int user)
{
	return side_tunnels ? 0xc0a8010a : 0x0a010001 + (uint32_t)user;
}

uint16_t
side_up(struct side *s, int user, uint8_t flags, uint32_t *addr)
{
	struct cgn_model_packet out, in = { .b4 = side_tunnels ? user : -1,
		.proto = 6,
		.src = side_inside(user),
		.dst = 0xc0000201,
		.sport = SIDE_PORT,
		.dport = 80,
		.tcp_flags = flags };

	if (!side_give(s, 0, &in, &out, "outside"))
		return 0;
	*addr = out.src;
	return out.sport;
}

bool
side_down(struct side *s, int user, uint8_t flags, uint32_t addr, uint16_t port)
{
	struct cgn_model_packet out, in = { .b4 = -1,
		.proto = 6,
		.src = 0xc0000201,
		.dst = addr,
		.sport = 80,
		.dport = port,
		.tcp_flags = flags };

	return side_give(s, 1, &in, &out, "inside") &&
	       out.b4 == (side_tunnels ? user : -1) && out.dst == side_inside(user) &&
	       out.dport == SIDE_PORT;
}
