/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * hold: stops one thread of another process, as a debugger or a bad host would, and lets
 * it go on when it is told to.
 *
 *   hold TID FILE     stops it, says so, and holds it until FILE exists
 *
 * The thread is in the kernel's hands: it takes no signal, and the others of its process
 * run. When hold ends, whatever the reason, the kernel lets the thread go.
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

static int
fail(const char *what)
{
	fprintf(stderr, "hold: %s: %s\n", what, strerror(errno));
	return 1;
}

int
main(int argc, char **argv)
{
	int status;
	pid_t tid;

	if (argc != 3) {
		fprintf(stderr, "usage: hold TID FILE\n");
		return 2;
	}
	tid = (pid_t)strtol(argv[1], NULL, 10);
	if (ptrace(PTRACE_SEIZE, tid, NULL, NULL))
		return fail("seize");
	if (ptrace(PTRACE_INTERRUPT, tid, NULL, NULL))
		return fail("interrupt");
	if (waitpid(tid, &status, __WALL) != tid || !WIFSTOPPED(status))
		return fail("wait");
	printf("stopped\n");
	fflush(stdout);
	while (access(argv[2], F_OK))
		nanosleep(&(struct timespec){ .tv_nsec = LOOK_NS }, NULL);
	if (ptrace(PTRACE_DETACH, tid, NULL, NULL))
		return fail("detach");
	printf("let go\n");
	return 0;
}
