/* SPDX-License-Identifier: BSD-3-Clause
 *
 * From records to sockets on the loopback: each host gets its instances' events in its
 * format and time, and is told what it missed. */
#include "control/log_export.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rte_byteorder.h>

#include "compile_case.h"
#include "control/log.h"
#include "eal_main.h"

#define HOST(name, port, format)                                                         \
	"{ name = \"" name "\"; address = \"127.0.0.1\"; port = " port                   \
	"; format = \"" format "\"; }"
#define LOGGED_DS                                                                        \
	"ds_lite_instances: ( { name = \"ds1\"; id = 4;\n"                               \
	"  service_instance_group = \"group1\"; local_ipv6 = \"2001:db8::aaaa\";\n"      \
	"  remote_ipv6 = [ \"2001:db8:100::/40\" ];\n"                                   \
	"  outbound: ( { acl = \"any\"; address_group = \"pool1\"; } );\n"               \
	"  log: { hosts = [ \"lines\", \"flows\" ]; events = \"all\"; }; } );\n"

static struct cgn_log_export *x;
static const struct cgn_snapshot *snap;
static const struct cgn_worker_conf from = { .users = 100 };
static struct cgn_log_clock now;
static int lines, flows;
static char config[8192];
static uint8_t got[2048];

static int
listener(uint16_t *port)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(in);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	CU_ASSERT_EQUAL_FATAL(bind(fd, (struct sockaddr *)&in, sizeof(in)), 0);
	CU_ASSERT_EQUAL_FATAL(getsockname(fd, (struct sockaddr *)&in, &len), 0);
	*port = ntohs(in.sin_port);
	return fd;
}

/* The next datagram is in got; -1: none. */
static ssize_t
take(int fd)
{
	ssize_t n = recv(fd, got, sizeof(got) - 1, MSG_DONTWAIT);

	got[n > 0 ? n : 0] = 0;
	return n;
}

static void
configure(void)
{
	struct cgn_conf *conf = load(config);

	CU_ASSERT_EQUAL_FATAL(cgn_log_export_configure(x, conf, compiler), 0);
	cgn_conf_free(conf);
}

static void
begin(void)
{
	uint16_t port[2];

	lines = listener(&port[0]);
	flows = listener(&port[1]);
	snprintf(config, sizeof(config),
		NODE BOARDS LOCATIONS PORTS(INSIDE) ROUTES("") GROUP(TWO) POOLS(POOL1)
			LOGGED_DS NAT "log_hosts: ( " HOST("lines", "%u",
				"syslog") ", " HOST("flows", "%u", "ipfix") " );",
		port[0], port[1]);
	setup();
	snap = compile(config);
	x = cgn_log_export_create();
	CU_ASSERT_PTR_NOT_NULL_FATAL(x);
	configure();
	now = (struct cgn_log_clock){ 100000, 1769860800123ull };
}

static void
end(void)
{
	cgn_log_export_destroy(x);
	teardown(snap);
	close(lines);
	close(flows);
}

static void
record(const char *instance, enum cgn_record_type type, uint64_t age_ms)
{
	enum cgn_kind kind = instance[0] == 'd' ? CGN_DS_LITE : CGN_NAT44;
	struct cgn_record r = { .ms = now.now_ms - age_ms,
		.type = (uint8_t)type,
		.kind = (uint8_t)kind,
		.instance = (uint16_t)cgn_compile_find_instance(compiler, kind, instance),
		.vpn_in = (uint16_t)cgn_compile_find_vpn(compiler, ""),
		.softwire = { 0x20, 1, [15] = 1 },
		.outside = RTE_BE32(0xcb007101),
		.first = 1024,
		.last = 1087,
		.pool = CGN_NONE16 };

	cgn_log_export_record(x, snap, &from, &r, &now);
}

static uint32_t
word(unsigned at)
{
	return (uint32_t)got[at] << 24 | (uint32_t)got[at + 1] << 16 |
	       (uint32_t)got[at + 2] << 8 | got[at + 3];
}

/* Each host what is its own: lines at once, messages when they are 200 ms old. */
static void
test_dispatch(void)
{
	begin();
	record("ds1", CGN_RECORD_BLOCK_TAKE, 1123);
	record("nat1", CGN_RECORD_BLOCK_TAKE, 0); /* logs to nobody */
	cgn_log_export_flush(x, &now, false);
	CU_ASSERT_TRUE(take(lines) > 0);
	CU_ASSERT_STRING_EQUAL((char *)got,
		"<134>1 2026-01-31T11:59:59.000Z t cgnd - block-assign [nat@32473 "
		"instance=\"ds1\" softwire=\"2001::1\" vpn=\"\" outside=\"203.0.113.1\" "
		"ports=\"1024-1087\"]");
	CU_ASSERT_EQUAL(take(lines), -1);
	CU_ASSERT_EQUAL(take(flows), -1);
	now.now_ms += 199;
	record("ds1", CGN_RECORD_BLOCK_GIVE, 0);
	cgn_log_export_flush(x, &now, false);
	CU_ASSERT_EQUAL(take(flows), -1);
	now.now_ms += 1;
	cgn_log_export_flush(x, &now, false);
	CU_ASSERT_TRUE(take(flows) > 16 + 2 * 45);
	CU_ASSERT_EQUAL(word(0) >> 16, 10);
	CU_ASSERT_EQUAL(word(8), 0);
	CU_ASSERT_EQUAL(take(flows), -1);
	end();
}

/* A step of the wall clock moves time stamps, and nothing is sent earlier or later. */
static void
test_clock_step(void)
{
	begin();
	record("ds1", CGN_RECORD_BLOCK_TAKE, 0);
	cgn_log_export_flush(x, &now, false);
	take(lines);
	now.wall_ms -= 86400000;
	now.now_ms += 100;
	cgn_log_export_flush(x, &now, false);
	CU_ASSERT_EQUAL(take(flows), -1);
	record("ds1", CGN_RECORD_BLOCK_GIVE, 0);
	cgn_log_export_flush(x, &now, false);
	CU_ASSERT_TRUE(take(lines) > 0);
	CU_ASSERT_PTR_NOT_NULL(strstr((char *)got, " 2026-01-30T12:00:00.123Z "));
	end();
}

static void
test_missed(void)
{
	struct cgn_log_host_view v;

	begin();
	record("ds1", CGN_RECORD_BLOCK_TAKE, 0);
	cgn_log_export_flush(x, &now, true);
	take(lines);
	take(flows);
	cgn_log_export_missed(x, 5);
	cgn_log_export_missed(x, 5);
	cgn_log_export_flush(x, &now, true);
	CU_ASSERT_TRUE(take(lines) > 0);
	CU_ASSERT_PTR_NOT_NULL(strstr((char *)got, "] lost 5 records"));
	/* one record was before, five are missing */
	CU_ASSERT_TRUE(take(flows) > 0);
	CU_ASSERT_EQUAL(word(8), 6);
	CU_ASSERT_EQUAL(word(16) >> 16, 256 + 17);
	CU_ASSERT_EQUAL(word(28), 5);
	CU_ASSERT_TRUE(cgn_log_export_host(x, 0, &v));
	CU_ASSERT_STRING_EQUAL(v.name, "lines");
	CU_ASSERT_EQUAL(v.sent, 1);
	CU_ASSERT_EQUAL(v.lost, 5);
	CU_ASSERT_FALSE(cgn_log_export_host(x, 2, &v));
	end();
}

/* Without room, records are lost, counted and told, and nothing else happens. */
static void
test_no_room(void)
{
	struct cgn_log_host_view v;
	unsigned n = 0;

	begin();
	for (unsigned i = 0; i < 600; i++)
		record("ds1", CGN_RECORD_BLOCK_TAKE, 0);
	CU_ASSERT_TRUE(cgn_log_export_host(x, 0, &v));
	CU_ASSERT_EQUAL(v.waiting, 512);
	CU_ASSERT_EQUAL(v.lost, 88);
	for (unsigned i = 0; i < 10; i++) {
		cgn_log_export_flush(x, &now, true);
		while (take(lines) > 0)
			n++;
	}
	CU_ASSERT_EQUAL(n, 513);
	CU_ASSERT_TRUE(cgn_log_export_host(x, 0, &v));
	CU_ASSERT_EQUAL(v.sent, 512);
	CU_ASSERT_TRUE(cgn_log_export_host(x, 1, &v));
	CU_ASSERT_EQUAL(v.sent, 600);
	CU_ASSERT_EQUAL(v.lost, 0);
	end();
}

/* Refusals are events of the daemon, also of instances that log to nobody. */
static void
test_local_events(void)
{
	uint64_t before = cgn_log_events();

	begin();
	record("nat1", CGN_RECORD_NO_ADDRESS, 0);
	record("nat1", CGN_RECORD_NO_ADDRESS, 0);
	record("nat1", CGN_RECORD_BLOCK_TAKE, 0);
	CU_ASSERT_EQUAL(cgn_log_events(), before + 1);
	CU_ASSERT_STRING_EQUAL(cgn_log_event_at(before)->text,
		"instance nat1: no public address or port block is left");
	record("ds1", CGN_RECORD_LIMIT_PORTS, 0);
	CU_ASSERT_STRING_EQUAL(cgn_log_event_at(before + 1)->text,
		"instance ds1: a user has reached its port limit: 2001::1");
	now.now_ms += 60000;
	record("nat1", CGN_RECORD_NO_ADDRESS, 0);
	CU_ASSERT_STRING_EQUAL(cgn_log_event_at(before + 2)->text,
		"instance nat1: no public address or port block is left (and 1 reports "
		"before)");
	end();
}

/* What concerns the box goes to every host that has a word for it. */
static void
test_box(void)
{
	struct cgn_record r = { .type = CGN_RECORD_BOARD_USERS_HIGH };
	struct cgn_log_item item = {
		.record = &r, .used = 80, .capacity = 100, .percent = 80, .slot = 1
	};

	begin();
	cgn_log_export_box(x, &item, now.now_ms);
	r.type = CGN_RECORD_BOARD_USERS_LOW;
	item.percent = 60;
	cgn_log_export_box(x, &item, now.now_ms);
	cgn_log_export_flush(x, &now, true);
	CU_ASSERT_TRUE(take(lines) > 0);
	CU_ASSERT_PTR_NOT_NULL(strstr((char *)got, "threshold-users-high"));
	CU_ASSERT_TRUE(take(lines) > 0);
	CU_ASSERT_PTR_NOT_NULL(strstr((char *)got, "threshold-users-low"));
	CU_ASSERT_TRUE(take(flows) > 0); /* templates, and the one event */
	CU_ASSERT_EQUAL(take(flows), -1);
	end();
}

/* A host that stays keeps its counters; one that changes begins anew. */
static void
test_reconfigured(void)
{
	struct cgn_log_host_view v;
	char *format;

	begin();
	record("ds1", CGN_RECORD_BLOCK_TAKE, 0);
	cgn_log_export_flush(x, &now, true);
	format = strstr(config, "\"ipfix\"");
	memcpy(format, "\"netflow9\"; } );", 17);
	configure();
	CU_ASSERT_TRUE(cgn_log_export_host(x, 0, &v));
	CU_ASSERT_EQUAL(v.sent, 1);
	CU_ASSERT_TRUE(cgn_log_export_host(x, 1, &v));
	CU_ASSERT_EQUAL(v.sent, 0);
	take(flows);
	record("ds1", CGN_RECORD_BLOCK_TAKE, 0);
	cgn_log_export_flush(x, &now, true);
	CU_ASSERT_TRUE(take(flows) > 0);
	CU_ASSERT_EQUAL(word(0) >> 16, 9);
	end();
}

/* An instance that is gone is heard until its last block has come back. */
static void
test_instance_gone(void)
{
	char *ds;

	begin();
	ds = strstr(config, "ds_lite_instances");
	memset(ds, ' ', (size_t)(strstr(ds, "nat_instances") - ds));
	configure();
	record("ds1", CGN_RECORD_BLOCK_GIVE, 0);
	cgn_log_export_flush(x, &now, true);
	CU_ASSERT_TRUE(take(lines) > 0);
	CU_ASSERT_PTR_NOT_NULL(
		strstr((char *)got, " block-release [nat@32473 instance=\"ds1\""));
	CU_ASSERT_TRUE(take(flows) > 0);
	end();
}

const char *const eal_suite = "log_export";
CU_TestInfo eal_tests[] = {
	{ "each host what is its own", test_dispatch },
	{ "the wall clock steps", test_clock_step },
	{ "what the rings lost", test_missed },
	{ "what found no room", test_no_room },
	{ "events of the daemon", test_local_events },
	{ "what concerns the box", test_box },
	{ "another configuration", test_reconfigured },
	{ "an instance that is gone", test_instance_gone },
	CU_TEST_INFO_NULL,
};
