/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The box without ports and threads: configuration, snapshot, one worker for each board
 * CPU, neighbours and host code, driven by a clock that the test owns. What a worker puts
 * into its outbox goes where the runtime would take it: to another worker, to the host
 * code, or out of a port, to the test. */
#ifndef CGN_TESTS_BOX_H
#define CGN_TESTS_BOX_H

#include <stdio.h>

#include "conf/conf.h"
#include "control/compile.h"
#include "control/host.h"
#include "dataplane/worker.h"

struct cgn_box;

/* Gets every frame that leaves; port: its name. Keeps nothing of it. */
typedef void cgn_box_sent(
	void *arg, const char *port, const uint8_t *frame, uint16_t len);

/* A station beside the box that answers for itself: questions about its address are not
 * shown to the test, and answered in the next step. */
struct cgn_box_station {
	uint8_t key[16];
	uint16_t iface;
	struct rte_ether_addr mac;
	bool asked;
};

#define CGN_BOX_STATIONS 64

struct cgn_box {
	struct cgn_conf *conf;
	struct cgn_compiler *compiler;
	const struct cgn_snapshot *snap;
	struct cgn_host *host;
	struct rte_mempool *pool;
	unsigned n_workers;
	struct cgn_worker *worker[CGN_MAX_WORKERS];
	struct cgn_box_queue *queue; /* handed over, [n_workers] */
	uint64_t seed;
	unsigned n_stations;
	struct cgn_box_station station[CGN_BOX_STATIONS];
	struct cgn_stats host_stats;
	uint64_t parked; /* workers that do not turn; what comes for them is lost */
	uint64_t now_ms;
	uint32_t step_ms; /* in which cgn_box_advance() lets time pass */
	cgn_box_sent *sent;
	void *arg;
};

/* Starts EAL without hugepages, devices and files; 0 or -1. Once per process. */
int cgn_box_start_eal(void);

/* Reads the configuration at path, or in text when path is NULL, and builds the box. The
 * clock stands at now_ms. 0, or -errno with lines on err. */
int cgn_box_open(struct cgn_box *box, const char *path, const char *text, uint64_t seed,
	uint64_t now_ms, FILE *err);

/* Lets others host the locations, in the order of the configuration: a new snapshot,
 * which all workers see at once. */
void cgn_box_rehost(struct cgn_box *box, const struct cgn_compile_host *host);

/* A worker stops as if it had died, with all it has. */
void cgn_box_park(struct cgn_box *box, unsigned worker);

/* It turns again, empty. */
void cgn_box_restart(struct cgn_box *box, unsigned worker);

/* Packet buffers that are not in the pool: waiting for fragments or neighbours, or lost.
 */
unsigned cgn_box_buffers_out(const struct cgn_box *box);

/* Takes it down. Returns the number of packet buffers that did not come back. */
unsigned cgn_box_close(struct cgn_box *box);

/* Number of a configured physical port in mbuf->port, or -1. */
int cgn_box_port(const struct cgn_box *box, const char *name);

/* A buffer with a copy of a frame that has arrived at a port; NULL: no memory, or it is
 * longer than any port takes. */
struct rte_mbuf *cgn_box_frame(
	struct cgn_box *box, int port, const uint8_t *data, uint16_t len);

/* Gives 1..64 frames to a worker and follows them until nothing moves any more. */
void cgn_box_receive(
	struct cgn_box *box, unsigned worker, struct rte_mbuf **pkt, unsigned n);

/* Lets the clock run to now_ms: workers and host code see it pass in steps, and all that
 * is due happens. */
void cgn_box_advance(struct cgn_box *box, uint64_t now_ms);

/* Puts a station on a link; the box knows it at once. addr: text of either family. false:
 * no such interface or address, or too many stations. */
bool cgn_box_neighbour(struct cgn_box *box, const char *iface, const char *addr,
	const struct rte_ether_addr *mac);

/* For box.c: true when a frame asks for a station, which will answer. */
bool cgn_box_asks_station(
	struct cgn_box *box, uint16_t port, const uint8_t *frame, uint16_t len);

/* For box.c: lets the stations that were asked answer. */
void cgn_box_stations_answer(struct cgn_box *box);

/* Sum of the counters of all workers and the host code. */
void cgn_box_stats(const struct cgn_box *box, struct cgn_stats *sum);

#endif
