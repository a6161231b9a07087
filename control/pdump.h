/* SPDX-License-Identifier: BSD-3-Clause
 *
 * dpdk-dumpcap, where dpdk.multi_process lets it attach. Control lcore. */
#ifndef CGN_CONTROL_PDUMP_H
#define CGN_CONTROL_PDUMP_H

#include <stdint.h>

struct cgn_daemon;

struct cgn_pdump {
	int fd;		   /* what is asked of DPDK goes out here; 0: not in use */
	uint64_t looked_s; /* when clients were looked at, seconds of now_ms */
};

/* Lets clients register, if the configuration wants it. 0, or -errno with one line in
 * d->err. Ports are there. */
int cgn_pdump_init(struct cgn_daemon *d);
void cgn_pdump_fini(struct cgn_daemon *d);

/* Once a second takes clients that died without a word out of the queues of ports. */
void cgn_pdump_turn(struct cgn_daemon *d);

#endif
