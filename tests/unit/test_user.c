/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "dataplane/block.h"
#include "dataplane/journal.h"
#include "dataplane/user.h"
#include "eal_main.h"
#include "world.h"

static uint32_t
draw(void)
{
	return (uint32_t)cgn_random(world.w);
}

static struct cgn_burst burst;

/* Packet 0 of the burst: the first of NAT user n, or of a B4. */
static void
from_nat(uint32_t n)
{
	world_burst(&burst);
	burst.p[0] = (struct cgn_pkt){ .instance = NAT,
		.src = rte_cpu_to_be_32(NAT_HOST + n) };
}

static void
from_b4(const char *b4)
{
	world_burst(&burst);
	burst.p[0] = (struct cgn_pkt){
		.instance = DS, .scope = 4, .src = rte_cpu_to_be_32(IP4(192, 168, 1, 2))
	};
	burst.softwire = 1;
	memcpy(burst.b4[0], packet_addr6(b4), 16);
}

static struct cgn_user *
add(void)
{
	uint32_t user;

	if (world_add_user(&burst, &user) != CGN_DROP_REASONS)
		return NULL;
	CU_ASSERT_EQUAL(world_user(&burst), user);
	return cgn_user_at(world.w, user);
}

static enum cgn_drop
refused(void)
{
	struct ledger before = world_ledger(), after;
	uint32_t user;
	enum cgn_drop why = world_add_user(&burst, &user);

	after = world_ledger();
	CU_ASSERT_TRUE(world_same(&before, &after));
	CU_ASSERT_EQUAL(world_user(&burst), CGN_NONE);
	return why;
}

/* A user comes and goes, and what it had is counted. */
static void
test_life(void)
{
	struct ledger before, after;
	struct cgn_user *u;

	world_open(64, 16, 5000);
	before = world_ledger();
	from_nat(1);
	CU_ASSERT_EQUAL(world_user(&burst), CGN_NONE);
	u = add();
	CU_ASSERT_PTR_NOT_NULL_FATAL(u);
	CU_ASSERT_EQUAL(u->inside, rte_cpu_to_be_32(NAT_HOST + 1));
	CU_ASSERT_EQUAL(u->created, 50);
	CU_ASSERT_EQUAL(u->blocks, 1);
	CU_ASSERT_EQUAL(world.address[u->address].pool, POOL_NAT);
	CU_ASSERT_EQUAL(world.state[0][u->address]->users, 1);
	CU_ASSERT_EQUAL(world.state[0][u->address]->free, CGN_PORT_COUNT - 64);
	CU_ASSERT_EQUAL(world.w->instance[NAT].users, 1);
	CU_ASSERT_EQUAL(world.w->location[0].users, 1);
	from_nat(2);
	CU_ASSERT_EQUAL(world_user(&burst), CGN_NONE);
	from_nat(1);
	cgn_user_del(world.w, world_user(&burst));
	CU_ASSERT_EQUAL(world_user(&burst), CGN_NONE);
	after = world_ledger();
	CU_ASSERT_TRUE(world_same(&before, &after));
	CU_ASSERT_EQUAL(world.w->stats.event[CGN_EVENT_USER_ADD], 1);
	CU_ASSERT_EQUAL(world.w->stats.event[CGN_EVENT_USER_DEL], 1);
	world_close();
}

/* The B4 is the user, under the prefix length. */
static void
test_softwire_user(void)
{
	const struct cgn_user *u;

	world_open(64, 16, 0);
	world.instance[DS].prefix_length = 64;
	from_b4("2001:db8:100:7::1");
	u = add();
	CU_ASSERT_PTR_NOT_NULL_FATAL(u);
	CU_ASSERT_EQUAL(memcmp(cgn_user_end_of(world.w, u)->b4,
				packet_addr6("2001:db8:100:7::1"), 16),
		0);
	from_b4("2001:db8:100:7::2");
	CU_ASSERT_EQUAL(cgn_user_at(world.w, world_user(&burst)), u);
	from_b4("2001:db8:100:8::1");
	CU_ASSERT_EQUAL(world_user(&burst), CGN_NONE);
	world_close();
}

/* Users spread over the addresses of their own location, and over no others. */
static void
test_spread(void)
{
	unsigned users[ADDRESSES] = { 0 };

	world_open(64, 400, 0);
	for (uint32_t n = 0; n < 300; n++) {
		const struct cgn_user *u;

		from_nat(n);
		u = add();
		CU_ASSERT_PTR_NOT_NULL_FATAL(u);
		users[u->address]++;
	}
	for (unsigned slot = 0; slot < ADDRESSES; slot++) {
		bool mine = slot >= 4 && slot < 7;

		CU_ASSERT(mine ? users[slot] > 60 : users[slot] == 0);
	}
	world_close();
}

static void
test_refusals(void)
{
	uint32_t junk = 0;

	world_open(64, 2, 0);
	world.instance[DS].outbound[0].acl = 0;
	from_b4(B4_1);
	CU_ASSERT_EQUAL(refused(), CGN_DROP_ACL);
	for (unsigned slot = 4; slot < 8; slot++)
		world.address[slot].locked = true;
	from_nat(1);
	CU_ASSERT_EQUAL(refused(), CGN_DROP_NO_ADDRESS);
	for (unsigned slot = 4; slot < 8; slot++)
		world.address[slot].locked = false;
	for (union cgn_key key = { .owner = 77 };
		cgn_table_add(world.w->user_by_key, &key, 1) == 0; key.local++)
		junk++;
	CU_ASSERT_TRUE(junk >= 2);
	CU_ASSERT_EQUAL(refused(), CGN_DROP_USERS_FULL);
	CU_ASSERT_EQUAL(world.w->stats.event[CGN_EVENT_TABLE_FULL], 1);
	for (union cgn_key key = { .owner = 77 }; junk--; key.local++)
		cgn_table_del(world.w->user_by_key, &key, 1);
	CU_ASSERT_PTR_NOT_NULL(add());
	from_nat(2);
	CU_ASSERT_PTR_NOT_NULL(add());
	from_nat(3);
	CU_ASSERT_EQUAL(refused(), CGN_DROP_USERS_FULL);
	world_close();
}

static void
test_users_per_address(void)
{
	world_open(64, 64, 0);
	world.instance[NAT].users_per_address = 2;
	for (uint32_t n = 0; n < 6; n++) {
		from_nat(n);
		CU_ASSERT_PTR_NOT_NULL(add());
	}
	for (unsigned slot = 4; slot < 7; slot++)
		CU_ASSERT_EQUAL(world.state[0][slot]->users, 2);
	from_nat(6);
	CU_ASSERT_EQUAL(refused(), CGN_DROP_NO_ADDRESS);
	world_close();
}

/* A pool that is full hands over to the next; one that leads to itself ends. */
static void
test_overload(void)
{
	const struct cgn_user *u;

	world_open(64, 64, 0);
	world.instance[NAT].block_size = CGN_PORT_COUNT;
	world.pools[POOL_NAT].overload = POOL_SPARE;
	world.pools[POOL_SPARE].overload = POOL_NAT;
	for (uint32_t n = 0; n < 3; n++) {
		from_nat(n);
		u = add();
		CU_ASSERT_FATAL(u && world.address[u->address].pool == POOL_NAT);
	}
	from_nat(3);
	u = add();
	CU_ASSERT_FATAL(u && world.address[u->address].pool == POOL_SPARE);
	from_nat(4);
	CU_ASSERT_EQUAL(refused(), CGN_DROP_NO_ADDRESS);
	world_close();
}

/* An address whose free ports lie apart is passed by. */
static void
test_scattered(void)
{
	world_open(64, 4096, 0);
	world.instance[NAT].block_size = 1024;
	for (unsigned slot = 4; slot < 6; slot++) {
		struct cgn_address *a = world.state[0][slot];

		for (unsigned port = 1024; port < 65536; port += 512)
			a->blocked[port / 64] |= 1;
		a->free -= (65536 - 1024) / 512;
	}
	for (uint32_t n = 0; n < 20; n++) {
		const struct cgn_user *u;

		from_nat(n);
		u = add();
		CU_ASSERT_FATAL(u && u->address == 6);
	}
	world_close();
}

/* How many ports a user gets, and how they end. */
static unsigned
ports(uint8_t mode, enum cgn_drop *why)
{
	struct cgn_instance *inst = &world.instance[NAT];
	uint32_t block, user;
	unsigned n = 0;

	inst->port_mode = mode;
	from_nat(mode);
	CU_ASSERT_PTR_NOT_NULL_FATAL(add());
	user = world_user(&burst);
	while (n < 70000 && cgn_user_port(world.w, user, CGN_UDP, draw(), &block, why)) {
		cgn_user_at(world.w, user)->ports[CGN_UDP]++;
		n++;
	}
	CU_ASSERT_EQUAL(
		cgn_user_at(world.w, user)->discards[CGN_DISCARD_PORTS], n < 70000);
	return n;
}

static void
test_port_modes(void)
{
	struct cgn_instance *inst = &world.instance[NAT];
	enum cgn_drop why;

	world_open(64, 2048, 0);
	inst->block_size = 100;
	inst->extended_size = 30;
	inst->extended_times = 3;
	inst->max_ports[CGN_UDP] = 1000;
	CU_ASSERT_EQUAL(ports(CGN_MODE_DYNAMIC, &why), 1000);
	CU_ASSERT_EQUAL(why, CGN_DROP_LIMIT_PORTS);
	CU_ASSERT_EQUAL(ports(CGN_MODE_STATIC, &why), 100);
	CU_ASSERT_EQUAL(why, CGN_DROP_NO_PORT);
	CU_ASSERT_EQUAL(ports(CGN_MODE_SEMI_DYNAMIC, &why), 190);
	CU_ASSERT_EQUAL(why, CGN_DROP_NO_PORT);
	world_close();
	world_open(64, 2048, 0);
	inst->block_size = 4096;
	inst->max_ports[CGN_UDP] = 65535;
	CU_ASSERT_EQUAL(ports(CGN_MODE_DYNAMIC, &why), 15 * 4096);
	CU_ASSERT_EQUAL(why, CGN_DROP_NO_BLOCK);
	world_close();
}

static unsigned
records(void)
{
	struct cgn_record r[16];

	return cgn_journal_read(world.w, r, RTE_DIM(r));
}

/* Two addresses of location 0, and users 10.0.5.0/24 with 1000 ports each. */
static void
rule(void)
{
	static const uint32_t slot[] = { 4, 6 };
	static const struct cgn_rule_prefix prefix = { { 10, 0, 5 }, 24, 0 };
	static const struct cgn_rule rule = { 1000, 32, 126, 1, 2, &prefix, slot };

	world.instance[NAT].port_mode = CGN_MODE_DETERMINISTIC;
	world.instance[NAT].block_size = 1000;
	world.instance[NAT].outbound[0].rule = &rule;
	world.instance[NAT].journal = CGN_JOURNAL_BLOCKS;
}

/* RFC 7422: the user's number decides, always in the same way; nothing is logged and
 * nothing has to rest. */
static void
test_deterministic(void)
{
	struct ledger before, after;
	const struct cgn_user *u;
	uint32_t block, user;
	enum cgn_drop why;

	world_open(64, 64, 0);
	rule();
	before = world_ledger();
	for (unsigned round = 0; round < 3; round++)
		for (uint32_t n = 0; n < 40; n++) {
			from_nat(n); /* 10.0.5.(6 + n) */
			u = add();
			CU_ASSERT_PTR_NOT_NULL_FATAL(u);
			user = world_user(&burst);
			CU_ASSERT_EQUAL(u->address, (6 + n) % 2 ? 6 : 4);
			CU_ASSERT_EQUAL(cgn_block_at(world.w, u->block)->first,
				1024 + (6 + n) / 2 * 1000);
			for (unsigned k = 0; k < 1000; k++)
				CU_ASSERT(cgn_user_port(world.w, user, CGN_UDP, draw(),
						  &block, &why) >= 1024);
			CU_ASSERT_EQUAL(cgn_user_port(world.w, user, CGN_UDP, draw(),
						&block, &why),
				0);
			CU_ASSERT_EQUAL(why, CGN_DROP_NO_PORT);
			for (unsigned k = 0; k < 1000; k++)
				cgn_port_give(world.w, block, CGN_UDP,
					(uint16_t)(cgn_block_at(world.w, block)->first +
						   k));
			cgn_block_at(world.w, block)->served = true;
			cgn_user_del(world.w, user);
		}
	after = world_ledger();
	CU_ASSERT_TRUE(world_same(&before, &after));
	CU_ASSERT_EQUAL(records(), 0);
	from_nat(200); /* not among the prefixes */
	burst.p[0].src = rte_cpu_to_be_32(IP4(10, 0, 6, 1));
	CU_ASSERT_EQUAL(refused(), CGN_DROP_ACL);
	world_close();
}

/* A new mode is for new users: the old ones go on as they began, their blocks are logged
 * and rest; whoever has by the rule what they hold waits for it. */
static void
test_mode_change(void)
{
	struct cgn_instance *inst = &world.instance[NAT];
	uint32_t block, old;
	enum cgn_drop why;
	struct cgn_user *u;

	world_open(64, 64, 0);
	inst->journal = CGN_JOURNAL_BLOCKS;
	inst->block_size = 64;
	world.address[5].locked = true; /* the rule does not have it */
	from_nat(0);
	u = add();
	CU_ASSERT_PTR_NOT_NULL_FATAL(u);
	old = world_user(&burst);
	inst->port_mode = CGN_MODE_STATIC;
	inst->block_size = 8;
	for (unsigned k = 0; k < 100; k++) /* more blocks, as it began */
		CU_ASSERT_NOT_EQUAL(
			cgn_user_port(world.w, old, CGN_UDP, draw(), &block, &why), 0);
	CU_ASSERT_EQUAL(u->blocks, 2);
	CU_ASSERT_EQUAL(cgn_block_at(world.w, u->block)->size, 64);
	from_nat(1);
	CU_ASSERT_EQUAL(cgn_block_at(world.w, add()->block)->size, 8);
	rule();
	world_tick(0);
	CU_ASSERT_EQUAL(records(), 3);
	/* the oldest block lies in somebody's by the rule */
	for (block = u->block; cgn_block_at(world.w, block)->next != CGN_NONE;)
		block = cgn_block_at(world.w, block)->next;
	from_nat(0);
	burst.p[0].src = rte_cpu_to_be_32(
		IP4(10, 0, 5, 0) +
		(cgn_block_at(world.w, block)->first - 1024u) / 1000 * 2 +
		(u->address == 6));
	CU_ASSERT_EQUAL(refused(), CGN_DROP_NO_BLOCK);
	for (block = u->block; block != CGN_NONE;
		block = cgn_block_at(world.w, block)->next)
		cgn_block_at(world.w, block)->served = true;
	cgn_user_del(world.w, old);
	CU_ASSERT_EQUAL(world.w->sweep.quarantined, 2);
	CU_ASSERT_EQUAL(records(), 2);
	CU_ASSERT_EQUAL(refused(), CGN_DROP_NO_BLOCK);
	world_tick(120000);
	CU_ASSERT_PTR_NOT_NULL(add());
	world_close();
}

/* Another class of transport has all ports of the blocks for itself. */
static void
test_classes(void)
{
	uint32_t block, user;
	enum cgn_drop why;

	world_open(64, 16, 0);
	world.instance[NAT].port_mode = CGN_MODE_STATIC;
	from_nat(1);
	CU_ASSERT_PTR_NOT_NULL_FATAL(add());
	user = world_user(&burst);
	for (unsigned class = 0; class < CGN_CLASSES; class ++) {
		for (unsigned n = 0; n < 64; n++)
			CU_ASSERT_NOT_EQUAL(
				cgn_user_port(world.w, user, class, draw(), &block, &why),
				0);
		CU_ASSERT_EQUAL(
			cgn_user_port(world.w, user, class, draw(), &block, &why), 0);
		CU_ASSERT_EQUAL(why, CGN_DROP_NO_PORT);
	}
	world_close();
}

const char *const eal_suite = "user";
CU_TestInfo eal_tests[] = {
	{ "comes and goes", test_life },
	{ "softwire users", test_softwire_user },
	{ "users spread over addresses", test_spread },
	{ "refusals leave nothing", test_refusals },
	{ "users per address", test_users_per_address },
	{ "overload pools", test_overload },
	{ "scattered ports", test_scattered },
	{ "port modes", test_port_modes },
	{ "transports apart", test_classes },
	{ "deterministic", test_deterministic },
	{ "change of the mode", test_mode_change },
	CU_TEST_INFO_NULL,
};
