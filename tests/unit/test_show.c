/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The show and clear commands against real workers with real sessions: documents and
 * their keys, filters, paging, and what happens when a worker or a client does not go on.
 */
#include <stdio.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_mbuf.h>

#include "eal_main.h"
#include "show_box.h"

/* True when an object has just these keys (blank-separated), among others. */
static bool
has_keys(json_t *object, const char *keys)
{
	char copy[512], *save = NULL;

	snprintf(copy, sizeof(copy), "%s", keys);
	for (char *k = strtok_r(copy, " ", &save); k; k = strtok_r(NULL, " ", &save)) {
		if (json_object_get(object, k) == NULL) {
			fprintf(stderr, "no key %s\n", k);
			return false;
		}
	}
	return true;
}

/* Entries of the list that a command answers with, or -1 when it is refused. */
static long
count(const char *command, const char *list)
{
	json_t *document = show_box_ask(command);
	long n = document != NULL ? (long)json_array_size(json_object_get(document, list))
				  : -1;

	json_decref(document);
	return n;
}

static json_t *
member(json_t *entry, const char *key)
{
	return json_object_get(entry, key);
}

static const char *
text(json_t *value)
{
	return json_is_string(value) ? json_string_value(value) : "not a string";
}

static const struct {
	const char *command, *list, *keys;
	long entries;
} lists[] = {
	{ "show ports", "ports", "name state device parent vlan mac mtu vpn addresses",
		2 },
	{ "show routes", "routes", "prefix next_hop port vpn origin", 6 },
	{ "show neighbours", "neighbours", "address mac port vpn state age", 3 },
	{ "show board", "boards",
		"slot cpu state lcore heartbeat_age_ms load sessions users", 2 },
	{ "show service-location", "service_locations",
		"id state configured current backup scene vrrp batch_backup sessions "
		"users "
		"standby_sessions standby_users addresses",
		2 },
	{ "show service-location 7", "service_locations", "id", 1 },
	{ "show service-instance-group", "service_instance_groups",
		"name members instances", 1 },
	{ "show ds-lite instance", "instances",
		"name id state cpus_total cpus_failed down_number centralized_backup "
		"users "
		"sessions",
		1 },
	{ "show nat instance nat1", "instances", "name", 1 },
	{ "show nat64 instance", "instances", "", 0 },
	{ "show address-group", "address_groups",
		"name id vpn users blocks_used blocks_total ports_held "
		"ports_quarantined addresses",
		2 },
	{ "show vrrp", "vrrp",
		"port vrid state priority_config priority_run master timers transitions",
		1 },
	{ "show session limit=1", "sessions",
		"instance proto softwire vpn inside outside remote state age ttl "
		"location "
		"slot cpu role packets_up bytes_up packets_down bytes_down",
		1 },
	{ "show user limit=1", "users",
		"instance softwire inside vpn outside blocks sessions ports limits "
		"discards",
		1 },
};

static void
test_lists(void)
{
	show_box_nat44(4, 2);
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		json_t *document = show_box_ask(lists[i].command);
		json_t *list = json_object_get(document, lists[i].list), *entry;
		size_t at;

		CU_ASSERT_EQUAL((long)json_array_size(list), lists[i].entries);
		json_array_foreach(list, at, entry)
			CU_ASSERT_TRUE(has_keys(entry, lists[i].keys));
		json_decref(document);
	}
}

/* Whose a port is: asked about a block that a user is shown with. */
static void
test_who_had(void)
{
	json_t *d, *who, *user;
	char command[96];

	d = show_box_ask("show user instance=nat1 limit=1");
	user = json_array_get(member(d, "users"), 0);
	snprintf(command, sizeof(command), "who-had %s:%d at 1000000000",
		text(member(user, "outside")),
		(int)json_integer_value(
			json_array_get(json_array_get(member(user, "blocks"), 0), 1)));
	who = show_box_ask(command);
	CU_ASSERT_PTR_NOT_NULL_FATAL(who);
	CU_ASSERT_EQUAL(json_array_size(member(member(who, "who_had"), "users")), 1);
	CU_ASSERT_STRING_EQUAL(
		text(member(json_array_get(member(member(who, "who_had"), "users"), 0),
			"inside")),
		text(member(user, "inside")));
	CU_ASSERT_TRUE(json_equal(
		member(json_array_get(member(member(who, "who_had"), "users"), 0),
			"block"),
		json_array_get(member(user, "blocks"), 0)));
	/* in 2001 it was not this one's */
	CU_ASSERT_TRUE(json_is_false(
		member(json_array_get(member(member(who, "who_had"), "users"), 0),
			"had_it_then")));
	json_decref(who);
	json_decref(d);
	/* a session's port, and what is nobody's */
	d = show_box_ask("show session instance=nat1 limit=1");
	snprintf(command, sizeof(command), "who-had %s",
		text(member(json_array_get(member(d, "sessions"), 0), "outside")));
	who = show_box_ask(command);
	CU_ASSERT_EQUAL(json_array_size(member(member(who, "who_had"), "sessions")), 1);
	CU_ASSERT_TRUE(json_is_null(
		member(json_array_get(member(member(who, "who_had"), "users"), 0),
			"had_it_then")));
	json_decref(who);
	json_decref(d);
	who = show_box_ask("who-had 192.0.2.1:1024");
	CU_ASSERT_EQUAL(json_array_size(member(member(who, "who_had"), "users")), 0);
	CU_ASSERT_EQUAL(json_array_size(member(member(who, "who_had"), "servers")), 0);
	json_decref(who);
	CU_ASSERT_PTR_NULL(show_box_ask("who-had 192.0.2.1"));
	CU_ASSERT_PTR_NULL(show_box_ask("who-had"));
	CU_ASSERT_PTR_NULL(show_box_ask("who-had 192.0.2.1:1024 at 4000000000"));
	CU_ASSERT_PTR_NOT_NULL(strstr(show_box_error, "future"));
}

/* A build for tests turns the clock; others know no such command. */
static void
test_debug_clock(void)
{
	json_t *d;
#ifdef CGN_FAULT_INJECTION
	struct cgn_runtime rt;

	json_decref(show_box_ask("debug clock 7000"));
	d = show_box_ask("debug clock 440");
	CU_ASSERT_EQUAL(json_integer_value(member(member(d, "clock"), "turned_s")), 7440);
	json_decref(d);
	rt = show_box.rt;
	rt.tsc_per_ms = 1000;
	CU_ASSERT_EQUAL(cgn_runtime_ms(&rt, 5000), 7440005);
	CU_ASSERT_PTR_NULL(show_box_ask("debug clock -1"));
#else
	d = show_box_ask("debug clock 1");
	CU_ASSERT_PTR_NULL(d);
	CU_ASSERT_EQUAL(show_box_exit, 2);
#endif
}

static json_int_t
buffers_used(unsigned pool)
{
	json_t *d = show_box_ask("show statistics");
	json_t *buffers =
		json_array_get(member(member(d, "statistics"), "buffers"), pool);
	json_int_t used = json_integer_value(member(buffers, "in_use"));

	CU_ASSERT_EQUAL(json_integer_value(member(buffers, "size")), 4095);
	CU_ASSERT_EQUAL(json_integer_value(member(buffers, "free")), 4095 - used);
	json_decref(d);
	return used;
}

/* A buffer that somebody keeps is seen, and seen to come back. */
static void
test_buffers(void)
{
	json_int_t before = buffers_used(0);
	struct rte_mbuf *m = rte_pktmbuf_alloc(show_box.port_pool);

	CU_ASSERT_PTR_NOT_NULL_FATAL(m);
	CU_ASSERT_TRUE(before > 0); /* the packet that waits for a neighbour */
	CU_ASSERT_EQUAL(buffers_used(0), before + 1);
	CU_ASSERT_EQUAL(buffers_used(1), before + 1);
	rte_pktmbuf_free(m);
	CU_ASSERT_EQUAL(buffers_used(0), before);
}

static void
test_objects(void)
{
	json_t *d = show_box_ask("show statistics");
	json_t *statistics = member(d, "statistics");

	CU_ASSERT_EQUAL(json_object_size(member(statistics, "drops")), CGN_DROP_REASONS);
	CU_ASSERT_TRUE(has_keys(json_array_get(member(statistics, "log_hosts"), 0),
		"name state sent lost messages_waiting"));
	CU_ASSERT_TRUE(
		json_integer_value(member(
			member(member(statistics, "flows"), "received"), "packets")) > 0);
	CU_ASSERT_EQUAL(
		json_integer_value(member(member(statistics, "host"), "packets_held")),
		1);
	json_decref(d);
	d = show_box_ask("show ha");
	CU_ASSERT_EQUAL(json_integer_value(member(member(d, "ha"), "delay_time")), 5);
	CU_ASSERT_TRUE(json_is_array(member(member(d, "ha"), "channels")));
	json_decref(d);
	d = show_box_ask("show version");
	CU_ASSERT_TRUE(
		has_keys(member(d, "version"), "version dpdk node started uptime_s"));
	json_decref(d);
}

static void
test_refusals(void)
{
	static const char *const refused[] = { "show service-location 2",
		"show service-instance-group g2", "show ds-lite instance nat1",
		"show nat instance ds1", "show address-group a3",
		"show session instance=none", "show session location=2",
		"show user instance=none", "clear session location=2",
		"show session cursor=9-0", "show session cursor=0-0x",
		"show config candidate" };

	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		CU_ASSERT_PTR_NULL(show_box_ask(refused[i]));
		CU_ASSERT_EQUAL(show_box_exit, 1);
		CU_ASSERT_NOT_EQUAL(show_box_error[0], '\0');
	}
}

static void
test_config(void)
{
	json_t *d = show_box_ask("show config"), *config = member(d, "config");
	json_t *ds1 = json_array_get(member(config, "ds_lite_instances"), 0);

	CU_ASSERT_EQUAL(json_array_size(member(config, "nat_instances")), 2);
	CU_ASSERT_EQUAL(json_array_size(member(config, "nat64_instances")), 0);
	CU_ASSERT_STRING_EQUAL(text(member(ds1, "local_ipv6")), "2001:db8::aaaa");
	CU_ASSERT_STRING_EQUAL(
		text(json_array_get(member(ds1, "remote_ipv6"), 0)), "2001:db8:100::/40");
	CU_ASSERT_EQUAL(json_integer_value(member(ds1, "prefix_length")), 64);
	CU_ASSERT_STRING_EQUAL(text(member(ds1, "traffic_class")), "copy");
	CU_ASSERT_STRING_EQUAL(
		text(member(member(ds1, "port_range"), "mode")), "dynamic");
	CU_ASSERT_EQUAL(
		json_integer_value(member(member(config, "ha"), "detect_ms")), 20);
	CU_ASSERT_STRING_EQUAL(
		text(json_array_get(
			member(json_array_get(member(config, "address_groups"), 0),
				"addresses"),
			0)),
		"203.0.113.0-203.0.113.15");
	json_decref(d);
}

/* The B4 is known by its /64, and named by any of its addresses. */
static void
test_filters(void)
{
	json_t *d, *s;

	CU_ASSERT_TRUE(count("clear user", "") >= 0);
	show_box_nat44(60, 20);
	show_box_ds_lite(40, 8);
	CU_ASSERT_EQUAL(count("show session", "sessions"), 100);
	CU_ASSERT_EQUAL(count("show session instance=nat1", "sessions"), 60);
	CU_ASSERT_EQUAL(count("show session instance=ds1 proto=udp", "sessions"), 40);
	CU_ASSERT_EQUAL(count("show session proto=tcp", "sessions"), 0);
	CU_ASSERT_EQUAL(count("show session inside=10.0.0.3", "sessions"), 3);
	CU_ASSERT_EQUAL(count("show session inside=10.0.0.3:2001", "sessions"), 1);
	CU_ASSERT_EQUAL(count("show session inside=10.0.0.0/30", "sessions"), 12);
	CU_ASSERT_EQUAL(count("show session remote=198.51.100.9:53", "sessions"), 100);
	CU_ASSERT_EQUAL(count("show session remote=:54", "sessions"), 0);
	CU_ASSERT_EQUAL(count("show session remote=2001:db8::/32", "sessions"), 0);
	CU_ASSERT_EQUAL(count("show session outside=203.0.113.0/28", "sessions"), 100);
	CU_ASSERT_EQUAL(count("show session role=standby", "sessions"), 0);
	CU_ASSERT_EQUAL(count("show session softwire=2001:db8:100:3::77", "sessions"), 5);
	CU_ASSERT_EQUAL(count("show session softwire=2001:db8:100::/62", "sessions"), 20);
	CU_ASSERT_EQUAL(count("show user softwire=2001:db8:100::/62", "users"), 4);
	CU_ASSERT_EQUAL(count("show user inside=10.0.0.3", "users"), 1);
	CU_ASSERT_EQUAL(count("show session location=1", "sessions") +
				count("show session location=7", "sessions"),
		100);
	CU_ASSERT_EQUAL(count("show session slot=1", "sessions"),
		count("show session location=1", "sessions"));
	CU_ASSERT_TRUE(count("show session slot=2", "sessions") > 0);
	CU_ASSERT_EQUAL(count("show session slot=3", "sessions"), 0);
	d = show_box_ask("show session inside=10.0.0.3:2001");
	s = json_array_get(member(d, "sessions"), 0);
	CU_ASSERT_STRING_EQUAL(text(member(s, "inside")), "10.0.0.3:2001");
	CU_ASSERT_STRING_EQUAL(text(member(s, "remote")), "198.51.100.9:53");
	CU_ASSERT_TRUE(json_is_null(member(s, "softwire")));
	CU_ASSERT_TRUE(json_is_null(member(s, "packets_up")));
	json_decref(d);
	d = show_box_ask("show session instance=ds1 limit=1");
	s = json_array_get(member(d, "sessions"), 0);
	CU_ASSERT_EQUAL(json_integer_value(member(s, "packets_up")), 1);
	json_decref(d);
}

/* Page after page by the cursor: every session once, whatever the size of a page. */
static void
test_paging(void)
{
	static const unsigned limits[] = { 1, 7, 64, 300, 999 };

	CU_ASSERT_TRUE(count("clear user", "") >= 0);
	show_box_nat44(1000, 50);
	for (size_t l = 0; l < sizeof(limits) / sizeof(limits[0]); l++) {
		json_t *seen = json_object();
		char command[128], cursor[64] = "";

		do {
			json_t *d, *s, *next;
			size_t i;

			snprintf(command, sizeof(command), "show session limit=%u %s",
				limits[l], cursor);
			d = show_box_ask(command);
			next = member(d, "next");
			CU_ASSERT_TRUE(
				json_array_size(member(d, "sessions")) <= limits[l]);
			json_array_foreach(member(d, "sessions"), i, s)
				json_object_set(seen, text(member(s, "inside")), s);
			cursor[0] = '\0';
			if (json_is_string(next))
				snprintf(cursor, sizeof(cursor), "cursor=%s", text(next));
			json_decref(d);
		} while (cursor[0] != '\0');
		CU_ASSERT_EQUAL(json_object_size(seen), 1000);
		json_decref(seen);
	}
}

static void
test_users_and_pools(void)
{
	json_t *d, *user, *group;
	size_t i;
	json_int_t users = 0;

	CU_ASSERT_TRUE(count("clear user", "") >= 0);
	show_box_nat44(90, 30);
	d = show_box_ask("show user");
	CU_ASSERT_EQUAL(json_array_size(member(d, "users")), 30);
	json_array_foreach(member(d, "users"), i, user)
	{
		json_t *block = json_array_get(member(user, "blocks"), 0);

		CU_ASSERT_EQUAL(json_integer_value(member(user, "sessions")), 3);
		CU_ASSERT_EQUAL(json_integer_value(member(user, "ports")), 3);
		CU_ASSERT_EQUAL(json_integer_value(json_array_get(block, 1)) -
					json_integer_value(json_array_get(block, 0)),
			127);
	}
	json_decref(d);
	d = show_box_ask("show address-group a1");
	group = json_array_get(member(d, "address_groups"), 0);
	CU_ASSERT_EQUAL(json_array_size(member(group, "addresses")), 15);
	CU_ASSERT_EQUAL(json_integer_value(member(group, "users")), 30);
	CU_ASSERT_EQUAL(json_integer_value(member(group, "blocks_used")), 30);
	json_decref(d);
	d = show_box_ask("show service-location");
	json_array_foreach(member(d, "service_locations"), i, group) users +=
		json_integer_value(member(group, "users"));
	CU_ASSERT_EQUAL(users, 30);
	json_decref(d);
}

static json_int_t
cleared(const char *command)
{
	json_t *d = show_box_ask(command);
	json_int_t n = json_integer_value(member(d, "cleared"));

	json_decref(d);
	return n;
}

static void
test_clear(void)
{
	cleared("clear user");
	show_box_nat44(60, 20);
	show_box_ds_lite(40, 8);
	CU_ASSERT_EQUAL(cleared("clear session inside=10.0.0.3"), 3);
	CU_ASSERT_EQUAL(count("show session", "sessions"), 97);
	CU_ASSERT_EQUAL(cleared("clear session softwire=2001:db8:100:3::1"), 5);
	CU_ASSERT_EQUAL(cleared("clear user softwire=2001:db8:100:4::/63"), 2);
	CU_ASSERT_EQUAL(cleared("clear user instance=ds1"), 5);
	CU_ASSERT_EQUAL(count("show user", "users"), 19);
	CU_ASSERT_EQUAL(cleared("clear session proto=tcp"), 0);
	CU_ASSERT_EQUAL(cleared("clear session"), 57);
	CU_ASSERT_EQUAL(count("show user", "users"), 0);
}

/* A client that leaves: at once, with a question under way, and between two pages. */
static void
test_client_leaves(void)
{
	struct cgn_cmd_ctx ctx;

	show_box_nat44(600, 20);
	for (int steps = 0; steps < 12; steps++) {
		show_box_begin(&ctx, "show session");
		for (int i = 0; i < steps; i++) {
			if (cgn_cmd_next(&ctx) == CGN_CMD_AGAIN && i % 3 == 2)
				show_box_turn();
			json_decref(ctx.page);
			ctx.page = NULL;
		}
		cgn_cmd_finish(&ctx);
		show_box_turn();
		show_box_turn();
	}
	CU_ASSERT_EQUAL(count("show session", "sessions"), 600);
}

/* A worker that does not turn is told, and so is which one. */
static void
test_silent_worker(void)
{
	struct cgn_beat *beat = &show_box.rt.lcore[1]->beat;
	struct cgn_cmd_ctx ctx;

	show_box_begin(&ctx, "show session slot=2");
	CU_ASSERT_EQUAL(cgn_cmd_next(&ctx), CGN_CMD_AGAIN);
	beat->tsc = rte_get_tsc_cycles() - 3 * rte_get_tsc_hz();
	CU_ASSERT_EQUAL(cgn_cmd_next(&ctx), CGN_CMD_DONE);
	CU_ASSERT_EQUAL(ctx.exit_code, 1);
	CU_ASSERT_STRING_EQUAL(ctx.error, "board 2/0 does not answer");
	cgn_cmd_finish(&ctx);
	CU_ASSERT_EQUAL(count("show board", "boards"), 2);
	beat->tsc = rte_get_tsc_cycles();
	show_box_turn(); /* it wakes up and writes to what nobody waits for */
	show_box_turn();
	CU_ASSERT_TRUE(count("show session slot=2", "sessions") > 0);
}

const char *const eal_suite = "show";
CU_TestInfo eal_tests[] = {
	{ "a box", show_box_init },
	{ "lists and their keys", test_lists },
	{ "objects and their keys", test_objects },
	{ "whose a port is", test_who_had },
	{ "packet buffers", test_buffers },
	{ "names that do not exist", test_refusals },
	{ "configuration", test_config },
	{ "filters", test_filters },
	{ "paging by cursor", test_paging },
	{ "users and address groups", test_users_and_pools },
	{ "clear", test_clear },
	{ "a client that leaves", test_client_leaves },
	{ "a worker that does not answer", test_silent_worker },
	{ "a clock that is turned", test_debug_clock },
	{ "no box", show_box_fini },
	CU_TEST_INFO_NULL,
};
