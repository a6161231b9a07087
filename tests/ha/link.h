/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Two ends of a channel under one clock, and a link between them that loses, delays and
 * spoils what it is given, by a seed. Everything that is put carries a number, so that an
 * end knows what has to come next. */
#ifndef CGN_TESTS_HA_LINK_H
#define CGN_TESTS_HA_LINK_H

#include "ha/channel.h"

#define LINK_LOCATION 7
#define LINK_KEEP     4096 /* datagrams that a capture holds */

/* What becomes of a datagram; shares of 1. */
struct fault {
	double loss, duplicate, corrupt, truncate;
	double reorder; /* of these each is late by up to late_us */
	uint64_t late_us;
	uint64_t delay_us, jitter_us;
	unsigned mtu; /* largest payload that passes; 0: any */
	bool cut;
};

struct packet {
	uint64_t at_us, order;
	unsigned to, len;
	uint8_t data[CGN_CHANNEL_DATAGRAM];
};

struct end {
	struct link *link;
	struct cgn_channel_conf conf;
	struct cgn_channel *ch;
	struct fault fault; /* of what it sends */
	uint64_t put;	    /* records, the number of the next */
	uint64_t next;	    /* smallest number that may come */
	uint64_t came, wrong, again;
	uint64_t lost_here, lost_there;
	bool full; /* takes nothing */
	bool frozen;
	uint64_t datagrams, bytes, largest;
};

struct link {
	/* what becomes of a datagram before the link has it; NULL: nothing */
	void (*rewrite)(struct link *l, struct packet *p);
	uint64_t now_us, order, seed;
	struct end end[2];
	struct packet **heap;
	unsigned n, size;
	/* of what end 0 sent */
	bool keep;
	struct packet *kept[LINK_KEEP];
	unsigned n_kept;
};

void link_open(struct link *l, uint64_t seed);
void link_close(struct link *l);

/* Begins an end anew, with another start. */
void link_restart(struct link *l, unsigned which);

/* Lets time go by, in steps of 1 ms. */
void link_run(struct link *l, uint64_t ms);

/* Until both ends are up; false: not within so many ms. */
bool link_up(struct link *l, uint64_t ms);

/* The same faults in both directions. */
void link_fault(struct link *l, const struct fault *f);

/* Puts `n` records at end 0 at a rate, or as fast as they are taken (0), while time goes
 * by. Returns ms. */
uint64_t link_put(struct link *l, unsigned n, unsigned per_ms);

/* Until all has been acknowledged; ms, or UINT64_MAX when it takes more than that. */
uint64_t link_drain(struct link *l, uint64_t ms);

/* The record with a number. */
void link_record(uint64_t number, uint8_t wire[CGN_SYNCREC_BYTES]);

/* Gives a datagram to an end at once. */
void link_inject(struct link *l, unsigned to, const void *data, unsigned len);

double link_random(struct link *l);

#endif
