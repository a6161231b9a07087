/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Lines of syslog, letter by letter. */
#include "control/log_syslog.h"

#include <string.h>

#include "log_case.h"
#include "suite.h"

static char line[CGN_LOG_SYSLOG_MAX];

static void
expect(const char *node, const struct cgn_log_item *item, const char *want)
{
	size_t len = cgn_log_syslog_encode(line, sizeof(line), node, item);

	CU_ASSERT_EQUAL(len, strlen(want));
	CU_ASSERT_STRING_EQUAL(line, want);
}

static void
test_block(void)
{
	struct cgn_log_item item = log_case_item(&log_case_b4);

	expect("cgn-a", &item,
		"<134>1 2026-01-31T12:00:00.123Z cgn-a cgnd - block-assign [nat@32473 "
		"instance=\"ds1\" softwire=\"2001:db8:100::1\" vpn=\"\" "
		"outside=\"203.0.113.1\" ports=\"1024-1087\"]");
	item = log_case_item(&log_case_nat);
	item.vpn = "red";
	item.wall_ms -= 123;
	expect("", &item,
		"<134>1 2026-01-31T12:00:00.000Z - cgnd - block-release [nat@32473 "
		"instance=\"ds1\" inside=\"10.0.0.2\" vpn=\"red\" "
		"outside=\"203.0.113.2\" ports=\"65472-65535\"]");
}

static void
test_session(void)
{
	struct cgn_record r = log_case_session;
	struct cgn_log_item item = log_case_item(&r);

	expect("a", &item,
		"<134>1 2026-01-31T12:00:00.123Z a cgnd - session-create [nat@32473 "
		"instance=\"ds1\" inside=\"10.0.0.2:4000\" vpn=\"\" "
		"outside=\"203.0.113.2:1025\" proto=\"17\"]");
	/* the far end on request; a softwire has both addresses */
	item.destinations = true;
	r.type = CGN_RECORD_SESSION_DEL;
	r.kind = CGN_DS_LITE;
	memcpy(r.softwire, log_case_b4.softwire, 16);
	expect("a", &item,
		"<134>1 2026-01-31T12:00:00.123Z a cgnd - session-delete [nat@32473 "
		"instance=\"ds1\" softwire=\"2001:db8:100::1\" inside=\"10.0.0.2:4000\" "
		"vpn=\"\" outside=\"203.0.113.2:1025\" remote=\"198.51.100.7:53\" "
		"proto=\"17\"]");
	/* a port without a block has no far end */
	r.type = CGN_RECORD_MAPPING_ADD;
	expect("a", &item,
		"<134>1 2026-01-31T12:00:00.123Z a cgnd - port-assign [nat@32473 "
		"instance=\"ds1\" softwire=\"2001:db8:100::1\" inside=\"10.0.0.2:4000\" "
		"vpn=\"\" outside=\"203.0.113.2:1025\" proto=\"17\"]");
}

static void
test_refusals(void)
{
	struct cgn_record r = { .type = CGN_RECORD_NO_ADDRESS, .kind = CGN_NAT44 };
	struct cgn_log_item item = log_case_item(&r);

	expect("a", &item,
		"<132>1 2026-01-31T12:00:00.123Z a cgnd - addresses-exhausted [nat@32473 "
		"instance=\"ds1\" vpn=\"\" pool=\"pool1\"]");
	r = log_case_session;
	r.type = CGN_RECORD_LIMIT_SESSIONS;
	expect("a", &item,
		"<132>1 2026-01-31T12:00:00.123Z a cgnd - quota-sessions [nat@32473 "
		"instance=\"ds1\" inside=\"10.0.0.2\" vpn=\"\" outside=\"203.0.113.2\" "
		"proto=\"17\" limit=\"8192\"]");
	for (unsigned type = 0; type < CGN_RECORD_TYPES; type++) {
		r.type = (uint8_t)type;
		cgn_log_syslog_encode(line, sizeof(line), "a", &item);
		CU_ASSERT_PTR_NULL(strstr(line, "(null)"));
	}
}

static void
test_thresholds(void)
{
	struct cgn_record r = { .type = CGN_RECORD_POOL_HIGH };
	struct cgn_log_item item = log_case_item(&r);

	item.used = 81;
	item.capacity = 100;
	item.percent = 80;
	item.slot = 2;
	expect("a", &item,
		"<132>1 2026-01-31T12:00:00.123Z a cgnd - threshold-pool-high [nat@32473 "
		"pool=\"pool1\" used=\"81\" capacity=\"100\" threshold=\"80%\"]");
	r.type = CGN_RECORD_BOARD_USERS_LOW;
	item.percent = 60;
	expect("a", &item,
		"<134>1 2026-01-31T12:00:00.123Z a cgnd - threshold-users-low [nat@32473 "
		"slot=\"2\" cpu=\"0\" used=\"81\" capacity=\"100\" threshold=\"60%\"]");
}

static void
test_escapes(void)
{
	struct cgn_record r = { .type = CGN_RECORD_USERS_FULL, .kind = CGN_NAT44 };
	struct cgn_log_item item = log_case_item(&r);

	item.instance = "a\"b]c\\d";
	item.limit = 100;
	expect("my box", &item,
		"<132>1 2026-01-31T12:00:00.123Z my_box cgnd - licence-users [nat@32473 "
		"instance=\"a\\\"b\\]c\\\\d\" vpn=\"\" limit=\"100\"]");
}

static void
test_lost(void)
{
	cgn_log_syslog_lost(line, sizeof(line), "a", LOG_CASE_MS, 3, 15);
	CU_ASSERT_STRING_EQUAL(line,
		"<132>1 2026-01-31T12:00:00.123Z a cgnd - lost [lost@32473 records=\"3\" "
		"total=\"15\"] lost 3 records");
}

/* The longest names and addresses there are. */
static void
test_room(void)
{
	static const char name[] =
		"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"";
	struct cgn_record r = log_case_session;
	struct cgn_log_item item = log_case_item(&r);
	size_t len;

	memset(&r.softwire, 0x2f, 16);
	r.kind = CGN_DS_LITE;
	r.inside = r.outside = r.remote = RTE_BE32(0xdededede);
	r.inside_port = r.outside_port = r.remote_port = 0xffff;
	r.proto = 255;
	item.instance = item.vpn = name;
	item.destinations = true;
	len = cgn_log_syslog_encode(
		line, sizeof(line), "1234567890123456789012345678901", &item);
	CU_ASSERT_TRUE(len < sizeof(line) - 1);
	CU_ASSERT_EQUAL(line[len - 1], ']');
	CU_ASSERT_EQUAL(cgn_log_syslog_encode(line, 20, "a", &item), 19);
}

static CU_TestInfo tests[] = {
	{ "thresholds", test_thresholds },
	{ "port blocks", test_block },
	{ "sessions", test_session },
	{ "refusals", test_refusals },
	{ "escapes", test_escapes },
	{ "a loss", test_lost },
	{ "the longest line has room", test_room },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	return suite_run("log_syslog", tests);
}
