/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Any bytes for a channel that is up: as datagrams, in front of the authentication, and
 * as the sections of a genuine greeting or of data, behind it. An input is a list of
 * kind, two bytes of length, and so many bytes; between them time passes. Whatever comes,
 * the channel goes on: the peer is heard, and what is delivered is what the stream
 * said. */
#include <stdlib.h>
#include <string.h>

#include "ha/channel_int.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__ubsan_default_options(void);

const char *
__ubsan_default_options(void)
{
	return "halt_on_error=1:print_stacktrace=1";
}

enum { DATAGRAM, GREETING, GREETING_WITH_HELLO, DATA, KINDS };

static struct cgn_channel *end[2];
static uint64_t now_us;
static struct cgn_wire_hello heard;

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	if (cgn_seal_init() != 0)
		abort();
	return 0;
}

static void
carry(void *ctx, const void *datagram, size_t len)
{
	struct cgn_channel **to = ctx;

	if (*to)
		cgn_channel_input(*to, datagram, len, now_us);
}

static bool
deliver(void *ctx, uint16_t location, const uint8_t record[CGN_SYNCREC_BYTES])
{
	(void)ctx;
	if (location == 0 || (record[2] << 8 | record[3]) != location)
		abort();
	return now_us / 1000 % 3; /* now and then there is no room */
}

static void
open_pair(void)
{
	static const struct cgn_channel_location say = { .role = 1, .priority = 1 };
	static const struct cgn_channel_print print = { CGN_CHANNEL_PRINT_POOL, "p", 1 };

	now_us = 1000000;
	for (unsigned k = 0; k < 2; k++) {
		struct cgn_channel_conf conf = { .keys = 1,
			.boot = k + 1,
			.node = "node",
			.ctx = &end[!k],
			.send = carry,
			.deliver = deliver };

		cgn_seal_key_init(
			&conf.key[0], (const uint8_t *)"the key of both ends, 32 bytes!");
		end[k] = cgn_channel_create(&conf);
		if (!end[k])
			abort();
		cgn_channel_say(end[k], 7, &say);
		cgn_channel_print(end[k], &print, 1);
	}
	for (unsigned k = 0; k < 200; k++, now_us += 1000) {
		cgn_channel_turn(end[0], now_us);
		cgn_channel_turn(end[1], now_us);
	}
	if (cgn_channel_state(end[0]) != CGN_CHANNEL_UP)
		abort();
}

/* A hello of the peer, as the channel last heard it. */
static void
hello(uint8_t *text, unsigned *len)
{
	struct cgn_wire_out o = { .text = text, .size = 100 };

	heard = (struct cgn_wire_hello){ .version = 1,
		.version_min = 1,
		.interval_ms = 50,
		.heard_boot = end[0]->conf.boot,
		.heard_number = end[0]->greet_number - 1,
		.print = end[0]->ours.hash,
		.prints = 1,
		.node = "node" };
	cgn_wire_put_hello(&o, &heard);
	*len = o.len;
}

static void
give(uint8_t kind, const uint8_t *data, unsigned n)
{
	uint8_t text[CGN_CHANNEL_DATAGRAM + 100];
	struct cgn_wire_head head = { .kind = CGN_WIRE_GREETING,
		.boot = end[0]->voice.boot,
		.number = end[0]->voice.number + 1 };
	unsigned at = 0;

	if (kind == DATAGRAM) {
		cgn_channel_input(end[0], data, n, now_us);
		return;
	}
	if (kind == GREETING_WITH_HELLO)
		hello(text, &at);
	n = RTE_MIN(n, (unsigned)CGN_CHANNEL_DATAGRAM);
	memcpy(text + at, data, n);
	end[0]->now_us = now_us;
	if (kind == DATA)
		cgn_channel_data_input(end[0], text, n);
	else
		cgn_channel_hello_input(end[0], &head, text, at + n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	open_pair();
	while (size > 3) {
		unsigned n = (unsigned)(data[1] << 8 | data[2]);
		uint8_t kind = data[0] % KINDS;
		uint8_t record[CGN_SYNCREC_BYTES] = { data[0] };

		data += 3;
		size -= 3;
		n = (unsigned)RTE_MIN(n, size);
		cgn_channel_put(end[0], 7, record, now_us);
		give(kind, data, n);
		data += n;
		size -= n;
		now_us += 1000;
		cgn_channel_turn(end[0], now_us);
	}
	for (unsigned k = 0; k < 100; k++, now_us += 1000) {
		cgn_channel_turn(end[0], now_us);
		cgn_channel_turn(end[1], now_us);
	}
	if (!cgn_channel_alive(end[1]))
		abort();
	for (unsigned k = 0; k < 2; k++) {
		cgn_channel_destroy(end[k]);
		end[k] = NULL;
	}
	return 0;
}
