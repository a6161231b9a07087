/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Parking. A thread that hangs or has faulted must do nothing more to what it shared, and
 * cannot be cancelled: a signal interrupts it, and the handler waits, on a stack of its
 * own, until the thread is let go; then it jumps back to where the thread began. So a
 * parked thread never resumes what it was at.
 *
 * The same signal, when nobody wants the thread to park, is a question: a thread that
 * executes answers it, one that is in the kernel or has no processor does not.
 *
 * A driver's ring is half-done in the middle of a call, and another lcore is to go on
 * with it. Therefore the handler lets a thread finish such a call (cgn_park_hold()),
 * unless it was seized: that is said when it did not report in time, hence is not
 * executing. The signal is pending then and parks it before its next instruction,
 * whenever that is.
 *
 * A synchronous fault (SIGSEGV, SIGBUS, SIGFPE, SIGILL) takes the same way, with a
 * backtrace, and a core file by a child that dies of the same signal. A fault inside the
 * handler parks at once. Threads that have not entered are none of its business: they get
 * what they would have got without us.
 *
 * Not handled: a thread seized in the middle of a driver's call leaves that ring as it
 * is. So the watch has much patience with one that got no processor there. */
#include "dataplane/park.h"

#include <errno.h>
#include <execinfo.h>
#include <linux/futex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define FENCE	   SIGUSR2
#define STACK	   65536
#define POLL_NS	   20000
#define POLITE_NS  3000000ull /* until a thread that can be parked has reported */
#define FINAL_NS   2000000ull
#define HOLD_ASKED 2 /* of cgn_park_held: park when the driver returns */

static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL };
#define N_FAULTS (sizeof(faults) / sizeof(faults[0]))

static struct sigaction before[N_FAULTS];
static bool isolating;

__thread volatile sig_atomic_t cgn_park_held;
static __thread struct cgn_park *self;

static uint32_t
state_of(const struct cgn_park *p)
{
	return __atomic_load_n(&p->state, __ATOMIC_ACQUIRE);
}

/* Waits until it is let go; does not return. */
static void __attribute__((noreturn)) park(struct cgn_park *p)
{
	__atomic_store_n(&p->state, CGN_PARK_PARKED, __ATOMIC_RELEASE);
	while (!__atomic_load_n(&p->release, __ATOMIC_ACQUIRE))
		syscall(SYS_futex, &p->release, FUTEX_WAIT, 0, NULL, NULL, 0);
	siglongjmp(p->home, 1);
}

static void
note_frames(struct cgn_park *p)
{
	p->fault.frames = backtrace(p->fault.frame, CGN_PARK_FRAMES);
}

static void
answer(struct cgn_park *p)
{
	struct rusage used;

	if (getrusage(RUSAGE_THREAD, &used) == 0)
		__atomic_store_n(&p->faults, (uint32_t)used.ru_minflt, __ATOMIC_RELAXED);
	__atomic_store_n(&p->answers, p->answers + 1, __ATOMIC_RELEASE);
}

static void
on_fence(int signal)
{
	(void)signal;
	if (!self)
		return;
	answer(self);
	if (state_of(self) == CGN_PARK_SEIZED) {
		note_frames(self);
		park(self);
	}
	if (state_of(self) != CGN_PARK_WANTED)
		return;
	note_frames(self);
	if (cgn_park_held)
		cgn_park_held = HOLD_ASKED;
	else
		park(self);
}

void
cgn_park_resume(void)
{
	if (self && cgn_park_held == HOLD_ASKED)
		park(self);
}

/* The child has this thread only; the fault is still on its stack. Writing the memory of
 * a box takes seconds: what the daemon closes meanwhile, or opens when it is started
 * again, must not be kept open by the child. */
static pid_t
leave_core(int signal)
{
	struct rlimit limit;
	sigset_t set;
	pid_t pid;

	if (getrlimit(RLIMIT_CORE, &limit) || limit.rlim_cur == 0)
		return 0;
	pid = _Fork();
	if (pid)
		return pid > 0 ? pid : 0;
	syscall(SYS_close_range, 0, ~0u, 0);
	sigemptyset(&set);
	sigaddset(&set, signal);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	(void)!sigaction(signal, &(struct sigaction){ .sa_handler = SIG_DFL }, NULL);
	raise(signal);
	_exit(1);
}

/* As if there were no handler: the instruction faults again. */
static void
give_way(int signal)
{
	for (size_t i = 0; i < N_FAULTS; i++)
		if (faults[i] == signal)
			sigaction(signal, &before[i], NULL);
}

static void
end_process(int signal)
{
	static const char text[] = "<2>cgnd: a board thread faults, dpdk.on_crash = "
				   "\"exit\"\n";
	void *frame[CGN_PARK_FRAMES];

	if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		return;
	backtrace_symbols_fd(frame, backtrace(frame, CGN_PARK_FRAMES), STDERR_FILENO);
	give_way(signal);
}

static void
on_fault(int signal, siginfo_t *info, void *context)
{
	struct cgn_park *p = self;

	(void)context;
	if (!p) {
		give_way(signal);
		return;
	}
	if (!isolating) {
		end_process(signal);
		return;
	}
	if (p->fault.signal) /* the handler itself */
		park(p);
	p->fault.signal = signal;
	p->fault.address = info->si_addr;
	note_frames(p);
	__atomic_store_n(&p->state, CGN_PARK_PARKED, __ATOMIC_RELEASE);
	p->fault.core = leave_core(signal);
	park(p);
}

int
cgn_park_init(bool isolate)
{
	struct sigaction act = { .sa_sigaction = on_fault,
		.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER };
	struct sigaction fence = { .sa_handler = on_fence,
		.sa_flags = SA_ONSTACK | SA_RESTART };
	void *frame[1];

	isolating = isolate;
	sigaddset(&act.sa_mask, FENCE);
	backtrace(frame, 1); /* loads its library now, not in the handler */
	for (size_t i = 0; i < N_FAULTS; i++)
		if (sigaction(faults[i], &act, &before[i]))
			return -errno;
	return sigaction(FENCE, &fence, NULL) ? -errno : 0;
}

void
cgn_park_fini(void)
{
	for (size_t i = 0; i < N_FAULTS; i++)
		sigaction(faults[i], &before[i], NULL);
}

int
cgn_park_enter(struct cgn_park *p)
{
	stack_t stack = { .ss_size = STACK };

	p->tid = gettid();
	p->clean = false;
	memset(&p->fault, 0, sizeof(p->fault));
	__atomic_store_n(&p->release, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&p->state, CGN_PARK_RUN, __ATOMIC_RELEASE);
	p->stack = stack.ss_sp = malloc(STACK);
	if (!p->stack)
		return -ENOMEM;
	sigaltstack(&stack, NULL);
	cgn_park_held = 0;
	p->held = &cgn_park_held;
	self = p;
	return 0;
}

void
cgn_park_leave(struct cgn_park *p)
{
	self = NULL;
	sigaltstack(&(stack_t){ .ss_flags = SS_DISABLE }, NULL);
	free(p->stack);
	p->stack = NULL;
}

void
cgn_park_turn(struct cgn_park *p)
{
	if (__builtin_expect(state_of(p) == CGN_PARK_RUN, 1))
		return;
	p->clean = true;
	park(p);
}

void
cgn_park_ask(struct cgn_park *p)
{
	__atomic_store_n(&p->state, CGN_PARK_ASKED, __ATOMIC_RELEASE);
}

static void
interrupt(const struct cgn_park *p)
{
	syscall(SYS_tgkill, getpid(), p->tid, FENCE);
}

void
cgn_park_probe(struct cgn_park *p)
{
	if (p->tid)
		interrupt(p);
}

static uint64_t
clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ull + (uint64_t)ts.tv_nsec;
}

/* Moves on to a state, unless the thread has parked meanwhile; and wakes it. */
static bool
demand(struct cgn_park *p, uint32_t state, uint64_t wait_ns)
{
	uint32_t now = state_of(p);
	uint64_t begin;

	while (now != CGN_PARK_PARKED &&
		!__atomic_compare_exchange_n(&p->state, &now, state, false,
			__ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		;
	if (now == CGN_PARK_PARKED || !p->tid)
		return now == CGN_PARK_PARKED;
	interrupt(p);
	begin = clock_ns();
	while (!cgn_park_is_parked(p) && clock_ns() - begin < wait_ns)
		nanosleep(&(struct timespec){ .tv_nsec = POLL_NS }, NULL);
	return cgn_park_is_parked(p);
}

bool
cgn_park_seize(struct cgn_park *p)
{
	return demand(p, CGN_PARK_WANTED, POLITE_NS) ||
	       demand(p, CGN_PARK_SEIZED, FINAL_NS);
}

bool
cgn_park_release(struct cgn_park *p)
{
	if (!cgn_park_is_parked(p))
		return false;
	__atomic_store_n(&p->release, 1, __ATOMIC_RELEASE);
	syscall(SYS_futex, &p->release, FUTEX_WAKE, 1, NULL, NULL, 0);
	return true;
}
