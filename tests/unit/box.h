/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A small box for the tests of what the control lcore does with packets: a compiled
 * configuration and a wire whose frames are kept.
 *
 *   inside   02:00:00:00:00:0a  10.0.0.1/24  2001:db8:0:1::1/64  (net_null0, device 0)
 *   outside  02:00:00:00:00:0b  198.51.100.1/24                  (net_null1, device 1)
 *   red      VLAN 100 of inside, VPN red, 10.1.0.1/24 2001:db8:0:9::1/64
 *   AFTR     2001:db8::aaaa and, on the link of inside, 2001:db8:0:1::aaaa
 *   pool     198.51.100.64/29, owned by worker 0
 *   routes   0/0 by 198.51.100.254, 2001:db8:100::/40 by 2001:db8:0:1::2 */
#ifndef CGN_TESTS_UNIT_BOX_H
#define CGN_TESTS_UNIT_BOX_H

#include <CUnit/CUnit.h>

#include "control/compile.h"
#include "control/frame.h"
#include "dataplane/mark.h"

#define BOX_KEPT 4096

struct box {
	struct cgn_compiler *compiler;
	const struct cgn_snapshot *snap;
	struct cgn_stats stats;
	struct cgn_wire wire;
	struct {
		struct rte_mbuf *m;
		uint16_t to; /* port, or worker */
		bool handed;
	} sent[BOX_KEPT];
	unsigned n;
};

extern struct box box;

void box_init(void);

/* Frees everything; fails if a packet buffer is missing. */
void box_fini(void);

/* Forgets the frames sent so far. */
void box_clear(void);

/* Compiles again with one more route; the caller frees the snapshot before. */
const struct cgn_snapshot *box_recompile(void);

uint16_t box_iface(const char *name);

/* A packet of these bytes, written as hexadecimal digits with any white space. */
struct rte_mbuf *box_packet(const char *hex);

/* Checks that frame i was sent to this port and is of these bytes. */
void box_expect(unsigned i, uint16_t port, const char *hex);

/* An address as a key (IPv4 as ::ffff:a.b.c.d), valid until the fourth call after. */
const uint8_t *box_key(const char *text);

#endif
