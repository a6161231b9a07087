/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Parking: how a thread of the path is taken out of service for good, wherever it is. */
#ifndef CGN_DATAPLANE_PARK_H
#define CGN_DATAPLANE_PARK_H

#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define CGN_PARK_FRAMES 32

enum cgn_park_state {
	CGN_PARK_RUN,
	CGN_PARK_ASKED,	 /* to park when its turn ends */
	CGN_PARK_WANTED, /* to park now, but not inside a driver */
	CGN_PARK_SEIZED, /* to park before its next instruction */
	CGN_PARK_PARKED,
};

/* A synchronous fault, or where a thread was that was fenced: what, where, and how it
 * came there. */
struct cgn_park_fault {
	int signal; /* 0: none */
	void *address;
	int frames;
	void *frame[CGN_PARK_FRAMES];
	pid_t core; /* atomic: child that leaves a core file; 0: none, or not yet */
};

struct cgn_park {
	uint32_t state;	  /* atomic: enum cgn_park_state */
	uint32_t release; /* atomic: 1: the parked thread may leave */
	uint32_t answers; /* atomic: to cgn_park_probe() */
	uint32_t faults;  /* atomic: pages that the kernel had given it by the last one */
	bool clean;	  /* it parked between two turns */
	pid_t tid;
	const volatile sig_atomic_t *held; /* the thread's cgn_park_held; NULL: not yet */
	struct cgn_park_fault fault;
	sigjmp_buf home;
	void *stack; /* of its handlers */
};

/* What a board thread that faults brings about: with `isolate` it is parked and the
 * others go on; else the process ends by the signal, after a backtrace on stderr.
 * Installs the handlers; before there are threads. 0 or -errno. */
int cgn_park_init(bool isolate);

/* Faults are again what they were before. A thread that has not reported is still parked
 * when it wakes up. */
void cgn_park_fini(void);

/* The calling thread can be parked from now on; a thread that is let go returns to the
 * sigsetjmp() that filled p->home, which must be in a function that has not returned.
 * 0 or -ENOMEM: it cannot, and goes on. */
int cgn_park_enter(struct cgn_park *p);

/* The calling thread cannot be parked any more, and has its stack freed. */
void cgn_park_leave(struct cgn_park *p);

/* Parks the calling thread if it is asked to. Between two turns. */
void cgn_park_turn(struct cgn_park *p);

/* Asks a thread to park when its turn ends. Control lcore. */
void cgn_park_ask(struct cgn_park *p);

/* Makes a thread count an answer as soon as it executes again outside the kernel; one
 * that has been asked and has not answered yet counts only once. Control lcore. */
void cgn_park_probe(struct cgn_park *p);

static inline uint32_t
cgn_park_answers(const struct cgn_park *p)
{
	return __atomic_load_n(&p->answers, __ATOMIC_ACQUIRE);
}

/* Pages of memory that the kernel had given the thread at its last answer; it wraps. */
static inline uint32_t
cgn_park_faults(const struct cgn_park *p)
{
	return __atomic_load_n(&p->faults, __ATOMIC_RELAXED);
}

/* Parks a thread wherever it is: first outside a driver, and if it does not report in
 * time, before its next instruction. After this nothing that it would have done happens.
 * true: it has reported; false: it does not execute, and parks when it wakes up. Takes
 * some milliseconds at most. Control lcore. */
bool cgn_park_seize(struct cgn_park *p);

/* Lets a parked thread go. false: it has not reported. Control lcore. */
bool cgn_park_release(struct cgn_park *p);

static inline bool
cgn_park_is_parked(const struct cgn_park *p)
{
	return __atomic_load_n(&p->state, __ATOMIC_ACQUIRE) == CGN_PARK_PARKED;
}

/* Around a call of a driver, whose rings others are to go on with. Any thread. */
extern __thread volatile sig_atomic_t cgn_park_held;
void cgn_park_resume(void);

/* Is the thread in such a call? Any thread. */
static inline bool
cgn_park_in_driver(const struct cgn_park *p)
{
	return p->held && *p->held;
}

static inline void
cgn_park_hold(void)
{
	cgn_park_held = 1;
}

static inline void
cgn_park_unhold(void)
{
	if (__builtin_expect(cgn_park_held != 1, 0))
		cgn_park_resume();
	cgn_park_held = 0;
}

#endif
