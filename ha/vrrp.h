/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The state machine of a virtual router (RFC 9568 6) with what a box full of state needs
 * beyond it: running priority, gates, delays, giving way by command. It knows neither
 * clocks nor packets: time and facts come in, actions go out. Any lcore; one at a time.
 *
 * The RFC's Active router is called master here, as in the commands. */
#ifndef CGN_HA_VRRP_H
#define CGN_HA_VRRP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CGN_VRRP_OWNER 255 /* priority of who owns the addresses */

enum cgn_vrrp_state { CGN_VRRP_INITIALIZE, CGN_VRRP_BACKUP, CGN_VRRP_MASTER };

/* Why a state was entered. X(NAME, "text") */
#define CGN_VRRP_WHYS(X)                                                                 \
	X(NEW, "not started")                                                            \
	X(PORT_UP, "the port is up")                                                     \
	X(PORT_DOWN, "the port is down")                                                 \
	X(OWNER, "the owner of the addresses")                                           \
	X(LOST, "no advertisement from a master")                                        \
	X(RESIGNED, "the master has resigned")                                           \
	X(PREEMPT, "the master has a lower priority")                                    \
	X(HIGHER, "another master has a higher priority")                                \
	X(HIGHER_ADDRESS, "another master has the same priority and a higher address")   \
	X(SILENT, "its CPUs are silent")                                                 \
	X(COMMAND, "by command")                                                         \
	X(GIVEN, "to the other box, which has a higher priority")                        \
	X(STOPPED_LONG, "was stopped, and another has taken over")                       \
	X(NOBODY, "nobody has taken over")                                               \
	X(FOLLOWS, "follows its leader")                                                 \
	X(STOPPED, "stopped")

enum cgn_vrrp_why {
#define X(id, text) CGN_VRRP_WHY_##id,
	CGN_VRRP_WHYS(X)
#undef X
		CGN_VRRP_WHY_KINDS
};

/* What is to be done, bits. */
#define CGN_VRRP_DO_SEND     0x01 /* an advertisement */
#define CGN_VRRP_DO_RESIGN   0x02 /* one with priority 0 */
#define CGN_VRRP_DO_ANNOUNCE 0x04 /* gratuitous ARP, unsolicited NA of all addresses */
#define CGN_VRRP_DO_CHANGE   0x08 /* the state is another: state, why */
#define CGN_VRRP_DO_PRIORITY 0x10 /* the running priority is another */
#define CGN_VRRP_DO_RIVAL    0x20 /* another master was heard, which has to give way */

struct cgn_vrrp_conf {
	uint8_t priority;     /* configured, 1..255 */
	uint16_t interval_cs; /* 1..4095, in hundredths of a second */
	bool preempt;
	bool follows;		/* has the state of its leader */
	uint32_t preempt_delay; /* s that a lower master is tolerated */
	uint32_t recover_delay; /* s from the port's being up to taking part */
};

/* The facts of a step. */
struct cgn_vrrp_facts {
	uint64_t now_us;  /* monotonic */
	uint32_t reduced; /* sum of what failed things take from the priority */
	bool port_up;
	bool listening; /* who receives for the box has run since the last step: silence
			 * meanwhile is the master's, not ours */
	bool alive;	/* liveness gate: the CPUs behind the group turn */
	bool ready;	/* batch gate: may preempt a master that works */
};

/* An advertisement of another router, checked. */
struct cgn_vrrp_heard {
	uint64_t now_us;
	uint8_t priority;
	uint16_t interval_cs;
	const uint8_t *src; /* 16 bytes */
	const uint8_t *own; /* our address of the same family, 16 bytes */
};

struct cgn_vrrp {
	struct cgn_vrrp_conf conf;
	enum cgn_vrrp_state state;
	enum cgn_vrrp_why why; /* of the last change */
	uint8_t priority;      /* running */
	bool held;	       /* gave way by command: does not preempt yet */
	bool stepped;	       /* step_us and the facts are there */
	uint64_t step_us;
	bool alive, ready; /* of the last step */

	/* the master that was heard last; known: and still is */
	struct {
		bool known;
		uint8_t src[16], priority;
		uint16_t interval_cs;
	} master;

	enum cgn_vrrp_why next; /* backup: why it would become master */
	uint64_t down_us;	/* backup: listening time until then */
	uint64_t lower_us;	/* backup: how long a lower master has been tolerated */
	bool lower;		/* backup: there is one */
	uint64_t up_us;		/* initialize: how long the port has been up */
	uint64_t due_us;	/* master: the next advertisement */
	uint64_t silent_us;	/* master: how long the liveness gate has been closed */
	uint64_t doubt_us;  /* master: listening time until it knows that it still is */
	uint64_t since_us;  /* master: first announcement of a series */
	unsigned announced; /* master: announcements of this series */
};

const char *cgn_vrrp_state_name(enum cgn_vrrp_state state);
const char *cgn_vrrp_why_text(enum cgn_vrrp_why why);

/* A router in Initialize. */
void cgn_vrrp_init(struct cgn_vrrp *v, const struct cgn_vrrp_conf *conf);

/* Another configuration; the state stays. */
void cgn_vrrp_configure(struct cgn_vrrp *v, const struct cgn_vrrp_conf *conf);

/* Lets time pass; about once a millisecond. Returns actions (CGN_VRRP_DO_*). A router
 * that follows only keeps its timers here. */
unsigned cgn_vrrp_step(struct cgn_vrrp *v, const struct cgn_vrrp_facts *facts);

/* Takes an advertisement, behind the checks of RFC 9568 7.1. Returns actions. */
unsigned cgn_vrrp_hear(struct cgn_vrrp *v, const struct cgn_vrrp_heard *heard);

/* Gives a router that follows the state of its leader. Returns actions. */
unsigned cgn_vrrp_follow(struct cgn_vrrp *v, enum cgn_vrrp_state leader, uint64_t now_us);

/* A master gives way: it resigns. hold: it stays backup until the other one fails or
 * resigns, or until nobody has taken over; else only as long as it has the lower
 * priority. Returns actions; 0: it is no master. */
unsigned cgn_vrrp_yield(struct cgn_vrrp *v, bool hold);

/* Would a backup take over from a master that works, were it ready? That one has a lower
 * priority, and has been tolerated long enough. */
bool cgn_vrrp_wants(const struct cgn_vrrp *v);

/* The end: a master resigns (RFC 9568 6.4.3). Returns actions. */
unsigned cgn_vrrp_stop(struct cgn_vrrp *v);

/* Microseconds by RFC 9568 6.1, of the interval of the master that was heard, or our own:
 * Skew_Time and Active_Down_Interval. */
uint64_t cgn_vrrp_skew_us(const struct cgn_vrrp *v);
uint64_t cgn_vrrp_down_us(const struct cgn_vrrp *v);

#endif
