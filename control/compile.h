/* SPDX-License-Identifier: BSD-3-Clause
 *
 * From a configuration to the snapshot that the workers read. */
#ifndef CGN_CONTROL_COMPILE_H
#define CGN_CONTROL_COMPILE_H

#include <rte_ether.h>

#include "conf/conf.h"
#include "dataplane/snapshot.h"

/* Lives as long as the daemon: keeps every index, the neighbour tables and the workers'
 * address records from one snapshot to the next. */
struct cgn_compiler;

/* What the configuration does not know of a port. */
struct cgn_compile_port {
	uint16_t device; /* number in mbuf->port, below CGN_MAX_PORTS */
	struct rte_ether_addr mac;
};

/* Where a location is hosted. worker: CGN_NONE16: nowhere, the location is down.
 * standby: the worker that is to hold a copy of its state, or CGN_NONE16. Either may be
 * CGN_REMOTE. epoch: that this box and the other one have agreed on; 0: the compiler's.
 */
struct cgn_compile_host {
	uint16_t worker, slot, cpu, standby;
	uint8_t own; /* enum cgn_own */
	uint32_t epoch;
	bool swapped; /* by hand: the backup CPU is its home; not for the compiler */
	bool hurry;   /* and it is on its way there */
};

/* A route that somebody else has found. Keys: IPv4 as ::ffff:a.b.c.d, 96 added to the
 * length. */
struct cgn_compile_learnt {
	uint8_t key[16];
	uint8_t len;
	bool gateway;  /* else the destination is on the link */
	uint16_t port; /* in conf->ports[] */
	uint8_t gw[16];
};

struct cgn_compile_inputs {
	const struct cgn_compile_port
		*port; /* [conf->n_ports]; of sub-interfaces unused */
	const struct cgn_compile_host *host; /* [conf->n_locations] */
	const bool *switched; /* [conf->n_instances] to another box; NULL: none */
	uint64_t alive;	      /* workers whose address records count, a bit each */
	bool settled;	      /* nobody has what the last snapshot had no place for */
	const struct cgn_compile_learnt *learnt; /* of a prefix one for each next hop */
	uint32_t n_learnt;
};

/* An address of an interface; IPv4 as ::ffff:a.b.c.d with 96 added to the length. */
struct cgn_compile_addr {
	uint8_t addr[16];
	uint8_t len; /* of the connected network */
};

/* NULL: out of memory. Control lcore, after rte_eal_init(). */
struct cgn_compiler *cgn_compile_create(void);

/* Destroys the compiler with neighbour tables and address records. All snapshots have
 * been freed and all workers have stopped. */
void cgn_compile_destroy(struct cgn_compiler *c);

/* A snapshot in the making. cgn_compile() takes it through all steps at once; a daemon
 * that has other things to do lets another thread do the second. */
struct cgn_compile_draft;

/* All but the forwarding tables. Neither conf nor in is referred to afterwards. 0 or
 * -errno as for cgn_compile(); *out is then to be ended or dropped. Control lcore. */
int cgn_compile_begin(struct cgn_compiler *c, const struct cgn_conf *conf,
	const struct cgn_compile_inputs *in, struct cgn_compile_draft **out);

/* Builds the forwarding tables if routes have changed: tens of milliseconds each. Any
 * one thread; the compiler may be asked and cgn_compile_rehost() called meanwhile, but no
 * other draft begun. 0 or -errno; logged. */
int cgn_compile_fill(struct cgn_compile_draft *draft);

/* The snapshot, for these hosts (in the order of the draft's configuration); the draft
 * remains. 0 or -ENOMEM. Control lcore. */
int cgn_compile_image(struct cgn_compile_draft *draft,
	const struct cgn_compile_host *host, const bool *switched,
	const struct cgn_snapshot **out);

/* The draft becomes what cgn_compile_rehost() goes on from, and is freed. Control lcore.
 */
void cgn_compile_end(struct cgn_compile_draft *draft);

/* Gives a draft up; NULL is allowed. */
void cgn_compile_drop(struct cgn_compile_draft *draft);

/* What is not at rest yet in the last compiled configuration. Control lcore. */
struct cgn_compile_rest {
	uint32_t draining; /* addresses that left their pools and are still in use */
	uint32_t drained;  /* of them those that nobody uses any more */
	bool settling;
};
struct cgn_compile_rest cgn_compile_resting(const struct cgn_compiler *c, uint64_t alive);

/* Compiles a configuration. Names known from earlier calls keep their index; what is no
 * longer configured keeps its entry in the tables, but nothing leads to it. The
 * forwarding tables are shared with the snapshot before if no route changed. Neither conf
 * nor in is referred to afterwards.
 * out: the snapshot, immutable, for cgn_snapshot_free().
 * Returns 0; -ENOMEM, -ENOSPC (a fixed size does not suffice), -EINVAL; logged. The
 * compiler is then as before, apart from indices given. Control lcore; milliseconds, and
 * some tens of them for each forwarding table built. */
int cgn_compile(struct cgn_compiler *c, const struct cgn_conf *conf,
	const struct cgn_compile_inputs *in, const struct cgn_snapshot **out);

/* The last compiled configuration with other hosts: everything else is shared.
 * host: in the order of that configuration's locations; switched: of its instances, NULL:
 * none is. 0 or -ENOMEM. Control lcore;
 * microseconds, unless address records must be allocated for a new host. */
int cgn_compile_rehost(struct cgn_compiler *c, const struct cgn_compile_host *host,
	const bool *switched, const struct cgn_snapshot **out);

/* Frees a snapshot; NULL is allowed. Every worker has passed a quiescent state since it
 * was replaced. Control lcore. */
void cgn_snapshot_free(const struct cgn_snapshot *snap);

/* Index of a name in all snapshots, present or past, or CGN_NONE. Control lcore. */
uint32_t cgn_compile_find_port(const struct cgn_compiler *c, const char *name);
uint32_t cgn_compile_find_iface(const struct cgn_compiler *c, const char *name);
uint32_t cgn_compile_find_vpn(const struct cgn_compiler *c, const char *name);
uint32_t cgn_compile_find_group(const struct cgn_compiler *c, const char *name);
uint32_t cgn_compile_find_pool(const struct cgn_compiler *c, const char *name);
uint32_t cgn_compile_find_instance(
	const struct cgn_compiler *c, enum cgn_kind kind, const char *name);
uint32_t cgn_compile_find_location(const struct cgn_compiler *c, uint16_t id);

/* The addresses of an interface, the link-local one (with IPv6) included. *n: how many.
 * Any lcore. */
const struct cgn_compile_addr *cgn_compile_addrs(
	const struct cgn_snapshot *snap, uint16_t iface, uint32_t *n);

/* True when key (IPv4 as ::ffff:a.b.c.d) is an address of the interface. Any lcore. */
bool cgn_compile_owns(
	const struct cgn_snapshot *snap, uint16_t iface, const uint8_t key[16]);

/* The address of the interface whose connected network holds key, or NULL. Any lcore. */
const struct cgn_compile_addr *cgn_compile_connected(
	const struct cgn_snapshot *snap, uint16_t iface, const uint8_t key[16]);

/* True when the box answers on the link of the interface for a key that is none of its
 * interface addresses: a public address of a pool, or an AFTR address, inside a
 * connected network, unless the other box translates for it. Any lcore. */
bool cgn_compile_proxies(
	const struct cgn_snapshot *snap, uint16_t iface, const uint8_t key[16]);

/* Copies the network part of a key, the rest is zero. len: 0..128;
 * both may be the same. Any lcore. */
void cgn_compile_mask(uint8_t out[16], const uint8_t key[16], uint8_t len);

/* Is this prefix routed as it was learnt, and not otherwise? Control lcore. */
bool cgn_compile_uses_learnt(
	const struct cgn_compiler *c, uint16_t vpn, const uint8_t key[16], uint8_t len);

/* What the routing table of a VPN says of a key (IPv4 as ::ffff:a.b.c.d); never NULL.
 * Any lcore; one look-up, not for the fast path. */
const struct cgn_nexthop *cgn_compile_route(
	const struct cgn_snapshot *snap, uint16_t vpn, const uint8_t key[16]);

#endif
