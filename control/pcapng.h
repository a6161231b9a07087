/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Blocks of a capture file (pcapng, draft-ietf-opsawg-pcapng): one section, one
 * interface, time in nanoseconds. Each function writes into `out` and returns the bytes,
 * a multiple of 4; 0: there is no room. Pure. */
#ifndef CGN_CONTROL_PCAPNG_H
#define CGN_CONTROL_PCAPNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CGN_PCAPNG_HEAD	 2048 /* bytes that cgn_pcapng_begin() needs, at most */
#define CGN_PCAPNG_FRAME 128  /* and cgn_pcapng_frame() besides the data */
#define CGN_PCAPNG_TAIL	 256  /* and cgn_pcapng_end() */

struct cgn_pcapng_info {
	const char *program; /* that writes it */
	const char *comment;
	const char *port, *device; /* the interface: its name and description */
	uint8_t mac[6];
	uint64_t bits_per_second; /* 0: not known */
	uint32_t snaplen;
};

/* Texts longer than 255 bytes are cut off. */
size_t cgn_pcapng_begin(void *out, size_t size, const struct cgn_pcapng_info *info);

struct cgn_pcapng_frame {
	uint64_t ns; /* since 1970 */
	const void *data;
	uint32_t bytes; /* of data */
	uint32_t len;	/* of the frame */
	bool out;	/* sent; else received */
	uint32_t queue;
};

size_t cgn_pcapng_frame(void *out, size_t size, const struct cgn_pcapng_frame *f);

/* begin, end: ns since 1970; wanted: frames that the filter let pass; lost: of them. */
size_t cgn_pcapng_end(void *out, size_t size, uint64_t begin, uint64_t end,
	uint64_t wanted, uint64_t lost);

#endif
