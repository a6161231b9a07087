/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/ha/pair.h"

#include <stdlib.h>
#include <string.h>

#include <rte_ring_elem.h>

struct pair pair;

#define BOX                                                                              \
	"node: { name = \"box\"; run_dir = \"/tmp\"; };"                                 \
	"ports: ( { name = \"inside\"; device = \"net_null0\"; mtu = 1600;"              \
	"  addresses = [ \"2001:db8:0:1::1/64\", \"10.0.0.1/24\" ]; },"                  \
	" { name = \"outside\"; device = \"net_null1\"; mtu = 1500;"                     \
	"  addresses = [ \"198.51.100.1/24\" ]; } );"                                    \
	"routes: ( { prefix = \"2001:db8:100::/40\"; next_hop = \"2001:db8:0:1::2\"; }," \
	" { prefix = \"10.1.0.0/16\"; next_hop = \"10.0.0.2\"; },"                       \
	" { prefix = \"0.0.0.0/0\"; next_hop = \"198.51.100.254\"; } );"                 \
	"dpdk: { lcores = \"0@0,1@1,2@1,3@1\"; control_lcore = 0; hugepages = false; };" \
	"boards: ( { slot = 1; cpus = ( { cpu = 0; lcore = 1; } ); },"                   \
	" { slot = 2; cpus = ( { cpu = 0; lcore = 2; } ); },"                            \
	" { slot = 3; cpus = ( { cpu = 0; lcore = 3; } ); } );"                          \
	"address_groups: ( { name = \"pool1\"; id = 1;"                                  \
	" addresses = [ \"203.0.113.0/29\" ]; } );"

#define LICENSE "{ slot = %u; sessions = %u; users = 256; nat44 = true; ds_lite = true; }"

#define INSTANCE                                                                         \
	"name = \"i1\"; id = 4711; service_instance_group = \"group1\";"                 \
	" outbound: ( { acl = \"any\"; address_group = \"pool1\"; } );"                  \
	" port_range: { mode = \"dynamic\"; size = 64; };"                               \
	" timers: { udp = 100; icmp = 60; tcp_transitory = 40; tcp_established = 200; "  \
	"};"

static char *
write_conf(const struct pair_options *o)
{
	unsigned few = o->standby_sessions ? o->standby_sessions : 8192;
	bool two = strchr(o->locations, '7') != NULL && strstr(o->locations, "id = 3");
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fputs(BOX, f);
	fprintf(f, "license: ( " LICENSE ", " LICENSE ", " LICENSE " );", 1, 8192, 2,
		strstr(o->locations, "slot = 3") ? 8192 : few, 3, few);
	fprintf(f, "service_locations: ( %s );", o->locations);
	fprintf(f,
		"service_instance_groups: ( { name = \"group1\"; service_locations = "
		"( { id = 7; weight = 1; }%s ); } );",
		two ? ", { id = 3; weight = 1; }" : "");
	fprintf(f, "ha: { %s };", o->ha);
	fprintf(f, o->ds_lite
			   ? "ds_lite_instances: ( { local_ipv6 = \"2001:db8::aaaa\";"
			     " remote_ipv6 = [ \"2001:db8:100::/40\" ];"
			   : "nat_instances: ( { inside: { ports = [ \"inside\" ]; };");
	fprintf(f, "%s %s } );", INSTANCE, o->instance ? o->instance : "");
	fclose(f);
	return text;
}

static void
sent(void *arg, const char *port, const uint8_t *frame, uint16_t len)
{
	struct pair *p = arg;

	p->n_sent++;
	p->port_sent = strcmp(port, "outside") == 0;
	p->len = (uint16_t)RTE_MIN(len, sizeof(p->frame));
	memcpy(p->frame, frame, p->len);
}

static void
neighbour(const char *iface, const char *addr)
{
	static const struct rte_ether_addr mac = { { 2, 0, 0, 0, 0, 0x99 } };

	CU_ASSERT_TRUE_FATAL(cgn_box_neighbour(&pair.box, iface, addr, &mac));
}

void
pair_open(const struct pair_options *o)
{
	char *text = write_conf(o);
	const struct cgn_conf *conf;

	memset(&pair, 0, sizeof(pair));
	pair.box.sent = sent;
	pair.box.arg = &pair;
	CU_ASSERT_EQUAL_FATAL(cgn_box_open(&pair.box, NULL, text, 42,
				      o->start_ms ? o->start_ms : 1000, stderr),
		0);
	free(text);
	neighbour("inside", "2001:db8:0:1::2");
	neighbour("inside", "10.0.0.2");
	neighbour("outside", "198.51.100.254");
	conf = pair.box.conf;
	for (uint32_t k = 0; k < conf->n_locations; k++) {
		const struct cgn_location *l = &pair.box.snap->location[pair_location(k)];

		pair.host[k] = (struct cgn_compile_host){
			.worker = l->worker, .slot = l->slot, .standby = l->standby
		};
	}
	pair.box.step_ms = 20;
	pair_settle();
}

void
pair_close(void)
{
	for (unsigned k = 0; k < pair.box.n_workers; k++)
		CU_ASSERT((pair.box.parked >> k & 1) || cgn_sound(&pair.box, k));
	CU_ASSERT_EQUAL(cgn_box_close(&pair.box), 0);
}

void
pair_run(unsigned seconds)
{
	cgn_box_advance(&pair.box, pair.box.now_ms + seconds * 1000ull);
}

unsigned
pair_lossy(unsigned n)
{
	uint8_t rec[64][CGN_SYNCREC_BYTES];
	uint64_t standby = 1ull << pair.host[0].standby;
	unsigned have, lost = 0;

	pair.box.parked |= standby;
	cgn_box_advance(&pair.box, pair.box.now_ms + 20);
	pair.box.parked &= ~standby;
	have = rte_ring_sc_dequeue_burst_elem(
		pair_ring(0), rec, CGN_SYNCREC_BYTES, 64, NULL);
	for (unsigned k = 0; k < have; k++)
		if (n && k % n == 0)
			lost++;
		else
			rte_ring_sp_enqueue_elem(pair_ring(0), rec[k], CGN_SYNCREC_BYTES);
	cgn_box_advance(&pair.box, pair.box.now_ms);
	return lost;
}

void
pair_settle(void)
{
	pair_run(9);
}

void
pair_move(void)
{
	cgn_box_rehost(&pair.box, pair.host);
}

void
pair_swap(unsigned n)
{
	uint16_t worker = pair.host[n].worker;

	pair.host[n].worker = pair.host[n].standby;
	pair.host[n].standby = worker;
	pair_move();
}

unsigned
pair_fail(unsigned n)
{
	unsigned dead = pair.host[n].worker;

	cgn_box_park(&pair.box, dead);
	for (uint32_t k = 0; k < pair.box.conf->n_locations; k++) {
		struct cgn_compile_host *h = &pair.host[k];

		if (h->worker == dead) {
			h->worker = h->standby;
			h->slot = (uint16_t)(h->worker + 1);
			h->standby = CGN_NONE16;
		} else if (h->standby == dead) {
			h->standby = CGN_NONE16;
		}
	}
	pair_move();
	return dead;
}

void
pair_back(unsigned n, unsigned worker)
{
	if (pair.box.parked >> worker & 1)
		cgn_box_restart(&pair.box, worker);
	pair.host[n].standby = (uint16_t)worker;
	pair_move();
}

/* ---- packets ---- */

static unsigned
poller(void)
{
	return (unsigned)__builtin_ctzll(~pair.box.parked);
}

bool
pair_exchange(int port, const struct cgn_model_packet *in, struct cgn_model_packet *out)
{
	uint8_t frame[256];
	uint16_t len = cgn_model_build(frame, port, in);
	struct rte_mbuf *m = cgn_box_frame(&pair.box, port, frame, len);

	pair.n_sent = 0;
	cgn_box_receive(&pair.box, poller(), &m, 1);
	return pair.n_sent == 1 && pair.port_sent == !port &&
	       cgn_model_read(pair.frame, pair.len, out);
}

static bool
tunnels(void)
{
	return pair.box.conf->instances[0].kind == CGN_CONF_DS_LITE;
}

uint32_t
pair_inside(int user)
{
	return tunnels() ? 0xc0a8010a : 0x0a010001 + (uint32_t)user;
}

uint16_t
pair_up(int user, uint8_t proto, uint16_t sport, uint8_t remote, uint8_t flags,
	uint32_t *addr)
{
	struct cgn_model_packet in = { .b4 = tunnels() ? user : -1,
		.proto = proto,
		.src = pair_inside(user),
		.dst = 0xc0000200 + remote,
		.sport = sport,
		.dport = proto == 1 ? sport : 80,
		.tcp_flags = flags },
				out;

	if (!pair_exchange(0, &in, &out))
		return 0;
	*addr = out.src;
	return out.sport;
}

bool
pair_down(int user, uint8_t proto, uint16_t sport, uint8_t remote, uint8_t flags,
	uint32_t addr, uint16_t port)
{
	struct cgn_model_packet in = { .b4 = -1,
		.proto = proto,
		.src = 0xc0000200 + remote,
		.dst = addr,
		.sport = proto == 1 ? port : 80,
		.dport = port,
		.reply = proto == 1,
		.tcp_flags = flags },
				out;

	return pair_exchange(1, &in, &out) && out.b4 == (tunnels() ? user : -1) &&
	       out.dst == pair_inside(user) && out.dport == sport;
}

uint16_t
pair_connect(int user, uint16_t sport, uint8_t remote, uint32_t *addr)
{
	uint16_t port = pair_up(user, 6, sport, remote, MODEL_SYN, addr);

	CU_ASSERT_TRUE(
		pair_down(user, 6, sport, remote, MODEL_SYN | MODEL_ACK, *addr, port));
	CU_ASSERT_EQUAL(pair_up(user, 6, sport, remote, MODEL_ACK, addr), port);
	return port;
}

/* ---- places ---- */

uint16_t
pair_location(unsigned n)
{
	return (uint16_t)cgn_compile_find_location(
		pair.box.compiler, (uint16_t)pair.box.conf->locations[n].id);
}

struct cgn_worker *
pair_host(unsigned n)
{
	return pair.box.worker[pair.host[n].worker];
}

struct cgn_worker *
pair_standby(unsigned n)
{
	return pair.box.worker[pair.host[n].standby];
}

struct cgn_sync_location *
pair_sync(const struct cgn_worker *w, unsigned n)
{
	return &w->sync->location[pair_location(n)];
}

struct rte_ring *
pair_ring(unsigned n)
{
	return pair.box.snap->link[pair.host[n].worker][pair.host[n].standby];
}
