/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Any bytes as lines of FTP, of a client and of a server, and the stream that comes out
 * when all ends which are found have been replaced. The first byte says where the stream
 * is cut into segments. Whatever comes in: what is found lies in its line, what is
 * written is found again, and the segments together are the stream that one segment would
 * have been. */
#include <stdlib.h>
#include <string.h>

#include "dataplane/alg_ftp.h"
#include "dataplane/edits.h"

#define STREAM 1024
#define BEGIN  0xffffff00u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__ubsan_default_options(void);

const char *
__ubsan_default_options(void)
{
	return "halt_on_error=1:print_stacktrace=1";
}

static void
must(bool held)
{
	if (!held)
		abort();
}

/* The line with another end in it says just that end. */
static void
read_again(enum cgn_alg_ftp_side side, const uint8_t *line, unsigned len,
	const struct cgn_alg_ftp_end *end, const char *text, unsigned n)
{
	struct cgn_alg_ftp_end again;
	uint8_t copy[STREAM + CGN_EDIT_TEXT];

	memcpy(copy, line, end->at);
	memcpy(copy + end->at, text, n);
	memcpy(copy + end->at + n, line + end->at + end->len, len - end->at - end->len);
	cgn_alg_ftp_read(side, copy, len - end->len + n, &again);
	must(again.kind == end->kind && again.at == end->at && again.len == n);
	must(again.port == 65535);
}

static void
read_line(enum cgn_alg_ftp_side side, const uint8_t *line, unsigned len, uint32_t seq,
	struct cgn_edits *e)
{
	struct cgn_alg_ftp_end end;
	char text[CGN_ALG_FTP_TEXT];
	unsigned n;

	cgn_alg_ftp_read(side, line, len, &end);
	if (end.kind == CGN_ALG_FTP_OTHER || end.kind == CGN_ALG_FTP_BAD)
		return;
	must(end.len && end.at + end.len < len && end.len < 256);
	must(cgn_alg_ftp_wants(side, line));
	n = cgn_alg_ftp_write(text, &end, UINT32_MAX, 65535);
	must(n && n <= sizeof(text));
	read_again(side, line, len, &end, text, n);
	if (cgn_edits_room(e))
		cgn_edits_add(e, seq + end.at, end.len, text, n);
}

static void
cut(const struct cgn_edits *e, const uint8_t *stream, unsigned len, unsigned piece)
{
	uint8_t whole[STREAM + CGN_EDITS_GROWTH], part[STREAM + CGN_EDITS_GROWTH];
	unsigned n, at = 0;

	memcpy(whole, stream, len);
	n = cgn_edits_apply(e, BEGIN, whole, len);
	for (unsigned from = 0; from < len; from += piece) {
		unsigned bytes = RTE_MIN(piece, len - from), now;

		memcpy(part, stream + from, bytes);
		now = cgn_edits_apply(e, BEGIN + from, part, bytes);
		must(cgn_edits_forward(e, BEGIN + from) == BEGIN + at);
		must(at + now <= n && memcmp(whole + at, part, now) == 0);
		at += now;
	}
	must(at == n);
	must(cgn_edits_back(e, BEGIN + n) == BEGIN + len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned len = (unsigned)RTE_MIN(size ? size - 1 : 0, (size_t)STREAM);

	for (unsigned side = 0; len && side < 2; side++) {
		struct cgn_edits e;
		const uint8_t *lf;

		cgn_edits_begin(&e, BEGIN);
		for (unsigned at = 0;
			(lf = memchr(data + 1 + at, '\n', len - at)) != NULL;) {
			unsigned bytes = (unsigned)(lf - (data + 1 + at)) + 1;

			read_line(side, data + 1 + at, bytes, BEGIN + at, &e);
			at += bytes;
		}
		cut(&e, data + 1, len, data[0] % 64 + 1u);
	}
	return 0;
}
