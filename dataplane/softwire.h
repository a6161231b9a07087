/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Headers of the DS-Lite tunnel. */
#ifndef CGN_DATAPLANE_SOFTWIRE_H
#define CGN_DATAPLANE_SOFTWIRE_H

#include <rte_mbuf.h>

#include "dataplane/snapshot.h"

/* Makes the outer header (RFC 2473 3.1) from the AFTR to a B4 address, all but payload
 * length and copied traffic class. Any lcore. */
void cgn_softwire_header(uint8_t header[40], const struct cgn_instance *inst,
	const uint8_t b4[16]);

/* Puts such a header before an IPv4 packet that starts at the mbuf's data; needs 40 bytes of
 * headroom. Worker. */
void cgn_softwire_push(struct rte_mbuf *m, const uint8_t header[40],
	const struct cgn_instance *inst);

#endif
