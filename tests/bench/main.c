/* SPDX-License-Identifier: BSD-3-Clause
 *
 * cgnbench: the benchmark of the packet path. Every scale point runs in a child process,
 * so that none inherits the memory of the one before, and sends back what it measured. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/box.h"
#include "tests/bench/options.h"
#include "tests/bench/progress.h"
#include "tests/bench/report.h"
#include "tests/bench/run.h"
#include "tests/bench/wire.h"

static void
child(const struct cgn_bench_options *o, uint32_t sessions, enum cgn_bench_ha ha, int fd)
{
	struct cgn_point p;

	if (cgn_run_point(o, sessions, ha, &p) != 0)
		exit(EXIT_FAILURE);
	exit(write(fd, &p, sizeof(p)) == sizeof(p) ? EXIT_SUCCESS : EXIT_FAILURE);
}

/* 0, or -1 when the child failed, which has then said why. */
static int
measure(const struct cgn_bench_options *o, uint32_t sessions, enum cgn_bench_ha ha,
	struct cgn_point *p)
{
	int fd[2], status = 0;
	ssize_t got;
	pid_t pid;

	if (pipe(fd) != 0 || (pid = fork()) < 0) {
		perror("cgnbench");
		return -1;
	}
	if (pid == 0) {
		close(fd[0]);
		child(o, sessions, ha, fd[1]);
	}
	close(fd[1]);
	got = read(fd[0], p, sizeof(*p));
	close(fd[0]);
	if (waitpid(pid, &status, 0) == pid && got == sizeof(*p) && status == 0)
		return 0;
	if (WIFSIGNALED(status))
		fprintf(stderr, "cgnbench: %u sessions: ended by signal %d\n", sessions,
			WTERMSIG(status));
	return -1;
}

static int
measure_wire(const struct cgn_bench_options *o)
{
	struct cgn_wire_point p;

	return cgn_wire_run(o, &p) != 0 || cgn_report_wire(o, &p) != 0;
}

int
main(int argc, char **argv)
{
	struct cgn_bench_options o;
	struct cgn_point p[CGN_BENCH_POINTS];
	int rc = cgn_options_parse(argc, argv, &o);
	unsigned n = 0;

	if (rc != 0)
		return rc < 0 ? 2 : 0;
	if (o.config)
		return cgn_box_print(&o, stdout) != 0;
	cgn_progress_enable(o.progress);
	if (o.n_ports)
		return measure_wire(&o);
	for (unsigned i = 0; i < o.n_sessions; i++)
		for (unsigned m = 0; m < o.n_ha; m++)
			if (measure(&o, o.sessions[i], o.ha[m], &p[n++]) != 0)
				return 1;
	return cgn_report(&o, p, n) != 0;
}
