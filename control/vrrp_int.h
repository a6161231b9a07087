/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Shared by the files of the virtual routers, and by nobody else. Control lcore. */
#ifndef CGN_CONTROL_VRRP_INT_H
#define CGN_CONTROL_VRRP_INT_H

#include "control/vrrp.h"

struct group {
	char port[CGN_NAME]; /* its name, with vrid that of the group */
	uint8_t vrid;
	uint32_t leader; /* index, or CGN_NONE: it leads itself */
	uint16_t iface;	 /* in the snapshot */
	uint16_t vpn;
	uint16_t device;  /* in d->port[] */
	uint8_t n[2];	  /* addresses: IPv4, IPv6 */
	uint8_t *addr[2]; /* n[0] * 4 and n[1] * 16 bytes, as they are advertised */
	bool plain;	  /* IPv4: the other box sums without a pseudo header, so do we */
	bool ready;	  /* the batch gate, as set by others */
	bool living;	  /* liveness gate of the last turn */
	bool busy;	  /* as set by others: what is bound to it translates here */
	bool lingers;	  /* no master any more, and takes what still comes */
	uint64_t linger_ms; /* until then */
	unsigned unsaid; /* CGN_VRRP_DO_*: a new master says it at the end of the turn */
	uint64_t warned_ms;
	struct cgn_vrrp router;
	struct cgn_vrrp_count count;
	struct cgn_vrrp_transition transition[CGN_VRRP_TRANSITIONS];
};

struct cgn_vrrp_groups {
	uint32_t n;
	struct group *group; /* of conf->vrrp[] */
	uint64_t links;	     /* d->port[] that are up; a bit each */
	uint64_t look_ms;    /* when that was seen */
	uint64_t begin;	     /* tsc */
	uint64_t faults[CGN_VRRP_FAULT_KINDS];
};

/* Microseconds since the groups were made. */
uint64_t cgn_vrrp_now_us(const struct cgn_daemon *d);

/* Does what the machine of a group wants to be done. from: its state before. */
void cgn_vrrp_apply(
	struct cgn_daemon *d, struct group *g, enum cgn_vrrp_state from, unsigned todo);

/* ---- vrrp_track.c ---- */

/* The device, in d->port[], of a port of the configuration or of its parent. */
uint16_t cgn_vrrp_track_device(const struct cgn_daemon *d, int32_t port);

/* Looks at the links of the ports, now and then. */
void cgn_vrrp_track_links(struct cgn_daemon *d);

/* The facts of a step for a group. */
void cgn_vrrp_track_facts(
	struct cgn_daemon *d, uint32_t group, struct cgn_vrrp_facts *facts);

/* ---- vrrp_io.c ---- */

/* Tells the host to ask here about virtual addresses and to give advertisements. */
void cgn_vrrp_io_attach(struct cgn_daemon *d);
void cgn_vrrp_io_detach(struct cgn_daemon *d);

/* The address that advertisements come from (IPv4: ::ffff:a.b.c.d). */
void cgn_vrrp_io_source(const struct cgn_daemon *d, const struct group *g, unsigned six,
	uint8_t source[16]);

/* Sends an advertisement, of each family, with this priority. */
void cgn_vrrp_io_advertise(struct cgn_daemon *d, struct group *g, uint8_t priority);

/* Gratuitous ARP (RFC 9568 8.1.2), unsolicited NA (8.2.2) of all addresses. */
void cgn_vrrp_io_announce(struct cgn_daemon *d, struct group *g);

/* The virtual MAC addresses are the port's, or not any more. */
void cgn_vrrp_io_listen(struct cgn_daemon *d, const struct group *g, bool on);

#endif
