/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Advertisements on the wire: against packets that keepalived 2.2 made, there and back
 * again, and everything that a reader has to refuse. */
#include "ha/vrrp_wire.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "suite.h"

#define NET4 "0a0000fe"

/* keepalived: 10.0.0.2, VRID 10, priority 150, 100 ms, address 10.0.0.254 */
static const char golden4[] = "45c00020000c0000ff70d08d0a000002e0000012"
			      "310a9601000a435b" NET4;
/* VRID 20, priority 150, 100 ms, addresses fe80::fe and 2001:db8:1::fe */
static const char golden6[] = "6c0a2669002870fffe80000000000000d41a1bfffedfd5b6"
			      "ff020000000000000000000000000012"
			      "31149602000a47c9fe8000000000000000000000000000fe20010db800"
			      "01000000000000000000fe";

static size_t
bytes(uint8_t *to, const char *hex)
{
	unsigned byte;
	size_t n = 0;

	for (; sscanf(hex + 2 * n, "%2x", &byte) == 1; n++)
		to[n] = (uint8_t)byte;
	return n;
}

static enum cgn_vrrp_fault
read_hex(const char *hex, struct cgn_vrrp_advert *advert)
{
	static uint8_t packet[256];

	return cgn_vrrp_wire_decode(packet, bytes(packet, hex), advert);
}

static void
test_golden(void)
{
	static const uint8_t src4[16] = { [10] = 0xff, [11] = 0xff, 10, 0, 0, 2 };
	struct cgn_vrrp_advert a;

	CU_ASSERT_EQUAL_FATAL(read_hex(golden4, &a), CGN_VRRP_FINE);
	CU_ASSERT_EQUAL(a.family, 4);
	CU_ASSERT_EQUAL(a.vrid, 10);
	CU_ASSERT_EQUAL(a.priority, 150);
	CU_ASSERT_EQUAL(a.interval_cs, 10);
	CU_ASSERT_EQUAL(a.n, 1);
	CU_ASSERT_FALSE(a.plain);
	CU_ASSERT_EQUAL(memcmp(a.src, src4, 16), 0);
	CU_ASSERT_EQUAL(memcmp(a.addr, "\x0a\x00\x00\xfe", 4), 0);
	CU_ASSERT_EQUAL_FATAL(read_hex(golden6, &a), CGN_VRRP_FINE);
	CU_ASSERT_EQUAL(a.family, 6);
	CU_ASSERT_EQUAL(a.vrid, 20);
	CU_ASSERT_EQUAL(a.n, 2);
	CU_ASSERT_EQUAL(a.src[0], 0xfe);
	CU_ASSERT_EQUAL(a.addr[31], 0xfe);
}

/* What keepalived wrote is what we would have written, from the message on. */
static void
check_same(const char *hex, size_t head)
{
	uint8_t theirs[256], ours[256];
	size_t n = bytes(theirs, hex);
	struct cgn_vrrp_advert a;

	CU_ASSERT_EQUAL_FATAL(cgn_vrrp_wire_decode(theirs, n, &a), CGN_VRRP_FINE);
	CU_ASSERT_EQUAL_FATAL(cgn_vrrp_wire_encode(ours, sizeof(ours), &a), (int)n);
	CU_ASSERT_EQUAL(memcmp(ours + head, theirs + head, n - head), 0);
	CU_ASSERT_EQUAL(ours[head == 20 ? 8 : 7], 255);
	CU_ASSERT_EQUAL(ours[head == 20 ? 9 : 6], CGN_VRRP_PROTOCOL);
	CU_ASSERT_EQUAL(cgn_vrrp_wire_encode(ours, n - 1, &a), -ENOSPC);
}

static void
test_encode(void)
{
	check_same(golden4, 20);
	check_same(golden6, 40);
}

static struct cgn_vrrp_advert
advert(uint8_t family, uint8_t n, const uint8_t *addr)
{
	return (struct cgn_vrrp_advert){ .family = family,
		.vrid = 255,
		.priority = 1,
		.n = n,
		.interval_cs = 4095,
		.src = { [10] = 0xff, [11] = 0xff, 192, 0, 2, 1 },
		.addr = addr };
}

/* As many addresses as fit, both ways to sum, the longest interval: every number field at
 * its end. */
static void
test_there_and_back(void)
{
	static uint8_t packet[CGN_VRRP_WIRE_MAX], addr[16 * CGN_VRRP_ADDRESSES];

	for (size_t i = 0; i < sizeof(addr); i++)
		addr[i] = (uint8_t)(i * 7);
	for (unsigned k = 0; k < 3; k++) {
		uint8_t family = k == 2 ? 6 : 4;
		struct cgn_vrrp_advert a = advert(family, 255, addr), b;
		int n;

		a.plain = k == 1;
		n = cgn_vrrp_wire_encode(packet, sizeof(packet), &a);
		CU_ASSERT_EQUAL_FATAL(
			n, family == 4 ? 20 + 8 + 4 * 255 : 40 + 8 + 16 * 255);
		CU_ASSERT_EQUAL_FATAL(
			cgn_vrrp_wire_decode(packet, (size_t)n, &b), CGN_VRRP_FINE);
		CU_ASSERT_EQUAL(b.plain, a.plain);
		CU_ASSERT_EQUAL(b.interval_cs, 4095);
		CU_ASSERT_EQUAL(b.vrid, 255);
		CU_ASSERT_EQUAL(b.n, 255);
		CU_ASSERT_EQUAL(memcmp(b.addr, addr, 255u * (family == 4 ? 4 : 16)), 0);
	}
}

static void
test_no_such_advert(void)
{
	static const uint8_t addr[16];
	uint8_t packet[64];
	struct cgn_vrrp_advert a;

	a = advert(5, 1, addr);
	CU_ASSERT_EQUAL(cgn_vrrp_wire_encode(packet, sizeof(packet), &a), -EINVAL);
	a = advert(4, 0, addr);
	CU_ASSERT_EQUAL(cgn_vrrp_wire_encode(packet, sizeof(packet), &a), -EINVAL);
	a = advert(4, 1, addr);
	a.interval_cs = 4096;
	CU_ASSERT_EQUAL(cgn_vrrp_wire_encode(packet, sizeof(packet), &a), -EINVAL);
	a.interval_cs = 0;
	CU_ASSERT_EQUAL(cgn_vrrp_wire_encode(packet, sizeof(packet), &a), -EINVAL);
	a = advert(4, 1, addr);
	a.vrid = 0;
	CU_ASSERT_EQUAL(cgn_vrrp_wire_encode(packet, sizeof(packet), &a), -EINVAL);
}

/* A byte of a good packet is another; only of the message, when the sum is mended. */
static const struct refusal {
	const char *name, *packet;
	unsigned at;
	uint8_t byte;
	unsigned message; /* offset; 0: the sum stays as it is */
	enum cgn_vrrp_fault fault;
} refusals[] = {
	{ "TTL 254", golden4, 8, 254, 0, CGN_VRRP_BAD_TTL },
	{ "hop limit 254", golden6, 7, 254, 0, CGN_VRRP_BAD_TTL },
	{ "another group", golden4, 19, 5, 0, CGN_VRRP_BAD_DESTINATION },
	{ "another group, IPv6", golden6, 39, 2, 0, CGN_VRRP_BAD_DESTINATION },
	{ "another protocol", golden4, 9, 17, 0, CGN_VRRP_BAD_DESTINATION },
	{ "another header", golden6, 6, 58, 0, CGN_VRRP_BAD_DESTINATION },
	{ "total length beyond the end", golden4, 3, 33, 0, CGN_VRRP_BAD_LENGTH },
	{ "total length without a message", golden4, 3, 27, 0, CGN_VRRP_BAD_LENGTH },
	{ "payload beyond the end", golden6, 5, 41, 0, CGN_VRRP_BAD_LENGTH },
	{ "payload without a message", golden6, 5, 7, 0, CGN_VRRP_BAD_LENGTH },
	{ "options", golden4, 0, 0x46, 0, CGN_VRRP_BAD_LENGTH },
	{ "a fragment", golden4, 6, 0x20, 0, CGN_VRRP_BAD_LENGTH },
	{ "version 2", golden4, 20, 0x21, 20, CGN_VRRP_BAD_VERSION },
	{ "version 4", golden6, 40, 0x41, 40, CGN_VRRP_BAD_VERSION },
	{ "type 2", golden4, 20, 0x32, 20, CGN_VRRP_BAD_TYPE },
	{ "more addresses than bytes", golden4, 23, 2, 20, CGN_VRRP_BAD_LENGTH },
	{ "more addresses than bytes, IPv6", golden6, 43, 3, 40, CGN_VRRP_BAD_LENGTH },
	{ "no address", golden4, 23, 0, 20, CGN_VRRP_BAD_LENGTH },
	{ "no interval", golden4, 25, 0, 20, CGN_VRRP_BAD_INTERVAL },
	{ "sum", golden4, 22, 151, 0, CGN_VRRP_BAD_CHECKSUM },
	{ "sum, IPv6", golden6, 42, 151, 0, CGN_VRRP_BAD_CHECKSUM },
	{ "sum of the source", golden6, 23, 0, 0, CGN_VRRP_BAD_CHECKSUM },
	{ "reserved bits are ignored", golden4, 24, 0xf0, 20, CGN_VRRP_FINE },
	{ "priority 0", golden6, 42, 0, 40, CGN_VRRP_FINE },
	{ "IP version", golden4, 0, 0x55, 0, CGN_VRRP_BAD_LENGTH },
};

/* One's complement: what a byte loses, the checksum gains. */
static void
mend(uint8_t *message, unsigned at, uint8_t was, uint8_t is)
{
	unsigned high = at % 2 ? 0 : 8;
	uint32_t sum = (uint32_t)message[6] << 8 | message[7];

	sum += ((uint32_t)was << high) + (uint16_t) ~((uint32_t)is << high);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	message[6] = (uint8_t)(sum >> 8);
	message[7] = (uint8_t)sum;
}

static void
test_refused(void)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		const struct refusal *r = &refusals[i];
		struct cgn_vrrp_advert a;
		uint8_t packet[256];
		size_t n = bytes(packet, r->packet);
		enum cgn_vrrp_fault fault;

		if (r->message)
			mend(packet + r->message, r->at, packet[r->at], r->byte);
		packet[r->at] = r->byte;
		fault = cgn_vrrp_wire_decode(packet, n, &a);
		if (fault != r->fault)
			printf("%s: %s\n", r->name, cgn_vrrp_wire_fault_name(fault));
		CU_ASSERT_EQUAL(fault, r->fault);
	}
}

/* Cut anywhere it is refused; what is behind it is padding. */
static void
test_every_length(void)
{
	static const char *const golden[] = { golden4, golden6 };

	for (unsigned k = 0; k < 2; k++) {
		uint8_t packet[256] = { 0 };
		struct cgn_vrrp_advert a;
		size_t n = bytes(packet, golden[k]);

		for (size_t cut = 0; cut < n; cut++)
			CU_ASSERT_EQUAL(cgn_vrrp_wire_decode(packet, cut, &a),
				CGN_VRRP_BAD_LENGTH);
		CU_ASSERT_EQUAL(cgn_vrrp_wire_decode(packet, n + 14, &a), CGN_VRRP_FINE);
	}
}

static void
test_macs(void)
{
	uint8_t mac[6];

	cgn_vrrp_wire_mac(mac, 4, 10);
	CU_ASSERT_EQUAL(memcmp(mac, "\0\0\x5e\0\1\x0a", 6), 0);
	cgn_vrrp_wire_mac(mac, 6, 255);
	CU_ASSERT_EQUAL(memcmp(mac, "\0\0\x5e\0\2\xff", 6), 0);
	cgn_vrrp_wire_group(mac, 4);
	CU_ASSERT_EQUAL(memcmp(mac, "\1\0\x5e\0\0\x12", 6), 0);
	cgn_vrrp_wire_group(mac, 6);
	CU_ASSERT_EQUAL(memcmp(mac, "\x33\x33\0\0\0\x12", 6), 0);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "what keepalived writes", test_golden },
		{ "as keepalived writes", test_encode },
		{ "there and back", test_there_and_back },
		{ "no such advertisement", test_no_such_advert },
		{ "refused", test_refused },
		{ "every length", test_every_length },
		{ "virtual and group addresses", test_macs },
		CU_TEST_INFO_NULL,
	};

	return suite_run("vrrp_wire", tests);
}
