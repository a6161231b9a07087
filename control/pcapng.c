/* SPDX-License-Identifier: BSD-3-Clause
 *
 * pcapng is blocks of 32-bit words in the writer's byte order, which the first one tells;
 * a block has its length at both ends, options are a code, a length and a value that is
 * filled up to a word.
 *
 * Pure; any thread. Not handled: link types other than Ethernet. */
#include "control/pcapng.h"

#include <string.h>

#define SECTION	   0x0a0d0d0au
#define INTERFACE  1u
#define STATISTICS 5u
#define PACKET	   6u
#define ETHERNET   1u
#define NANO	   9u
#define TEXT_MAX   255u

struct block {
	uint8_t *out;
	size_t size, len;
	bool full;
};

static void
put(struct block *b, const void *bytes, size_t n)
{
	static const uint8_t zeros[4];
	size_t fill = -n & 3;

	if (b->full || b->size - b->len < n + fill) {
		b->full = true;
		return;
	}
	if (n)
		memcpy(b->out + b->len, bytes, n);
	memcpy(b->out + b->len + n, zeros, fill);
	b->len += n + fill;
}

static void
put32(struct block *b, uint32_t value)
{
	put(b, &value, sizeof(value));
}

/* Time and counters: the high word first, whatever the byte order. */
static void
put_time(struct block *b, uint64_t ns)
{
	put32(b, (uint32_t)(ns >> 32));
	put32(b, (uint32_t)ns);
}

static void
put_option(struct block *b, uint16_t code, const void *value, size_t n)
{
	uint16_t head[2] = { code, (uint16_t)n };

	put(b, head, sizeof(head));
	put(b, value, n);
}

static void
put_text(struct block *b, uint16_t code, const char *text)
{
	size_t n = strlen(text);

	put_option(b, code, text, n < TEXT_MAX ? n : TEXT_MAX);
}

static void
put_time_option(struct block *b, uint16_t code, uint64_t ns)
{
	uint32_t words[2] = { (uint32_t)(ns >> 32), (uint32_t)ns };

	put_option(b, code, words, sizeof(words));
}

static struct block
begin_block(void *out, size_t size, uint32_t type)
{
	struct block b = { .out = out, .size = size };

	put32(&b, type);
	put32(&b, 0); /* its length, when it is known */
	return b;
}

static size_t
end_block(struct block *b, bool options)
{
	uint32_t len;

	if (options)
		put_option(b, 0, NULL, 0);
	len = (uint32_t)b->len + 4;
	put32(b, len);
	if (b->full)
		return 0;
	memcpy(b->out + 4, &len, sizeof(len));
	return b->len;
}

static size_t
section(void *out, size_t size, const struct cgn_pcapng_info *info)
{
	static const uint16_t version[2] = { 1, 0 };
	static const int64_t unknown = -1; /* the section's length */
	struct block b = begin_block(out, size, SECTION);

	put32(&b, 0x1a2b3c4d);
	put(&b, version, sizeof(version));
	put(&b, &unknown, sizeof(unknown));
	put_text(&b, 1, info->comment);
	put_text(&b, 4, info->program);
	return end_block(&b, true);
}

static size_t
interface(void *out, size_t size, const struct cgn_pcapng_info *info)
{
	static const uint16_t link[2] = { ETHERNET, 0 };
	static const uint8_t resolution = NANO;
	struct block b = begin_block(out, size, INTERFACE);

	put(&b, link, sizeof(link));
	put32(&b, info->snaplen);
	put_text(&b, 2, info->port);
	put_text(&b, 3, info->device);
	put_option(&b, 6, info->mac, sizeof(info->mac));
	if (info->bits_per_second)
		put_option(&b, 8, &info->bits_per_second, sizeof(info->bits_per_second));
	put_option(&b, 9, &resolution, sizeof(resolution));
	return end_block(&b, true);
}

size_t
cgn_pcapng_begin(void *out, size_t size, const struct cgn_pcapng_info *info)
{
	size_t first = section(out, size, info), second;

	if (!first)
		return 0;
	second = interface((uint8_t *)out + first, size - first, info);
	return second ? first + second : 0;
}

size_t
cgn_pcapng_frame(void *out, size_t size, const struct cgn_pcapng_frame *f)
{
	uint32_t flags = f->out ? 2 : 1;
	struct block b = begin_block(out, size, PACKET);

	put32(&b, 0); /* the interface */
	put_time(&b, f->ns);
	put32(&b, f->bytes);
	put32(&b, f->len);
	put(&b, f->data, f->bytes);
	put_option(&b, 2, &flags, sizeof(flags));
	put_option(&b, 6, &f->queue, sizeof(f->queue));
	return end_block(&b, true);
}

size_t
cgn_pcapng_end(void *out, size_t size, uint64_t begin, uint64_t end, uint64_t wanted,
	uint64_t lost)
{
	struct block b = begin_block(out, size, STATISTICS);

	put32(&b, 0);
	put_time(&b, end);
	put_time_option(&b, 2, begin);
	put_time_option(&b, 3, end);
	put_option(&b, 5, &lost, sizeof(lost));
	put_option(&b, 6, &wanted, sizeof(wanted));
	return end_block(&b, true);
}
