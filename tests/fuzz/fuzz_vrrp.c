/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Any bytes as a packet for the reader of VRRP advertisements: what it accepts, its
 * writer writes again as it was, from the message on. And what comes after the packet, as
 * facts and advertisements for the state machine, whose timers must stay within their
 * bounds: each four bytes say how much time passes, and what is heard or decided. */
#include <stdlib.h>
#include <string.h>

#include "ha/vrrp.h"
#include "ha/vrrp_wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__ubsan_default_options(void);

const char *
__ubsan_default_options(void)
{
	return "halt_on_error=1:print_stacktrace=1";
}

static void
read_and_write(const uint8_t *data, size_t size)
{
	uint8_t again[CGN_VRRP_WIRE_MAX];
	struct cgn_vrrp_advert a;
	size_t head, len;

	if (cgn_vrrp_wire_decode(data, size, &a) != CGN_VRRP_FINE || !a.vrid)
		return;
	head = a.family == 4 ? 20 : 40;
	len = head + 8 + a.n * (a.family == 4 ? 4u : 16u);
	if (cgn_vrrp_wire_encode(again, sizeof(again), &a) != (int)len)
		abort();
	/* not the reserved bits, and not the checksum over them and over padding */
	if (memcmp(again + head, data + head, 4) != 0 ||
		memcmp(again + head + 8, data + head + 8, len - head - 8) != 0)
		abort();
}

static void
check(const struct cgn_vrrp *v)
{
	if (v->priority == 0 || (v->state == CGN_VRRP_MASTER && v->held) ||
		v->down_us > 2 * 4 * 4095 * 10000ull ||
		cgn_vrrp_skew_us(v) > 4095 * 10000ull)
		abort();
}

static void
act(struct cgn_vrrp *v, struct cgn_vrrp_facts *f, const uint8_t *op)
{
	static const uint8_t own[16] = { [15] = 8 };
	uint8_t src[16] = { [15] = op[2] };
	struct cgn_vrrp_heard h = { .priority = op[2],
		.interval_cs = (uint16_t)(1 + op[3] * 16),
		.src = src,
		.own = own };

	f->now_us += op[1] * op[1] * 1000ull;
	h.now_us = f->now_us;
	switch (op[0] % 8) {
	case 0:
		f->port_up = op[2] & 1;
		f->alive = op[2] & 2;
		f->ready = op[2] & 4;
		f->listening = op[2] & 8;
		f->reduced = op[3];
		break;
	case 1:
		cgn_vrrp_yield(v, op[2] & 1);
		break;
	case 2:
		cgn_vrrp_stop(v);
		break;
	case 3:
	case 4:
		cgn_vrrp_hear(v, &h);
		break;
	default:
		cgn_vrrp_step(v, f);
	}
	check(v);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cgn_vrrp_facts f = { .port_up = true, .alive = true, .listening = true };
	struct cgn_vrrp_conf conf = { .preempt = true };
	struct cgn_vrrp v;

	read_and_write(data, size);
	if (size < 2)
		return 0;
	conf.priority = data[0] ? data[0] : 1;
	conf.interval_cs = (uint16_t)(1 + data[1] * 16);
	cgn_vrrp_init(&v, &conf);
	for (size_t i = 2; i + 4 <= size; i += 4)
		act(&v, &f, data + i);
	return 0;
}
