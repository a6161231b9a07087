/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Shared by the files of the compiler, and by nobody else. */
#ifndef CGN_CONTROL_COMPILE_INT_H
#define CGN_CONTROL_COMPILE_INT_H

#include "control/compile.h"
#include "control/log.h"
#include "control/region.h"
#include "control/registry.h"
#include "dataplane/session.h"
#include "dataplane/worker.h"

/* Neighbours of an interface. */
#define CGN_COMPILE_NEIGHBOURS 8192
#define CGN_COMPILE_IFACES     1024

/* Routes of all VPNs, and where they lead. */
struct cgn_compile_routing {
	uint32_t refs;
	uint32_t n_routes, n_nexthops, n_vpns;
	struct cgn_compile_entry *route; /* sorted, unique */
	struct cgn_nexthop *nexthop;
	struct cgn_vpn *vpn;
	struct cgn_region region;
};

/* All of a snapshot that does not depend on hosts. */
struct cgn_compile_base {
	uint32_t refs;
	uint32_t n_hosts;
	uint16_t *host_of; /* [n_hosts]: location index of the configuration's location */
	const struct cgn_compile_addr **addrs; /* [iface] */
	uint32_t *n_addrs;
	struct cgn_compile_routing *routing;
	uint32_t n_instances;
	uint16_t *instance_of; /* [n_instances]: index of the configuration's instance */
	struct cgn_snapshot snap;      /* complete but for location[] and state[] */
	struct cgn_location *location; /* without hosts */
	struct cgn_region region;
};

/* What a caller gets. */
struct cgn_compile_image {
	struct cgn_snapshot snap;
	struct cgn_compile_base *base;
	struct cgn_region region;
};

/* Address records of a worker. */
struct cgn_compile_state {
	uint32_t room;
	struct cgn_address **record; /* [room], by slot */
};

struct cgn_compile_slab {
	struct cgn_compile_slab *next;
	struct cgn_address record[];
};

struct cgn_compiler {
	struct cgn_registry ports, ifaces, vpns, groups, pools, instances, locations;
	struct cgn_registry slots;  /* struct cgn_compile_slot_key */
	struct cgn_registry scopes; /* struct cgn_compile_scope_key */
	struct cgn_neigh_table *neigh[CGN_COMPILE_IFACES];
	struct cgn_vmac vmac[CGN_COMPILE_IFACES];
	struct cgn_compile_state state[CGN_MAX_WORKERS];
	struct cgn_compile_slab *slabs;
	struct rte_ring *link[CGN_MAX_WORKERS][CGN_MAX_WORKERS];
	struct cgn_location last[CGN_MAX_LOCATIONS]; /* of the last snapshot */
	uint64_t sync_seed;
	struct cgn_compile_base *base; /* of the last cgn_compile() */
	uint64_t generation;
};

/* One run of the compiler. Arrays by index of the configuration's list. */
struct cgn_compile_run {
	struct cgn_compiler *c;
	const struct cgn_conf *conf;
	const struct cgn_compile_inputs *in;
	const struct cgn_snapshot *old; /* NULL at first */
	struct cgn_compile_base *base;
	struct cgn_snapshot *snap; /* of base */
	struct cgn_region scratch;
	uint16_t *port, *iface, *vpn, *group, *pool, *instance, *location;
	/* the same objects, writable */
	struct cgn_iface *ifaces;
	struct cgn_instance *instances;
	struct cgn_pool *pools;
	struct cgn_snap_address *addresses;
	struct cgn_nexthop *redirect; /* [conf->n_instances] */
	uint32_t n_pieces;	      /* of public addresses with consecutive slots */
	struct cgn_pool_range *ranges;
	/* routes collected so far */
	struct cgn_compile_entry *route;
	uint32_t n_routes, routes_room;
	uint16_t *number; /* [n_routes] of their next hops; NULL: nothing is new */
};

struct cgn_compile_draft {
	struct cgn_compile_run run;
};

/* Sources of a route: of two for the same prefix the first one wins. */
enum cgn_compile_source {
	CGN_FROM_LOCAL,
	CGN_FROM_AFTR,
	CGN_FROM_POOL,
	CGN_FROM_CONNECTED,
	CGN_FROM_STATIC,
	CGN_FROM_LEARNT,
	CGN_FROM_FLOATING, /* static, of a greater distance */
};

struct cgn_compile_entry {
	uint16_t vpn;
	uint8_t len;	 /* 0..128; IPv4: 96 added */
	uint8_t source;	 /* enum cgn_compile_source */
	uint8_t key[16]; /* IPv4 as ::ffff:a.b.c.d */
	struct cgn_nexthop nh;
};

struct cgn_compile_slot_key {
	rte_be32_t addr;
	uint32_t vpn;
};

/* What makes an instance another one: the keys of its users and sessions are made of it.
 */
struct cgn_compile_instance_key {
	char name[CGN_NAME];
	uint16_t vpn_in, vpn_out;
	uint8_t kind, prefix_length;
};

struct cgn_compile_scope_key {
	uint16_t instance;
	uint8_t head[2];
};

/* Steps; each returns 0 or -errno (logged). In this order. */
int cgn_compile_ifaces(struct cgn_compile_run *r);
int cgn_compile_locations(struct cgn_compile_run *r);
int cgn_compile_pools(struct cgn_compile_run *r);
int cgn_compile_policy(struct cgn_compile_run *r);
int cgn_compile_rules(struct cgn_compile_run *r);
int cgn_compile_aftrs(struct cgn_compile_run *r);
int cgn_compile_servers(struct cgn_compile_run *r);
int cgn_compile_routes(struct cgn_compile_run *r);

/* Within the last step: where switched instances send their packets, from the routes as
 * they were added; then all next hops. */
int cgn_compile_redirects(struct cgn_compile_run *r);
int cgn_compile_nexthops(struct cgn_compile_run *r);

/* Marks the instances that are switched (by the configuration's index; NULL: none). */
int cgn_compile_switch(struct cgn_compile_image *image, const bool *switched);

/* Within the last step: routes that were learnt. One that has no place is left out, and
 * they are counted in the log. 0 or -ENOMEM. */
int cgn_compile_learnt_routes(struct cgn_compile_run *r);

/* True when a static or learnt route lies inside a range of public addresses of its VPN.
 */
bool cgn_compile_hides_pool(
	const struct cgn_compile_run *r, const struct cgn_compile_entry *e);

/* The entry of a prefix; NULL: there is none. */
const struct cgn_compile_entry *cgn_compile_find_entry(
	const struct cgn_compile_routing *g, uint16_t vpn, const uint8_t key[16],
	uint8_t len);

bool cgn_compile_same_prefix(
	const struct cgn_compile_entry *a, const struct cgn_compile_entry *b);

/* Numbers next hops from 1 (0: no route), and keeps them in g; number[i] is that of route
 * i. 0, -ENOMEM, or -ENOSPC (logged). */
int cgn_compile_number(struct cgn_compile_routing *g, uint16_t *number);

/* Builds the tables for what cgn_compile_routes() has collected. */
int cgn_compile_fibs(struct cgn_compile_run *r);

/* Is a public address in use by one of the workers? */
bool cgn_compile_in_use(const struct cgn_compiler *c, uint64_t alive, uint32_t slot);

/* Was the address in a pool, or on its way out of one? NULL: no. */
const struct cgn_snap_address *cgn_compile_former(
	const struct cgn_compile_run *r, uint32_t slot);

/* Before all steps: indices of instances, groups and pools that are gone, and of which
 * nothing is left, may be given anew. */
void cgn_compile_reclaim(struct cgn_compile_run *r);

/* Keeps addresses that left their pools and are in use; and says whether somebody may
 * have what the snapshot has no place for. */
int cgn_compile_drains(struct cgn_compile_run *r);
int cgn_compile_settling(struct cgn_compile_run *r);

/* A range of public addresses and its routes, cut where slots jump. 0 or -errno. */
int cgn_compile_range(
	struct cgn_compile_run *r, uint16_t vpn, uint32_t first, uint32_t last);

/* Adds a route; 0 or -ENOMEM. nh is copied. */
int cgn_compile_add_route(struct cgn_compile_run *r, const struct cgn_compile_entry *e);
void cgn_compile_routing_put(struct cgn_compile_routing *routing);

/* Gives the hosting workers records of their addresses; 0 or -ENOMEM. */
int cgn_compile_records(struct cgn_compiler *c, const struct cgn_snapshot *snap);

/* Rings of records between hosts and standbys; 0 or -ENOMEM. And their end. */
int cgn_compile_links(struct cgn_compiler *c, const struct cgn_snapshot *snap);
void cgn_compile_unlink(struct cgn_compiler *c);
void cgn_compile_sync(struct cgn_compile_run *r);

/* An address of the configuration as a key (IPv4 as ::ffff:a.b.c.d). */
void cgn_compile_key(uint8_t key[16], const struct cgn_conf_addr *addr);

/* True when the first len bits agree. */
bool cgn_compile_match(const uint8_t a[16], const uint8_t b[16], uint8_t len);

/* Copies a name, zero padded; too long a one is cut. */
void cgn_compile_name(char out[CGN_NAME], const char *name);

/* Memory of the base / of this run: zeros, or NULL and a line in the log. */
void *cgn_compile_take(struct cgn_region *region, size_t n, size_t size);

/* Index of a name (CGN_NAME bytes, zero padded) in a registry; -ENOSPC logged. */
int cgn_compile_index(
	struct cgn_registry *reg, const char *what, const char *name, uint16_t *index);

#endif
