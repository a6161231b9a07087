/* SPDX-License-Identifier: BSD-3-Clause */
#include "packet.h"

#include <arpa/inet.h>
#include <string.h>

uint16_t
packet_get16(const void *data, unsigned offset)
{
	const uint8_t *b = (const uint8_t *)data + offset;

	return (uint16_t)(b[0] << 8 | b[1]);
}

void
packet_put16(void *data, unsigned offset, uint16_t value)
{
	uint8_t *b = (uint8_t *)data + offset;

	b[0] = (uint8_t)(value >> 8);
	b[1] = (uint8_t)value;
}

uint32_t
packet_get32(const void *data, unsigned offset)
{
	return (uint32_t)packet_get16(data, offset) << 16 |
	       packet_get16(data, offset + 2);
}

void
packet_put32(void *data, unsigned offset, uint32_t value)
{
	packet_put16(data, offset, (uint16_t)(value >> 16));
	packet_put16(data, offset + 2, (uint16_t)value);
}

uint16_t
packet_sum(const void *data, unsigned len, uint32_t start)
{
	const uint8_t *b = data;
	uint64_t sum = start;

	for (unsigned k = 0; k < len; k++)
		sum += k % 2 ? b[k] : (uint32_t)b[k] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

const uint8_t *
packet_addr6(const char *text)
{
	static uint8_t addr[8][16];
	static unsigned next;
	uint8_t *a = addr[next++ % 8];

	if (inet_pton(AF_INET6, text, a) != 1)
		memset(a, 0, 16);
	return a;
}

/* Offset of the checksum in the transport header; 0: it has none. */
static unsigned
sum_at(const uint8_t *ip)
{
	switch (ip[9]) {
	case 1:
		return 2;
	case 6:
		return 16;
	case 17:
		return 6;
	}
	return 0;
}

/* The sum over the transport, with the pseudo-header where there is one. */
static uint16_t
transport_sum(const uint8_t *ip)
{
	unsigned header = (ip[0] & 15) * 4u, len = packet_get16(ip, 2) - header;
	uint32_t start = 0;

	if (ip[9] != 1)
		start = packet_sum(ip + 12, 8, ip[9] + len);
	return packet_sum(ip + header, len, start);
}

void
packet_sums(void *data)
{
	uint8_t *ip = data;
	unsigned header = (ip[0] & 15) * 4u, at = sum_at(ip);
	uint16_t sum;

	packet_put16(ip, 10, 0);
	packet_put16(ip, 10, (uint16_t)~packet_sum(ip, header, 0));
	if (!at || packet_get16(ip, 6) & 0x3fff)
		return;
	packet_put16(ip, header + at, 0);
	sum = (uint16_t)~transport_sum(ip);
	packet_put16(ip, header + at, ip[9] == 17 && !sum ? 0xffff : sum);
}

bool
packet_right4(const void *data)
{
	const uint8_t *ip = data;
	unsigned header = (ip[0] & 15) * 4u, at = sum_at(ip);

	if (packet_sum(ip, header, 0) != 0xffff)
		return false;
	if (!at || packet_get16(ip, 6) & 0x3fff)
		return true;
	if (ip[9] == 17 && !packet_get16(ip, header + at))
		return true;
	return transport_sum(ip) == 0xffff;
}

bool
packet_right6(const void *data)
{
	const uint8_t *ip = data;
	unsigned len = packet_get16(ip, 4);

	return packet_sum(ip + 40, len, packet_sum(ip + 8, 32, len + ip[6])) == 0xffff;
}

static unsigned
transport(uint8_t *l4, const struct packet *p)
{
	switch (p->proto) {
	case 6:
		packet_put32(l4, 4, 0x01020304);
		l4[12] = 5 << 4;
		l4[13] = p->tcp_flags;
		packet_put16(l4, 14, 1000);
		break;
	case 17:
		packet_put16(l4, 4, (uint16_t)(8 + p->payload));
		break;
	case 1:
		l4[0] = p->icmp_type;
		l4[1] = p->icmp_code;
		packet_put16(l4, 4, p->sport);
		packet_put16(l4, 6, p->dport);
		return 8;
	}
	packet_put16(l4, 0, p->sport);
	packet_put16(l4, 2, p->dport);
	return p->proto == 6 ? 20 : 8;
}

unsigned
packet_ip4(uint8_t *ip, const struct packet *p)
{
	unsigned header = 20u + p->options, len;

	memset(ip, 0, header + 20);
	memset(ip + 20, 1, p->options); /* no operation */
	len = header + transport(ip + header, p);
	for (unsigned k = 0; k < p->payload; k++)
		ip[len + k] = (uint8_t)(k * 37 + 11);
	len += p->payload;
	ip[0] = (uint8_t)(0x40 | header / 4);
	ip[1] = p->tos;
	packet_put16(ip, 2, (uint16_t)len);
	packet_put16(ip, 4, p->id);
	packet_put16(ip, 6, p->frag);
	ip[8] = p->ttl ? p->ttl : 64;
	ip[9] = p->proto;
	packet_put32(ip, 12, p->src);
	packet_put32(ip, 16, p->dst);
	packet_sums(ip);
	if (p->no_sum)
		packet_put16(ip, header + 6, 0);
	return len;
}

unsigned
packet_ip6(uint8_t *ip, const uint8_t src[16], const uint8_t dst[16], uint8_t next,
	const void *payload, unsigned len)
{
	memset(ip, 0, 40);
	ip[0] = 0x60;
	packet_put16(ip, 4, (uint16_t)len);
	ip[6] = next;
	ip[7] = 64;
	memcpy(ip + 8, src, 16);
	memcpy(ip + 24, dst, 16);
	memmove(ip + 40, payload, len);
	return len + 40;
}
