/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Application gateways: sessions whose payload names addresses and ports. A session that
 * has one carries the slot of its state; all others pay for one test. */
#ifndef CGN_DATAPLANE_ALG_H
#define CGN_DATAPLANE_ALG_H

#include "dataplane/alg_ftp.h"
#include "dataplane/edits.h"
#include "dataplane/pipeline.h"
#include "dataplane/syncrec.h"

#define CGN_ALG_EXPECTED 4 /* data connections that one control connection waits for */

/* A control connection. Sequence numbers are those of the inside host. */
struct cgn_alg_control {
	uint32_t free; /* first: overwritten when the slot is freed */
	uint32_t next; /* first byte that has not been read */
	uint32_t begun;
	bool synced;
	bool inside_line;
	bool copied;  /* where reading goes on is not known: with what comes next */
	bool edited;  /* ever: then replication tells of it */
	bool news;    /* with this segment */
	uint8_t side; /* enum cgn_alg_ftp_side */
	uint8_t n_head;
	uint8_t head[CGN_ALG_FTP_HEAD];	     /* of a line whose end has not come */
	uint16_t expected[CGN_ALG_EXPECTED]; /* slot + 1, oldest first; 0: none */
	struct cgn_edits edits;
	struct cgn_alg_ftp_end named; /* the last edit: the public end */
	struct cgn_told told;
	uint32_t told_shift;
};

/* Bytes of what cgn_alg_init() takes for so many sessions. Pure. */
uint64_t cgn_alg_bytes(uint32_t sessions);

/* Slots for the gateways of a worker; 0 or -ENOMEM. Start-up only. */
int cgn_alg_init(struct cgn_worker *w);
void cgn_alg_fini(struct cgn_worker *w);

/* Follows a new session if it is a control connection and there is a slot. Owner. */
void cgn_alg_open(struct cgn_worker *w, struct cgn_session *s);

/* Ends that, and what the connection still waited for. Owner. */
void cgn_alg_close(struct cgn_worker *w, struct cgn_session *s);

/* Reads and rewrites a segment of a followed session, before its addresses are. false:
 * the packet has been dropped. */
bool cgn_alg_segment(
	struct cgn_burst *b, uint64_t i, const struct cgn_session *s, enum cgn_dir dir);

/* Takes back what cgn_alg_segment() did to the numbers of a TCP header. */
void cgn_alg_undo(const struct cgn_worker *w, const struct cgn_session *s, uint8_t *tcp,
	enum cgn_dir dir);

/* The sequence number of a segment that an ICMP error from outside quotes, as the inside
 * host knows it. tcp: as much of the segment as is quoted, at least 8 bytes. */
void cgn_alg_quoted(const struct cgn_worker *w, const struct cgn_session *s, uint8_t *tcp,
	unsigned room);

/* ---- for replication; owner ---- */

/* Fills r.alg of a session that has a gateway. */
void cgn_alg_describe(
	const struct cgn_worker *w, const struct cgn_session *s, struct cgn_syncrec *r);

/* Makes the gateway of a session what a record says. */
void cgn_alg_restore(
	struct cgn_worker *w, const struct cgn_session *s, const struct cgn_syncrec *r);

static inline struct cgn_alg_control *
cgn_alg_control_at(const struct cgn_worker *w, uint16_t slot)
{
	return cgn_slots_at(&w->alg.controls, slot - 1u);
}

#endif
