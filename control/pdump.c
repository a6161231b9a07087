/* SPDX-License-Identifier: BSD-3-Clause
 *
 * dpdk-dumpcap attaches to the memory of the daemon, where dpdk.multi_process lets it,
 * and asks DPDK's pdump library for copies of a port's frames. The library answers on a
 * thread of its own; all that is done here is to begin, and to see to clients that die
 * without taking their wish back: their frames would be copied for nobody, and nobody
 * else could capture that port until the daemon is started again.
 *
 * A client is a socket mp_socket_PID_* beside DPDK's own. One that refuses is of a dead
 * process. There is no call to withdraw what another process has asked for, so the
 * request that it did not live to send is sent in its name, in the words of DPDK 22.11
 * (lib/eal/common/eal_common_proc.c, lib/pdump/rte_pdump.c). It names no client: whoever
 * else captures the port at that moment has to begin again.
 *
 * Control lcore. Not handled: the ring and the pool of packets of a dead client stay
 * in memory (the pool points to functions of the process that made it); a client that
 * dies while it holds a lock in the common memory. */
#include "control/pdump.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_pdump.h>

#include "control/daemon.h"
#include "control/eal.h"
#include "control/log.h"

#define ACTION	 "mp_pdump"
#define REQUEST	 1 /* MP_REQ */
#define DISABLE	 1
#define VERSION	 2
#define OWN_NAME "cgnd_socket"
#define CLIENT	 "mp_socket_"

struct pdump_request {
	uint16_t ver, op;
	uint32_t flags;
	char device[RTE_DEV_NAME_MAX_LEN];
	uint16_t queue;
	void *ring, *mp;
	const void *prm;
	uint32_t snaplen;
};

struct message {
	int type;
	struct rte_mp_msg msg;
};

static int
address(struct sockaddr_un *to, const char *run_dir, const char *name)
{
	int n = snprintf(to->sun_path, sizeof(to->sun_path),
		"%s/" CGN_EAL_DIRECTORY "/%s", run_dir, name);

	to->sun_family = AF_UNIX;
	return n < 0 || (size_t)n >= sizeof(to->sun_path) ? -ENAMETOOLONG : 0;
}

static int
open_socket(const char *run_dir)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un own;
	int rc = address(&own, run_dir, OWN_NAME);

	if (fd < 0)
		return -errno;
	unlink(own.sun_path);
	if (rc == 0 && bind(fd, (struct sockaddr *)&own, sizeof(own)))
		rc = -errno;
	if (rc)
		close(fd);
	return rc ? rc : fd;
}

int
cgn_pdump_init(struct cgn_daemon *d)
{
	int rc = 0;

	if (!d->conf->dpdk.multi_process)
		return 0;
	if (rte_pdump_init())
		rc = rte_errno ? -rte_errno : -EIO;
	/* it complains of requests to withdraw what is not there */
	rte_log_set_level_pattern("lib.pdump", RTE_LOG_CRIT);
	if (rc == 0)
		rc = open_socket(d->conf->node.run_dir);
	if (rc < 0) {
		snprintf(d->err, sizeof(d->err), "dpdk.multi_process: pdump: %s",
			strerror(-rc));
		return rc;
	}
	d->pdump.fd = rc;
	return 0;
}

void
cgn_pdump_fini(struct cgn_daemon *d)
{
	if (!d->pdump.fd)
		return;
	close(d->pdump.fd);
	d->pdump.fd = 0;
	rte_pdump_uninit();
}

/* Nobody listens at the socket of that name any more. */
static bool
is_dead(const char *run_dir, const char *name)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un to;
	bool dead = false;

	if (fd < 0)
		return false;
	if (address(&to, run_dir, name) == 0 &&
		connect(fd, (struct sockaddr *)&to, sizeof(to)))
		dead = errno == ECONNREFUSED;
	close(fd);
	return dead;
}

/* All queues of the port, both ways. An answer that says that there was nothing to be
 * withdrawn is no error. */
static void
withdraw(struct cgn_daemon *d, const struct cgn_port *port)
{
	struct message m = { .type = REQUEST };
	struct pdump_request req = { .ver = VERSION,
		.op = DISABLE,
		.flags = RTE_PDUMP_FLAG_RXTX,
		.queue = RTE_PDUMP_ALL_QUEUES };
	struct sockaddr_un to;

	if (address(&to, d->conf->node.run_dir, "mp_socket") ||
		rte_eth_dev_get_name_by_port(port->id, req.device))
		return;
	snprintf(m.msg.name, sizeof(m.msg.name), ACTION);
	m.msg.len_param = sizeof(req);
	memcpy(m.msg.param, &req, sizeof(req));
	if (sendto(d->pdump.fd, &m, sizeof(m) - sizeof(m.msg.fds), MSG_DONTWAIT,
		    (struct sockaddr *)&to, sizeof(to)) < 0)
		cgn_log(LOG_WARNING, "pdump: %s", strerror(errno));
}

/* Answers of the last time: they are about what was there, or was not. */
static void
drain(int fd)
{
	struct message m;

	while (recv(fd, &m, sizeof(m), MSG_DONTWAIT) > 0)
		;
}

static void
bury(struct cgn_daemon *d, const char *name)
{
	struct sockaddr_un at;

	for (unsigned i = 0; i < d->n_ports; i++)
		withdraw(d, &d->port[i]);
	if (address(&at, d->conf->node.run_dir, name) == 0)
		unlink(at.sun_path);
	cgn_log_event(LOG_WARNING,
		"the DPDK process %.*s died while it was attached: captures of "
		"dpdk-dumpcap are over",
		(int)strspn(name + strlen(CLIENT), "0123456789"), name + strlen(CLIENT));
}

void
cgn_pdump_turn(struct cgn_daemon *d)
{
	struct sockaddr_un own;
	struct dirent *e;
	DIR *dir;

	if (!d->pdump.fd || d->now_ms / 1000 == d->pdump.looked_s)
		return;
	d->pdump.looked_s = d->now_ms / 1000;
	drain(d->pdump.fd);
	dir = address(&own, d->conf->node.run_dir, "") ? NULL : opendir(own.sun_path);
	while (dir && (e = readdir(dir)))
		if (strncmp(e->d_name, CLIENT, strlen(CLIENT)) == 0 &&
			is_dead(d->conf->node.run_dir, e->d_name))
			bury(d, e->d_name);
	if (dir)
		closedir(dir);
}
