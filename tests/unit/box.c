/* SPDX-License-Identifier: BSD-3-Clause */
#include "box.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/neigh.h"

#define CONF(more_routes)                                                                \
	"node: { name = \"t\"; };\n"                                                     \
	"dpdk: { lcores = \"0@0,1@0\"; control_lcore = 0; hugepages = false; };\n"       \
	"boards: ( { slot = 1; cpus = ( { cpu = 0; lcore = 1; } ); } );\n"               \
	"license: ( { slot = 1; sessions = 65536; users = 4096; nat44 = true;\n"         \
	"    ds_lite = true; nat64 = false; } );\n"                                      \
	"service_locations: ( { id = 1; slot = 1; cpu = 0; } );\n"                       \
	"service_instance_groups: ( { name = \"g\"; service_locations = (\n"             \
	"    { id = 1; weight = 1; } ); } );\n"                                          \
	"ports: ( { name = \"inside\"; device = \"net_null0\";\n"                        \
	"    addresses = [ \"10.0.0.1/24\", \"2001:db8:0:1::1/64\" ]; },\n"              \
	"  { name = \"outside\"; device = \"net_null1\";\n"                              \
	"    addresses = [ \"198.51.100.1/24\" ]; },\n"                                  \
	"  { name = \"red\"; parent = \"inside\"; vlan = 100; vpn = \"red\";\n"          \
	"    addresses = [ \"10.1.0.1/24\", \"2001:db8:0:9::1/64\" ]; } );\n"            \
	"routes: ( { prefix = \"0.0.0.0/0\"; next_hop = \"198.51.100.254\"; },\n"        \
	"  { prefix = \"2001:db8:100::/40\"; next_hop = \"2001:db8:0:1::2\"; "           \
	"}" more_routes " );\n"                                                          \
	"vrrp: ( { port = \"inside\"; vrid = 10;\n"                                      \
	"    addresses = [ \"10.0.0.254\", \"fe80::fe\" ]; } );\n"                       \
	"address_groups: ( { name = \"p\"; id = 1;\n"                                    \
	"    addresses = [ \"198.51.100.64/29\" ]; } );\n"                               \
	"ds_lite_instances: (\n"                                                         \
	"  { name = \"far\"; id = 1; service_instance_group = \"g\";\n"                  \
	"    local_ipv6 = \"2001:db8::aaaa\"; remote_ipv6 = [ \"2001:db8:100::/40\" "    \
	"];\n"                                                                           \
	"    outbound: ( { acl = \"any\"; address_group = \"p\"; } ); },\n"              \
	"  { name = \"near\"; id = 2; service_instance_group = \"g\";\n"                 \
	"    local_ipv6 = \"2001:db8:0:1::aaaa\";\n"                                     \
	"    remote_ipv6 = [ \"2001:db8:100::/40\" ];\n"                                 \
	"    outbound: ( { acl = \"any\"; address_group = \"p\"; } ); } );\n"

struct box box;

static const struct cgn_compile_port ports[] = {
	{ .device = 0, .mac = { { 2, 0, 0, 0, 0, 0xa } } },
	{ .device = 1, .mac = { { 2, 0, 0, 0, 0, 0xb } } },
	{ .device = 0 },
};
static const struct cgn_compile_host hosts[] = { { 0, 1, 0, CGN_NONE16 } };

static void
keep(struct rte_mbuf *m, uint16_t to, bool handed)
{
	CU_ASSERT_FATAL(box.n < BOX_KEPT);
	box.sent[box.n].m = m;
	box.sent[box.n].to = to;
	box.sent[box.n++].handed = handed;
}

static void
emit(void *ctx, struct rte_mbuf *m, uint16_t port)
{
	CU_ASSERT_PTR_EQUAL(ctx, &box);
	keep(m, port, false);
}

static void
hand(void *ctx, struct rte_mbuf *m, uint16_t worker)
{
	CU_ASSERT_PTR_EQUAL(ctx, &box);
	keep(m, worker, true);
}

static const struct cgn_snapshot *
compile(const char *text)
{
	const struct cgn_compile_inputs in = { .port = ports, .host = hosts };
	const struct cgn_snapshot *snap = NULL;
	struct cgn_conf_errors errors;
	struct cgn_conf *conf = NULL;

	cgn_conf_errors_init(&errors);
	if (cgn_conf_load_string(text, "test", &conf, &errors) < 0)
		cgn_conf_errors_print(&errors, stderr);
	cgn_conf_errors_fini(&errors);
	CU_ASSERT_PTR_NOT_NULL_FATAL(conf);
	CU_ASSERT_EQUAL_FATAL(cgn_compile(box.compiler, conf, &in, &snap), 0);
	cgn_conf_free(conf);
	return snap;
}

const struct cgn_snapshot *
box_recompile(void)
{
	box.snap = compile(
		CONF(", { prefix = \"192.0.2.0/24\"; next_hop = \"10.0.0.9\"; }"));
	return box.snap;
}

void
box_init(void)
{
	static unsigned count;
	char name[32];

	memset(&box, 0, sizeof(box));
	snprintf(name, sizeof(name), "box%u", count++);
	box.wire = (struct cgn_wire){
		.emit = emit, .hand = hand, .ctx = &box, .stats = &box.stats
	};
	box.wire.pool = rte_pktmbuf_pool_create(
		name, 2047, 0, CGN_MARK_SIZE, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	CU_ASSERT_PTR_NOT_NULL_FATAL(box.wire.pool);
	box.compiler = cgn_compile_create();
	CU_ASSERT_PTR_NOT_NULL_FATAL(box.compiler);
	box.snap = compile(CONF(""));
}

void
box_clear(void)
{
	for (unsigned i = 0; i < box.n; i++)
		rte_pktmbuf_free(box.sent[i].m);
	box.n = 0;
}

void
box_fini(void)
{
	box_clear();
	cgn_snapshot_free(box.snap);
	cgn_compile_destroy(box.compiler);
	CU_ASSERT_EQUAL(rte_mempool_in_use_count(box.wire.pool), 0);
	rte_mempool_free(box.wire.pool);
}

uint16_t
box_iface(const char *name)
{
	return (uint16_t)cgn_compile_find_iface(box.compiler, name);
}

static unsigned
parse_hex(const char *hex, uint8_t *out)
{
	unsigned n = 0;

	for (; *hex != '\0'; hex++) {
		char pair[3] = { hex[0], hex[1], '\0' };

		if (isspace((unsigned char)hex[0]))
			continue;
		CU_ASSERT_FATAL(isxdigit((unsigned char)hex[0]) &&
				isxdigit((unsigned char)hex[1]));
		out[n++] = (uint8_t)strtoul(pair, NULL, 16);
		hex++;
	}
	return n;
}

struct rte_mbuf *
box_packet(const char *hex)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(box.wire.pool);
	uint8_t bytes[2048];
	unsigned n = parse_hex(hex, bytes);

	CU_ASSERT_PTR_NOT_NULL_FATAL(m);
	memcpy(rte_pktmbuf_append(m, (uint16_t)n), bytes, n);
	return m;
}

void
box_expect(unsigned i, uint16_t port, const char *hex)
{
	uint8_t bytes[2048];
	unsigned n = parse_hex(hex, bytes);

	CU_ASSERT_FATAL(i < box.n);
	CU_ASSERT_FALSE(box.sent[i].handed);
	CU_ASSERT_EQUAL(box.sent[i].to, port);
	CU_ASSERT_EQUAL(rte_pktmbuf_data_len(box.sent[i].m), n);
	if (rte_pktmbuf_data_len(box.sent[i].m) == n &&
		memcmp(rte_pktmbuf_mtod(box.sent[i].m, void *), bytes, n) == 0)
		return;
	CU_FAIL("another frame was expected");
	rte_pktmbuf_dump(stderr, box.sent[i].m, box.sent[i].m->data_len);
}

const uint8_t *
box_key(const char *text)
{
	static uint8_t keys[4][16];
	static unsigned turn;
	uint8_t *key = keys[turn++ % 4];
	rte_be32_t addr;

	if (inet_pton(AF_INET, text, &addr) == 1)
		cgn_neigh_key4(key, addr);
	else
		CU_ASSERT_EQUAL(inet_pton(AF_INET6, text, key), 1);
	return key;
}
