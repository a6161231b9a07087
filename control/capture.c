/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The command `capture`: frames of a port, as blocks of pcapng, until the client has
 * enough. cgnctl writes them to the file, with the rights of whoever called it.
 *
 * The filter comes as a program (as `tcpdump -ddd` prints it, with commas for ends of
 * lines), not as an expression: cgnctl has compiled it. To read expressions can take
 * long, for they may hold names of hosts, and is nothing that a daemon with privileges
 * should do with what it is sent; to check a program is quick.
 *
 * Frames are taken from the spools of the capture (dataplane/capture.h) when the client
 * has read those before: a slow client fills them, and what finds no room is counted.
 * Frames younger than HOLD_US wait, so that those of several queues come in order.
 *
 * CAPTURES at a time. Control lcore. */
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>

#include <rte_cycles.h>
#include <rte_ethdev.h>

#include "control/pcapng.h"
#include "control/show.h"
#include "dataplane/capture.h"

#define CAPTURES    8
#define BLOCKS	    (160u << 10) /* bytes of a page, before they become text */
#define SNAPLEN	    65535u
#define INSNS	    2000u
#define HOLD_US	    2000
#define SECONDS_MAX 1000000000ull

struct capture {
	struct cgn_capture *c;
	const struct cgn_port *port;
	bool running;
	bool told; /* all but the totals */
	uint64_t want, n, bytes;
	uint64_t end_ms;	   /* UINT64_MAX: when the client has enough */
	uint64_t begin_ns, end_ns; /* wall clock */
	uint32_t snaplen;
	size_t len; /* of blocks */
	uint8_t *blocks;
	char *text; /* the same in quotes, base64 */
};

static unsigned captures; /* in progress */

/* ---- start and end ---- */

static void
stop(struct capture *c, struct cgn_daemon *d)
{
	if (!c->running)
		return;
	cgn_capture_stop(c->c);
	if (!d->rt.stop) /* else all lcores have left, and none will answer */
		cgn_daemon_quiesce(d);
	c->running = false;
}

static void
release(struct cgn_cmd_ctx *ctx)
{
	struct capture *c = ctx->state;

	stop(c, ctx->app);
	cgn_capture_destroy(c->c);
	free(c->blocks);
	free(c->text);
	free(c);
	captures--;
}

unsigned
cgn_capture_count(void)
{
	return captures;
}

/* "N,CODE JT JF K,…" */
static int
read_program(const char *text, struct bpf_insn *insn, unsigned *n)
{
	unsigned wanted, code, jt, jf, k;
	int used = 0;

	*n = 0;
	if (sscanf(text, "%4u%n", &wanted, &used) != 1 || wanted > INSNS)
		return -EINVAL;
	for (text += used; *n < wanted; text += used) {
		if (sscanf(text, ",%5u %3u %3u %10u%n", &code, &jt, &jf, &k, &used) !=
				4 ||
			code > UINT16_MAX || jt > UINT8_MAX || jf > UINT8_MAX)
			return -EINVAL;
		insn[(*n)++] =
			(struct bpf_insn){ (uint16_t)code, (uint8_t)jt, (uint8_t)jf, k };
	}
	return *text == '\0' && cgn_capture_check(insn, *n) ? 0 : -EINVAL;
}

static int
read_filter(struct cgn_cmd_ctx *ctx, struct bpf_insn *insn, unsigned *n)
{
	const struct cgn_cmd_value *filter = cgn_cmd_grammar_filter(&ctx->call, "filter");

	*n = 0;
	if (!filter || read_program(filter->text, insn, n) == 0)
		return 0;
	return cgn_cmd_refuse(ctx,
		"filter: expected a program as of tcpdump -ddd, with a comma for the end "
		"of a line");
}

static int
find_port(struct cgn_cmd_ctx *ctx, const struct cgn_port **port)
{
	const struct cgn_daemon *d = ctx->app;
	uint16_t i = cgn_daemon_port(d, ctx->call.arg);

	*port = &d->port[i];
	if (i < d->n_ports && (*port)->id < RTE_MAX_ETHPORTS)
		return 0;
	for (unsigned k = 0; k < d->snap->n_ifaces; k++)
		if (strcmp(d->snap->iface[k].name, ctx->call.arg) == 0)
			return cgn_cmd_refuse(ctx,
				"%s is a VLAN: capture %s filter=\"vlan %u\"",
				ctx->call.arg, d->snap->port[d->snap->iface[k].port].name,
				d->snap->iface[k].vlan);
	return cgn_cmd_refuse(ctx, "no port %s", ctx->call.arg);
}

static uint64_t
number_of(const struct cgn_cmd_ctx *ctx, const char *key, uint64_t none)
{
	const struct cgn_cmd_value *v = cgn_cmd_grammar_filter(&ctx->call, key);

	return v ? v->number : none;
}

static int
start(struct cgn_cmd_ctx *ctx, struct capture *c, const struct cgn_capture_conf *conf)
{
	uint64_t direction = number_of(ctx, "direction", 2);
	int rc;

	c->blocks = malloc(BLOCKS);
	c->text = malloc(
		2 + sodium_base64_ENCODED_LEN(BLOCKS, sodium_base64_VARIANT_ORIGINAL));
	c->c = cgn_capture_create(c->port, conf);
	if (!c->blocks || !c->text || !c->c)
		return -ENOMEM;
	c->running = true;
	rc = cgn_capture_start(c->c, c->port, direction != 1, direction != 0);
	if (rc == -ENOTSUP)
		return cgn_cmd_refuse(
			ctx, "port %s: its driver lets nobody look", c->port->name);
	return rc;
}

/* ---- frames ---- */

static uint64_t
now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* The clock is read anew for each page: the time stamp counter says only how long ago. */
static uint64_t
wall_ns(uint64_t tsc, uint64_t now_tsc, uint64_t now)
{
	return now - (uint64_t)((double)(int64_t)(now_tsc - tsc) * 1e9 /
				(double)rte_get_tsc_hz());
}

static void
begin_file(struct capture *c, const struct cgn_daemon *d)
{
	struct rte_eth_link link = { .link_speed = RTE_ETH_SPEED_NUM_UNKNOWN };
	struct cgn_pcapng_info info = { .program = "Softboard " CGN_VERSION,
		.comment = d->conf->node.name,
		.port = c->port->name,
		.device = c->port->device,
		.snaplen = c->snaplen };

	rte_eth_link_get_nowait(c->port->id, &link);
	if (link.link_speed != RTE_ETH_SPEED_NUM_UNKNOWN)
		info.bits_per_second = link.link_speed * 1000000ull;
	memcpy(info.mac, c->port->mac.addr_bytes, sizeof(info.mac));
	c->len = cgn_pcapng_begin(c->blocks, BLOCKS, &info);
	c->begin_ns = now_ns();
}

static void
take(struct capture *c, const struct cgn_capture_record *r, uint32_t bytes, uint64_t ns)
{
	struct cgn_pcapng_frame f = { .ns = ns,
		.data = r->data,
		.bytes = bytes,
		.len = r->len,
		.out = r->out,
		.queue = r->queue };

	c->len += cgn_pcapng_frame(c->blocks + c->len, BLOCKS - c->len, &f);
	c->n++;
	c->bytes += r->len;
}

/* As many frames as a page holds. */
static void
drain(struct capture *c)
{
	uint64_t now_tsc = rte_get_tsc_cycles(), now = now_ns(), until = now_tsc;
	uint32_t bytes;

	if (c->running)
		until -= HOLD_US * rte_get_tsc_hz() / 1000000;
	while (c->n < c->want && BLOCKS - c->len > c->snaplen + CGN_PCAPNG_FRAME) {
		const struct cgn_capture_record *r =
			cgn_capture_peek(c->c, until, &bytes);

		if (!r)
			return;
		take(c, r, bytes, wall_ns(r->tsc, now_tsc, now));
		cgn_capture_release(c->c);
	}
}

/* ---- answering ---- */

static int
reply_blocks(struct cgn_cmd_ctx *ctx, struct capture *c)
{
	size_t size = sodium_base64_ENCODED_LEN(c->len, sodium_base64_VARIANT_ORIGINAL);

	c->text[0] = '"';
	sodium_bin2base64(
		c->text + 1, size, c->blocks, c->len, sodium_base64_VARIANT_ORIGINAL);
	c->text[size] = '"'; /* in the place of the final zero */
	cgn_cmd_reply_text(ctx, c->text, size + 1);
	c->len = 0;
	return CGN_CMD_MORE;
}

static int
reply_end(struct cgn_cmd_ctx *ctx, const struct capture *c)
{
	cgn_cmd_reply(
		ctx, json_pack("{s:s,s:I,s:I,s:I,s:f}", "port", c->port->name, "frames",
			     (json_int_t)c->n, "bytes", (json_int_t)c->bytes, "lost",
			     (json_int_t)cgn_capture_lost(c->c), "seconds",
			     (double)(c->end_ns - c->begin_ns) / 1e9));
	return CGN_CMD_DONE;
}

static int
next_page(struct cgn_cmd_ctx *ctx)
{
	struct capture *c = ctx->state;
	struct cgn_daemon *d = ctx->app;

	if (ctx->stop || d->now_ms >= c->end_ms || c->n == c->want)
		stop(c, d);
	drain(c);
	if (c->len)
		return reply_blocks(ctx, c);
	if (c->running)
		return CGN_CMD_LATER;
	if (c->told)
		return reply_end(ctx, c);
	c->told = true;
	c->end_ns = now_ns();
	c->len = cgn_pcapng_end(c->blocks, BLOCKS, c->begin_ns, c->end_ns,
		cgn_capture_seen(c->c), cgn_capture_lost(c->c));
	return reply_blocks(ctx, c);
}

int
cgn_capture_command(struct cgn_cmd_ctx *ctx)
{
	struct cgn_daemon *d = ctx->app;
	struct bpf_insn insn[INSNS];
	struct cgn_capture_conf conf = { .insn = insn };
	uint64_t seconds = number_of(ctx, "seconds", 0);
	const struct cgn_port *port;
	struct capture *c;
	int rc = find_port(ctx, &port);

	if (rc == 0)
		rc = read_filter(ctx, insn, &conf.n_insns);
	if (rc)
		return rc;
	if (captures == CAPTURES)
		return cgn_cmd_refuse(ctx, "%u captures are running", CAPTURES);
	c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	captures++;
	ctx->state = c;
	ctx->release = release;
	ctx->next = next_page;
	c->port = port;
	c->want = number_of(ctx, "count", UINT64_MAX);
	c->end_ms =
		seconds ? d->now_ms + RTE_MIN(seconds, SECONDS_MAX) * 1000 : UINT64_MAX;
	c->snaplen = conf.snaplen =
		(uint32_t)RTE_MIN(number_of(ctx, "snaplen", SNAPLEN), SNAPLEN);
	rc = start(ctx, c, &conf);
	if (rc == 0)
		begin_file(c, d);
	return rc;
}
