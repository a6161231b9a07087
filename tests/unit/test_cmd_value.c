/* SPDX-License-Identifier: BSD-3-Clause */
/* Values of the command line: what is read from each text, and what is refused. */
#include <arpa/inet.h>
#include <string.h>

#include "control/cmd_value.h"
#include "tests/unit/suite.h"

static int
parse(enum cgn_cmd_type type, const char *text, struct cgn_cmd_value *value)
{
	return cgn_cmd_value_parse(type, text, value);
}

static void
test_numbers(void)
{
	static const char *const wrong[] = { "", "-1", "+1", " 1", "1 ", "0x10", "1k",
		"4294967296", "99999999999999999999" };
	struct cgn_cmd_value value;

	CU_ASSERT_EQUAL(parse(CGN_CMD_TYPE_NUMBER, "0", &value), 0);
	CU_ASSERT_EQUAL(value.number, 0);
	CU_ASSERT_EQUAL(parse(CGN_CMD_TYPE_NUMBER, "4294967295", &value), 0);
	CU_ASSERT_EQUAL(value.number, UINT32_MAX);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		CU_ASSERT_NOT_EQUAL(parse(CGN_CMD_TYPE_NUMBER, wrong[i], &value), 0);
	CU_ASSERT_NOT_EQUAL(parse(CGN_CMD_TYPE_COUNT, "0", &value), 0);
	CU_ASSERT_EQUAL(parse(CGN_CMD_TYPE_COUNT, "5000000000", &value), 0);
	CU_ASSERT_EQUAL(value.number, 5000000000);
}

static void
test_words(void)
{
	char name[33];
	struct cgn_cmd_value value;

	memset(name, 'n', 32);
	name[32] = '\0';
	CU_ASSERT_NOT_EQUAL(parse(CGN_CMD_TYPE_NAME, name, &value), 0);
	CU_ASSERT_EQUAL(parse(CGN_CMD_TYPE_NAME, name + 1, &value), 0);
	CU_ASSERT_NOT_EQUAL(parse(CGN_CMD_TYPE_NAME, "", &value), 0);
	CU_ASSERT_NOT_EQUAL(parse(CGN_CMD_TYPE_NAME, "a\033[2J", &value), 0);
	CU_ASSERT_EQUAL(parse(CGN_CMD_TYPE_PROTO, "udp", &value), 0);
	CU_ASSERT_EQUAL(value.number, 17);
	CU_ASSERT_EQUAL(parse(CGN_CMD_TYPE_PROTO, "47", &value), 0);
	CU_ASSERT_EQUAL(value.number, 47);
	CU_ASSERT_NOT_EQUAL(parse(CGN_CMD_TYPE_PROTO, "256", &value), 0);
	CU_ASSERT_NOT_EQUAL(parse(CGN_CMD_TYPE_PROTO, "tcpx", &value), 0);
	CU_ASSERT_EQUAL(parse(CGN_CMD_TYPE_ROLE, "standby", &value), 0);
	CU_ASSERT_EQUAL(value.number, 1);
	CU_ASSERT_NOT_EQUAL(parse(CGN_CMD_TYPE_ROLE, "master", &value), 0);
}

static const struct {
	const char *text, *addr;
	uint8_t family, prefix_len;
	uint16_t port;
} endpoints[] = {
	{ "10.0.0.1", "10.0.0.1", 4, 32, 0 },
	{ "10.0.0.1:80", "10.0.0.1", 4, 32, 80 },
	{ "10.0.0.0/8", "10.0.0.0", 4, 8, 0 },
	{ "10.0.0.0/8:443", "10.0.0.0", 4, 8, 443 },
	{ "0.0.0.0/0", "0.0.0.0", 4, 0, 0 },
	{ "2001:db8::1", "2001:db8::1", 6, 128, 0 },
	{ "2001:db8::/32", "2001:db8::", 6, 32, 0 },
	{ "[2001:db8::1]:65535", "2001:db8::1", 6, 128, 65535 },
	{ "[2001:db8::1]", "2001:db8::1", 6, 128, 0 },
	{ ":53", NULL, 0, 0, 53 },
};

static void
test_endpoints(void)
{
	static const char *const wrong[] = { "", ":", "10.0.0", "10.0.0.1:0",
		"10.0.0.1:65536", "10.0.0.1:", "10.0.0.1/33", "10.0.0.1/", "host:80",
		"[2001:db8::1", "[2001:db8::1]80", "[]", "2001:db8::/129", "1:2:3",
		"2001:db8:1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc" };
	struct cgn_cmd_value value;
	uint8_t addr[16];

	for (size_t i = 0; i < sizeof(endpoints) / sizeof(endpoints[0]); i++) {
		const struct cgn_cmd_endpoint *e = &value.endpoint;
		int rc = parse(CGN_CMD_TYPE_ENDPOINT, endpoints[i].text, &value);

		CU_ASSERT_EQUAL(rc, 0);
		CU_ASSERT_EQUAL(e->family, endpoints[i].family);
		CU_ASSERT_EQUAL(e->prefix_len, endpoints[i].prefix_len);
		CU_ASSERT_EQUAL(e->has_port, endpoints[i].port != 0);
		CU_ASSERT_EQUAL(e->port, endpoints[i].port);
		if (e->family == 0)
			continue;
		inet_pton(e->family == 4 ? AF_INET : AF_INET6, endpoints[i].addr, addr);
		CU_ASSERT_EQUAL(memcmp(addr, e->addr, e->family == 4 ? 4 : 16), 0);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		CU_ASSERT_NOT_EQUAL(parse(CGN_CMD_TYPE_ENDPOINT, wrong[i], &value), 0);
	CU_ASSERT_EQUAL(parse(CGN_CMD_TYPE_SOFTWIRE, "2001:db8::/40", &value), 0);
	CU_ASSERT_NOT_EQUAL(parse(CGN_CMD_TYPE_SOFTWIRE, "10.0.0.1", &value), 0);
	CU_ASSERT_NOT_EQUAL(parse(CGN_CMD_TYPE_SOFTWIRE, "[2001:db8::1]:80", &value), 0);
}

static bool
matches(const char *filter, const char *addr, uint16_t port)
{
	int family = strchr(addr, ':') != NULL ? AF_INET6 : AF_INET;
	struct cgn_cmd_value value;
	uint8_t bytes[16];

	inet_pton(family, addr, bytes);
	parse(CGN_CMD_TYPE_ENDPOINT, filter, &value);
	return cgn_cmd_value_match(
		&value.endpoint, family == AF_INET ? 4 : 6, bytes, port);
}

static void
test_match(void)
{
	CU_ASSERT_TRUE(matches("10.0.0.1", "10.0.0.1", 5));
	CU_ASSERT_FALSE(matches("10.0.0.1", "10.0.0.2", 5));
	CU_ASSERT_TRUE(matches("10.0.0.1:5", "10.0.0.1", 5));
	CU_ASSERT_FALSE(matches("10.0.0.1:6", "10.0.0.1", 5));
	CU_ASSERT_TRUE(matches("10.128.0.0/9", "10.255.0.1", 5));
	CU_ASSERT_FALSE(matches("10.128.0.0/9", "10.127.0.1", 5));
	CU_ASSERT_TRUE(matches(":5", "2001:db8::1", 5));
	CU_ASSERT_FALSE(matches(":5", "2001:db8::1", 6));
	CU_ASSERT_FALSE(matches("0.0.0.0/0", "2001:db8::1", 5));
	CU_ASSERT_TRUE(matches("2001:db8::/33", "2001:db8:7fff::1", 5));
	CU_ASSERT_FALSE(matches("2001:db8::/33", "2001:db8:8000::1", 5));
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "numbers within their range", test_numbers },
		{ "names, protocols, roles", test_words },
		{ "addresses with prefixes and ports", test_endpoints },
		{ "matching an address", test_match },
		CU_TEST_INFO_NULL,
	};

	return suite_run("cmd_value", tests);
}
