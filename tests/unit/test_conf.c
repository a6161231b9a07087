/* SPDX-License-Identifier: BSD-3-Clause */
/* What a loaded configuration holds: defaults, values, references, derived values; the
 * examples; the documentation. */

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf_case.h"
#include "suite.h"

static struct cgn_conf *
load(const struct conf_edit *edits)
{
	struct cgn_conf_errors errs = { 0 };
	char *text = conf_case_text(edits);
	struct cgn_conf *conf;

	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	if (cgn_conf_load_string(text, "test.conf", &conf, &errs) != 0 || errs.n_items)
		cgn_conf_errors_print(&errs, stderr);
	cgn_conf_errors_fini(&errs);
	free(text);
	CU_ASSERT_PTR_NOT_NULL_FATAL(conf);
	return conf;
}

static bool
is_addr(const struct cgn_conf_addr *addr, const char *text)
{
	char buf[48];

	return !strcmp(cgn_conf_addr_format(addr, buf), text);
}

static void
test_box_defaults(void)
{
	struct cgn_conf *conf = load(NULL);

	CU_ASSERT_STRING_EQUAL(conf->node.group, "");
	CU_ASSERT(conf->dpdk.hugepages);
	CU_ASSERT_EQUAL(conf->dpdk.idle, CGN_CONF_IDLE_SLEEP);
	CU_ASSERT_EQUAL(conf->dpdk.on_crash, CGN_CONF_CRASH_ISOLATE);
	CU_ASSERT_EQUAL(conf->dpdk.n_io_lcores, 0);
	CU_ASSERT_EQUAL(conf->ports[1].mtu, 1500);
	CU_ASSERT_EQUAL(conf->ports[1].rx_queues, 1);
	CU_ASSERT_EQUAL(conf->ha.delay_time, 1);
	CU_ASSERT_EQUAL(conf->ha.preempt_time, 300);
	CU_ASSERT(conf->ha.batch_backup);
	CU_ASSERT_EQUAL(conf->ha.batch_interval, 3600);
	CU_ASSERT_EQUAL(conf->ha.detect_ms, 20);
	CU_ASSERT_EQUAL(conf->quarantine.time, 120);
	CU_ASSERT_EQUAL(conf->quarantine.ports, 64512);
	CU_ASSERT_EQUAL(conf->license[0].users, 65536);
	CU_ASSERT_EQUAL(conf->groups[0].members[0].weight, 1);
	CU_ASSERT_EQUAL(conf->vrrp[1].priority, 100);
	CU_ASSERT_EQUAL(conf->vrrp[1].advert_ms, 1000);
	CU_ASSERT(conf->vrrp[1].preempt);
	CU_ASSERT_EQUAL(conf->log_hosts[0].port, 4739);
	CU_ASSERT_EQUAL(conf->log_hosts[0].format, CGN_CONF_FORMAT_IPFIX);
	CU_ASSERT_STRING_EQUAL(conf->ports[0].src.file, "test.conf");
	CU_ASSERT_EQUAL(conf->ports[0].src.line, 3);
	CU_ASSERT_EQUAL(conf->instances[1].src.line, 23);
	cgn_conf_free(conf);
}

static void
test_instance_defaults(void)
{
	struct cgn_conf *conf = load(NULL);
	const struct cgn_conf_instance *i = &conf->instances[1];

	CU_ASSERT_EQUAL_FATAL(conf->n_instances, 3);
	CU_ASSERT_EQUAL(conf->instances[0].kind, CGN_CONF_DS_LITE);
	CU_ASSERT_EQUAL(i->kind, CGN_CONF_NAT44);
	CU_ASSERT_EQUAL(conf->instances[2].kind, CGN_CONF_NAT64);
	CU_ASSERT_EQUAL(i->port_range.mode, CGN_CONF_PORTS_DYNAMIC);
	CU_ASSERT_EQUAL(i->port_range.size, 64);
	CU_ASSERT_EQUAL(i->mapping, CGN_CONF_ENDPOINT_INDEPENDENT);
	CU_ASSERT_EQUAL(i->filtering, CGN_CONF_ENDPOINT_INDEPENDENT);
	CU_ASSERT(i->hairpin);
	CU_ASSERT(i->accounting);
	CU_ASSERT_EQUAL(i->limits.sessions.total, 8192);
	CU_ASSERT_EQUAL(i->limits.sessions.tcp, 10240);
	CU_ASSERT_EQUAL(i->limits.sessions.udp, 10240);
	CU_ASSERT_EQUAL(i->limits.sessions.icmp, 512);
	CU_ASSERT_EQUAL(i->limits.reverse_sessions.total, 8192);
	CU_ASSERT_EQUAL(i->limits.ports.tcp, 10240);
	CU_ASSERT_EQUAL(i->limits.ports.udp, 10240);
	CU_ASSERT_EQUAL(i->limits.ports.icmp, 512);
	CU_ASSERT_EQUAL(i->limits.create_rate, 4000);
	CU_ASSERT_EQUAL(i->limits.users_per_address, 0);
	CU_ASSERT_EQUAL(i->centralized_backup.present, false);
	CU_ASSERT(i->centralized_backup.auto_switchback);
	i = &conf->instances[0];
	CU_ASSERT_EQUAL(i->prefix_length, 128);
	CU_ASSERT_EQUAL(i->mtu, 1540);
	CU_ASSERT_EQUAL(i->traffic_class, -1);
	CU_ASSERT_EQUAL(i->encap_hop_limit, 64);
	CU_ASSERT_EQUAL(i->tcp_mss, 0);
	CU_ASSERT_EQUAL(i->outbound[0].acl.index, CGN_CONF_NONE);
	cgn_conf_free(conf);
}

static void
test_timers(void)
{
	static const struct conf_edit edits[CONF_CASE_EDITS] = {
		{ "mtu = 1540;", "timers: { profile = \"huawei\"; udp = 77; };" },
	};
	struct cgn_conf *conf = load(edits);
	const struct cgn_conf_timers *huawei = &conf->instances[0].timers;
	const struct cgn_conf_timers *rfc = &conf->instances[1].timers;

	CU_ASSERT_EQUAL(rfc->tcp_established, 7440);
	CU_ASSERT_EQUAL(rfc->tcp_transitory, 240);
	CU_ASSERT_EQUAL(rfc->tcp_closing, 240);
	CU_ASSERT_EQUAL(rfc->tcp_syn, 6);
	CU_ASSERT_EQUAL(rfc->udp, 300);
	CU_ASSERT_EQUAL(rfc->icmp, 60);
	CU_ASSERT_EQUAL(rfc->fragment, 2);
	CU_ASSERT_EQUAL(huawei->tcp_established, 240);
	CU_ASSERT_EQUAL(huawei->udp, 77);
	CU_ASSERT_EQUAL(huawei->icmp, 20);
	CU_ASSERT_EQUAL(huawei->fragment, 5);
	CU_ASSERT_EQUAL(conf->instances[0].mtu, 1500);
	cgn_conf_free(conf);
}

static void
test_references(void)
{
	struct cgn_conf *conf = load(NULL);

	CU_ASSERT_EQUAL(conf->n_vpns, 2);
	CU_ASSERT_STRING_EQUAL(conf->vpns[0], "");
	CU_ASSERT_STRING_EQUAL(conf->vpns[1], "red");
	CU_ASSERT_EQUAL(conf->ports[0].vpn.index, 0);
	CU_ASSERT_EQUAL(conf->ports[2].vpn.index, 1);
	CU_ASSERT_EQUAL(conf->ports[0].parent.index, CGN_CONF_NONE);
	CU_ASSERT_EQUAL(conf->ports[2].parent.index, 0);
	CU_ASSERT_EQUAL(conf->ports[2].mtu, 1600);
	CU_ASSERT_EQUAL(conf->routes[0].port, 1);
	CU_ASSERT_EQUAL(conf->n_cpus, 2);
	CU_ASSERT_EQUAL(conf->cpus[1]->slot, 2);
	CU_ASSERT_EQUAL(conf->cpus[1]->lcore, 2);
	CU_ASSERT_EQUAL(conf->cpus[1]->board, 1);
	CU_ASSERT_EQUAL(conf->locations[0].active.index, 0);
	CU_ASSERT_EQUAL(conf->locations[0].backup.index, 1);
	CU_ASSERT_EQUAL(conf->locations[1].backup.index, CGN_CONF_NONE);
	CU_ASSERT_EQUAL(conf->locations[1].vrrp.index, CGN_CONF_NONE);
	CU_ASSERT_EQUAL(conf->groups[1].members[0].location.index, 1);
	CU_ASSERT_EQUAL(conf->vrrp[0].follow.index, CGN_CONF_NONE);
	CU_ASSERT_EQUAL(conf->vrrp[1].follow.index, 0);
	CU_ASSERT_EQUAL(conf->vrrp[0].track[0].port.index, 1);
	CU_ASSERT_EQUAL(conf->vrrp[0].track[0].location.index, CGN_CONF_NONE);
	CU_ASSERT_EQUAL(conf->instances[0].group.index, 0);
	CU_ASSERT_EQUAL(conf->instances[1].group.index, 1);
	CU_ASSERT_EQUAL(conf->instances[1].outbound[0].acl.index, 0);
	CU_ASSERT_EQUAL(conf->instances[1].outbound[0].address_group.index, 1);
	CU_ASSERT_EQUAL(conf->instances[1].inside.ports[0].index, 0);
	CU_ASSERT_EQUAL(conf->address_groups[0].service_group, 0);
	CU_ASSERT_EQUAL(conf->address_groups[1].service_group, 1);
	CU_ASSERT_EQUAL(conf->monitor_groups[0].locations[1].index, 1);
	cgn_conf_free(conf);
}

/* A licence is shared by the CPUs of the board. */
static void
test_licence_shares(void)
{
	static const struct conf_edit edits[CONF_CASE_EDITS] = {
		{ "{ cpu = 0; lcore = 1; }",
			"{ cpu = 0; lcore = 1; }, { cpu = 5; lcore = 3; }" },
		{ "slot = 1; sessions = 65536;",
			"slot = 1; sessions = 100001; users = 5000;" },
	};
	struct cgn_conf *conf = load(edits);

	CU_ASSERT_EQUAL(conf->n_cpus, 3);
	CU_ASSERT_EQUAL(conf->cpus[1]->cpu, 5);
	CU_ASSERT_EQUAL(conf->cpus[0]->sessions, 50000);
	CU_ASSERT_EQUAL(conf->cpus[1]->sessions, 50000);
	CU_ASSERT_EQUAL(conf->cpus[1]->users, 2500);
	CU_ASSERT_EQUAL(conf->cpus[2]->sessions, 65536);
	CU_ASSERT_EQUAL(conf->boards[1].license, 1);
	cgn_conf_free(conf);
}

static void
test_memory(void)
{
	struct cgn_conf *conf = load(NULL);
	uint64_t packets = 4096 + 3 * 2048, bytes;

	for (uint32_t i = 0; i < conf->n_ports; i++)
		if (conf->ports[i].device[0])
			packets += (conf->ports[i].rx_queues + 3) * 1024;
	bytes = 2 * 65536ull * (176 + 236) + 2 * (66ull << 20) + (16 << 20);
	conf->dpdk.hugepages = true;
	CU_ASSERT_EQUAL(cgn_conf_memory_estimate(conf), bytes + packets * 2560);
	conf->dpdk.hugepages = false;
	CU_ASSERT_EQUAL(cgn_conf_memory_estimate(conf), bytes + packets * 4096);
	cgn_conf_free(conf);

	/* a port whose datagrams arrive whole: of another size, and none in its queues */
	conf = load((const struct conf_edit[]){
		{ "net_null0", "net_af_packet0,iface=a" }, { NULL } });
	conf->dpdk.hugepages = true;
	packets -= (1 + 3) * 1024;
	CU_ASSERT_EQUAL(cgn_conf_memory_estimate(conf),
		bytes + packets * 2560 +
			(256 + 3 * 1024 + 3 * 512) * (uint64_t)(15 * 1024 + 384));
	cgn_conf_free(conf);
}

/* Ranges in any order and touching, an exclusion at an edge, inside, and across two. */
static void
test_pool(void)
{
	static const struct conf_edit edits[CONF_CASE_EDITS] = {
		{ "[ \"203.0.113.32-203.0.113.40\" ];",
			"[ \"192.0.2.16/28\", \"192.0.2.0/28\", "
			"\"192.0.2.40-192.0.2.42\" ]; "
			"exclude = [ \"192.0.2.0/31\", \"192.0.2.9\", "
			"\"192.0.2.30-192.0.2.40\" ];" },
	};
	static const struct cgn_conf_range expected[] = {
		{ 0xc0000202, 0xc0000208 },
		{ 0xc000020a, 0xc000021d },
		{ 0xc0000229, 0xc000022a },
	};
	struct cgn_conf *conf = load(edits);
	const struct cgn_conf_address_group *pool = &conf->address_groups[1];

	CU_ASSERT_EQUAL_FATAL(pool->n_pool, 3);
	CU_ASSERT_EQUAL(memcmp(pool->pool, expected, sizeof(expected)), 0);
	CU_ASSERT_EQUAL(pool->size, 7 + 20 + 2);
	CU_ASSERT(cgn_conf_pool_holds(pool, 0xc0000202));
	CU_ASSERT(cgn_conf_pool_holds(pool, 0xc000022a));
	CU_ASSERT_FALSE(cgn_conf_pool_holds(pool, 0xc0000209));
	CU_ASSERT_FALSE(cgn_conf_pool_holds(pool, 0xc000022b));
	cgn_conf_free(conf);
}

static void
test_values(void)
{
	static const struct conf_edit edits[CONF_CASE_EDITS] = {
		{ "mtu = 1540;", "traffic_class = 184; alg = [ \"ftp\", \"sip\" ]; "
				 "prefix_length = 56; "
				 "port_range_end = 1;" },
		{ "port_range_end = 1;",
			"servers: ( { protocol = \"udp\"; outside = "
			"\"203.0.113.5:8080\"; inside = \"192.168.1.10:80\"; softwire = "
			"\"2001:db8:100::1\"; } );" },
		{ "{ mode = \"dynamic\"; size = 128; };",
			"{ mode = \"semi-dynamic\"; size = 256; };" },
	};
	struct cgn_conf *conf = load(edits);
	const struct cgn_conf_instance *i = &conf->instances[0];

	CU_ASSERT_EQUAL(i->traffic_class, 184);
	CU_ASSERT_EQUAL(i->alg, CGN_CONF_ALG_FTP | CGN_CONF_ALG_SIP);
	CU_ASSERT_EQUAL(i->prefix_length, 56);
	CU_ASSERT_EQUAL(i->port_range.extended_size, 256);
	CU_ASSERT_EQUAL(i->port_range.extended_times, 3);
	CU_ASSERT(is_addr(&i->local_ipv6, "2001:db8::a"));
	CU_ASSERT(is_addr(&i->remote_ipv6[0].addr, "2001:db8:100::"));
	CU_ASSERT_EQUAL(i->remote_ipv6[0].len, 40);
	CU_ASSERT_EQUAL_FATAL(i->n_servers, 1);
	CU_ASSERT_EQUAL(i->servers[0].protocol, CGN_CONF_UDP);
	CU_ASSERT(is_addr(&i->servers[0].outside, "203.0.113.5"));
	CU_ASSERT_EQUAL(i->servers[0].outside_port, 8080);
	CU_ASSERT(is_addr(&i->servers[0].inside, "192.168.1.10"));
	CU_ASSERT_EQUAL(i->servers[0].inside_port, 80);
	CU_ASSERT(is_addr(&i->servers[0].softwire, "2001:db8:100::1"));
	cgn_conf_free(conf);
}

static void
test_vpns(void)
{
	static const struct conf_edit edits[CONF_CASE_EDITS] = {
		{ "service_instance_group = \"g2\"; inside: { ports = [ \"in\" ]; };",
			"service_instance_group = \"g2\"; inside: { ports = [ \"red\" ]; "
			"}; "
			"allow_access: { inside_vpn = \"red\"; outside_vpn = \"\"; };" },
	};
	struct cgn_conf *conf = load(edits);

	CU_ASSERT_EQUAL(conf->instances[1].inside_vpn, 1);
	CU_ASSERT_EQUAL(conf->instances[1].outside_vpn, 0);
	CU_ASSERT_EQUAL(conf->instances[0].inside_vpn, 0);
	cgn_conf_free(conf);
}

static void
test_acl(void)
{
	static const struct conf_edit edits[CONF_CASE_EDITS] = {
		{ "permit = [ \"10.0.0.0/8\" ];", "permit = [ \"10.0.0.0/8\" ]; "
						  "deny = [ \"10.9.0.0/17\" ];" },
	};
	struct cgn_conf *conf = load(edits);
	struct cgn_conf_addr addr = { 4, { 10, 8, 0, 1 } };

	CU_ASSERT(cgn_conf_acl_permits(conf, 0, &addr));
	addr.bytes[1] = 9;
	CU_ASSERT_FALSE(cgn_conf_acl_permits(conf, 0, &addr));
	CU_ASSERT(cgn_conf_acl_permits(conf, CGN_CONF_NONE, &addr));
	addr.bytes[2] = 0x80;
	CU_ASSERT(cgn_conf_acl_permits(conf, 0, &addr));
	addr.bytes[0] = 11;
	CU_ASSERT_FALSE(cgn_conf_acl_permits(conf, 0, &addr));
	cgn_conf_free(conf);
}

/* ---- files of the project ---- */

static const char *
source_root(void)
{
	const char *root = getenv("SOURCE_ROOT");

	CU_ASSERT_PTR_NOT_NULL_FATAL(root);
	return root;
}

static char *
read_file(const char *path)
{
	char *text = NULL;
	size_t size;
	FILE *in = fopen(path, "r"), *out = open_memstream(&text, &size);
	int c;

	CU_ASSERT_PTR_NOT_NULL_FATAL(in);
	while ((c = getc(in)) != EOF)
		putc(c, out);
	fclose(in);
	fclose(out);
	return text;
}

/* An example is loaded from a directory that has the key file, as its comment asks for.
 */
static void
load_example(const char *dir, const char *name)
{
	char path[512], copy[512], *text;
	struct cgn_conf_errors errs = { 0 };
	struct cgn_conf *conf;
	FILE *out;

	snprintf(path, sizeof(path), "%s/conf/examples/%s", source_root(), name);
	snprintf(copy, sizeof(copy), "%s/%s", dir, name);
	text = read_file(path);
	out = fopen(copy, "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	fputs(text, out);
	fclose(out);
	CU_ASSERT_EQUAL(cgn_conf_load(copy, &conf, &errs), 0);
	CU_ASSERT_EQUAL(errs.n_items, 0);
	cgn_conf_errors_print(&errs, stderr);
	cgn_conf_errors_fini(&errs);
	cgn_conf_free(conf);
	unlink(copy);
	free(text);
}

static void
test_log_hosts(void)
{
	static const struct conf_edit edits[CONF_CASE_EDITS] = {
		{ "log_hosts: ( { name = \"c1\"; address = \"192.0.2.9\"; } );",
			"log_hosts: ( { name = \"c1\"; address = \"192.0.2.9\"; format = "
			"\"syslog\"; }, { name = \"c2\"; address = \"2001:db8::9\"; "
			"format = \"netflow9\"; }, { name = \"c3\"; address = "
			"\"192.0.2.9\"; port = 5000; format = \"netflow9\"; } );" },
	};
	struct cgn_conf *conf = load(edits);

	CU_ASSERT_EQUAL(conf->log_hosts[0].port, 514);
	CU_ASSERT_EQUAL(conf->log_hosts[1].port, 2055);
	CU_ASSERT_EQUAL(conf->log_hosts[1].format, CGN_CONF_FORMAT_NETFLOW9);
	CU_ASSERT_EQUAL(conf->log_hosts[2].port, 5000);
	CU_ASSERT_FALSE(conf->instances[0].log.destinations);
	cgn_conf_free(conf);
}

static void
test_examples(void)
{
	static const char *const examples[] = { "ds-lite.conf", "nat44.conf", "bgp.conf",
		"two-boards.conf", "two-chassis-a.conf", "two-chassis-b.conf",
		"full.conf" };
	char dir[] = "/tmp/conf-examples-XXXXXX", key[64];
	FILE *out;

	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
	snprintf(key, sizeof(key), "%s/ha.key", dir);
	out = fopen(key, "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	fputs("secret", out);
	fclose(out);
	CU_ASSERT_EQUAL(chmod(key, 0600), 0);
	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++)
		load_example(dir, examples[i]);
	unlink(key);
	CU_ASSERT_EQUAL(rmdir(dir), 0);
}

/* doc/configuration.md is printed again: confdoc > doc/configuration.md */
static void
test_documentation(void)
{
	char path[512], *committed, *printed = NULL;
	size_t size;
	FILE *out = open_memstream(&printed, &size);

	cgn_conf_describe(out);
	fclose(out);
	snprintf(path, sizeof(path), "%s/doc/configuration.md", source_root());
	committed = read_file(path);
	CU_ASSERT_STRING_EQUAL(committed, printed);
	free(committed);
	free(printed);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "defaults of the box", test_box_defaults },
		{ "defaults of an instance", test_instance_defaults },
		{ "timers", test_timers },
		{ "references", test_references },
		{ "shares of a licence", test_licence_shares },
		{ "memory", test_memory },
		{ "pool without exclusions", test_pool },
		{ "values", test_values },
		{ "VPN over NAT", test_vpns },
		{ "ACL", test_acl },
		{ "log hosts", test_log_hosts },
		{ "examples", test_examples },
		{ "documentation", test_documentation },
		CU_TEST_INFO_NULL,
	};

	return suite_run("conf", tests);
}
