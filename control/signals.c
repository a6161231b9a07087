/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Signals as a file that the control lcore reads: nothing happens in a handler. Blocked
 * before there are threads, so that all inherit it; a signal during the start waits until
 * the daemon runs. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "control/stage.h"

static void
our_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGHUP);
}

int
cgn_signals_init(struct cgn_daemon *d)
{
	sigset_t set;

	our_signals(&set);
	signal(SIGPIPE, SIG_IGN);
	if (sigprocmask(SIG_BLOCK, &set, NULL) == 0)
		d->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	else
		d->signal_fd = -1;
	if (d->signal_fd >= 0)
		return 0;
	snprintf(d->err, sizeof(d->err), "signals: %s", strerror(errno));
	return -EINVAL;
}

void
cgn_signals_fini(struct cgn_daemon *d)
{
	close(d->signal_fd);
}
