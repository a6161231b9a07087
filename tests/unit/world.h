/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A small box for the tests of the data path: a snapshot made by hand, one worker, a pool
 * of packet buffers and a clock that only the test turns.
 *
 *   inside  port 0, VPN 0: 10.0.0.1/24, 2001:db8:0:1::1/64; B4s behind 2001:db8:0:1::2,
 *           10/8 behind 10.0.0.2
 *   outside port 1, VPN 0: 198.51.100.1/24; the rest of IPv4 behind 198.51.100.254
 *   red     port 0, VLAN 100, VPN 1: 10.1.0.1/24; 10/8 behind 10.1.0.2
 *
 *   DS     AFTR 2001:db8::aaaa for 2001:db8:100::/40, pool 203.0.113.0/30
 *   NAT    inside, 10/8 without 10.9/16, pool 203.0.113.64/30
 *   RED    red → VPN 0, everybody, pool 203.0.113.64/30
 *   spare pool 203.0.113.128/31, an overload pool if a test says so
 *
 * All users are at location 0, which is this worker; the last address of each pool
 * belongs to location 1, which is worker 1 (not there). */
#ifndef CGN_TESTS_UNIT_WORLD_H
#define CGN_TESTS_UNIT_WORLD_H

#include "dataplane/neigh.h"
#include "dataplane/pipeline.h"
#include "packet.h"

enum { INSIDE, OUTSIDE, RED, IFACES };
enum { DS, NAT, REDNAT, INSTANCES };
enum { POOL_DS, POOL_NAT, POOL_SPARE, POOLS };
enum { VPN_0, VPN_RED, VPNS };
#define LOCATIONS 2
#define ADDRESSES 10

enum {
	NH_NONE,
	NH_BLACKHOLE,
	NH_LOCAL,
	NH_AFTR,
	NH_POOL_DS,
	NH_POOL_NAT,
	NH_POOL_SPARE,
	NH_INSIDE,
	NH_OUTSIDE,
	NH_RED,
	NH_GW_OUTSIDE,
	NH_GW_INSIDE,
	NH_GW_RED,
	NH_GW_B4,
	NEXTHOPS
};

#define IP4(a, b, c, d)	 ((uint32_t)(a) << 24 | (b) << 16 | (c) << 8 | (d))
#define POOL_DS_FIRST	 IP4(203, 0, 113, 0)
#define POOL_NAT_FIRST	 IP4(203, 0, 113, 64)
#define POOL_SPARE_FIRST IP4(203, 0, 113, 128)
#define REMOTE_HOST	 IP4(192, 0, 2, 80)
#define NAT_HOST	 IP4(10, 0, 5, 6)
#define B4_1		 "2001:db8:100::1"
#define B4_2		 "2001:db8:100::2"
#define AFTR		 "2001:db8::aaaa"

struct world {
	struct cgn_worker *w;
	struct rte_mempool *pool;
	uint64_t ms;
	unsigned idle; /* buffers in the pool when nothing is under way */
	struct cgn_snapshot snap;
	struct cgn_iface iface[IFACES];
	struct cgn_snap_port port[2];
	uint16_t vlan[4096];
	struct cgn_vpn vpn[VPNS];
	struct cgn_nexthop nexthop[NEXTHOPS];
	struct cgn_aftr aftr;
	struct cgn_remote remote[2];
	struct cgn_pool_range range[POOLS];
	struct cgn_snap_address address[ADDRESSES];
	struct cgn_pool pools[POOLS];
	struct cgn_share share[LOCATIONS * POOLS];
	uint32_t slots[ADDRESSES];
	struct cgn_group group;
	struct cgn_location location[LOCATIONS];
	struct cgn_acl_rule rule[2];
	struct cgn_acl acl;
	struct cgn_instance instance[INSTANCES];
	struct cgn_address *state[LOCATIONS][ADDRESSES];
};

extern struct world world;

/* A new box, empty, at the time of `ms`. Licence: so many sessions and users. */
void world_open(uint32_t sessions, uint32_t users, uint64_t ms);

/* Takes it down; asserts that every packet buffer has come back. */
void world_close(void);

/* Turns the clock and lets the worker work, once. */
void world_tick(uint64_t ms);

/* A frame as received: link header for the interface, then the packet. */
struct rte_mbuf *world_frame(unsigned iface, const void *ip, unsigned len);

/* A frame with any bytes on a port. */
struct rte_mbuf *world_raw(unsigned device, const void *bytes, unsigned len);

/* What became of a packet. */
struct out {
	int kind; /* enum cgn_out_kind; -1: dropped */
	unsigned arg;
	uint8_t op;		  /* of the mark */
	unsigned len;		  /* of data */
	uint8_t data[PACKET_MAX]; /* as it left */
};

/* Runs one packet through the pipeline and frees what came out. */
const struct out *world_run(struct rte_mbuf *m);
const struct out *world_run_iface(unsigned iface, const void *ip, unsigned len);

/* The IPv4 or IPv6 packet in the frame that left; NULL: none did. */
const uint8_t *world_ip(const struct out *out);

/* An IPv4 packet in a frame from inside, or (tunnelled) from a B4; or from outside. */
const struct out *world_nat_up(const struct packet *p);
const struct out *world_ds_up(const char *b4, const struct packet *p);
const struct out *world_down(const struct packet *p);

/* Frees all that is in the outbox; returns how many packets there were. */
unsigned world_empty_outbox(void);

/* A burst of the worker without packets, for calls that need one. */
void world_burst(struct cgn_burst *b);

/* All numbers that must be the same again after something was undone. */
struct ledger {
	uint32_t slots[4], tables[5];
	uint32_t free[ADDRESSES], users[ADDRESSES], blocks[ADDRESSES];
	uint32_t quarantined;
	struct cgn_tally instance[INSTANCES], location[LOCATIONS];
};
struct ledger world_ledger(void);
bool world_same(const struct ledger *a, const struct ledger *b);

/* The sender of the burst's first packet as a user: found, or CGN_NONE; or made. */
uint32_t world_user(const struct cgn_burst *b);
enum cgn_drop world_add_user(const struct cgn_burst *b, uint32_t *user);

#endif
