/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Addresses, networks, ranges and endpoints from text, and what is asked of them. Pure
 * functions, any thread.
 */

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "conf/parse.h"

const char *
cgn_parse_addr(const char *text, uint8_t family, struct cgn_conf_addr *addr)
{
	*addr = (struct cgn_conf_addr){ 0 };
	if (family != 6 && inet_pton(AF_INET, text, addr->bytes) == 1) {
		addr->family = 4;
		return NULL;
	}
	if (family != 4 && inet_pton(AF_INET6, text, addr->bytes) == 1) {
		addr->family = 6;
		return NULL;
	}
	if (family == 4)
		return "is not an IPv4 address such as 192.0.2.1";
	if (family == 6)
		return "is not an IPv6 address such as 2001:db8::1";
	return "is not an address such as 192.0.2.1 or 2001:db8::1";
}

/* A decimal number 0..max without sign or space, up to the end of text. */
static bool
parse_number(const char *text, unsigned long max, unsigned long *number)
{
	char *end;

	if (!isdigit((unsigned char)text[0]) || strlen(text) > 5)
		return false;
	*number = strtoul(text, &end, 10);
	return !*end && *number <= max;
}

/* Splits "ADDRESS/LEN" and parses both. */
static const char *
parse_slash(const char *text, uint8_t family, struct cgn_conf_addr *addr, uint8_t *len)
{
	const char *slash = strchr(text, '/'), *wrong;
	char copy[INET6_ADDRSTRLEN];
	unsigned long n;

	if (!slash)
		return "has no length: write ADDRESS/LENGTH";
	if ((size_t)(slash - text) >= sizeof(copy))
		return "is not ADDRESS/LENGTH";
	memcpy(copy, text, (size_t)(slash - text));
	copy[slash - text] = '\0';
	wrong = cgn_parse_addr(copy, family, addr);
	if (wrong)
		return wrong;
	if (!parse_number(slash + 1, addr->family == 4 ? 32 : 128, &n))
		return addr->family == 4 ? "has a bad length, allowed is /0../32"
					 : "has a bad length, allowed is /0../128";
	*len = (uint8_t)n;
	return NULL;
}

static bool
host_bits_zero(const struct cgn_conf_addr *addr, uint8_t len)
{
	unsigned int bits = addr->family == 4 ? 32 : 128;

	for (unsigned int i = len; i < bits; i++) {
		if (addr->bytes[i / 8] & (0x80 >> i % 8))
			return false;
	}
	return true;
}

const char *
cgn_parse_prefix(const char *text, uint8_t family, struct cgn_conf_prefix *prefix)
{
	const char *wrong = parse_slash(text, family, &prefix->addr, &prefix->len);

	if (!wrong && !host_bits_zero(&prefix->addr, prefix->len))
		return "is not a network: bits behind the length are set";
	return wrong;
}

static bool
is_unicast(const struct cgn_conf_addr *addr)
{
	static const struct cgn_conf_addr zero6 = { 6, { 0 } };

	if (addr->family == 6)
		return addr->bytes[0] != 0xff && memcmp(addr, &zero6, sizeof(zero6)) != 0;
	return addr->bytes[0] != 0 && addr->bytes[0] < 224 && addr->bytes[0] != 127;
}

const char *
cgn_parse_ifaddr(const char *text, uint8_t family, struct cgn_conf_ifaddr *addr)
{
	const char *wrong = parse_slash(text, family, &addr->addr, &addr->len);
	struct cgn_conf_addr rest = addr->addr;

	if (wrong)
		return wrong;
	if (!is_unicast(&addr->addr))
		return "is not an address that a box can have";
	if (addr->addr.family == 4 && addr->len < 31) {
		if (host_bits_zero(&addr->addr, addr->len))
			return "is the address of the network, not of a box in it";
		for (int i = 0; i < 4; i++)
			rest.bytes[i] ^= 0xff;
		if (host_bits_zero(&rest, addr->len))
			return "is the broadcast address of its network";
	}
	return NULL;
}

uint32_t
cgn_parse_ipv4(const struct cgn_conf_addr *addr)
{
	const uint8_t *b = addr->bytes;

	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static const char *
parse_from_to(const char *text, struct cgn_conf_range *range)
{
	const char *dash = strchr(text, '-'), *wrong;
	struct cgn_conf_addr first, last;
	char copy[INET_ADDRSTRLEN];

	if ((size_t)(dash - text) >= sizeof(copy))
		return "is not FIRST-LAST";
	memcpy(copy, text, (size_t)(dash - text));
	copy[dash - text] = '\0';
	wrong = cgn_parse_addr(copy, 4, &first);
	if (!wrong)
		wrong = cgn_parse_addr(dash + 1, 4, &last);
	if (wrong)
		return "is not FIRST-LAST with two IPv4 addresses";
	range->first = cgn_parse_ipv4(&first);
	range->last = cgn_parse_ipv4(&last);
	return range->last < range->first ? "ends before it starts" : NULL;
}

const char *
cgn_parse_range(const char *text, struct cgn_conf_range *range)
{
	struct cgn_conf_prefix prefix;
	const char *wrong;

	if (strchr(text, '-')) {
		wrong = parse_from_to(text, range);
	} else if (strchr(text, '/')) {
		wrong = cgn_parse_prefix(text, 4, &prefix);
		if (!wrong) {
			range->first = cgn_parse_ipv4(&prefix.addr);
			range->last =
				range->first |
				(prefix.len ? (uint32_t)((1ull << (32 - prefix.len)) - 1)
					    : UINT32_MAX);
		}
	} else {
		wrong = cgn_parse_addr(text, 4, &prefix.addr);
		if (!wrong)
			range->first = range->last = cgn_parse_ipv4(&prefix.addr);
	}
	return wrong;
}

const char *
cgn_parse_endpoint(
	const char *text, uint8_t family, struct cgn_conf_addr *addr, uint16_t *port)
{
	const char *colon = strrchr(text, ':');
	char copy[INET6_ADDRSTRLEN + 2], *start = copy;
	unsigned long n;
	size_t length;

	if (!colon || (size_t)(colon - text) >= sizeof(copy))
		return family == 6 ? "is not [IPV6]:PORT" : "is not ADDRESS:PORT";
	length = (size_t)(colon - text);
	memcpy(copy, text, length);
	copy[length] = '\0';
	if (family == 6) {
		if (length < 2 || copy[0] != '[' || copy[length - 1] != ']')
			return "is not [IPV6]:PORT";
		copy[length - 1] = '\0';
		start++;
	}
	if (!parse_number(colon + 1, 65535, &n) || !n)
		return "has a bad port, allowed is 1..65535";
	*port = (uint16_t)n;
	return cgn_parse_addr(start, family, addr);
}

const char *
cgn_conf_addr_format(const struct cgn_conf_addr *addr, char *buf)
{
	if (!addr->family)
		return strcpy(buf, "-");
	inet_ntop(addr->family == 4 ? AF_INET : AF_INET6, addr->bytes, buf,
		INET6_ADDRSTRLEN);
	return buf;
}

bool
cgn_conf_addr_inside(
	const struct cgn_conf_addr *addr, const struct cgn_conf_addr *net, uint8_t len)
{
	if (!addr->family || addr->family != net->family)
		return false;
	for (unsigned int i = 0; i < len; i += 8) {
		unsigned int left = len - i;
		uint8_t mask = left >= 8 ? 0xff : (uint8_t)(0xff00 >> left);

		if ((addr->bytes[i / 8] ^ net->bytes[i / 8]) & mask)
			return false;
	}
	return true;
}

bool
cgn_conf_addr_equal(const struct cgn_conf_addr *a, const struct cgn_conf_addr *b)
{
	return a->family && cgn_conf_addr_inside(a, b, a->family == 4 ? 32 : 128);
}
