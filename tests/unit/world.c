/* SPDX-License-Identifier: BSD-3-Clause */
#include "world.h"

#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>
#include <rte_fib.h>
#include <rte_fib6.h>
#include <rte_malloc.h>

#include "dataplane/user.h"
#include "dataplane/block.h"

struct world world;

static const uint8_t mac[IFACES][6] = { { 2, 0, 0, 0, 0, 1 }, { 2, 0, 0, 0, 0, 2 },
	{ 2, 0, 0, 0, 0, 1 } };

static void
route4(struct rte_fib *fib, uint32_t addr, uint8_t depth, unsigned nh)
{
	CU_ASSERT_EQUAL_FATAL(rte_fib_add(fib, addr, depth, nh), 0);
}

static void
route6(struct rte_fib6 *fib, const char *addr, uint8_t depth, unsigned nh)
{
	CU_ASSERT_EQUAL_FATAL(rte_fib6_add(fib, packet_addr6(addr), depth, nh), 0);
}

static struct rte_fib *
fib4(const char *name)
{
	struct rte_fib_conf conf = { .type = RTE_FIB_DUMMY, .max_routes = 64 };

	return rte_fib_create(name, SOCKET_ID_ANY, &conf);
}

/* Routing tables are the same in all worlds. */
static void
tables(struct rte_fib **main4, struct rte_fib6 **main6, struct rte_fib **red4)
{
	static struct rte_fib *f4, *r4;
	static struct rte_fib6 *f6;
	struct rte_fib6_conf conf6 = { .type = RTE_FIB6_DUMMY, .max_routes = 64 };

	*main4 = f4 ? f4 : fib4("main4");
	*red4 = r4 ? r4 : fib4("red4");
	*main6 = f6 ? f6 : rte_fib6_create("main6", SOCKET_ID_ANY, &conf6);
	CU_ASSERT_FATAL(*main4 && *red4 && *main6);
	if (f4)
		return;
	f4 = *main4;
	r4 = *red4;
	f6 = *main6;
	route4(f4, 0, 0, NH_GW_OUTSIDE);
	route4(f4, IP4(198, 51, 100, 0), 24, NH_OUTSIDE);
	route4(f4, IP4(198, 51, 100, 1), 32, NH_LOCAL);
	route4(f4, IP4(10, 0, 0, 0), 8, NH_GW_INSIDE);
	route4(f4, IP4(10, 0, 0, 0), 24, NH_INSIDE);
	route4(f4, IP4(10, 0, 0, 1), 32, NH_LOCAL);
	route4(f4, IP4(198, 18, 0, 0), 16, NH_BLACKHOLE);
	route4(f4, IP4(198, 19, 0, 0), 16, NH_NONE);
	route4(f4, POOL_DS_FIRST, 30, NH_POOL_DS);
	route4(f4, POOL_NAT_FIRST, 30, NH_POOL_NAT);
	route4(f4, POOL_SPARE_FIRST, 31, NH_POOL_SPARE);
	route4(r4, IP4(10, 0, 0, 0), 8, NH_GW_RED);
	route4(r4, IP4(10, 1, 0, 0), 24, NH_RED);
	route4(r4, IP4(10, 1, 0, 1), 32, NH_LOCAL);
	route6(f6, "2001:db8:0:1::", 64, NH_INSIDE);
	route6(f6, "2001:db8:0:1::1", 128, NH_LOCAL);
	route6(f6, AFTR, 128, NH_AFTR);
	route6(f6, "2001:db8:100::", 40, NH_GW_B4);
	route6(f6, "2001:db8:ffff::", 48, NH_BLACKHOLE);
}

static void
interfaces(void)
{
	static const char *const name[IFACES] = { "inside", "outside", "red" };
	static const uint32_t addr[IFACES] = { IP4(10, 0, 0, 1), IP4(198, 51, 100, 1),
		IP4(10, 1, 0, 1) };

	memset(world.vlan, 0xff, sizeof(world.vlan));
	world.vlan[100] = RED;
	for (unsigned k = 0; k < IFACES; k++) {
		struct cgn_iface *i = &world.iface[k];

		snprintf(i->name, sizeof(i->name), "%s", name[k]);
		i->port = k == OUTSIDE;
		i->mtu = k == INSIDE ? 1600 : 1500;
		memcpy(&i->mac, mac[k], 6);
		i->has4 = true;
		i->addr4 = rte_cpu_to_be_32(addr[k]);
		i->neigh = cgn_neigh_create(name[k], (uint16_t)k, 64);
		CU_ASSERT_PTR_NOT_NULL_FATAL(i->neigh);
	}
	world.iface[RED].vlan = 100;
	world.iface[RED].vpn = VPN_RED;
	world.iface[INSIDE].has6 = true;
	memcpy(world.iface[INSIDE].addr6, packet_addr6("2001:db8:0:1::1"), 16);
	world.iface[INSIDE].n_nat = world.iface[RED].n_nat = 1;
	world.iface[INSIDE].nat[0] = NAT;
	world.iface[RED].nat[0] = REDNAT;
	world.port[0] =
		(struct cgn_snap_port){ "inside", INSIDE, 0, world.vlan, { { 0 } } };
	world.port[1] = (struct cgn_snap_port){ "outside", OUTSIDE, 1, NULL, { { 0 } } };
}

static void
gateway(unsigned nh, unsigned iface, const uint8_t key[16], uint8_t last)
{
	struct rte_ether_addr to = { { 2, 0, 0, 0, 1, last } };
	struct cgn_neigh *n = cgn_neigh_add(world.iface[iface].neigh, key);

	CU_ASSERT_PTR_NOT_NULL_FATAL(n);
	cgn_neigh_set(n, &to);
	world.nexthop[nh] = (struct cgn_nexthop){
		.kind = CGN_NH_GATEWAY, .iface = (uint16_t)iface, .neigh = n
	};
	memcpy(world.nexthop[nh].gw, key, 16);
}

static void
gateway4(unsigned nh, unsigned iface, uint32_t addr, uint8_t last)
{
	uint8_t key[16];

	cgn_neigh_key4(key, rte_cpu_to_be_32(addr));
	gateway(nh, iface, key, last);
}

static void
nexthops(void)
{
	struct cgn_nexthop *nh = world.nexthop;

	nh[NH_BLACKHOLE].kind = CGN_NH_BLACKHOLE;
	nh[NH_LOCAL].kind = CGN_NH_LOCAL;
	nh[NH_AFTR].kind = CGN_NH_AFTR;
	for (uint32_t k = 0; k < POOLS; k++)
		nh[NH_POOL_DS + k] =
			(struct cgn_nexthop){ .kind = CGN_NH_POOL, .index = k };
	for (uint16_t k = 0; k < IFACES; k++)
		nh[NH_INSIDE + k] =
			(struct cgn_nexthop){ .kind = CGN_NH_CONNECTED, .iface = k };
	gateway4(NH_GW_OUTSIDE, OUTSIDE, IP4(198, 51, 100, 254), 1);
	gateway4(NH_GW_INSIDE, INSIDE, IP4(10, 0, 0, 2), 2);
	gateway4(NH_GW_RED, RED, IP4(10, 1, 0, 2), 3);
	gateway(NH_GW_B4, INSIDE, packet_addr6("2001:db8:0:1::2"), 4);
}

static void
addresses(void)
{
	static const uint32_t first[POOLS] = { POOL_DS_FIRST, POOL_NAT_FIRST,
		POOL_SPARE_FIRST };
	static const uint32_t size[POOLS] = { 4, 4, 2 };
	uint32_t slot = 0;

	for (uint16_t p = 0; p < POOLS; p++) {
		world.pools[p] = (struct cgn_pool){ "", p, VPN_0, CGN_NONE16, false };
		world.range[p] =
			(struct cgn_pool_range){ first[p], first[p] + size[p] - 1, slot };
		world.share[p] = (struct cgn_share){ size[p] - 1, &world.slots[slot] };
		world.share[POOLS + p] =
			(struct cgn_share){ 1, &world.slots[slot + size[p] - 1] };
		for (uint32_t k = 0; k < size[p]; k++, slot++) {
			uint16_t location = k == size[p] - 1;

			world.slots[slot] = slot;
			world.address[slot] =
				(struct cgn_snap_address){ rte_cpu_to_be_32(first[p] + k),
					p, location, VPN_0, false, false };
			world.state[location][slot] = malloc(sizeof(struct cgn_address));
			CU_ASSERT_PTR_NOT_NULL_FATAL(world.state[location][slot]);
			cgn_address_init(world.state[location][slot], slot);
		}
	}
}

static struct cgn_instance
instance(const char *name, uint16_t id, uint8_t kind, uint16_t pool)
{
	struct cgn_instance i = { .id = id,
		.kind = kind,
		.eim = true,
		.eif = true,
		.hairpin = true,
		.accounting = true,
		.port_mode = CGN_MODE_DYNAMIC,
		.block_size = 64,
		.max_sessions = 8192,
		.max_class = { 8192, 8192, 8192 },
		.max_reverse = 8192,
		.max_reverse_class = { 8192, 8192, 8192 },
		.max_ports = { 8192, 8192, 8192 },
		.timer = { 74400, 2400, 2400, 60, 3000, 600 },
		.n_outbound = 1,
		.outbound = { { CGN_NONE16, pool } },
		.prefix_length = 128,
		.mtu = 1500,
		.traffic_class = -1,
		.hop_limit = 64 };

	snprintf(i.name, sizeof(i.name), "%s", name);
	return i;
}

static void
instances(void)
{
	world.instance[DS] = instance("ds1", 1, CGN_DS_LITE, POOL_DS);
	memcpy(world.instance[DS].local_ipv6, packet_addr6(AFTR), 16);
	world.instance[NAT] = instance("nat1", 1, CGN_NAT44, POOL_NAT);
	world.instance[NAT].outbound[0].acl = 0;
	world.instance[REDNAT] = instance("red1", 2, CGN_NAT44, POOL_NAT);
	world.instance[REDNAT].vpn_in = VPN_RED;
	world.rule[0] = (struct cgn_acl_rule){ rte_cpu_to_be_32(IP4(10, 9, 0, 0)),
		rte_cpu_to_be_32(0xffff0000), false };
	world.rule[1] = (struct cgn_acl_rule){ rte_cpu_to_be_32(IP4(10, 0, 0, 0)),
		rte_cpu_to_be_32(0xff000000), true };
	world.acl = (struct cgn_acl){ 2, world.rule };
	memcpy(world.aftr.addr, packet_addr6(AFTR), 16);
	world.aftr.n = 1;
	world.remote[0].instance = DS;
	world.remote[0].scope = 4;
	memcpy(world.remote[0].addr, packet_addr6("2001:db8:100::"), 16);
	memcpy(world.remote[0].mask, packet_addr6("ffff:ffff:ff00::"), 16);
	world.group.n = LOCATIONS;
	world.location[0] = (struct cgn_location){
		.id = 1, .worker = 0, .standby = CGN_NONE16, .slot = 1
	};
	world.location[1] = (struct cgn_location){
		.id = 2, .worker = 1, .standby = CGN_NONE16, .slot = 2
	};
}

static void
snapshot(void)
{
	world.snap = (struct cgn_snapshot){ .generation = 1,
		.n_ifaces = IFACES,
		.n_ports = 2,
		.n_vpns = VPNS,
		.n_groups = 1,
		.n_locations = LOCATIONS,
		.n_instances = INSTANCES,
		.n_pools = POOLS,
		.n_acls = 1,
		.n_nexthops = NEXTHOPS,
		.n_aftrs = 1,
		.n_remotes = 1,
		.n_ranges = POOLS,
		.n_addresses = ADDRESSES,
		.iface = world.iface,
		.port = world.port,
		.by_device = { 0, 1 },
		.vpn = world.vpn,
		.nexthop = world.nexthop,
		.aftr = &world.aftr,
		.remote = world.remote,
		.range = world.range,
		.address = world.address,
		.pool = world.pools,
		.share = world.share,
		.group = &world.group,
		.location = world.location,
		.acl = &world.acl,
		.instance = world.instance,
		.state = { world.state[0], world.state[1] },
		.quarantine_ms = 120000,
		.quarantine_ports = 64512 };
}

void
world_open(uint32_t sessions, uint32_t users, uint64_t ms)
{
	static struct rte_mempool *pool;
	struct cgn_worker_conf conf = {
		.slot = 1, .sessions = sessions, .users = users, .seed = 42, .socket = -1
	};

	if (!pool)
		pool = rte_pktmbuf_pool_create("packets", 1023, 0, CGN_MARK_SIZE,
			RTE_PKTMBUF_HEADROOM + PACKET_MAX, SOCKET_ID_ANY);
	CU_ASSERT_PTR_NOT_NULL_FATAL(pool);
	memset(&world, 0, sizeof(world));
	world.pool = conf.pool = pool;
	world.idle = rte_mempool_avail_count(pool);
	tables(&world.vpn[VPN_0].fib4, &world.vpn[VPN_0].fib6, &world.vpn[VPN_RED].fib4);
	interfaces();
	nexthops();
	addresses();
	instances();
	snapshot();
	world.snap.license[0] = (struct cgn_license){
		.sessions = sessions, .users = users, .kind = { true, true, true }
	};
	world.w = cgn_worker_create(&conf);
	CU_ASSERT_PTR_NOT_NULL_FATAL(world.w);
	world.ms = ms;
	cgn_worker_tick(world.w, &world.snap, ms);
}

void
world_close(void)
{
	cgn_worker_destroy(world.w);
	CU_ASSERT_EQUAL(rte_mempool_avail_count(world.pool), world.idle);
	for (unsigned k = 0; k < IFACES; k++)
		cgn_neigh_destroy(world.iface[k].neigh);
	for (unsigned l = 0; l < LOCATIONS; l++)
		for (unsigned k = 0; k < ADDRESSES; k++)
			free(world.state[l][k]);
}

void
world_tick(uint64_t ms)
{
	world.ms += ms;
	cgn_worker_tick(world.w, &world.snap, world.ms);
}

struct rte_mbuf *
world_raw(unsigned device, const void *bytes, unsigned len)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(world.pool);

	CU_ASSERT_PTR_NOT_NULL_FATAL(m);
	m->port = (uint16_t)device;
	memset(cgn_mark(m), 0xee, sizeof(struct cgn_mark));
	memcpy(rte_pktmbuf_append(m, (uint16_t)len), bytes, len);
	return m;
}

struct rte_mbuf *
world_frame(unsigned iface, const void *ip, unsigned len)
{
	uint8_t frame[PACKET_MAX] = { 0 };
	unsigned at = 12;

	memcpy(frame, mac[iface], 6);
	frame[6] = 2;
	frame[11] = 9;
	if (world.iface[iface].vlan) {
		packet_put16(frame, 12, 0x8100);
		packet_put16(frame, 14, world.iface[iface].vlan);
		at = 16;
	}
	packet_put16(frame, at, *(const uint8_t *)ip >> 4 == 6 ? 0x86dd : 0x0800);
	memcpy(frame + at + 2, ip, len);
	return world_raw(iface == OUTSIDE, frame, at + 2 + len);
}

unsigned
world_empty_outbox(void)
{
	unsigned n = world.w->out.n;

	rte_pktmbuf_free_bulk(world.w->out.pkt, n);
	world.w->out.n = 0;
	return n;
}

const struct out *
world_run(struct rte_mbuf *m)
{
	static struct out out;
	struct cgn_outbox *box = &world.w->out;

	cgn_pipeline_run(world.w, &m, 1, true);
	CU_ASSERT_FATAL(box->n <= 1);
	out = (struct out){ .kind = -1 };
	if (box->n) {
		out.kind = box->kind[0];
		out.arg = box->arg[0];
		out.op = cgn_mark(box->pkt[0])->op;
		out.len = box->pkt[0]->pkt_len;
		memcpy(out.data, rte_pktmbuf_mtod(box->pkt[0], void *), out.len);
	}
	world_empty_outbox();
	return &out;
}

const struct out *
world_run_iface(unsigned iface, const void *ip, unsigned len)
{
	return world_run(world_frame(iface, ip, len));
}

const uint8_t *
world_ip(const struct out *out)
{
	if (out->kind < 0)
		return NULL;
	if (out->kind != CGN_OUT_TX)
		return out->data;
	return out->data + (packet_get16(out->data, 12) == 0x8100 ? 18 : 14);
}

const struct out *
world_nat_up(const struct packet *p)
{
	uint8_t ip[PACKET_MAX];

	return world_run_iface(INSIDE, ip, packet_ip4(ip, p));
}

const struct out *
world_ds_up(const char *b4, const struct packet *p)
{
	uint8_t ip[PACKET_MAX], outer[PACKET_MAX];
	unsigned len = packet_ip4(ip, p);

	len = packet_ip6(outer, packet_addr6(b4), packet_addr6(AFTR), 4, ip, len);
	return world_run_iface(INSIDE, outer, len);
}

const struct out *
world_down(const struct packet *p)
{
	uint8_t ip[PACKET_MAX];

	return world_run_iface(OUTSIDE, ip, packet_ip4(ip, p));
}

void
world_burst(struct cgn_burst *b)
{
	memset(b, 0, sizeof(*b));
	b->w = world.w;
	b->snap = &world.snap;
	b->now = world.w->now;
	b->wire = true;
}

struct ledger
world_ledger(void)
{
	const struct cgn_worker *w = world.w;
	struct ledger l;

	memset(&l, 0, sizeof(l));
	l.slots[0] = w->sessions.used;
	l.slots[1] = w->mappings.used;
	l.slots[2] = w->users.used;
	l.slots[3] = w->blocks.used;
	l.tables[0] = cgn_table_count(w->up);
	l.tables[1] = cgn_table_count(w->down);
	l.tables[2] = cgn_table_count(w->map_up);
	l.tables[3] = cgn_table_count(w->map_down);
	l.tables[4] = cgn_table_count(w->user_by_key);
	l.quarantined = w->sweep.quarantined;
	for (unsigned k = 0; k < ADDRESSES; k++) {
		const struct cgn_address *a = world.state[0][k];

		if (!a)
			continue;
		l.free[k] = a->free;
		l.users[k] = a->users;
		l.blocks[k] = a->blocks;
	}
	memcpy(l.instance, w->instance, sizeof(l.instance));
	memcpy(l.location, w->location, sizeof(l.location));
	return l;
}

bool
world_same(const struct ledger *a, const struct ledger *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

uint32_t
world_user(const struct cgn_burst *b)
{
	struct cgn_who who;

	cgn_who_up(b, 0, &who);
	return cgn_user_find(b->w, &who);
}

enum cgn_drop
world_add_user(const struct cgn_burst *b, uint32_t *user)
{
	struct cgn_who who;

	cgn_who_up(b, 0, &who);
	return cgn_user_add(b->w, &who, user);
}
