/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Any frames into a box with everything on: DS-Lite, NAT44, VLANs and VPNs, two CPUs. The
 * input is a list of records, made from the packet cases by tests/cases/make.py --corpus:
 *
 *   byte 0   bit 0: port (0 inside, 1 outside); bit 1: worker; bit 2: an IPv4 frame is
 * sent to the public address and port that the box used last, so that answers are
 *            reached; bit 3: its header checksum is made right
 *   byte 1   time before it, in tenths of a second
 *   byte 2-3 length, little endian; then the frame
 *
 * Behind each input the tables are cleared and time runs until nothing waits any more:
 * then every packet buffer is back and every port free, whatever came in. */
#include <stdlib.h>
#include <string.h>

#include "dataplane/msg.h"
#include "tests/box/box.h"

#define RECORDS_MAX 64
#define DRAIN_MS    200000 /* timers of what waits, and the quarantine */

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__ubsan_default_options(void);

const char *
__ubsan_default_options(void)
{
	return "halt_on_error=1:print_stacktrace=1";
}

static struct cgn_box box;
static uint8_t last_addr[4], last_port[2];

static const char conf[] =
	"node: { name = \"box\"; run_dir = \"/tmp\"; };"
	"dpdk: { lcores = \"0@0,1@1,2@1\"; control_lcore = 0; hugepages = false; };"
	"ports: ( { name = \"inside\"; device = \"net_null0\"; mtu = 1600;"
	"  addresses = [ \"2001:db8:0:1::1/64\", \"10.0.0.1/24\" ]; },"
	" { name = \"outside\"; device = \"net_null1\"; mtu = 1500;"
	"  addresses = [ \"198.51.100.1/24\", \"2001:db8:0:2::1/64\" ]; },"
	" { name = \"red\"; parent = \"inside\"; vlan = 100; vpn = \"red\";"
	"  addresses = [ \"10.1.0.1/24\" ]; },"
	" { name = \"dsl\"; parent = \"inside\"; vlan = 4094;"
	"  addresses = [ \"2001:db8:0:3::1/64\" ]; } );"
	"routes: ( { prefix = \"2001:db8:100::/40\"; next_hop = \"2001:db8:0:1::2\"; },"
	" { prefix = \"10.1.0.0/16\"; next_hop = \"10.0.0.2\"; },"
	" { prefix = \"0.0.0.0/0\"; next_hop = \"198.51.100.254\"; } );"
	"boards: ( { slot = 1; cpus = ( { cpu = 0; lcore = 1; } ); },"
	" { slot = 2; cpus = ( { cpu = 0; lcore = 2; } ); } );"
	"license: ( { slot = 1; sessions = 1024; users = 64; nat44 = true; ds_lite = "
	"true; },"
	" { slot = 2; sessions = 1024; users = 64; nat44 = true; ds_lite = true; } );"
	"service_locations: ( { id = 1; slot = 1; cpu = 0; }, { id = 2; slot = 2; cpu = "
	"0; } );"
	"service_instance_groups: ( { name = \"group1\"; service_locations = ("
	" { id = 1; weight = 1; }, { id = 2; weight = 1; } ); } );"
	"address_groups: ( { name = \"pool1\"; id = 1;"
	" addresses = [ \"203.0.113.0/30\" ]; } );"
	"nat_instances: ( { name = \"nat1\"; id = 1; service_instance_group = \"group1\";"
	"  inside: { ports = [ \"inside\" ]; }; alg = [ \"ftp\" ];"
	"  outbound: ( { acl = \"any\"; address_group = \"pool1\"; } ); },"
	" { name = \"red\"; id = 2; service_instance_group = \"group1\";"
	"  inside: { ports = [ \"red\" ]; vpn = \"red\"; };"
	"  allow_access: { inside_vpn = \"red\"; outside_vpn = \"\"; };"
	"  filtering = \"endpoint-dependent\";"
	"  outbound: ( { acl = \"any\"; address_group = \"pool1\"; } ); } );"
	"ds_lite_instances: ( { name = \"ds1\"; id = 1; service_instance_group = "
	"\"group1\";"
	"  alg = [ \"ftp\" ];"
	"  local_ipv6 = \"2001:db8::aaaa\"; remote_ipv6 = [ \"2001:db8:100::/40\" ];"
	"  outbound: ( { acl = \"any\"; address_group = \"pool1\"; } ); } );";

static void
sent(void *arg, const char *port, const uint8_t *frame, uint16_t len)
{
	RTE_SET_USED(arg);
	if (strcmp(port, "outside") != 0 || len < 40 || frame[12] != 8 || frame[13] != 0)
		return;
	memcpy(last_addr, frame + 26, 4);
	memcpy(last_port, frame + 14 + 20 + (frame[23] == 1 ? 4 : 0), 2);
}

static void
add_station(const char *iface, const char *addr, uint8_t last)
{
	struct rte_ether_addr mac = { { 2, 0, 0, 0, 0x10, last } };

	if (!cgn_box_neighbour(&box, iface, addr, &mac))
		abort();
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	RTE_SET_USED(argc);
	RTE_SET_USED(argv);
	if (cgn_box_start_eal() || cgn_box_open(&box, NULL, conf, 1, 0, stderr))
		abort();
	add_station("inside", "2001:db8:0:1::2", 2);
	add_station("inside", "10.0.0.2", 2);
	add_station("outside", "198.51.100.254", 0xfe);
	add_station("red", "10.1.0.5", 5);
	box.sent = sent;
	box.step_ms = 1000;
	return 0;
}

static void
mend_checksum(uint8_t *ip)
{
	uint32_t sum = 0;

	ip[10] = ip[11] = 0;
	for (unsigned i = 0; i < 20; i += 2)
		sum += (uint32_t)ip[i] << 8 | ip[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~((sum & 0xffff) + (sum >> 16));
	ip[10] = (uint8_t)(sum >> 8);
	ip[11] = (uint8_t)sum;
}

/* Bits 2 and 3 of a record. */
static void
aim(uint8_t *frame, uint16_t len, uint8_t flags)
{
	if (len < 42 || frame[12] != 8 || frame[13] != 0)
		return;
	if (flags & 4) {
		memcpy(frame + 30, last_addr, 4);
		memcpy(frame + 34 + (frame[23] == 1 ? 4 : 2), last_port, 2);
	}
	if (flags & 8 && frame[14] == 0x45)
		mend_checksum(frame + 14);
}

static void
receive(uint8_t flags, const uint8_t *data, uint16_t len)
{
	struct rte_mbuf *m = cgn_box_frame(&box, flags & 1, data, len);

	if (!m)
		return;
	aim(rte_pktmbuf_mtod(m, uint8_t *), len, flags);
	cgn_box_receive(&box, flags >> 1 & 1, &m, 1);
}

static void
clear(struct cgn_worker *w)
{
	struct cgn_msg msg = { .op = CGN_MSG_CLEAR_USERS,
		.max = UINT32_MAX,
		.filter = { .instance = CGN_NONE, .location = CGN_NONE } };

	do {
		msg.done = 0;
		if (!cgn_worker_message(w, &msg))
			abort();
		while (!msg.done)
			cgn_worker_tick(w, box.snap, box.now_ms);
	} while (!msg.end);
}

/* Everything must be as it was before the input. */
static void
drain(void)
{
	for (unsigned i = 0; i < box.n_workers; i++)
		clear(box.worker[i]);
	cgn_box_advance(&box, box.now_ms + DRAIN_MS);
	for (unsigned i = 0; i < box.n_workers; i++) {
		struct cgn_worker *w = box.worker[i];

		if (w->sessions.used || w->mappings.used || w->users.used ||
			w->blocks.used || w->sweep.quarantined || w->alg.controls.used ||
			w->alg.expected.used || cgn_table_count(w->up) ||
			cgn_table_count(w->down) || cgn_table_count(w->map_up) ||
			cgn_table_count(w->map_down) || cgn_table_count(w->user_by_key))
			abort();
		w->random = i + 1;
	}
	if (cgn_box_buffers_out(&box))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (unsigned n = 0; n < RECORDS_MAX && size >= 4; n++) {
		uint16_t len = (uint16_t)(data[2] | data[3] << 8);

		if (data[1])
			cgn_box_advance(&box, box.now_ms + data[1] * 100u);
		len = (uint16_t)RTE_MIN((size_t)len, size - 4);
		receive(data[0], data + 4, len);
		data += 4 + len;
		size -= 4u + len;
	}
	drain();
	return 0;
}
