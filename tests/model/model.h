/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A naive model of the NAT: what exists, in plain arrays that are searched from end to
 * end. Time is in steps of ten seconds, and no timer is a multiple of one, so that it is
 * never open whether something has expired. */
#ifndef CGN_TESTS_MODEL_H
#define CGN_TESTS_MODEL_H

#include "tests/model/packet.h"

#define MODEL_USERS    24
#define MODEL_MAPPINGS 4096
#define MODEL_SESSIONS 8192
#define MODEL_STEP_MS  10000

/* Seconds; the last digit is never 0, and with the sweep's second never reaches it. */
#define MODEL_UDP	  33
#define MODEL_ICMP	  23
#define MODEL_TRANSITORY  53
#define MODEL_ESTABLISHED 93
#define MODEL_SYN_WAIT	  6
#define MODEL_QUARANTINE  120

struct cgn_model_conf {
	const char *name, *text; /* of the configuration */
	bool ds_lite, eim, eif;
	unsigned block;	       /* ports of a block */
	bool grows;	       /* more blocks as needed */
	bool single;	       /* ports one by one: TCP's need no quarantine */
	unsigned max_sessions; /* of a user */
	unsigned ports;	       /* inside ports that users use */
};

enum cgn_model_state {
	MODEL_OPEN,
	MODEL_SU,
	MODEL_SD,
	MODEL_EST,
	MODEL_FU,
	MODEL_FD,
	MODEL_FB,
	MODEL_TR
};

struct cgn_model_mapping {
	bool live, shared;
	int user;
	uint8_t proto;
	uint16_t inside_port, port;
	uint32_t addr;
	unsigned sessions;
};

struct cgn_model_session {
	bool live, reverse;
	int mapping;
	uint32_t remote;
	uint16_t remote_port; /* ICMP: 0 */
	enum cgn_model_state state;
	uint32_t seen; /* step */
};

/* Who held a public port last. */
struct cgn_model_past {
	int user;	/* + 1; 0: nobody */
	uint32_t until; /* ms */
};

struct cgn_model {
	const struct cgn_model_conf *conf;
	uint32_t now;		    /* step */
	uint32_t addr[MODEL_USERS]; /* public address, 0: the user does not exist */
	struct cgn_model_mapping mapping[MODEL_MAPPINGS];
	struct cgn_model_session session[MODEL_SESSIONS];
	struct cgn_model_past past[3][8][65536]; /* [class][address & 7][port] */
};

/* Indices, or -1. */
int cgn_model_find_session(
	const struct cgn_model *m, int mapping, uint32_t remote, uint16_t remote_port);
int cgn_model_find_up(const struct cgn_model *m, int user, uint8_t proto, uint16_t port,
	uint32_t remote, uint16_t remote_port);
int cgn_model_find_shared(
	const struct cgn_model *m, int user, uint8_t proto, uint16_t port);
int cgn_model_find_public(
	const struct cgn_model *m, uint8_t proto, uint32_t addr, uint16_t port);

/* Things that a user has. */
unsigned cgn_model_count_sessions(const struct cgn_model *m, int user);
unsigned cgn_model_count_mappings(const struct cgn_model *m, int user, uint8_t proto);

/* Adds what a packet has made. A mapping whose public port is taken, below 1024, of
 * another address than the user's, or was somebody else's within the quarantine, is an
 * error: its text, else NULL. */
const char *cgn_model_add_mapping(struct cgn_model *m, int user, uint8_t proto,
	uint16_t inside_port, uint32_t addr, uint16_t port, int *index);
void cgn_model_add_session(
	struct cgn_model *m, int mapping, uint32_t remote, uint16_t remote_port, bool up);

/* A packet of an existing session: state and refresh. */
void cgn_model_touch(struct cgn_model *m, int session, bool up, uint8_t tcp_flags);

/* Ends a session, with mapping and user when they were its last. ms: after the step. */
void cgn_model_end(struct cgn_model *m, int session, uint32_t ms);

/* Goes to a later step: ends what expires on the way. */
void cgn_model_advance(struct cgn_model *m, uint32_t steps);

#endif
