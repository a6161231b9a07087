/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CGN_TESTS_BENCH_EAL_H
#define CGN_TESTS_BENCH_EAL_H

#include <stdbool.h>
#include <stdint.h>

/* Starts DPDK on one processor with room for `bytes`: on huge pages when enough of 2 MB
 * are free, otherwise without; *hugepages says which. 0, or -1 with the reason on stderr.
 */
int cgn_eal_start(int cpu, uint64_t bytes, const char *const *port, bool *hugepages);

/* So many bytes of huge pages are free. */
bool cgn_eal_has(uint64_t bytes);

/* Stops DPDK, if it was started. */
void cgn_eal_stop(void);

/* Bytes of memory that this process has in use, huge pages included. */
uint64_t cgn_eal_resident(void);

/* Bytes allocated from DPDK's heaps. */
uint64_t cgn_eal_allocated(void);

#endif
