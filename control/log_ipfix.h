/* SPDX-License-Identifier: BSD-3-Clause
 *
 * NAT events as messages of IPFIX (RFC 7011, RFC 8158) or NetFlow version 9 (RFC 3954).
 */
#ifndef CGN_CONTROL_LOG_IPFIX_H
#define CGN_CONTROL_LOG_IPFIX_H

#include <stddef.h>

#include "control/log_item.h"

/* One stream to one collector. */
struct cgn_log_ipfix {
	bool v9;
	uint32_t domain;   /* observation domain, source id */
	uint32_t sequence; /* of the next message */
	uint64_t lost;	   /* records, since the start */
	bool tell_lost;	   /* the next message says how many */
	uint32_t messages; /* since the templates were sent; 0: never */
	uint64_t templates_ms;

	/* The message that is being put together. */
	uint8_t *buf;
	size_t room, len;
	size_t set; /* where the open set begins; 0: none */
	uint16_t set_id;
	uint16_t records; /* with a template: counted by IPFIX */
	uint16_t events;  /* of these, NAT events */
	uint16_t all;	  /* with templates: counted by NetFlow */
};

void cgn_log_ipfix_init(struct cgn_log_ipfix *x, bool v9, uint32_t domain);

/* The next message has the templates. Control lcore, as all of these. */
static inline void
cgn_log_ipfix_repeat(struct cgn_log_ipfix *x)
{
	x->messages = 0;
}

/* Begins a message in buf of `room` bytes (1024..65535), with the templates when it is
 * time to repeat them, and the tally of losses when it has changed. now_ms: monotonic. */
void cgn_log_ipfix_begin(
	struct cgn_log_ipfix *x, uint8_t *buf, size_t room, uint64_t now_ms);

/* Is there a natEvent for it? Pure. */
bool cgn_log_ipfix_knows(const struct cgn_record *r);

/* Adds an event that it knows. false: the message is full, nothing was added. */
bool cgn_log_ipfix_add(struct cgn_log_ipfix *x, const struct cgn_log_item *item);

/* Ends the message; returns its length in bytes. */
size_t cgn_log_ipfix_end(struct cgn_log_ipfix *x, uint64_t now_ms, uint64_t wall_ms);

/* Marks n records that will not arrive. numbered: they were in a message that had its
 * sequence number, so the gap is there; else a gap is made. */
void cgn_log_ipfix_lose(struct cgn_log_ipfix *x, uint64_t n, bool numbered);

#endif
