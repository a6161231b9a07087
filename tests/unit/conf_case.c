/* SPDX-License-Identifier: BSD-3-Clause */
/* The base configuration of the tests of conf/ and the runner of their tables. */

#include <stdlib.h>
#include <string.h>

#include <CUnit/Basic.h>

#include "conf_case.h"

/* A section is a line, or two: the numbers are those of the expected places. */
static const char base[] =
	/*  1 */
	"node: { name = \"box\"; run_dir = \"/run/t\"; };\n"
	/*  2 */ "dpdk: { lcores = \"0-3\"; memory_mb = 1024; };\n"
	/*  3 */ "ports: ( { name = \"in\"; device = \"net_null0\"; mtu = 1600;"
	" addresses = [ \"2001:db8:1::1/64\", \"10.0.0.1/24\" ]; },\n"
	/*  4 */ "{ name = \"out\"; device = \"net_null1\"; addresses = [ "
	"\"198.51.100.1/24\" ]; },\n"
	/*  5 */ "{ name = \"red\"; parent = \"in\"; vlan = 100; vpn = \"red\";"
	" addresses = [ \"10.1.0.1/24\" ]; } );\n"
	/*  6 */ "routes: ( { prefix = \"0.0.0.0/0\"; next_hop = \"198.51.100.2\"; } );\n"
	/*  7 */ "boards: ( { slot = 1; cpus = ( { cpu = 0; lcore = 1; } ); },\n"
	/*  8 */ "{ slot = 2; cpus = ( { cpu = 0; lcore = 2; } ); } );\n"
	/*  9 */ "license: ( { slot = 1; sessions = 65536; ds_lite = true; nat44 = true; "
	"},\n"
	/* 10 */ "{ slot = 2; sessions = 65536; ds_lite = true; nat44 = true; nat64 = "
	"true; } );\n"
	/* 11 */ "service_locations: ( { id = 1; slot = 1; backup: { slot = 2; }; },\n"
	/* 12 */ "{ id = 2; slot = 2; } );\n"
	/* 13 */ "service_instance_groups: ( { name = \"g1\"; service_locations = ( { id "
	"= 1; },"
	" { id = 2; weight = 3; } ); },\n"
	/* 14 */ "{ name = \"g2\"; service_locations = ( { id = 2; } ); } );\n"
	/* 15 */ "ha: { hot_backup = true; };\n"
	/* 16 */ "vrrp: ( { port = \"in\"; vrid = 10; admin = true; priority = 200;"
	" peer_priority = 150; addresses = [ \"10.0.0.9\" ];"
	" track: ( { port = \"out\"; reduced = 60; } ); },\n"
	/* 17 */ "{ port = \"out\"; vrid = 20; addresses = [ \"198.51.100.9\" ];"
	" follow: { port = \"in\"; vrid = 10; }; } );\n"
	/* 18 */ "address_groups: ( { name = \"p1\"; id = 1; addresses = [ "
	"\"203.0.113.0/28\" ]; },\n"
	/* 19 */ "{ name = \"p2\"; id = 2; addresses = [ \"203.0.113.32-203.0.113.40\" "
	"]; } );\n"
	/* 20 */ "acls: ( { name = \"home\"; permit = [ \"10.0.0.0/8\" ]; } );\n"
	/* 21 */ "ds_lite_instances: ( { name = \"ds1\"; id = 1; service_instance_group "
	"= \"g1\";"
	" local_ipv6 = \"2001:db8::a\"; remote_ipv6 = [ \"2001:db8:100::/40\" ];"
	" outbound: ( { address_group = \"p1\"; } );\n"
	/* 22 */ "port_range: { mode = \"dynamic\"; size = 128; }; mtu = 1540; } );\n"
	/* 23 */ "nat_instances: ( { name = \"nat1\"; id = 1; service_instance_group = "
	"\"g2\";"
	" inside: { ports = [ \"in\" ]; };"
	" outbound: ( { acl = \"home\"; address_group = \"p2\"; } ); } );\n"
	/* 24 */ "nat64_instances: ( { name = \"n64\"; id = 1; service_instance_group = "
	"\"g2\";"
	" inside: { ports = [ \"in\" ]; prefixes = [ \"2001:db8:200::/40\" ]; };"
	" prefix = \"64:ff9b::/96\"; outbound: ( { address_group = \"p2\"; } ); } );\n"
	/* 25 */ "log_hosts: ( { name = \"c1\"; address = \"192.0.2.9\"; } );\n"
	/* 26 */ "monitor_location_groups: ( { name = \"m1\"; service_locations = [ 1, 2 "
	"];"
	" down_number = 2; ports = [ \"out\" ]; } );\n";

static char *
replace(char *text, const struct conf_edit *edit)
{
	char *at = strstr(text, edit->from), *changed;

	if (!at || strstr(at + 1, edit->from)) {
		free(text);
		return NULL;
	}
	if (asprintf(&changed, "%.*s%s%s", (int)(at - text), text, edit->to,
		    at + strlen(edit->from)) < 0)
		abort();
	free(text);
	return changed;
}

char *
conf_case_text(const struct conf_edit *edits)
{
	char *text = strdup(base);

	for (int i = 0; text && edits && i < CONF_CASE_EDITS && edits[i].from; i++)
		text = replace(text, &edits[i]);
	return text;
}

static bool
as_expected(const struct conf_case *c, const struct cgn_conf_errors *errs, bool warnings)
{
	const struct cgn_conf_message *m = errs->items;
	char place[256];

	if (errs->n_items != 1 || m->warning != warnings)
		return false;
	snprintf(place, sizeof(place), "%d: %s", m->line, m->key);
	return !strcmp(place, c->place) && strstr(m->text, c->text) &&
	       !strcmp(m->file, "test.conf");
}

void
conf_case_run(const struct conf_case *cases, bool warnings)
{
	for (; cases->place; cases++) {
		struct cgn_conf_errors errs = { 0 };
		struct cgn_conf *conf = NULL;
		char *text = conf_case_text(cases->edits);
		int rc;

		if (!text) {
			fprintf(stderr, "\nedit does not match: %s\n", cases->place);
			CU_FAIL("edit");
			continue;
		}
		rc = cgn_conf_load_string(text, "test.conf", &conf, &errs);
		if (!as_expected(cases, &errs, warnings)) {
			fprintf(stderr, "\nexpected %s: %s\n", cases->place, cases->text);
			cgn_conf_errors_print(&errs, stderr);
			CU_FAIL("message");
		}
		CU_ASSERT_EQUAL(rc == 0, warnings);
		CU_ASSERT_EQUAL(conf != NULL, warnings);
		cgn_conf_free(conf);
		cgn_conf_errors_fini(&errs);
		free(text);
	}
}
