/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A box of two boards or more for tests of backup between them: users, packets of flows,
 * and who hosts what. Time is the test's. */
#ifndef CGN_TESTS_HA_PAIR_H
#define CGN_TESTS_HA_PAIR_H

#include <CUnit/CUnit.h>

#include "dataplane/sync.h"
#include "tests/box/box.h"
#include "tests/ha/same.h"
#include "tests/model/packet.h"

#define ONE_TO_ONE "{ id = 7; slot = 1; cpu = 0; backup: { slot = 2; cpu = 0; }; }"
#define CROSSED                                                                          \
	ONE_TO_ONE ", { id = 3; slot = 2; cpu = 0; backup: { slot = 1; cpu = 0; }; }"
#define N_TO_1                                                                           \
	"{ id = 7; slot = 1; cpu = 0; backup: { slot = 3; cpu = 0; }; },"                \
	"{ id = 3; slot = 2; cpu = 0; backup: { slot = 3; cpu = 0; }; }"
#define HOT  "hot_backup = true; delay_time = 1;"
#define WARM "hot_backup = false;"

#define DELAY CGN_TICKS_PER_S

struct pair_options {
	const char *locations; /* ONE_TO_ONE, … */
	const char *ha;	       /* HOT, … */
	const char *instance;  /* more keys of it */
	bool ds_lite;
	unsigned standby_sessions; /* licence of the last board; 0: as the others */
	uint64_t start_ms;	   /* 0: soon after the machine's start */
};

struct pair {
	struct cgn_box box;
	struct cgn_compile_host host[2]; /* of the locations */
	unsigned n_sent, port_sent;
	uint8_t frame[256];
	uint16_t len;
};

extern struct pair pair;

void pair_open(const struct pair_options *o);

/* Asserts that all buffers are back. */
void pair_close(void);

/* 20 ms in which every nth record (0: none) to the standby of location 0 is lost; returns
 * how many those were. */
unsigned pair_lossy(unsigned n);

/* Lets time pass, s. */
void pair_run(unsigned seconds);

/* Time for everything that is old enough to be told. */
void pair_settle(void);

/* Makes others host the locations, as written in pair.host[]. */
void pair_move(void);

/* Host and standby of location n change places. */
void pair_swap(unsigned n);

/* The host of location n has died: its standby takes over, nobody is standby. Returns the
 * worker that died. */
unsigned pair_fail(unsigned n);

/* The dead worker is back, empty, as standby of location n. */
void pair_back(unsigned n, unsigned worker);

/* A packet that arrives at a port (0 inside, 1 outside), and what leaves at the other
 * one; false: nothing does. */
bool pair_exchange(
	int port, const struct cgn_model_packet *in, struct cgn_model_packet *out);

/* The inside address of a user, host order. */
uint32_t pair_inside(int user);

/* A packet from user `user`, port `sport`, to remote `remote` (last byte of 192.0.2.x),
 * port 80, by way of the worker that polls (the first that lives); returns the public
 * port that it left with, and its address in *addr; 0: it was dropped. */
uint16_t pair_up(int user, uint8_t proto, uint16_t sport, uint8_t remote, uint8_t flags,
	uint32_t *addr);

/* The answer; true: it reached that user and port. */
bool pair_down(int user, uint8_t proto, uint16_t sport, uint8_t remote, uint8_t flags,
	uint32_t addr, uint16_t port);

/* A TCP connection, established; its public port. */
uint16_t pair_connect(int user, uint16_t sport, uint8_t remote, uint32_t *addr);

/* Index of a location by number in the configuration; its host and standby. */
uint16_t pair_location(unsigned n);
struct cgn_worker *pair_host(unsigned n);
struct cgn_worker *pair_standby(unsigned n);
struct cgn_sync_location *pair_sync(const struct cgn_worker *w, unsigned n);

/* Ring of records from host to standby of location n. */
struct rte_ring *pair_ring(unsigned n);

#endif
