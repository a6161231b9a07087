/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What became of single packets, stage by stage, told to the control lcore.
 *
 * A trace is a filter and a spool; an operator's command makes one for each worker. While
 * a worker has one, its bursts run through cgn_trace_burst(), which looks at the packets
 * between the stages; else that costs one test for each burst. A packet makes a record
 * for each of its rounds: one on every CPU that it passes, and one each time it goes
 * round again (hairpin). Records of a packet have one name, which travels with it. */
#ifndef CGN_DATAPLANE_TRACE_H
#define CGN_DATAPLANE_TRACE_H

#include "dataplane/msg.h"
#include "dataplane/pipeline.h"
#include "dataplane/spool.h"

#define CGN_TRACE_STEPS	 20 /* of a round, at most */
#define CGN_TRACE_ROUNDS (HOPS_MAX + 1)
#define CGN_TRACE_SPOOL	 (4u << 20) /* bytes: some thousand packets */

/* What is known of a packet, as far as it has come. */
enum cgn_trace_known {
	CGN_TRACE_KNOWS_PORT = 1 << 0,
	CGN_TRACE_KNOWS_PROTO = 1 << 1,
	CGN_TRACE_KNOWS_INSTANCE = 1 << 2,
	CGN_TRACE_KNOWS_LOCATION = 1 << 3,
	CGN_TRACE_KNOWS_SOFTWIRE = 1 << 4,
	CGN_TRACE_KNOWS_INSIDE = 1 << 5,
	CGN_TRACE_KNOWS_OUTSIDE = 1 << 6,
	CGN_TRACE_KNOWS_REMOTE = 1 << 7,
	CGN_TRACE_KNOWS_PORTS = 1
				<< 8, /* of the ends that are known: it is no fragment */
};

/* Addresses and ports in network order; the rest are indices in the snapshot. */
struct cgn_trace_facts {
	uint16_t known; /* CGN_TRACE_KNOWS_* */
	uint16_t port, iface, instance, location;
	uint8_t proto;
	uint8_t b4[16];
	rte_be32_t inside, outside, remote;
	rte_be16_t inside_port, outside_port, remote_port;
};

/* Which packets are meant: all that is given must agree. */
struct cgn_trace_filter {
	struct cgn_filter flow; /* role is not looked at */
	char port[CGN_NAME]; /* it came in on, with all its VLANs, or one VLAN; "": any */
	/* one of its ends, before or behind the translation, in or on the tunnel */
	bool addressed;	      /* what follows is given */
	uint8_t addr_len;     /* bits, of 128; 0: any address */
	uint8_t addr[16];     /* IPv4: ::ffff:a.b.c.d */
	rte_be16_t addr_port; /* 0: any */
};

enum cgn_trace_match {
	CGN_TRACE_NO,	 /* it is not one of them */
	CGN_TRACE_MAYBE, /* not known yet */
	CGN_TRACE_YES,
};

/* What a step says. */
enum cgn_trace_what {
	CGN_TRACE_HEADER, /* from, to, proto: of the packet now; n: bytes of it; a:
			     p.flags */
	CGN_TRACE_ROUTE,  /* a: enum cgn_nh_kind; b: interface; to: gateway */
	CGN_TRACE_CLASS,  /* a: enum cgn_trace_class; b: instance */
	CGN_TRACE_STEER,  /* a: location; b: worker, CGN_REMOTE, CGN_NONE16; n: it is this
			   * worker */
	CGN_TRACE_USER,	  /* n: user, or CGN_NONE; from: its B4 */
	CGN_TRACE_NO_SESSION,
	CGN_TRACE_SESSION, /* from: inside, to: outside, remote; n: session; a: state; b:
			      1: opened in this tick */
	CGN_TRACE_GATEWAY, /* a gateway of an application reads along */
	CGN_TRACE_ERROR,   /* dropped, a: enum cgn_drop; it goes back as an ICMP error */
	CGN_TRACE_END,	   /* a: enum cgn_trace_end; b, n, from: see there */
};

enum cgn_trace_class { CGN_TRACE_UP, CGN_TRACE_DOWN, CGN_TRACE_PLAIN };

enum cgn_trace_end {
	CGN_TRACE_NOWHERE,   /* not found; never */
	CGN_TRACE_SENT,	     /* b: port; from: destination of the frame; n: bytes of it */
	CGN_TRACE_FRAGMENTS, /* sent in several; b: interface */
	CGN_TRACE_DROPPED,   /* b: enum cgn_drop */
	CGN_TRACE_PUNTED,    /* b: enum cgn_mark_op; to: neighbour that is waited for */
	CGN_TRACE_HANDED,    /* b: worker */
	CGN_TRACE_AGAIN,     /* round again on this CPU: hairpin */
	CGN_TRACE_KEPT,	     /* a fragment, until its datagram is complete */
	CGN_TRACE_HELD,	     /* an unsolicited SYN, for some seconds */
};

struct cgn_trace_step {
	uint8_t stage; /* enum cgn_stage_id */
	uint8_t what;  /* enum cgn_trace_what */
	uint8_t proto;
	uint8_t spare;
	uint16_t a, b;
	uint32_t n;
	uint8_t from[16], to[16]; /* IPv4: ::ffff:a.b.c.d */
	rte_be16_t sport, dport;  /* 0: none */
	rte_be32_t remote;
	rte_be16_t remote_port;
};

/* A round of a packet. */
struct cgn_trace_record {
	uint64_t tsc;	     /* when the burst began; first: records are merged by it */
	uint64_t generation; /* of the snapshot that indices are of */
	uint32_t name;	     /* of the packet */
	uint16_t worker;
	uint8_t hops;	  /* rounds before this one */
	bool whole_story; /* there were none that this worker knows of */
	bool matches;	  /* the packet is one of those wanted */
	uint8_t end;	  /* enum cgn_trace_end */
	uint8_t n;	  /* steps */
	struct cgn_trace_facts facts;
	struct cgn_trace_step step[]; /* [n] */
};

/* Of one worker. */
struct cgn_trace {
	struct cgn_trace_filter filter;
	struct cgn_spool *spool; /* of struct cgn_trace_record */
	uint64_t passed;	 /* atomic: packets not looked at, for it was full */
};

/* A trace for a worker; NULL: out of memory. It sees nothing before cgn_trace_start(). */
struct cgn_trace *cgn_trace_create(const struct cgn_trace_filter *f);

/* NULL is allowed. No worker has it. */
void cgn_trace_destroy(struct cgn_trace *t);

/* Gives a worker a trace at place k, or takes it away: it may be destroyed when all
 * lcores have reported a quiescent state. Control lcore. */
void cgn_trace_start(struct cgn_worker *w, unsigned k, struct cgn_trace *t);
void cgn_trace_stop(struct cgn_worker *w, unsigned k);

/* Does the filter want a packet of which this is known? addressed: one of its ends is the
 * filter's address. Pure. */
enum cgn_trace_match cgn_trace_match(const struct cgn_snapshot *snap,
	const struct cgn_trace_filter *f, const struct cgn_trace_facts *known,
	bool addressed);

/* Is this end the filter's address? addr: IPv4 as ::ffff:a.b.c.d. Pure. */
bool cgn_trace_addressed(
	const struct cgn_trace_filter *f, const uint8_t addr[16], rte_be16_t port);

/* Runs the stages over a burst and tells what they do. Its own lcore. */
void cgn_trace_burst(struct cgn_burst *b, cgn_stage *const stage[CGN_STAGE_COUNT]);

#endif
