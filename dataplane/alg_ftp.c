/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A reader for four kinds of line of FTP: the commands PORT and EPRT of a client, the
 * replies 227 and 229 of a server. It finds address and port and the bytes that spell
 * them, and spells others. It knows neither packets nor sessions: pure, for tests and a
 * fuzzer. A number is read as strictly as the RFCs write it, what surrounds it is not:
 * the text of a reply is free (RFC 1123 4.1.2.6), and commands know no case.
 *
 * Not read: LPRT and LPSV (RFC 1639, historic), EPRT of IPv6, which needs no translation
 * here, and Telnet sequences inside a line. */
#include <stdio.h>
#include <string.h>

#include "dataplane/alg_ftp.h"

#define PARTS 6 /* of an address and a port */

struct reader {
	const uint8_t *line;
	unsigned at, len;
};

static bool
digit(const struct reader *r)
{
	return r->at < r->len && r->line[r->at] >= '0' && r->line[r->at] <= '9';
}

/* A decimal number of at most `digits` digits and at most `max`. */
static bool
number(struct reader *r, unsigned digits, unsigned max, unsigned *value)
{
	unsigned n = 0;

	*value = 0;
	for (; digit(r); r->at++, n++) {
		if (n == digits)
			return false;
		*value = *value * 10 + (r->line[r->at] - '0');
	}
	return n && *value <= max;
}

static bool
literal(struct reader *r, uint8_t c)
{
	if (r->at >= r->len || r->line[r->at] != c)
		return false;
	r->at++;
	return true;
}

/* Nothing but blanks up to the end of the line. */
static bool
ends(const struct reader *r)
{
	for (unsigned k = r->at; k < r->len; k++)
		if (!strchr(" \t\r\n", r->line[k]))
			return false;
	return true;
}

static rte_be32_t
address(const unsigned part[4])
{
	return rte_cpu_to_be_32(part[0] << 24 | part[1] << 16 | part[2] << 8 | part[3]);
}

/* h1,h2,h3,h4,p1,p2 */
static bool
six(struct reader *r, struct cgn_alg_ftp_end *end)
{
	unsigned part[PARTS], first = r->at;

	for (unsigned k = 0; k < PARTS; k++)
		if ((k && !literal(r, ',')) || !number(r, 3, 255, &part[k]))
			return false;
	end->at = (uint16_t)first;
	end->len = (uint16_t)(r->at - first);
	end->addr = address(part);
	end->port = (uint16_t)(part[4] << 8 | part[5]);
	return true;
}

static void
skip_blanks(struct reader *r)
{
	while (literal(r, ' '))
		;
}

static bool
read_port(struct reader *r, struct cgn_alg_ftp_end *end)
{
	skip_blanks(r);
	return six(r, end) && ends(r);
}

/* Net-prf 2 is IPv6: true, but names no end that is translated. */
static bool
read_eprt(struct reader *r, struct cgn_alg_ftp_end *end)
{
	unsigned part[4], port, family;
	uint8_t d;

	skip_blanks(r);
	d = r->line[r->at]; /* the line feed is still to come */
	if (d < 33 || d > 126 || !literal(r, d) || !number(r, 1, 2, &family) ||
		!literal(r, d))
		return false;
	if (family == 2) {
		end->kind = CGN_ALG_FTP_OTHER;
		return true;
	}
	end->at = (uint16_t)r->at;
	for (unsigned k = 0; k < 4; k++)
		if ((k && !literal(r, '.')) || !number(r, 3, 255, &part[k]))
			return false;
	if (family != 1 || !literal(r, d) || !number(r, 5, UINT16_MAX, &port))
		return false;
	end->len = (uint16_t)(r->at - end->at);
	end->delimiter = d;
	end->addr = address(part);
	end->port = (uint16_t)port;
	return literal(r, d) && ends(r);
}

/* The first digit behind the code begins the six numbers, whatever stands around them. */
static bool
read_pasv(struct reader *r, struct cgn_alg_ftp_end *end)
{
	while (r->at < r->len && !digit(r))
		r->at++;
	return six(r, end);
}

static bool
read_epsv(struct reader *r, struct cgn_alg_ftp_end *end)
{
	unsigned port;
	uint8_t d;

	while (r->at < r->len && r->line[r->at] != '(')
		r->at++;
	if (!literal(r, '('))
		return false;
	d = r->line[r->at];
	if (d < 33 || d > 126 || !literal(r, d) || !literal(r, d) || !literal(r, d))
		return false;
	end->at = (uint16_t)r->at;
	if (!number(r, 5, UINT16_MAX, &port))
		return false;
	end->len = (uint16_t)(r->at - end->at);
	end->addr = 0;
	end->port = (uint16_t)port;
	return literal(r, d) && literal(r, ')');
}

static enum cgn_alg_ftp_kind
kind_of(enum cgn_alg_ftp_side side, const uint8_t *head)
{
	static const struct {
		char head[CGN_ALG_FTP_HEAD + 1];
		uint8_t side, kind;
	} known[] = {
		{ "PORT", CGN_ALG_FTP_CLIENT, CGN_ALG_FTP_PORT },
		{ "EPRT", CGN_ALG_FTP_CLIENT, CGN_ALG_FTP_EPRT },
		{ "227 ", CGN_ALG_FTP_SERVER, CGN_ALG_FTP_PASV },
		{ "229 ", CGN_ALG_FTP_SERVER, CGN_ALG_FTP_EPSV },
	};

	for (unsigned k = 0; k < RTE_DIM(known); k++) {
		unsigned n = 0;

		/* bit 5 tells the cases of a letter apart, and is set in digits */
		while (n < CGN_ALG_FTP_HEAD &&
			(head[n] == (uint8_t)known[k].head[n] ||
				(known[k].head[n] >= 'A' &&
					head[n] == ((uint8_t)known[k].head[n] | 0x20))))
			n++;
		if (known[k].side == side && n == CGN_ALG_FTP_HEAD)
			return known[k].kind;
	}
	return CGN_ALG_FTP_OTHER;
}

bool
cgn_alg_ftp_wants(enum cgn_alg_ftp_side side, const uint8_t head[CGN_ALG_FTP_HEAD])
{
	return kind_of(side, head) != CGN_ALG_FTP_OTHER;
}

void
cgn_alg_ftp_read(enum cgn_alg_ftp_side side, const uint8_t *line, unsigned len,
	struct cgn_alg_ftp_end *end)
{
	static bool (*const read[])(struct reader *, struct cgn_alg_ftp_end *) = {
		[CGN_ALG_FTP_PORT] = read_port,
		[CGN_ALG_FTP_EPRT] = read_eprt,
		[CGN_ALG_FTP_PASV] = read_pasv,
		[CGN_ALG_FTP_EPSV] = read_epsv,
	};
	struct reader r = { .line = line, .at = CGN_ALG_FTP_HEAD, .len = len };

	end->kind = CGN_ALG_FTP_OTHER;
	if (len <= CGN_ALG_FTP_HEAD || len > UINT16_MAX)
		return;
	end->kind = (uint8_t)kind_of(side, line);
	if (side == CGN_ALG_FTP_CLIENT && line[r.at] > ' ') /* a longer word */
		end->kind = CGN_ALG_FTP_OTHER;
	if (end->kind != CGN_ALG_FTP_OTHER && !read[end->kind](&r, end))
		end->kind = CGN_ALG_FTP_BAD;
}

unsigned
cgn_alg_ftp_write(char text[CGN_ALG_FTP_TEXT], const struct cgn_alg_ftp_end *end,
	rte_be32_t addr, uint16_t port)
{
	uint32_t a = rte_be_to_cpu_32(addr);
	unsigned h[4] = { a >> 24, a >> 16 & 255, a >> 8 & 255, a & 255 };
	unsigned high = port >> 8, low = port & 255;
	char line[CGN_ALG_FTP_TEXT + 1];
	int n;

	switch (end->kind) {
	case CGN_ALG_FTP_EPSV:
		n = snprintf(line, sizeof(line), "%u", port);
		break;
	case CGN_ALG_FTP_EPRT:
		n = snprintf(line, sizeof(line), "%u.%u.%u.%u%c%u", h[0], h[1], h[2],
			h[3], end->delimiter, port);
		break;
	default:
		n = snprintf(line, sizeof(line), "%u,%u,%u,%u,%u,%u", h[0], h[1], h[2],
			h[3], high, low);
	}
	memcpy(text, line, (size_t)n);
	return (unsigned)n;
}
