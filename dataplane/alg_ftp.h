/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The lines of an FTP control connection that name an address or a port. */
#ifndef CGN_DATAPLANE_ALG_FTP_H
#define CGN_DATAPLANE_ALG_FTP_H

#include "dataplane/types.h"

/* Who is inside: a client sends commands, a server sends replies. */
enum cgn_alg_ftp_side { CGN_ALG_FTP_CLIENT, CGN_ALG_FTP_SERVER };

enum cgn_alg_ftp_kind {
	CGN_ALG_FTP_OTHER, /* names no end */
	CGN_ALG_FTP_PORT,  /* "PORT h1,h2,h3,h4,p1,p2" (RFC 959 4.1.2) */
	CGN_ALG_FTP_EPRT,  /* "EPRT |1|address|port|" (RFC 2428 2) */
	CGN_ALG_FTP_PASV,  /* "227 ... h1,h2,h3,h4,p1,p2" (RFC 1123 4.1.2.6) */
	CGN_ALG_FTP_EPSV,  /* "229 ... (|||port|)" (RFC 2428 3): no address */
	CGN_ALG_FTP_BAD	   /* one of these, but not to be understood */
};

/* The end that a line names, and where: `len` bytes at offset `at` of the line. */
struct cgn_alg_ftp_end {
	uint8_t kind; /* enum cgn_alg_ftp_kind */
	uint8_t delimiter;
	uint16_t at, len;
	rte_be32_t addr; /* CGN_ALG_FTP_EPSV: 0 */
	uint16_t port;	 /* host order */
};

/* Bytes of the longest text that cgn_alg_ftp_write() makes, without a final zero. */
#define CGN_ALG_FTP_TEXT 23

/* Bytes at the start of a line that tell whether it may name an end. */
#define CGN_ALG_FTP_HEAD 4

/* Could a line with this beginning name an end? Any lcore. */
bool cgn_alg_ftp_wants(enum cgn_alg_ftp_side side, const uint8_t head[CGN_ALG_FTP_HEAD]);

/* Reads a whole line (`len` bytes, the last a line feed) of the inside host into *end.
 * Of kinds OTHER and BAD nothing else is set. Any lcore. */
void cgn_alg_ftp_read(enum cgn_alg_ftp_side side, const uint8_t *line, unsigned len,
	struct cgn_alg_ftp_end *end);

/* Writes what stands in place of the bytes that `end` names when the end is addr and port
 * (host order); returns its length. Any lcore. */
unsigned cgn_alg_ftp_write(char text[CGN_ALG_FTP_TEXT], const struct cgn_alg_ftp_end *end,
	rte_be32_t addr, uint16_t port);

#endif
