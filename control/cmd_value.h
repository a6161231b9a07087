/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CGN_CONTROL_CMD_VALUE_H
#define CGN_CONTROL_CMD_VALUE_H

#include <stdbool.h>
#include <stdint.h>

/* What may stand to the right of "key=" on the command line. */
enum cgn_cmd_type {
	CGN_CMD_TYPE_NAME,	 /* 1..31 printable characters */
	CGN_CMD_TYPE_NUMBER,	 /* decimal, 0..2^32-1 */
	CGN_CMD_TYPE_COUNT,	 /* decimal, 1..2^63-1 */
	CGN_CMD_TYPE_SECONDS,	 /* decimal, 1..86400 */
	CGN_CMD_TYPE_PROTO,	 /* tcp, udp, icmp, … or 0..255 */
	CGN_CMD_TYPE_SOFTWIRE,	 /* IPv6 address or prefix */
	CGN_CMD_TYPE_ENDPOINT,	 /* address, prefix, address:port, [v6]:port or :port */
	CGN_CMD_TYPE_ROLE,	 /* active | standby */
	CGN_CMD_TYPE_TOKEN,	 /* opaque, as an earlier answer gave it */
	CGN_CMD_TYPE_FILE,	 /* path of a file: 1..4000 bytes */
	CGN_CMD_TYPE_TEXT,	 /* a line of 1..120 bytes */
	CGN_CMD_TYPE_DIRECTION,	 /* in | out */
	CGN_CMD_TYPE_EXPRESSION, /* 1..60000 bytes */
	CGN_CMD_TYPE_TIME,	 /* 2026-01-31T12:00:00[.123]Z, or seconds since 1970 */
};

/* An address with what was said about it: "10.0.0.0/8" has prefix_len 8, "10.0.0.1"
 * has 32, ":80" has family 0 (any address) and a port. */
struct cgn_cmd_endpoint {
	uint8_t addr[16]; /* network order; an IPv4 address is in the first four bytes */
	uint8_t family;	  /* 4, 6, or 0 for any */
	uint8_t prefix_len; /* 0..32 or 0..128 */
	bool has_port;
	uint16_t port; /* host order, 1..65535 */
};

struct cgn_cmd_value {
	const char *text; /* as typed; borrowed from the caller of the parser */
	uint64_t
		number; /* NUMBER, COUNT, PROTO (IANA number), ROLE (0 active, 1
			 * standby), DIRECTION (0 in, 1 out), TIME (ms since 1970, UTC) */
	struct cgn_cmd_endpoint endpoint; /* SOFTWIRE, ENDPOINT */
};

/**
 * Reads one value as typed by an operator.
 * @param text  NUL-terminated; out->text keeps pointing to it
 * @return 0, or -EINVAL when the text is not of the type (out is then undefined)
 * Pure; any thread.
 */
int cgn_cmd_value_parse(
	enum cgn_cmd_type type, const char *text, struct cgn_cmd_value *out);

/**
 * Tells whether an address and port are what the endpoint of a filter describes.
 * @param family  4 or 6
 * @param addr    network order, 4 or 16 bytes
 * @param port    host order; 0 for a protocol without ports
 * Pure; any thread.
 */
bool cgn_cmd_value_match(const struct cgn_cmd_endpoint *want, uint8_t family,
	const uint8_t *addr, uint16_t port);

/** What a value of the type looks like, for usage texts, e.g. "active|standby". */
const char *cgn_cmd_value_expected(enum cgn_cmd_type type);

#endif
