/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The snapshot: everything that the path needs to know of the configuration and of the
 * state of boards, compiled by the control lcore, immutable once published, read by a
 * worker once per loop. Indices (instance, location, VPN, address slot, pool) are stable:
 * a name keeps its index over reloads for as long as any state refers to it. */
#ifndef CGN_DATAPLANE_SNAPSHOT_H
#define CGN_DATAPLANE_SNAPSHOT_H

#include <rte_ether.h>

#include "dataplane/own.h"
#include "dataplane/types.h"

struct rte_fib;
struct rte_fib6;
struct cgn_neigh;
struct cgn_neigh_table;
struct cgn_address;
struct rte_ring;

/* Virtual MAC addresses (RFC 9568 7.3) that the box answers to on an interface: a bit for
 * each virtual router that is master. Written by control while the path reads. */
struct cgn_vmac {
	uint64_t bits[2][4]; /* atomic; IPv4, IPv6 */
};

/* A port or one of its VLAN sub-interfaces. */
struct cgn_iface {
	char name[CGN_NAME];
	uint16_t port; /* index of the port in the snapshot */
	uint16_t vlan; /* 0: untagged */
	uint16_t vpn;
	uint16_t mtu; /* bytes of an IP packet */
	struct rte_ether_addr mac;
	uint8_t n_nat; /* NAT44 instances whose inside this is */
	bool has4, has6;
	bool tap; /* the kernel gets what the box itself does not answer */
	uint16_t nat[8];
	rte_be32_t addr4; /* source of ICMP errors; 0: none */
	uint8_t addr6[16], link_local[16];
	struct cgn_neigh_table *neigh;
	struct cgn_vmac *vmac; /* NULL: none, ever */
};

struct cgn_snap_port {
	char name[CGN_NAME];
	uint16_t iface;	      /* untagged */
	uint16_t device;      /* number of the port in mbuf->port */
	const uint16_t *vlan; /* [4096] → interface or CGN_NONE16; NULL: no VLANs */
	struct rte_ether_addr mac;
};

/* What the routing table says of a destination. */
enum cgn_nh_kind {
	CGN_NH_NONE, /* no route */
	CGN_NH_BLACKHOLE,
	CGN_NH_LOCAL,	  /* an address of the box */
	CGN_NH_AFTR,	  /* a local_ipv6: index = first of snapshot.aftr[] */
	CGN_NH_POOL,	  /* public addresses: index = range */
	CGN_NH_CONNECTED, /* on the link of iface: neighbour = destination */
	CGN_NH_GATEWAY,	  /* neighbour = gw */
	CGN_NH_SEVERAL,	  /* n of these side by side, from index on: flows are spread */
};

struct cgn_nexthop {
	uint8_t kind; /* enum cgn_nh_kind */
	uint8_t n;    /* of CGN_NH_SEVERAL */
	uint16_t iface;
	uint32_t index;
	uint8_t gw[16];		 /* IPv4: ::ffff:a.b.c.d */
	struct cgn_neigh *neigh; /* of gw; resolved by the control lcore */
};

/* next hop values in both FIBs are indices of snapshot.nexthop; 0 is CGN_NH_NONE */
struct cgn_vpn {
	char name[CGN_NAME];
	struct rte_fib *fib4; /* NULL: no IPv4 in this VPN */
	struct rte_fib6 *fib6;
};

/* One or more instances behind one AFTR address, told apart by the B4's prefix. */
struct cgn_remote {
	uint8_t addr[16], mask[16];
	uint16_t instance;
	uint16_t scope; /* stands for (instance, first 16 bits) in a user key */
};

struct cgn_aftr {
	uint8_t addr[16];
	uint32_t first, n; /* in snapshot.remote[], longest prefix first */
};

struct cgn_pool_range {
	uint32_t first, last; /* host order */
	uint32_t slot;	      /* address slot of first */
};

/* A public address: who owns it. Mutable state is struct cgn_address of the host. */
struct cgn_snap_address {
	rte_be32_t addr;
	uint16_t pool, location, vpn;
	bool locked; /* gives no new blocks */
	bool excluded;
	bool draining; /* of no pool any more, but somebody still has ports of it */
	bool moving;   /* its former location has not given it up yet; locked, too */
};

struct cgn_pool {
	char name[CGN_NAME];
	uint16_t id, vpn, overload; /* overload: pool index or CGN_NONE16 */
	bool locked;
	bool gone; /* not configured any more: its addresses are on their way out */
};

/* The addresses of a pool that belong to a location, as slots. */
struct cgn_share {
	uint32_t n;
	const uint32_t *slot;
};

#define CGN_BUCKETS 4096 /* a user falls into one; a bucket belongs to a location */

struct cgn_group {
	char name[CGN_NAME];
	uint16_t n; /* locations */
	uint16_t location[32], weight[32];
	uint16_t bucket[CGN_BUCKETS]; /* → location index */
	bool gone;		      /* not configured any more */
};

struct cgn_location {
	uint16_t id;	  /* configured, the name on every wire */
	uint16_t worker;  /* that hosts it now; CGN_REMOTE; or CGN_NONE16: down */
	uint16_t standby; /* worker that holds a copy of its state; CGN_REMOTE; or
			     CGN_NONE16 */
	uint16_t slot, cpu;
	uint16_t stray;	  /* next hop of packets for a location with worker CGN_REMOTE */
	uint8_t own;	  /* enum cgn_own */
	uint16_t reserve; /* ports of an address, of each of two boxes */
	/* when this box has been stopped for so long, another box may have taken the
	 * location over; 0: there is none */
	uint16_t takeover_ms;
	uint32_t epoch; /* another one whenever worker or standby is another */
	uint64_t seed;	/* of its digests, the same at both ends */
};

/* How the state of locations is copied to their standby workers. */
struct cgn_sync_conf {
	bool hot;    /* sessions too */
	bool batch;  /* copies are compared periodically */
	bool commit; /* users and blocks are used when the standby has them */
	uint8_t switchover_percent;
	cgn_tick delay;		 /* age from which a session is copied */
	uint32_t batch_interval; /* s */
};

struct cgn_acl_rule {
	rte_be32_t addr, mask;
	bool permit;
};

struct cgn_acl {
	uint32_t n; /* deny rules first; no match: denied */
	const struct cgn_acl_rule *rule;
};

enum cgn_port_mode {
	CGN_MODE_DYNAMIC,
	CGN_MODE_STATIC,
	CGN_MODE_SEMI_DYNAMIC,
	CGN_MODE_SINGLE,
	CGN_MODE_DETERMINISTIC
};

/* Users of a deterministic instance with consecutive numbers. */
struct cgn_rule_prefix {
	uint8_t addr[16]; /* IPv4: in the first four bytes */
	uint8_t len;
	uint32_t first; /* number of its first user */
};

/* Which users have which blocks of a pool: see dataplane/rule.h. */
struct cgn_rule {
	uint16_t size;	/* ports of a block */
	uint8_t length; /* bits of an inside address that identify a user */
	uint32_t n_users, n_prefixes, n_addresses;
	const struct cgn_rule_prefix *prefix; /* in order of numbers */
	const uint32_t *slot;		      /* of the pool's addresses, ascending */
};

struct cgn_outbound {
	uint16_t acl; /* CGN_NONE16: any */
	uint16_t pool;
	const struct cgn_rule *rule; /* mode deterministic, else NULL */
};

/* A destination that a NAT44 instance leaves alone (RFC 6888 REQ-6). */
struct cgn_exempt {
	rte_be32_t addr, mask;
	uint8_t proto;	 /* 0: any */
	rte_be16_t port; /* 0: any */
};

/* A set of IP protocol numbers. */
struct cgn_protocols {
	uint64_t bits[4];
};

/* A static forward: an inside host published at a public address and port. */
struct cgn_server {
	uint16_t instance, scope;
	uint8_t proto;
	uint8_t softwire[16];
	uint32_t slot; /* of the public address */
	rte_be32_t inside;
	rte_be16_t inside_port, outside_port;
};

#define CGN_JOURNAL_BLOCKS   1
#define CGN_JOURNAL_SESSIONS 2

struct cgn_instance {
	char name[CGN_NAME];
	uint16_t id;
	uint8_t kind; /* enum cgn_kind */
	bool gone;    /* not configured any more: its users and sessions go */
	uint16_t group, vpn_in, vpn_out;
	bool eim, eif, hairpin, accounting, alg_ftp;
	uint8_t journal;   /* CGN_JOURNAL_*; 0: nothing is reported */
	uint8_t refusal;   /* code of ICMP type 3 when resources end; 0: silence */
	uint8_t port_mode; /* enum cgn_port_mode */
	uint16_t block_size, extended_size, extended_times;
	uint32_t max_sessions, max_class[CGN_CLASSES], max_ports[CGN_CLASSES];
	uint32_t max_reverse, max_reverse_class[CGN_CLASSES]; /* inbound, per user */
	uint32_t create_rate;	    /* sessions per second and user; 0: no limit */
	uint32_t users_per_address; /* 0: no limit */
	cgn_tick timer[CGN_TIMERS];
	uint32_t fragment_ms;
	struct cgn_protocols other; /* translated by address alone */
	uint32_t n_exempt;
	const struct cgn_exempt *exempt;
	uint8_t n_outbound;
	struct cgn_outbound outbound[8];
	bool switched;	   /* its packets are another box's, by centralized backup */
	uint16_t redirect; /* next hop for them; 0: as the routing table says */
	/* DS-Lite */
	uint8_t local_ipv6[16];
	uint8_t prefix_length;
	uint16_t mtu;	       /* of the softwire: bytes of the outer packet */
	uint16_t tcp_mss;      /* 0: only where the tunnel needs it */
	int16_t traffic_class; /* -1: copy the inner one */
	uint8_t hop_limit;
};

/* What a CPU may use: its share of the licence of its board. */
struct cgn_license {
	uint32_t sessions, users;
	uint32_t create_rate; /* sessions per second; 0: no limit */
	bool kind[CGN_KINDS]; /* of instances */
};

struct cgn_snapshot {
	uint64_t generation;
	bool settling; /* some users have no place in it any more (dataplane/stale.h) */
	uint16_t n_ifaces, n_ports, n_vpns, n_groups, n_locations, n_instances, n_pools;
	uint16_t n_acls;
	uint32_t n_nexthops, n_aftrs, n_remotes, n_ranges, n_addresses, n_servers;
	const struct cgn_iface *iface;
	const struct cgn_snap_port *port;
	uint16_t by_device[CGN_MAX_PORTS]; /* mbuf->port → port index */
	const struct cgn_vpn *vpn;
	const struct cgn_nexthop *nexthop;
	const struct cgn_aftr *aftr;
	const struct cgn_remote *remote;
	const struct cgn_pool_range *range;
	const struct cgn_snap_address *address; /* [slot] */
	const struct cgn_pool *pool;
	const struct cgn_share *share; /* [location * n_pools + pool] */
	const struct cgn_group *group;
	const struct cgn_location *location;
	const struct cgn_acl *acl;
	const struct cgn_instance *instance;
	const struct cgn_server *server;
	/* state[worker][slot]: the worker's own record of an address, or NULL */
	struct cgn_address *const *state[CGN_MAX_WORKERS];
	struct cgn_sync_conf sync;
	/* [from][to]: ring of records between a host and a standby, or NULL; NULL: none.
	 * The other end of those of CGN_REMOTE is the control lcore. */
	struct rte_ring *const (*link)[CGN_MAX_WORKERS];
	struct cgn_protocols other; /* of all instances */
	struct cgn_license license[CGN_MAX_WORKERS];
	uint32_t quarantine_ms;	   /* before a freed block serves another user */
	uint32_t quarantine_ports; /* of an address that may wait so */
};

/* Is it a virtual MAC address of the box? vmac: may be NULL. Any lcore. */
static inline bool
cgn_vmac_has(const struct cgn_vmac *vmac, const struct rte_ether_addr *mac)
{
	const uint8_t *a = mac->addr_bytes;

	if (!vmac || a[0] || a[1] || a[2] != 0x5e || a[3] || (a[4] != 1 && a[4] != 2))
		return false;
	return __atomic_load_n(&vmac->bits[a[4] - 1][a[5] / 64], __ATOMIC_RELAXED) >>
		       a[5] % 64 &
	       1;
}

static inline bool
cgn_protocols_has(const struct cgn_protocols *set, uint8_t proto)
{
	return set->bits[proto / 64] >> proto % 64 & 1;
}

/* Does the ACL let this source (network order) through? Deny rules come first in it; what
 * no rule names is denied. Any lcore. */
static inline bool
cgn_acl_permits(const struct cgn_acl *acl, rte_be32_t src)
{
	for (uint32_t k = 0; k < acl->n; k++)
		if ((src & acl->rule[k].mask) == acl->rule[k].addr)
			return acl->rule[k].permit;
	return false;
}

/* The first of an instance's outbound rules that wants this source, or NULL. Any lcore.
 */
static inline const struct cgn_outbound *
cgn_instance_outbound(const struct cgn_snapshot *snap, uint16_t instance, rte_be32_t src)
{
	const struct cgn_instance *inst = &snap->instance[instance];

	for (unsigned k = 0; k < inst->n_outbound; k++) {
		const struct cgn_outbound *o = &inst->outbound[k];

		if (o->acl == CGN_NONE16 || cgn_acl_permits(&snap->acl[o->acl], src))
			return o;
	}
	return NULL;
}

/* The pool that it gives, or CGN_NONE16: no rule wants the source. Any lcore. */
static inline uint16_t
cgn_instance_pool(const struct cgn_snapshot *snap, uint16_t instance, rte_be32_t src)
{
	const struct cgn_outbound *o = cgn_instance_outbound(snap, instance, src);

	return o ? o->pool : CGN_NONE16;
}

#endif
