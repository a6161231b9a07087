/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Datagrams to a log host: a bounded queue, sent by a socket of the kernel that never
 * blocks. */
#ifndef CGN_CONTROL_LOG_UDP_H
#define CGN_CONTROL_LOG_UDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define CGN_LOG_DATAGRAM 1400 /* bytes at most: passes every network whole */
#define CGN_LOG_QUEUE	 512  /* datagrams that wait; a power of two */

struct cgn_log_datagram {
	uint16_t len;
	uint16_t records;
	uint8_t data[CGN_LOG_DATAGRAM];
};

/* Something was refused by the host or the network. */
struct cgn_log_refused {
	uint32_t datagrams;
	uint64_t records;
};

struct cgn_log_udp {
	struct sockaddr_storage to;
	socklen_t to_len;
	int fd;		   /* -1: could not be opened yet */
	int error;	   /* errno of the last failure; 0: sending goes well */
	bool tried;	   /* a datagram has gone out since the failure */
	uint64_t retry_ms; /* monotonic; after a failure, nothing is sent before */
	uint64_t proof_ms; /* when to look whether something came back; 0: nothing went */
	uint64_t sent;	   /* records handed to the network and not known to be lost */
	uint64_t lost;	   /* records */
	struct cgn_log_datagram *slot; /* [CGN_LOG_QUEUE] */
	uint32_t head, tail;	       /* next to send, next to fill; they run on */
};

/* addr: 4 or 16 bytes, network order; port: host order. Opens nothing yet. 0 or -ENOMEM.
 * Control lcore, as all of these. */
int cgn_log_udp_init(
	struct cgn_log_udp *u, uint8_t family, const uint8_t *addr, uint16_t port);
void cgn_log_udp_fini(struct cgn_log_udp *u);

/* CGN_LOG_DATAGRAM bytes for the next datagram, always the same until it is put; NULL:
 * the queue is full. */
uint8_t *cgn_log_udp_room(const struct cgn_log_udp *u);

/* Queues what was written there: len bytes with so many records. */
void cgn_log_udp_put(struct cgn_log_udp *u, size_t len, uint16_t records);

/* Counts records that found no room. */
static inline void
cgn_log_udp_lose(struct cgn_log_udp *u, uint64_t records)
{
	u->lost += records;
}

/* Sends what it can, at most `max` datagrams; what fails is tried again a second later,
 * one datagram first. Returns what is known to have been lost since the last call
 * (counted already). Costs system calls only when something waits. */
struct cgn_log_refused cgn_log_udp_flush(
	struct cgn_log_udp *u, unsigned max, uint64_t now_ms);

/* "idle" (nothing was sent yet), "up", "refused" (no listener), "unreachable". */
const char *cgn_log_udp_state(const struct cgn_log_udp *u);

#endif
