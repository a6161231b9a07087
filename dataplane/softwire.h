/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Headers of the DS-Lite tunnel. */
#ifndef CGN_DATAPLANE_SOFTWIRE_H
#define CGN_DATAPLANE_SOFTWIRE_H

#include <rte_mbuf.h>

#include "dataplane/pipeline.h"

/* How large a tunnel packet to this user may be, bytes. Owner. */
uint16_t cgn_softwire_mtu(
	struct cgn_worker *w, const struct cgn_instance *inst, uint32_t user);

/* Puts the outer header (RFC 2473 3.1) from the AFTR to a B4 before an IPv4 packet that
 * starts at the mbuf's data; needs 40 bytes of headroom. Worker. */
void cgn_softwire_push(
	struct rte_mbuf *m, const uint8_t b4[16], const struct cgn_instance *inst);

/* Is this ICMPv6 packet to the AFTR an error about one of our tunnel packets, with its
 * checksum right? *b4: where that packet was going. Worker. */
bool cgn_tunnel_error(const struct cgn_burst *b, uint64_t i, uint8_t b4[16]);

/* Turns such an error into an ICMPv4 error from the inside host to the sender of the
 * inner packet (RFC 2473 8); data then starts at its IPv4 header. CGN_DROP_REASONS, or
 * why it ends here. Worker. */
enum cgn_drop cgn_tunnel_error_convert(struct cgn_burst *b, uint64_t i);

#endif
