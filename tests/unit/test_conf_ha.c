/* SPDX-License-Identifier: BSD-3-Clause */
/* Refusals of locations, groups, ha, vrrp and monitor groups, and the warning. */

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf_case.h"
#include "suite.h"

/* Slot 1 may do NAT64 as well. */
#define NAT64_TOO                                                                        \
	{                                                                                \
		"nat44 = true; },", "nat44 = true; nat64 = true; },"                     \
	}
#define LOCATION2     "{ id = 2; slot = 2; } );"
#define MEMBERS1      "( { id = 1; }, { id = 2; weight = 3; } ); },"
#define REMOTE2(more) "{ id = 2; slot = 2; remote_backup: { " more " }; } );"
#define CHANNEL	      "port = \"in\"; key_file = \"/dev/null\"; "

static const struct conf_case location_cases[] = {
	{ { { LOCATION2, "{ id = 1; slot = 2; } );" },
		  { MEMBERS1, "( { id = 1; } ); }," },
		  { "( { id = 2; } ); } );", "( { id = 1; } ); } );" },
		  { "[ 1, 2 ]", "[ 1, 1 ]" }, NAT64_TOO },
		"12: service_locations[1].id",
		"service-location 1 exists already, at line 11" },
	{ { { LOCATION2, "{ id = 65536; slot = 2; }, " LOCATION2 } },
		"12: service_locations[1].id",
		"65536 is out of range, allowed is 1..65535" },
	{ { { LOCATION2, "{ id = 2; slot = 3; } );" } }, "12: service_locations[1].slot",
		"there is no board with slot 3 and cpu 0" },
	{ { { LOCATION2, "{ id = 2; slot = 2; cpu = 1; } );" } },
		"12: service_locations[1].slot",
		"there is no board with slot 2 and cpu 1" },
	{ { { "backup: { slot = 2; };", "backup: { slot = 1; };" } },
		"11: service_locations[0].backup", "the backup CPU is the active one" },
	{ { { "backup: { slot = 2; };", "backup: { slot = 4; };" } },
		"11: service_locations[0].backup.slot", "there is no board with slot 4" },
	{ { { "backup: { slot = 2; };", "backup: { };" } },
		"11: service_locations[0].backup.slot", "is missing" },
	{ { { LOCATION2,
		  "{ id = 2; slot = 2; vrrp: { port = \"in\"; vrid = 10; }; } );" } },
		"12: service_locations[1].vrrp",
		"a location bound to VRRP needs a channel, set remote_backup" },
	{ { { LOCATION2, REMOTE2("port = \"in\"; peer = \"10.0.0.2\"; key_file = "
				 "\"/none\";") } },
		"12: service_locations[1].remote_backup.key_file",
		"\"/none\" cannot be read: No such file" },
	{ { { LOCATION2, REMOTE2("peer = \"10.0.0.2\";" CHANNEL) } },
		"12: service_locations[1].remote_backup.key_file", "is not a file" },
	{ .place = NULL },
};

static const struct conf_case group_cases[] = {
	{ { { "name = \"g2\"; service_locations = ( { id = 2; } );",
		  "name = \"g2\"; service_locations = ( { id = 2; } ); }, "
		  "{ name = \"g2\"; service_locations = ( { id = 1; } );" } },
		"14: service_instance_groups[2].name",
		"\"g2\" exists already, at line 14" },
	{ { { "{ id = 2; weight = 3; }", "{ id = 1; weight = 3; }" } },
		"13: service_instance_groups[0].service_locations[1].id",
		"service-location 1 is listed twice" },
	{ { { "{ id = 2; weight = 3; }", "{ id = 7; weight = 3; }" } },
		"13: service_instance_groups[0].service_locations[1].id",
		"there is no service-location 7" },
	{ { { "weight = 3;", "weight = 0;" } },
		"13: service_instance_groups[0].service_locations[1].weight",
		"0 is out of range, allowed is 1..65535" },
	{ { { LOCATION2, "{ id = 2; slot = 1; } );" }, NAT64_TOO },
		"13: service_instance_groups[0].service_locations[1].id",
		"slot 1 cpu 0 is active for service-locations 1 and 2" },
	{ { { MEMBERS1, "( { id = 1; } ); backup_cpus = ( { slot = 2; }, { slot = 2; } "
			"); }," } },
		"13: service_instance_groups[0].backup_cpus[1].slot",
		"slot 2 cpu 0 is listed twice" },
	{ { { "name = \"g2\"; service_locations = ( { id = 2; } );",
		  "name = \"g2\"; service_locations = ( );" } },
		"14: service_instance_groups[1].service_locations",
		"group \"g2\" has no service-location, and instance \"nat1\" is bound to "
		"it" },
	{ { { "down_number = 2;", "down_number = 0;" } },
		"26: monitor_location_groups[0].down_number",
		"0 is out of range, allowed is 1..65535" },
	{ { { "down_number = 2;", "down_number = 3;" } },
		"26: monitor_location_groups[0].down_number",
		"3 of 2 locations can never be down, allowed is 1..2" },
	{ { { "[ 1, 2 ]", "[ 1, 9 ]" } },
		"26: monitor_location_groups[0].service_locations[1]",
		"there is no service-location 9" },
	{ .place = NULL },
};

static const struct conf_case ha_cases[] = {
	{ { { "hot_backup = true;", "delay_time = 301;" } }, "15: ha.delay_time",
		"301 is out of range, allowed is 1..300" },
	{ { { "hot_backup = true;", "detect_ms = 0;" } }, "15: ha.detect_ms",
		"0 is out of range, allowed is 1..10000" },
	{ { { "hot_backup = true;", "block_commit = \"later\";" } },
		"15: ha.block_commit", "allowed is asynchronous, synchronous" },
	{ .place = NULL },
};

static const struct conf_case vrrp_cases[] = {
	{ { { "\"out\"; vrid = 20; addresses = [ \"198.51.100.9\" ];",
		  "\"in\"; vrid = 10; addresses = [ \"10.0.0.8\" ];" } },
		"17: vrrp[1].vrid", "vrid 10 on port \"in\" exists already, at line 16" },
	{ { { "\"out\"; vrid = 20;", "\"out\"; vrid = 256;" } }, "17: vrrp[1].vrid",
		"256 is out of range, allowed is 1..255" },
	{ { { "priority = 200;", "priority = 256;" } }, "16: vrrp[0].priority",
		"256 is out of range, allowed is 1..255" },
	{ { { "priority = 200;", "advert_ms = 9;" } }, "16: vrrp[0].advert_ms",
		"9 is out of range, allowed is 10..40950" },
	{ { { "priority = 200;", "advert_ms = 15;" } }, "16: vrrp[0].advert_ms",
		"15 is no multiple of 10" },
	{ { { "[ \"10.0.0.9\" ]", "[ \"10.0.0.1\" ]" } }, "16: vrrp[0].priority",
		"10.0.0.1 is an address of this box, which then has priority 255" },
	{ { { "[ \"10.0.0.9\" ]", "[ \"10.0.0.9\", \"10.0.0.9\" ]" } },
		"16: vrrp[0].addresses", "10.0.0.9 is there twice" },
	{ { { "[ \"198.51.100.9\" ]", "[ \"fe80::9\" ]" } }, "17: vrrp[1].addresses",
		"port \"out\" has no address of the family of fe80::9" },
	{ { { "admin = true;", "" } }, "17: vrrp[1].follow",
		"group 10 on port \"in\" is not an admin group" },
	{ { { "follow: { port = \"in\"; vrid = 10; };",
		  "follow: { port = \"in\"; vrid = 11; };" } },
		"17: vrrp[1].follow.vrid", "there is no VRRP group 11 on port \"in\"" },
	{ { { "vrid = 20;", "vrid = 20; admin = true;" } }, "17: vrrp[1].follow",
		"an admin group leads, it cannot follow" },
	{ { { "{ port = \"out\"; reduced = 60; }", "{ reduced = 60; }" } },
		"16: vrrp[0].track[0]",
		"one of service_location, port and next_hop is tracked" },
	{ { { "{ port = \"out\"; reduced = 60; }",
		  "{ port = \"out\"; service_location = 1; reduced = 60; }" } },
		"16: vrrp[0].track[0]",
		"one of service_location, port and next_hop is tracked" },
	{ { { "{ port = \"out\"; reduced = 60; }",
		  "{ next_hop = \"198.51.100.77\"; reduced = 60; }" } },
		"16: vrrp[0].track[0].next_hop",
		"198.51.100.77 is the next_hop of no route in the VPN of port \"in\"" },
	{ { { "[ \"198.51.100.9\" ]", "[ ]" } }, "17: vrrp[1].addresses",
		"is empty, at least one is needed" },
	{ .place = NULL },
};

static const struct conf_case warnings[] = {
	{ { { "reduced = 60;", "reduced = 50;" } }, "16: vrrp[0].track[0].reduced",
		"too small to cause a switch-over: 200 - 50 is not below the 150" },
	{ { { " peer_priority = 150;", "" }, { "reduced = 60;", "" } },
		"16: vrrp[0].track[0].reduced",
		"200 - 10 is not below the 150 of the other box (assumed, see "
		"peer_priority)" },
	{ { { "vrid = 20;", "vrid = 20; priority = 255;" } }, "17: vrrp[1].priority",
		"255 is for who owns a virtual address" },
	{ { { "[ \"198.51.100.9\" ]", "[ \"198.51.100.9\", \"192.0.2.17\" ]" } },
		"17: vrrp[1].addresses[1]",
		"192.0.2.17 is on no network of port \"out\"" },
	{ .place = NULL },
};

static void
test_locations(void)
{
	conf_case_run(location_cases, false);
}

static void
test_groups(void)
{
	conf_case_run(group_cases, false);
}

static void
test_ha(void)
{
	conf_case_run(ha_cases, false);
}

static void
test_vrrp(void)
{
	conf_case_run(vrrp_cases, false);
}

static void
test_warnings(void)
{
	conf_case_run(warnings, true);
}

/* A channel on location 2 with a key file of that mode; `more` are further keys. */
static void
run_channel(const char *more, mode_t mode, struct conf_edit edit, const char *place,
	const char *text)
{
	char key_file[] = "/tmp/conf-key-XXXXXX", *location;
	struct conf_case cases[2] = { { { { LOCATION2, NULL }, NAT64_TOO, edit }, place,
					      text },
		{ .place = NULL } };
	int fd = mkstemp(key_file);

	CU_ASSERT_FATAL(fd >= 0);
	CU_ASSERT_EQUAL(fchmod(fd, mode), 0);
	if (asprintf(&location, REMOTE2("key_file = \"%s\"; %s"), key_file, more) < 0)
		abort();
	cases[0].edits[0].to = location;
	conf_case_run(cases, false);
	free(location);
	close(fd);
	unlink(key_file);
}

static void
test_channel(void)
{
	const struct conf_edit none = { 0 };
	const struct conf_edit cold = { "mtu = 1540;",
		"mtu = 1540; centralized_backup: { enable = true; };" };
	const struct conf_edit one_location = { MEMBERS1, "( { id = 2; } ); }," };

	run_channel("port = \"in\"; peer = \"10.0.0.2\";", 0604, none,
		"12: service_locations[1].remote_backup.key_file",
		"is open to others (mode 604), allowed is 600 or 640");
	run_channel("port = \"in\";", 0600, none,
		"12: service_locations[1].remote_backup.peer", "is missing");
	run_channel("port = \"in\"; peer = \"10.0.0.1\";", 0600, none,
		"12: service_locations[1].remote_backup.peer",
		"10.0.0.1 is an address of this box");
	run_channel("port = \"in\"; peer = \"10.0.0.9\";", 0600, none,
		"12: service_locations[1].remote_backup.peer",
		"10.0.0.9 is a VRRP address, which both boxes have");
	run_channel("port = \"out\"; peer = \"2001:db8:1::2\";", 0600, none,
		"12: service_locations[1].remote_backup.port",
		"port \"out\" has no address of the family of the peer");
	run_channel("port = \"in\"; peer = \"10.0.0.2\";", 0600, cold,
		"22: ds_lite_instances[0].centralized_backup.enable",
		"service-location 2 has hot inter-chassis backup");
	run_channel("port = \"in\"; peer = \"10.0.0.2\"; }; backup: { slot = 1;", 0600,
		one_location, "21: ds_lite_instances[0].service_instance_group",
		"service-location 2 has backup and remote_backup");
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "locations", test_locations },
		{ "groups", test_groups },
		{ "ha", test_ha },
		{ "channel", test_channel },
		{ "vrrp", test_vrrp },
		{ "warnings", test_warnings },
		CU_TEST_INFO_NULL,
	};

	return suite_run("conf_ha", tests);
}
