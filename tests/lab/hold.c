/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * hold: stops one thread of another process, as a debugger or a bad host would, and lets
 * it go on when it is told to.
 *
 *   hold TID FILE             stops it, says so, and holds it until FILE exists
 *   hold TID FILE HELD RUN    over and over: holds it for HELD ms and lets it run for
 *                             RUN ms, until FILE exists
 *
 * The thread is in the kernel's hands: while it is held it takes no signal, and the
 * others of its process run. When hold ends, whatever the reason, the kernel lets the
 * thread go.
 *
 * Not handled: several threads.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LOOK_NS 10000000
#define STEP_NS 100000

static int
fail(const char *what)
{
	fprintf(stderr, "hold: %s: %s\n", what, strerror(errno));
	return 1;
}

static void
rest(long ns)
{
	nanosleep(&(struct timespec){ ns / 1000000000, ns % 1000000000 }, NULL);
}

/* Lets the thread run for so long; a signal that comes meanwhile reaches it. */
static int
let_run(pid_t tid, long ms)
{
	struct timespec now, end;
	int status;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_nsec += ms * 1000000;
	end.tv_sec += end.tv_nsec / 1000000000;
	end.tv_nsec %= 1000000000;
	if (ptrace(PTRACE_CONT, tid, NULL, NULL))
		return -1;
	do {
		rest(STEP_NS);
		if (waitpid(tid, &status, __WALL | WNOHANG) == tid &&
			ptrace(PTRACE_CONT, tid, NULL,
				status >> 16 ? NULL : (void *)(long)WSTOPSIG(status)))
			return -1;
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (now.tv_sec < end.tv_sec ||
		 (now.tv_sec == end.tv_sec && now.tv_nsec < end.tv_nsec));
	return 0;
}

/* Stops it; a signal that comes just then reaches it first. */
static int
stop(pid_t tid)
{
	int status;

	if (ptrace(PTRACE_INTERRUPT, tid, NULL, NULL))
		return -1;
	for (;;) {
		if (waitpid(tid, &status, __WALL) != tid || !WIFSTOPPED(status))
			return -1;
		if (status >> 16)
			return 0;
		if (ptrace(PTRACE_CONT, tid, NULL, (void *)(long)WSTOPSIG(status)))
			return -1;
	}
}

int
main(int argc, char **argv)
{
	long held, run;
	pid_t tid;

	if (argc != 3 && argc != 5) {
		fprintf(stderr, "usage: hold TID FILE [HELD RUN]\n");
		return 2;
	}
	held = argc == 5 ? strtol(argv[3], NULL, 10) * 1000000 : LOOK_NS;
	run = argc == 5 ? strtol(argv[4], NULL, 10) : 0;
	tid = (pid_t)strtol(argv[1], NULL, 10);
	if (ptrace(PTRACE_SEIZE, tid, NULL, NULL))
		return fail("seize");
	if (stop(tid))
		return fail("stop");
	printf("stopped\n");
	fflush(stdout);
	while (access(argv[2], F_OK)) {
		rest(held);
		if (run && (let_run(tid, run) || stop(tid)))
			return fail("run");
	}
	if (ptrace(PTRACE_DETACH, tid, NULL, NULL))
		return fail("detach");
	printf("let go\n");
	return 0;
}
