/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The box's virtual routers: one for each group of conf->vrrp[], with the machine of
 * ha/vrrp.h, advertisements and announcements, what is tracked, and what is told to
 * others: states, transitions, counters. A group is named by its index in conf->vrrp[];
 * a location's is conf->locations[].vrrp.index.
 *
 * All of it: control lcore only. */
#ifndef CGN_CONTROL_VRRP_H
#define CGN_CONTROL_VRRP_H

#include "control/daemon.h"
#include "ha/vrrp.h"
#include "ha/vrrp_wire.h"

struct cgn_vrrp_groups;

/* Stage of the start: the groups of the configuration, in Initialize. At the end all
 * masters resign, and their last word is on the wire before the lcores stop. */
int cgn_vrrp_groups_init(struct cgn_daemon *d);
void cgn_vrrp_groups_fini(struct cgn_daemon *d);

/* Takes on d->conf and d->snap after they have been replaced. A group that was there (by
 * name of the port and vrid) keeps its state; one that is gone resigns. 0 or -ENOMEM,
 * logged: everything is then as before. */
int cgn_vrrp_groups_configure(struct cgn_daemon *d);

/* Lets time pass, for all groups: once in a millisecond. What is to be said then is said
 * by the second: behind cgn_watch_turn(), so that a new master translates before it
 * attracts anything. */
void cgn_vrrp_groups_turn(struct cgn_daemon *d);
void cgn_vrrp_groups_speak(struct cgn_daemon *d);

/* Index of the group that decides for it: the one that it follows, or itself. */
uint32_t cgn_vrrp_groups_leader(const struct cgn_daemon *d, uint32_t group);

/* Its state; Initialize for an index that is no group's. */
enum cgn_vrrp_state cgn_vrrp_groups_state(const struct cgn_daemon *d, uint32_t group);

/* The batch gate: may the group preempt a master that works? True until told otherwise.
 * That of a group which follows is its leader's. */
void cgn_vrrp_groups_set_ready(struct cgn_daemon *d, uint32_t group, bool ready);

/* Would the group take over from a master that works, if it were ready? */
bool cgn_vrrp_groups_wants(const struct cgn_daemon *d, uint32_t group);

/* Does what is bound to the group, or to one that follows it, translate here? As long as
 * it does, and a moment beyond, a master that has given way takes what still comes to its
 * virtual MAC addresses. */
void cgn_vrrp_groups_set_busy(struct cgn_daemon *d, uint32_t group, bool busy);

/* Planned switch: the group (or its leader) resigns. hold: it stays backup until the
 * other box fails or gives way itself, or until nobody has taken over. 0, or -EINVAL with
 * one line in err: it is no master. */
int cgn_vrrp_groups_yield(
	struct cgn_daemon *d, uint32_t group, bool hold, char *err, size_t err_size);

/* Announces the addresses of the group, its leader and those who follow it, as far as
 * they are master, once more. */
void cgn_vrrp_groups_announce(struct cgn_daemon *d, uint32_t group);

/* ---- to be seen ---- */

#define CGN_VRRP_TRANSITIONS 16 /* kept of each group */

struct cgn_vrrp_transition {
	struct timespec when; /* wall clock */
	enum cgn_vrrp_state from, to;
	enum cgn_vrrp_why why;
};

struct cgn_vrrp_count {
	uint64_t sent, resigned;	 /* advertisements; those with priority 0 */
	uint64_t received, resignations; /* accepted; those with priority 0 */
	uint64_t announced;		 /* gratuitous ARP and unsolicited NA */
	uint64_t rivals;		 /* other masters that had to give way */
	uint64_t addresses, intervals;	 /* accepted ones whose addresses, interval differ
					  */
	uint64_t transitions;		 /* of state */
};

/* What `show vrrp` wants to know. */
struct cgn_vrrp_view {
	const struct cgn_vrrp *router;
	const struct cgn_vrrp_count *count;
	const struct cgn_vrrp_transition
		*transition;   /* [number % CGN_VRRP_TRANSITIONS] */
	uint8_t source[2][16]; /* of advertisements: IPv4, IPv6 */
	bool has[2];	       /* addresses: IPv4, IPv6 */
	bool ready, alive;     /* gates, as they are now */
};

/* False: there is no such group. */
bool cgn_vrrp_groups_view(
	const struct cgn_daemon *d, uint32_t group, struct cgn_vrrp_view *view);

/* Advertisements that were refused for a fault. */
uint64_t cgn_vrrp_groups_faults(const struct cgn_daemon *d, enum cgn_vrrp_fault fault);

#endif
