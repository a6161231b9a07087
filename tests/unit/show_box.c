/* SPDX-License-Identifier: BSD-3-Clause */
#include "show_box.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>
#include <rte_cycles.h>
#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_mbuf.h>
#include <rte_udp.h>

#include "control/compile.h"
#include "control/host.h"
#include "control/log_export.h"
#include "control/switch.h"
#include "control/vrrp.h"
#include "dataplane/mark.h"
#include "dataplane/pipeline.h"
#include "dataplane/port.h"

struct cgn_daemon show_box;
int show_box_exit;
char show_box_error[512];

static const char config[] =
	"node: { name = \"box\"; run_dir = \"/tmp\"; };"
	"dpdk: { lcores = \"0@0,1@1,2@1\"; control_lcore = 0; hugepages = false;"
	"  memory_mb = 1024; };"
	"ports: ( { name = \"p0\"; device = \"net_null0\"; mtu = 1600;"
	"    addresses = [ \"10.255.0.1/24\", \"2001:db8:0:1::1/64\", \"203.0.113.7/27\" "
	"];"
	"  },"
	"  { name = \"red\"; parent = \"p0\"; vlan = 100; vpn = \"red\";"
	"    addresses = [ \"10.1.0.1/24\" ]; } );"
	"routes: ( { prefix = \"10.0.0.0/16\"; next_hop = \"10.255.0.2\"; },"
	"  { prefix = \"0.0.0.0/0\"; next_hop = \"10.255.0.3\"; } );"
	"boards: ( { slot = 1; cpus = ( { cpu = 0; lcore = 1; } ); },"
	"  { slot = 2; cpus = ( { cpu = 0; lcore = 2; } ); } );"
	"license: ( { slot = 1; sessions = 65536; users = 4096; nat44 = true; ds_lite = "
	"true; },"
	"  { slot = 2; sessions = 65536; users = 4096; nat44 = true; ds_lite = true; } );"
	"service_locations: ( { id = 1; slot = 1; cpu = 0; backup: { slot = 2; cpu = 0; "
	"}; },"
	"  { id = 7; slot = 2; cpu = 0; } );"
	"service_instance_groups: ( { name = \"g1\"; service_locations = ("
	"  { id = 1; weight = 1; }, { id = 7; weight = 3; } ); } );"
	"ha: { delay_time = 5; };"
	"log_hosts: ( { name = \"c1\"; address = \"127.0.0.1\"; port = 9; } );"
	"vrrp: ( { port = \"p0\"; vrid = 10; admin = true; priority = 200;"
	"  addresses = [ \"2001:db8:0:1::fe\", \"10.255.0.254\", \"fe80::10\" ]; } );"
	"address_groups: ( { name = \"a1\"; id = 1; addresses = [ \"203.0.113.0/28\" ];"
	"  exclude = [ \"203.0.113.7\" ]; },"
	"  { name = \"a2\"; id = 2; addresses = [ \"203.0.113.64/30\" ]; } );"
	"acls: ( { name = \"rule\"; permit = [ \"10.1.0.0/22\" ];"
	"  deny = [ \"10.1.3.0/24\" ]; } );"
	"ds_lite_instances: ( { name = \"ds1\"; id = 1; service_instance_group = \"g1\";"
	"  local_ipv6 = \"2001:db8::aaaa\"; remote_ipv6 = [ \"2001:db8:100::/40\" ];"
	"  prefix_length = 64;"
	"  outbound: ( { acl = \"any\"; address_group = \"a1\"; } ); } );"
	"nat_instances: ( { name = \"nat1\"; id = 1; accounting = false; "
	"service_instance_group = \"g1\";"
	"  inside: { ports = [ \"p0\" ]; }; port_range: { mode = \"dynamic\"; size = "
	"128; };"
	"  outbound: ( { acl = \"any\"; address_group = \"a1\"; } );"
	"  centralized_backup: { enable = true; down_number = 1; }; },"
	"  { name = \"nat2\"; id = 2; service_instance_group = \"g1\";"
	"  inside: { ports = [ \"red\" ]; };"
	"  allow_access: { inside_vpn = \"red\"; outside_vpn = \"\"; };"
	"  port_range: { mode = \"deterministic\"; size = 64; };"
	"  outbound: ( { acl = \"rule\"; address_group = \"a2\"; } ); } );";

static void
load(struct cgn_daemon *d)
{
	struct cgn_conf_errors errs = { 0 };
	int rc = cgn_conf_load_string(config, "test", &d->conf, &errs);

	cgn_conf_errors_print(&errs, stderr);
	cgn_conf_errors_fini(&errs);
	CU_ASSERT_EQUAL_FATAL(rc, 0);
}

static void
make_port(struct cgn_daemon *d)
{
	struct cgn_port_conf conf = { .name = "p0",
		.device = "net_null0",
		.mtu = 1600,
		.rx_queues = 1,
		.tx_queues = 1 };
	char err[256] = "";

	d->port_pool = rte_pktmbuf_pool_create(
		"show_box", 4095, 0, CGN_MARK_SIZE, RTE_MBUF_DEFAULT_BUF_SIZE, -1);
	CU_ASSERT_PTR_NOT_NULL_FATAL(d->port_pool);
	conf.pool = d->own_pool = d->port_pool;
	d->port = calloc(1, sizeof(*d->port));
	CU_ASSERT_EQUAL_FATAL(cgn_port_init(d->port, &conf, err, sizeof(err)), 0);
	d->n_ports = 1;
}

static void
make_workers(struct cgn_daemon *d)
{
	d->rt.tsc_per_ms = rte_get_tsc_hz() / 1000;
	for (uint16_t i = 0; i < 2; i++) {
		struct cgn_worker_conf conf = { .index = i,
			.slot = (uint16_t)(i + 1),
			.sessions = 65536,
			.users = 4096,
			.seed = 1,
			.socket = -1,
			.pool = d->own_pool };

		d->worker[i] = cgn_worker_create(&conf);
		CU_ASSERT_PTR_NOT_NULL_FATAL(d->worker[i]);
		d->rt.lcore[i] = cgn_lcore_create(&d->rt, d->worker[i], i + 1u, "cgn");
		d->rt.lcore[i]->beat.tsc = rte_get_tsc_cycles();
	}
	d->n_cpus = d->rt.n_workers = 2;
}

static void
make_snapshot(struct cgn_daemon *d)
{
	struct cgn_compile_port ports[2] = { { .device = d->port->id,
		.mac = d->port->mac } };
	struct cgn_compile_host hosts[2] = { { 0, 1, 0, CGN_NONE16 },
		{ 1, 2, 0, CGN_NONE16 } };
	struct cgn_compile_inputs in = { .port = ports, .host = hosts };

	d->where = calloc(2, sizeof(*d->where));
	CU_ASSERT_PTR_NOT_NULL_FATAL(d->where);
	memcpy(d->where, hosts, sizeof(hosts));
	d->compiler = cgn_compile_create();
	CU_ASSERT_EQUAL_FATAL(cgn_compile(d->compiler, d->conf, &in, &d->snap), 0);
	d->rt.snap = d->snap;
	d->logs = cgn_log_export_create();
	CU_ASSERT_EQUAL_FATAL(cgn_log_export_configure(d->logs, d->conf, d->compiler), 0);
}

static void
give_up(void *arg, struct rte_mbuf *m, uint16_t where)
{
	(void)arg;
	(void)where;
	rte_pktmbuf_free(m);
}

/* A neighbour, asked for because a packet waits for it. */
static void
make_host(struct cgn_daemon *d)
{
	struct cgn_wire wire = {
		.emit = give_up, .hand = give_up, .pool = d->own_pool, .stats = &d->stats
	};
	uint8_t key[16] = { [10] = 0xff, [11] = 0xff, 10, 255, 0, 9 };

	d->host = cgn_host_create(&wire);
	CU_ASSERT_PTR_NOT_NULL_FATAL(d->host);
	cgn_host_snapshot(d->host, d->snap);
	cgn_resolve_send(
		cgn_host_resolver(d->host), 0, key, rte_pktmbuf_alloc(d->own_pool), 0);
}

void
show_box_init(void)
{
	struct cgn_daemon *d = &show_box;

	memset(d, 0, sizeof(*d));
	load(d);
	CU_ASSERT_EQUAL_FATAL(cgn_switch_init(d), 0);
	make_port(d);
	make_workers(d);
	make_snapshot(d);
	make_host(d);
	clock_gettime(CLOCK_REALTIME, &d->started);
	CU_ASSERT_EQUAL_FATAL(cgn_vrrp_groups_init(d), 0);
	show_box_turn();
}

void
show_box_fini(void)
{
	struct cgn_daemon *d = &show_box;

	cgn_vrrp_groups_fini(d);
	for (unsigned i = 0; i < 2; i++) {
		cgn_lcore_destroy(d->rt.lcore[i]);
		cgn_worker_destroy(d->worker[i]);
	}
	cgn_host_destroy(d->host);
	cgn_log_export_destroy(show_box.logs);
	cgn_snapshot_free(d->snap);
	cgn_compile_destroy(d->compiler);
	free(d->where);
	cgn_switch_fini(d);
	cgn_port_fini(d->port);
	free(d->port);
	rte_mempool_free(d->port_pool);
	cgn_conf_free(d->conf);
}

/* What an lcore does with a message, without its ports. */
void
show_box_turn(void)
{
	static uint64_t now_ms = 1000;

	for (unsigned i = 0; i < 2; i++) {
		struct cgn_lcore *lcore = show_box.rt.lcore[i];

		if (lcore->inbox != NULL &&
			cgn_worker_message(lcore->worker, lcore->inbox))
			lcore->inbox = NULL;
		cgn_worker_tick(lcore->worker, show_box.snap, now_ms);
		lcore->beat.tsc = rte_get_tsc_cycles();
	}
}

/* ---- traffic ---- */

static void
drain(struct cgn_worker *w, struct cgn_worker *other)
{
	for (uint32_t i = 0; i < w->out.n; i++) {
		struct rte_mbuf *m = w->out.pkt[i];

		if (w->out.kind[i] == CGN_OUT_HAND && other != NULL)
			cgn_pipeline_run(other, &m, 1, false);
		else
			rte_pktmbuf_free(m);
	}
	w->out.n = 0;
}

static void
receive(struct rte_mbuf *m)
{
	struct cgn_worker **w = show_box.worker;

	m->port = show_box.port->id;
	cgn_pipeline_run(w[0], &m, 1, true);
	drain(w[0], w[1]);
	drain(w[1], NULL);
}

static struct rte_mbuf *
make_packet(uint32_t source, uint16_t port, const struct rte_ipv6_hdr *outer)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(show_box.own_pool);
	struct rte_ether_hdr *eth = (void *)rte_pktmbuf_append(m, sizeof(*eth));
	struct rte_ipv6_hdr *ip6 = NULL;
	struct rte_ipv4_hdr *ip;
	struct rte_udp_hdr *udp;

	memset(eth, 2, sizeof(*eth));
	eth->dst_addr = show_box.port->mac;
	eth->ether_type =
		rte_cpu_to_be_16(outer ? RTE_ETHER_TYPE_IPV6 : RTE_ETHER_TYPE_IPV4);
	if (outer != NULL) {
		ip6 = (void *)rte_pktmbuf_append(m, sizeof(*ip6));
		*ip6 = *outer;
		ip6->payload_len = rte_cpu_to_be_16(sizeof(*ip) + sizeof(*udp));
	}
	ip = (void *)rte_pktmbuf_append(m, sizeof(*ip));
	udp = (void *)rte_pktmbuf_append(m, sizeof(*udp));
	*ip = (struct rte_ipv4_hdr){ .version_ihl = 0x45,
		.total_length = rte_cpu_to_be_16(sizeof(*ip) + sizeof(*udp)),
		.time_to_live = 64,
		.next_proto_id = 17,
		.src_addr = rte_cpu_to_be_32(source),
		.dst_addr = rte_cpu_to_be_32(RTE_IPV4(198u, 51, 100, 9)) };
	ip->hdr_checksum = rte_ipv4_cksum(ip);
	*udp = (struct rte_udp_hdr){ .src_port = rte_cpu_to_be_16(port),
		.dst_port = rte_cpu_to_be_16(53),
		.dgram_len = rte_cpu_to_be_16(sizeof(*udp)) };
	return m;
}

void
show_box_nat44(unsigned n, unsigned users)
{
	for (unsigned i = 0; i < n; i++) {
		unsigned user = i % users;

		receive(make_packet(RTE_IPV4(10, 0, user / 250, user % 250),
			(uint16_t)(2000 + i / users), NULL));
	}
}

void
show_box_ds_lite(unsigned n, unsigned users)
{
	struct rte_ipv6_hdr outer = {
		.vtc_flow = rte_cpu_to_be_32(6u << 28), .proto = 4, .hop_limits = 64
	};

	inet_pton(AF_INET6, "2001:db8::aaaa", outer.dst_addr);
	for (unsigned i = 0; i < n; i++) {
		char b4[64];

		snprintf(b4, sizeof(b4), "2001:db8:100:%x::1", i % users);
		inet_pton(AF_INET6, b4, outer.src_addr);
		receive(make_packet(RTE_IPV4(192u, 168, 1, 10),
			(uint16_t)(2000 + i / users), &outer));
	}
}

/* ---- commands ---- */

void
show_box_begin(struct cgn_cmd_ctx *ctx, const char *command)
{
	char copy[256], *save = NULL, *line;
	json_t *words = json_array(), *request;

	snprintf(copy, sizeof(copy), "%s", command);
	for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save))
		json_array_append_new(words, json_string(w));
	request = json_pack("{s:o}", "argv", words);
	line = json_dumps(request, JSON_COMPACT);
	memset(ctx, 0, sizeof(*ctx));
	cgn_cmd_begin(ctx, &cgn_show_handlers, &show_box, line, strlen(line));
	free(line);
	json_decref(request);
}

/* Adds the members of a page to the document: lists are joined. */
static void
merge(json_t *document, json_t *page)
{
	const char *key;
	json_t *value, *have;

	json_object_foreach(page, key, value)
	{
		have = json_object_get(document, key);
		if (json_is_array(have))
			json_array_extend(have, value);
		else
			json_object_set(document, key, value);
	}
}

/* A page that the handler wrote as text; it has to be JSON. */
static void
merge_text(json_t *document, struct cgn_cmd_ctx *ctx)
{
	char *text = NULL;
	json_t *page;

	if (asprintf(&text, "{\"%s\":[%.*s]}", ctx->call.def->result, (int)ctx->text_len,
		    ctx->text) < 0)
		abort();
	page = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(page);
	merge(document, page);
	json_decref(page);
	free(text);
	ctx->text = NULL;
}

json_t *
show_box_ask(const char *command)
{
	json_t *document = json_object();
	struct cgn_cmd_ctx ctx;
	enum cgn_cmd_step step;

	show_box_begin(&ctx, command);
	do {
		step = cgn_cmd_next(&ctx);
		if (ctx.text != NULL)
			merge_text(document, &ctx);
		if (ctx.page != NULL)
			merge(document, ctx.page);
		json_decref(ctx.page);
		ctx.page = NULL;
		if (step == CGN_CMD_AGAIN)
			show_box_turn();
	} while (step != CGN_CMD_DONE);
	show_box_exit = ctx.exit_code;
	memcpy(show_box_error, ctx.error, sizeof(show_box_error));
	cgn_cmd_finish(&ctx);
	if (show_box_exit == 0)
		return document;
	json_decref(document);
	return NULL;
}
