/* SPDX-License-Identifier: BSD-3-Clause
 *
 * One location and two boxes with different numbers of CPUs. Records go from box to box
 * by hand of the test, in both directions; everything else is as between boards. Time is
 * the test's. */
#ifndef CGN_TESTS_HA_SIDES_H
#define CGN_TESTS_HA_SIDES_H

#include <stdio.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "tests/box/box.h"
#include "tests/model/packet.h"

#define SIDE_STEP_MS 20
#define SIDE_PORT    5000 /* of all users' connections, inside */

struct side {
	struct cgn_box box;
	uint16_t home; /* worker */
	struct cgn_compile_host host;
	/* what left last */
	unsigned n_sent;
	char port[16];
	uint8_t frame[256];
	uint16_t len;
};

extern struct side side[2];
extern bool side_tunnels, side_large; /* large blocks: 16 of an address */
extern unsigned side_lose;	      /* every nth record; 0: none */
extern unsigned side_lost;	      /* so many were */

/* Box 0 works in epoch 5, box 1 has the copy. */
void side_begin(bool ds_lite);
void side_end(void);

/* What this box is to the location: host (of a peer with a copy), or holder of the copy.
 */
void side_be(struct side *s, bool host, bool peer, uint32_t epoch);

/* Time passes at both, and records are carried. */
void side_run(unsigned ms);

/* A frame comes in; true: one packet left, by that port. */
bool side_put(struct side *s, int port, const uint8_t *frame, uint16_t len,
	const char *leaves_by);
bool side_give(struct side *s, int port, const struct cgn_model_packet *in,
	struct cgn_model_packet *out, const char *leaves_by);

/* The inside address of a user, host order. */
uint32_t side_inside(int user);

/* A segment of the user's connection; up: the public port that it left with, 0: none, and
 * its address; down: true when it reached the user. */
uint16_t side_up(struct side *s, int user, uint8_t flags, uint32_t *addr);
bool side_down(struct side *s, int user, uint8_t flags, uint32_t addr, uint16_t port);

#endif
