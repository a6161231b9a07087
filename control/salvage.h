/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Packet buffers in the hands of a thread that is no more. */
#ifndef CGN_CONTROL_SALVAGE_H
#define CGN_CONTROL_SALVAGE_H

#include <stdbool.h>

#include <rte_mempool.h>

/* Gives the buffers in the cache of an lcore back to their pool, and leaves the cache
 * empty. clean: the thread has left between two turns; else it may have stopped at any
 * instruction, and what is not certain to be nobody else's is given up. Returns how many
 * buffers the pool has lost. The thread does not run. Control lcore; looks at all buffers
 * of the pool. */
unsigned cgn_salvage_cache(struct rte_mempool *pool, unsigned lcore, bool clean);

#endif
