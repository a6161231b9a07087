/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Advertisements of VRRP version 3 on the wire. A reader trusts no byte: every length is
 * held against the bytes that are there before anything behind it is looked at.
 *
 * Of the two ways to sum an IPv4 advertisement both are accepted, and the advertisement
 * says which it was, so that an answer can be in the same one: RFC 5798 was read by most
 * (keepalived, FRR, Wireshark) as if there were a pseudo header, RFC 9568 says that there
 * is none.
 *
 * Pure; any lcore. Not handled: version 2, authentication, IPv4 options, IPv6 extension
 * headers (such packets are refused as too short or for another destination). */
#include "ha/vrrp_wire.h"

#include <errno.h>
#include <string.h>

enum { IP4 = 20, IP6 = 40, MESSAGE = 8, TTL = 255, CS6 = 0xc0, TYPE_ADVERT = 0x31 };

static const uint8_t group4[4] = { 224, 0, 0, 18 };
static const uint8_t group6[16] = { 0xff, 2, [15] = 0x12 };
static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

/* ---- sums ---- */

static uint32_t
add(uint32_t sum, const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i + 1 < n; i += 2)
		sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
	if (n % 2)
		sum += (uint32_t)bytes[n - 1] << 8;
	return sum;
}

static uint16_t
fold(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)(sum + (sum >> 16));
}

static void
put16(uint8_t *to, unsigned value)
{
	to[0] = (uint8_t)(value >> 8);
	to[1] = (uint8_t)value;
}

static unsigned
get16(const uint8_t *from)
{
	return (unsigned)from[0] << 8 | from[1];
}

/* Of the pseudo header of the packet (RFC 8200 8.1; for IPv4 as UDP has it). */
static uint32_t
pseudo(const uint8_t *packet, uint8_t family, size_t len)
{
	uint32_t sum = (uint32_t)len + CGN_VRRP_PROTOCOL;

	return family == 4 ? add(sum, packet + 12, 8) : add(sum, packet + 8, 32);
}

/* ---- names and addresses ---- */

const char *
cgn_vrrp_wire_fault_name(enum cgn_vrrp_fault fault)
{
	static const char *const name[] = { "",
#define X(id, text) text,
		CGN_VRRP_FAULTS(X)
#undef X
	};

	return name[fault];
}

void
cgn_vrrp_wire_mac(uint8_t mac[6], uint8_t family, uint8_t vrid)
{
	const uint8_t bytes[6] = { 0, 0, 0x5e, 0, family == 4 ? 1 : 2, vrid };

	memcpy(mac, bytes, sizeof(bytes));
}

void
cgn_vrrp_wire_group(uint8_t mac[6], uint8_t family)
{
	static const uint8_t ip4[6] = { 1, 0, 0x5e, 0, 0, 0x12 };
	static const uint8_t ip6[6] = { 0x33, 0x33, 0, 0, 0, 0x12 };

	memcpy(mac, family == 4 ? ip4 : ip6, sizeof(ip4));
}

/* ---- writing ---- */

static void
write_ip4(uint8_t *ip, const struct cgn_vrrp_advert *advert, size_t len)
{
	memset(ip, 0, IP4);
	ip[0] = 0x45;
	ip[1] = CS6;
	put16(ip + 2, (unsigned)(IP4 + len));
	ip[6] = 0x40; /* never in fragments, so the identification is free (RFC 6864) */
	ip[8] = TTL;
	ip[9] = CGN_VRRP_PROTOCOL;
	memcpy(ip + 12, advert->src + 12, 4);
	memcpy(ip + 16, group4, 4);
	put16(ip + 10, (uint16_t)~fold(add(0, ip, IP4)));
}

static void
write_ip6(uint8_t *ip, const struct cgn_vrrp_advert *advert, size_t len)
{
	memset(ip, 0, IP6);
	ip[0] = 0x60 | CS6 >> 4;
	put16(ip + 4, (unsigned)len);
	ip[6] = CGN_VRRP_PROTOCOL;
	ip[7] = TTL;
	memcpy(ip + 8, advert->src, 16);
	memcpy(ip + 24, group6, 16);
}

int
cgn_vrrp_wire_encode(uint8_t *packet, size_t room, const struct cgn_vrrp_advert *advert)
{
	bool four = advert->family == 4;
	size_t head = four ? IP4 : IP6, addresses = advert->n * (four ? 4u : 16u);
	size_t len = MESSAGE + addresses;
	uint8_t *message = packet + head;
	uint32_t sum = 0;

	if ((!four && advert->family != 6) || !advert->n || !advert->vrid ||
		!advert->interval_cs || advert->interval_cs > 0xfff)
		return -EINVAL;
	if (head + len > room)
		return -ENOSPC;
	if (four)
		write_ip4(packet, advert, len);
	else
		write_ip6(packet, advert, len);
	message[0] = TYPE_ADVERT;
	message[1] = advert->vrid;
	message[2] = advert->priority;
	message[3] = advert->n;
	put16(message + 4, advert->interval_cs);
	put16(message + 6, 0);
	memcpy(message + MESSAGE, advert->addr, addresses);
	if (!four || !advert->plain)
		sum = pseudo(packet, advert->family, len);
	put16(message + 6, (uint16_t)~fold(add(sum, message, len)));
	return (int)(head + len);
}

/* ---- reading ---- */

/* Checks the IP header; *head: its length, *len: that of the message. */
static enum cgn_vrrp_fault
read_ip4(const uint8_t *ip, size_t room, struct cgn_vrrp_advert *advert, size_t *len)
{
	size_t total;

	if (room < IP4 || ip[0] != 0x45)
		return CGN_VRRP_BAD_LENGTH;
	total = get16(ip + 2);
	if (total < IP4 + MESSAGE || total > room || (get16(ip + 6) & 0x3fff))
		return CGN_VRRP_BAD_LENGTH;
	if (ip[9] != CGN_VRRP_PROTOCOL || memcmp(ip + 16, group4, 4) != 0)
		return CGN_VRRP_BAD_DESTINATION;
	if (ip[8] != TTL)
		return CGN_VRRP_BAD_TTL;
	advert->family = 4;
	memcpy(advert->src, mapped, sizeof(mapped));
	memcpy(advert->src + 12, ip + 12, 4);
	*len = total - IP4;
	return CGN_VRRP_FINE;
}

static enum cgn_vrrp_fault
read_ip6(const uint8_t *ip, size_t room, struct cgn_vrrp_advert *advert, size_t *len)
{
	if (room < IP6)
		return CGN_VRRP_BAD_LENGTH;
	*len = get16(ip + 4);
	if (*len < MESSAGE || *len > room - IP6)
		return CGN_VRRP_BAD_LENGTH;
	if (ip[6] != CGN_VRRP_PROTOCOL || memcmp(ip + 24, group6, 16) != 0)
		return CGN_VRRP_BAD_DESTINATION;
	if (ip[7] != TTL)
		return CGN_VRRP_BAD_TTL;
	advert->family = 6;
	memcpy(advert->src, ip + 8, 16);
	return CGN_VRRP_FINE;
}

static bool
checksum_right(const uint8_t *packet, const uint8_t *message, size_t len,
	struct cgn_vrrp_advert *advert)
{
	uint32_t sum = add(0, message, len);

	advert->plain = false;
	if (fold(sum + pseudo(packet, advert->family, len)) == 0xffff)
		return true;
	advert->plain = advert->family == 4 && fold(sum) == 0xffff;
	return advert->plain;
}

enum cgn_vrrp_fault
cgn_vrrp_wire_decode(const uint8_t *packet, size_t len, struct cgn_vrrp_advert *advert)
{
	enum cgn_vrrp_fault fault = CGN_VRRP_BAD_LENGTH;
	const uint8_t *message;
	size_t size;

	if (len && packet[0] >> 4 == 4)
		fault = read_ip4(packet, len, advert, &size);
	else if (len && packet[0] >> 4 == 6)
		fault = read_ip6(packet, len, advert, &size);
	if (fault != CGN_VRRP_FINE)
		return fault;
	message = packet + (advert->family == 4 ? IP4 : IP6);
	if (message[0] >> 4 != TYPE_ADVERT >> 4)
		return CGN_VRRP_BAD_VERSION;
	if (message[0] != TYPE_ADVERT)
		return CGN_VRRP_BAD_TYPE;
	if (!message[3] || size < MESSAGE + message[3] * (advert->family == 4 ? 4u : 16u))
		return CGN_VRRP_BAD_LENGTH;
	if (!checksum_right(packet, message, size, advert))
		return CGN_VRRP_BAD_CHECKSUM;
	advert->vrid = message[1];
	advert->priority = message[2];
	advert->n = message[3];
	advert->interval_cs = (uint16_t)(get16(message + 4) & 0xfff);
	advert->addr = message + MESSAGE;
	return advert->interval_cs ? CGN_VRRP_FINE : CGN_VRRP_BAD_INTERVAL;
}
