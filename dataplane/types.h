/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The words that every file of the data path uses: time, directions, transports and
 * the 16-byte key of every table. */
#ifndef CGN_DATAPLANE_TYPES_H
#define CGN_DATAPLANE_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_byteorder.h>
#include <rte_common.h>

/* Packets per burst: the width of a mask. */
#define CGN_BURST 64

#define CGN_MAX_WORKERS 64
#define CGN_REMOTE	(CGN_MAX_WORKERS - 1) /* no worker: stands for the other box */
#define CGN_MAX_PORTS	64
#define CGN_NAME	32 /* bytes of a configured name, with the final zero */
#define CGN_NONE	UINT32_MAX
#define CGN_NONE16	UINT16_MAX

/* Coarse time of sessions: tenths of a second on a monotonic clock. It wraps after 13
 * years; always compare by cgn_tick_age(). */
typedef uint32_t cgn_tick;
#define CGN_TICKS_PER_S 10
#define CGN_MS_PER_TICK 100

static inline uint32_t
cgn_tick_age(cgn_tick now, cgn_tick then)
{
	return now - then;
}

enum cgn_dir { CGN_UP, CGN_DOWN, CGN_DIRS };

enum cgn_kind { CGN_DS_LITE, CGN_NAT44, CGN_NAT64, CGN_KINDS };

/* Classes of transport: those with ports (or identifiers) that are translated, and the
 * rest, which is translated by address alone. */
enum cgn_class {
	CGN_TCP,
	CGN_UDP,
	CGN_ICMP,
	CGN_CLASSES,
	CGN_OTHER = CGN_CLASSES,
	CGN_SESSION_CLASSES
};

/* Classes of timeout, and with them the states that share one. */
enum cgn_timer {
	CGN_TIMER_TCP_ESTABLISHED,
	CGN_TIMER_TCP_TRANSITORY,
	CGN_TIMER_TCP_CLOSING,
	CGN_TIMER_TCP_SYN,
	CGN_TIMER_UDP,
	CGN_TIMER_ICMP,
	CGN_TIMERS
};

#define CGN_IPPROTO_ICMP    1
#define CGN_IPPROTO_IPIP    4
#define CGN_IPPROTO_TCP	    6
#define CGN_IPPROTO_UDP	    17
#define CGN_IPPROTO_UDPLITE 136
#define CGN_IPPROTO_FRAG    44
#define CGN_IPPROTO_ICMPV6  58
#define CGN_IPPROTO_DSTOPT  60
#define CGN_IPPROTO_VRRP    112

/* Words of a packet, wherever they stand. */
typedef uint16_t __attribute__((aligned(1), may_alias)) cgn_word16;
typedef uint32_t __attribute__((aligned(1), may_alias)) cgn_word32;

/* First port that is ever given to a user (RFC 4787 REQ-3a: the class 1024..65535). */
#define CGN_PORT_FIRST 1024
#define CGN_PORT_COUNT (65536 - CGN_PORT_FIRST)

/* The key of every table. A flow names its owner (who gives the local address its
 * meaning), then the local and the remote end; a mapping is a flow whose remote half is
 * zero; a user is a scope and what is left of its IPv6 address, or its IPv4 address. */
union cgn_key {
	struct {
		uint32_t owner; /* host order: cgn_owner_*() */
		rte_be32_t local, remote;
		rte_be16_t local_port, remote_port;
	};
	uint64_t w[2];
	uint8_t b[16];
};
_Static_assert(sizeof(union cgn_key) == 16, "three fit into a cache line");

/* Fetches a line that is needed soon, by a load that nobody waits for: in a short loop
 * over a burst the misses overlap. A prefetch may be dropped when the page is not in the
 * TLB either, as is the rule in tables of millions. */
static inline void
cgn_touch(const void *p)
{
	(void)*(const volatile uint8_t *)p;
}

/* Two 32-bit words of a key at once. A key that is put together from smaller stores and
 * then read by whole words has to wait until they have left the store buffer. */
static inline uint64_t
cgn_key_pair(uint32_t first, uint32_t second)
{
	return RTE_BYTE_ORDER == RTE_LITTLE_ENDIAN ? (uint64_t)second << 32 | first
						   : (uint64_t)first << 32 | second;
}

/* The same of two 16-bit words. */
static inline uint32_t
cgn_key_pair16(uint16_t first, uint16_t second)
{
	return RTE_BYTE_ORDER == RTE_LITTLE_ENDIAN ? (uint32_t)second << 16 | first
						   : (uint32_t)first << 16 | second;
}

/* Owner of an inside flow of a softwire user (index of the user in this worker). */
static inline uint32_t
cgn_owner_user(uint8_t proto, uint32_t user)
{
	return (uint32_t)proto << 24 | 1u << 23 | user;
}

/* Owner of a NAT44 inside flow (instance index) and of any outside flow (VPN index). */
static inline uint32_t
cgn_owner_scope(uint8_t proto, uint32_t scope)
{
	return (uint32_t)proto << 24 | scope;
}

/* Owner in the inside keys of flows and mappings of an instance of this kind. */
static inline uint32_t
cgn_owner_inside(uint8_t kind, uint8_t proto, uint16_t instance, uint32_t user)
{
	return kind == CGN_DS_LITE ? cgn_owner_user(proto, user)
				   : cgn_owner_scope(proto, instance);
}

#define CGN_MAX_USERS (1u << 23)

#endif
