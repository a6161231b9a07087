/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Privileges. The daemon is started by root, or in a user namespace, and gives away what
 * its ports do not need in two steps: before DPDK starts its threads, everything that no
 * start needs; when all is up, everything that running does not need. The second step is
 * every thread's own, because the kernel keeps capabilities per thread.
 *
 * Not handled: another user id. The files that DPDK and the box leave behind are root's,
 * and have to be removed at the end. */
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "control/eal.h"
#include "control/privilege.h"
#include "control/stage.h"

#define CAP(name) (1ull << CAP_##name)

/* A port over an interface of the kernel. */
static bool
uses_kernel(const struct cgn_conf_port *port)
{
	return strncmp(port->device, "net_af_", 7) == 0 ||
	       strncmp(port->device, "net_tap", 7) == 0 ||
	       (strncmp(port->device, "net_pcap", 8) == 0 &&
		       strstr(port->device, "iface="));
}

uint64_t
cgn_privilege_set(const struct cgn_conf *conf, bool running)
{
	/* files of other users: a configuration to reload, key files */
	uint64_t set = CAP(DAC_READ_SEARCH);

	if (!running)
		set |= CAP(CHOWN) | CAP(DAC_OVERRIDE) | CAP(SYS_NICE) |
		       CAP(SYS_RESOURCE) | CAP(IPC_LOCK) | CAP(SETPCAP);
	for (uint32_t i = 0; i < conf->n_ports; i++) {
		const struct cgn_conf_port *port = &conf->ports[i];

		if (uses_kernel(port))
			set |= CAP(NET_RAW) | CAP(NET_ADMIN);
		if (strncmp(port->device, "net_af_xdp", 10) == 0)
			set |= CAP(BPF) | CAP(SYS_ADMIN) | CAP(IPC_LOCK);
		if (cgn_eal_is_pci(port))
			set |= CAP(IPC_LOCK) |
			       (running ? 0 : CAP(SYS_ADMIN) | CAP(SYS_RAWIO));
		if (port->tap && port->tap[0]) /* addresses and routes of the kernel */
			set |= CAP(NET_ADMIN);
	}
	return set;
}

/* What cannot be given away was not there. */
static void
keep(uint64_t set)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };

	for (unsigned cap = 0; cap <= CAP_LAST_CAP; cap++)
		if (!(set >> cap & 1))
			prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	if (syscall(SYS_capget, &head, data))
		return;
	for (unsigned i = 0; i < 2; i++) {
		data[i].permitted &= (uint32_t)(set >> 32 * i);
		data[i].effective &= data[i].permitted;
		data[i].inheritable = 0;
	}
	syscall(SYS_capset, &head, data);
}

int
cgn_privilege_init(struct cgn_daemon *d)
{
	umask(027);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	d->privileges = cgn_privilege_set(d->conf, true);
	keep(cgn_privilege_set(d->conf, false));
	return 0;
}

void
cgn_privilege_hurry(void)
{
	setpriority(PRIO_PROCESS, (id_t)gettid(), -20);
}

void
cgn_privilege_drop(uint64_t set)
{
	keep(set);
}
