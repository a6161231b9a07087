/* SPDX-License-Identifier: BSD-3-Clause
 *
 * One service board with one location and one instance; an inside and an outside port,
 * behind each of which a router is the neighbour. The ports are names only: frames get
 * into the worker by hand. Life-cycle: create after the EAL, destroy; once per process.
 * Control and packets are on the same lcore. */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_errno.h>

#include "conf/conf.h"
#include "control/compile.h"
#include "dataplane/mark.h"
#include "dataplane/neigh.h"
#include "tests/bench/box.h"
#include "dataplane/trace.h"
#include "tests/bench/eal.h"

#define MBUFS	      8191
#define CARD	      2			    /* index of the line card's worker */
#define USERS_PER_64K (CGN_PORT_COUNT / 64) /* that fit in one address, a block each */

static const char head[] =
	"node: { name = \"bench\"; run_dir = \"%s\"; };\n"
	"dpdk: { lcores = \"%s\"; control_lcore = 0; %s\n"
	"        hugepages = %s; memory_mb = %" PRIu64 "; };\n"
	"ports: ( { name = \"inside\"; device = \"%s\"; mtu = 1600;\n"
	"           addresses = [ \"2001:db8:0:1::1/64\", \"192.0.2.1/24\" ]; },\n"
	"         { name = \"outside\"; device = \"%s\"; mtu = 1500;\n"
	"           addresses = [ \"198.51.100.1/24\" ]; } );\n"
	"routes: ( { prefix = \"2001:db8:100::/40\"; next_hop = \"2001:db8:0:1::2\"; },\n"
	"          { prefix = \"10.0.0.0/8\"; next_hop = \"192.0.2.2\"; },\n"
	"          { prefix = \"0.0.0.0/0\"; next_hop = \"198.51.100.254\"; } );\n"
	"boards: ( { slot = 1; cpus = ( { cpu = 0; lcore = 1; } ); }%s );\n"
	"service_locations: ( { id = 1; slot = 1; cpu = 0; %s } );\n"
	"service_instance_groups: ( { name = \"group1\";\n"
	"           service_locations = ( { id = 1; weight = 1; } ); } );\n"
	"address_groups: ( { name = \"pool1\"; id = 1;\n"
	"           addresses = [ \"203.0.0.1-203.0.%u.%u\" ]; } );\n";

static const char board2[] = ", { slot = 2; cpus = ( { cpu = 0; lcore = 2; } ); }";

static const char license[] =
	"{ slot = %u; sessions = %u; users = %u; nat44 = true; ds_lite = true; }";

static const char common[] =
	"  name = \"bench\"; id = 1; service_instance_group = \"group1\";\n"
	"  outbound: ( { acl = \"any\"; address_group = \"pool1\"; } );\n"
	"  port_range: { mode = \"dynamic\"; size = %u; };\n"
	"  limits: { create_rate = 1000000; };\n"
	"  accounting = %s;\n"
	"  timers: { profile = \"rfc\"; udp = 7200; };\n";

static const char logs[] = "  log: { hosts = [ \"collector\" ]; events = \"%s\"; };\n";

static const char log_host[] =
	"log_hosts: ( { name = \"collector\"; address = \"198.51.100.9\"; } );\n";

static const char ds_lite[] =
	"  local_ipv6 = \"2001:db8::aaaa\"; remote_ipv6 = [ \"2001:db8:100::/40\" ];\n"
	"  mtu = 1600;\n";

static const char nat44[] = "  inside: { ports = [ \"inside\" ]; };\n";

uint64_t
cgn_box_bytes(uint32_t sessions, enum cgn_bench_ha ha)
{
	uint64_t one = (uint64_t)sessions * 640 + (256ull << 20);

	return ha == CGN_BENCH_OFF ? one : 2 * one;
}

/* Where a box runs. */
struct place {
	const char *run_dir, *lcores, *line_cards, *device[CGN_DIRS];
	bool hugepages;
};

/* This process: the ports are names only, and nothing is reserved for them. */
static const struct place here = { "/run/cgnbench", "0@0,1@0,2@0,3@0",
	"io_lcores = [ 3 ];", { "net_null0", "net_null1" }, true };

/* The configuration as text, to be freed; NULL: out of memory. A session that is opened
 * on top needs a port, so users then get blocks of four times the size. */
static char *
write_conf(const struct cgn_bench_options *o, const struct place *place,
	const struct cgn_traffic *t, uint32_t extra, enum cgn_bench_ha ha)
{
	unsigned block = extra ? 256 : 64;
	uint32_t addresses = t->users / (CGN_PORT_COUNT / block) + 2;
	uint64_t mb = cgn_box_bytes(t->sessions + extra, ha) >> 20;
	bool backup = ha != CGN_BENCH_OFF;
	uint32_t sessions = RTE_MAX(t->sessions + extra, 1024u);
	uint32_t users = RTE_MAX(t->users, 16u);
	char *text = NULL;
	size_t length;
	FILE *f = open_memstream(&text, &length);

	if (!f)
		return NULL;
	fprintf(f, head, place->run_dir, place->lcores, place->line_cards,
		place->hugepages ? "true" : "false", mb, place->device[CGN_UP],
		place->device[CGN_DOWN], backup ? board2 : "",
		backup ? "backup: { slot = 2; cpu = 0; };" : "", addresses >> 8,
		addresses & 0xff);
	fputs("license: ( ", f);
	fprintf(f, license, 1, sessions, users);
	if (backup) {
		fputs(", ", f);
		fprintf(f, license, 2, sessions, users);
	}
	fprintf(f, " );\nha: { hot_backup = %s; };\n",
		ha == CGN_BENCH_HOT ? "true" : "false");
	fprintf(f, "%s: ( {\n",
		o->kind == CGN_DS_LITE ? "ds_lite_instances" : "nat_instances");
	fprintf(f, common, block, o->accounting ? "true" : "false");
	fputs(o->kind == CGN_DS_LITE ? ds_lite : nat44, f);
	if (o->logs != CGN_BENCH_QUIET)
		fprintf(f, logs, o->logs == CGN_BENCH_BLOCKS ? "blocks" : "all");
	fputs("} );\n", f);
	if (o->logs != CGN_BENCH_QUIET)
		fputs(log_host, f);
	return fclose(f) == 0 ? text : NULL;
}

static struct cgn_conf *
read_conf(const struct cgn_bench_options *o, const struct cgn_traffic *t, uint32_t extra,
	enum cgn_bench_ha ha)
{
	struct cgn_conf_errors errs = { 0 };
	struct cgn_conf *conf = NULL;
	char *text = write_conf(o, &here, t, extra, ha);

	if (text && cgn_conf_load_string(text, "cgnbench", &conf, &errs) != 0)
		cgn_conf_errors_print(&errs, stderr);
	cgn_conf_errors_fini(&errs);
	free(text);
	return conf;
}

int
cgn_box_print(const struct cgn_bench_options *o, FILE *out)
{
	struct cgn_traffic t = { .sessions = o->sessions[0],
		.users = (o->sessions[0] + CGN_BENCH_PORTS - 1) / CGN_BENCH_PORTS };
	const struct place there = { .run_dir = "/run/cgnbench",
		.lcores = o->ha[0] == CGN_BENCH_OFF ? "0@0,1@0" : "0@0,1@0,2@0",
		.line_cards = "idle = \"sleep\";",
		.device = { o->port[CGN_UP], o->port[CGN_DOWN] },
		.hugepages = cgn_eal_has(cgn_box_bytes(t.sessions, o->ha[0])) };
	char *text = write_conf(o, &there, &t, 0, o->ha[0]);

	if (!text)
		return -ENOMEM;
	fputs(text, out);
	free(text);
	return 0;
}

void
cgn_box_aftr(uint8_t addr[16])
{
	inet_pton(AF_INET6, "2001:db8::aaaa", addr);
}

static int
add_neighbour(const struct cgn_snapshot *snap, uint32_t iface, int family,
	const char *addr, const struct rte_ether_addr *mac)
{
	uint8_t raw[16], key[16];
	struct cgn_neigh *n;
	rte_be32_t addr4;

	inet_pton(family, addr, raw);
	memcpy(key, raw, sizeof(key));
	memcpy(&addr4, raw, sizeof(addr4));
	if (family == AF_INET)
		cgn_neigh_key4(key, addr4);
	n = cgn_neigh_add(snap->iface[iface].neigh, key);
	if (n)
		cgn_neigh_set(n, mac);
	return n ? 0 : -1;
}

static int
compile(struct cgn_box *b, const struct cgn_conf *conf, struct cgn_traffic *t)
{
	const struct cgn_compile_port port[2] = { { t->inside.device, t->inside.box },
		{ t->outside.device, t->outside.box } };
	const struct cgn_compile_host host = { .slot = 1,
		.standby = conf->n_cpus > 1 ? 1 : CGN_NONE16 };
	struct cgn_compile_inputs in = { .port = port, .host = &host };
	uint32_t inside, outside;

	b->compiler = cgn_compile_create();
	if (!b->compiler || cgn_compile(b->compiler, conf, &in, &b->snap) != 0)
		return -1;
	inside = cgn_compile_find_iface(b->compiler, "inside");
	outside = cgn_compile_find_iface(b->compiler, "outside");
	if (add_neighbour(
		    b->snap, inside, AF_INET6, "2001:db8:0:1::2", &t->inside.peer) ||
		add_neighbour(b->snap, inside, AF_INET, "192.0.2.2", &t->inside.peer) ||
		add_neighbour(
			b->snap, outside, AF_INET, "198.51.100.254", &t->outside.peer))
		return -1;
	return 0;
}

static struct cgn_worker *
make_worker(const struct cgn_box *b, const struct cgn_conf *conf, uint16_t index)
{
	struct cgn_worker_conf w = { .index = index,
		.slot = (uint16_t)(index + 1),
		.cpu = 0,
		.sessions = conf->cpus[index]->sessions,
		.users = conf->cpus[index]->users,
		.seed = 0x5eed5eed5eedull,
		.socket = -1,
		.pool = b->pool };

	return cgn_worker_create(&w);
}

/* A worker without tables, and the ring from it to the board's CPU. */
static int
make_card(struct cgn_box *b)
{
	struct cgn_worker_conf w = {
		.index = CARD, .seed = 0x5eed5eed5eedull, .socket = -1, .pool = b->pool
	};

	b->card = cgn_worker_create(&w);
	b->mesh = cgn_mesh_create(CARD + 1, 1024, -1);
	return b->card && b->mesh ? 0 : -1;
}

static int
make_workers(struct cgn_box *b, const struct cgn_conf *conf, bool card)
{
	b->pool = rte_pktmbuf_pool_create_by_ops("bench", MBUFS, 512, CGN_MARK_SIZE,
		RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY, "lf_stack");
	if (!b->pool)
		return -1;
	if (conf->n_cpus > 1 && !(b->standby = make_worker(b, conf, 1)))
		return -1;
	if (card && make_card(b) != 0)
		return -1;
	b->resident = cgn_eal_resident();
	b->allocated = cgn_eal_allocated();
	b->worker = make_worker(b, conf, 0);
	return b->worker ? 0 : -1;
}

/* Of an address that is no user's. */
static int
start_trace(struct cgn_box *b)
{
	const struct cgn_trace_filter f = { .flow = { .instance = CGN_NONE,
						    .location = CGN_NONE,
						    .inside = RTE_BE32(1),
						    .inside_mask = UINT32_MAX } };

	b->trace = cgn_trace_create(&f);
	if (!b->trace)
		return -1;
	cgn_trace_start(b->worker, 0, b->trace);
	return 0;
}

int
cgn_box_create(struct cgn_box *b, const struct cgn_bench_options *o,
	struct cgn_traffic *t, uint32_t extra, enum cgn_bench_ha ha)
{
	struct cgn_conf *conf = read_conf(o, t, extra, ha);
	int rc = -1;

	*b = (struct cgn_box){ 0 };
	t->inside = (struct cgn_side){ 0, { { 2, 0, 0, 0, 0, 1 } },
		{ { 2, 0, 0, 0, 1, 1 } } };
	t->outside = (struct cgn_side){ 1, { { 2, 0, 0, 0, 0, 2 } },
		{ { 2, 0, 0, 0, 1, 2 } } };
	cgn_box_aftr(t->aftr);
	if (conf && (rc = compile(b, conf, t)) == 0)
		rc = make_workers(b, conf, o->handover > 0);
	if (rc == 0 && o->trace)
		rc = start_trace(b);
	cgn_conf_free(conf);
	if (rc != 0) {
		fprintf(stderr, "cgnbench: no box for %u sessions: %s\n", t->sessions,
			rte_strerror(rte_errno));
		cgn_box_destroy(b);
	}
	return rc;
}

void
cgn_box_destroy(struct cgn_box *b)
{
	cgn_worker_destroy(b->worker);
	cgn_trace_destroy(b->trace);
	cgn_worker_destroy(b->standby);
	cgn_worker_destroy(b->card);
	cgn_mesh_destroy(b->mesh);
	cgn_snapshot_free(b->snap);
	if (b->compiler)
		cgn_compile_destroy(b->compiler);
	rte_mempool_free(b->pool);
	*b = (struct cgn_box){ 0 };
}
