/* SPDX-License-Identifier: BSD-3-Clause
 *
 * DPDK's environment. The arguments are a pure function of the configuration: the lcores
 * as they are written, no PCI device but those configured, private names, and memory.
 * Nothing is shared with other processes: hugepages are anonymous (--in-memory), so that
 * they are free again however the daemon ends, and no file system has to be mounted for
 * them; without hugepages that is called --no-shconf. Only dpdk.multi_process lets other
 * programs of DPDK attach: hugepages are files then (hugefiles.c), few and large, for
 * DPDK keeps each open.
 *
 * DPDK's own sockets go below the run directory, by the variable that systemd sets for
 * the same purpose. DPDK writes to stdout and stderr when it fails; both are turned away
 * while it starts, and the last line of its log becomes the cause.
 *
 * Control lcore, once at the start and once at the end of the process. */
#include "control/eal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_log.h>

#include "control/log.h"

static FILE *log_stream;

bool
cgn_eal_is_pci(const struct cgn_conf_port *port)
{
	const char *d = port->device;
	size_t hex = strspn(d, "0123456789abcdefABCDEF");

	/* domain:bus:device.function or bus:device.function */
	return (hex == 4 || hex == 2) && d[hex] == ':';
}

static int
add(struct cgn_eal_args *args, const char *text)
{
	if (args->n >= CGN_EAL_ARGS)
		return -E2BIG;
	args->arg[args->n] = strdup(text);
	if (!args->arg[args->n])
		return -ENOMEM;
	args->arg[++args->n] = NULL;
	return 0;
}

static int
add_value(struct cgn_eal_args *args, const char *option, const char *value)
{
	int rc = add(args, option);

	return rc ? rc : add(args, value);
}

static int
add_devices(struct cgn_eal_args *args, const struct cgn_conf *conf)
{
	bool pci = false;
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && i < conf->n_ports; i++) {
		if (!cgn_eal_is_pci(&conf->ports[i]))
			continue;
		rc = add_value(args, "-a", conf->ports[i].device);
		pci = true;
	}
	if (rc || pci)
		return rc;
	rc = add(args, "--no-pci");
	return rc ? rc : add(args, "--iova-mode=va");
}

static int
add_memory(struct cgn_eal_args *args, const struct cgn_conf *conf, const char *huge_dir)
{
	char mb[16];
	int rc;

	snprintf(mb, sizeof(mb), "%u", conf->dpdk.memory_mb);
	rc = add_value(args, "-m", mb);
	if (rc)
		return rc;
	if (conf->dpdk.multi_process) {
		rc = add(args, "--single-file-segments");
		return rc ? rc : add_value(args, "--huge-dir", huge_dir);
	}
	if (conf->dpdk.hugepages)
		return add(args, "--in-memory");
	return add_value(args, "--no-huge", "--no-shconf");
}

int
cgn_eal_args_make(
	struct cgn_eal_args *args, const struct cgn_conf *conf, const char *huge_dir)
{
	char main_lcore[16];
	int rc;

	memset(args, 0, sizeof(*args));
	snprintf(main_lcore, sizeof(main_lcore), "%u", conf->dpdk.control_lcore);
	rc = add(args, "cgnd");
	if (rc == 0)
		rc = add_value(args, "--lcores", conf->dpdk.lcores);
	if (rc == 0)
		rc = add_value(args, "--main-lcore", main_lcore);
	if (rc == 0)
		rc = add_value(args, "--file-prefix", CGN_EAL_PREFIX);
	if (rc == 0)
		rc = add_memory(args, conf, huge_dir);
	if (rc == 0)
		rc = add_devices(args, conf);
	for (uint32_t i = 0; rc == 0 && i < conf->dpdk.n_extra_args; i++)
		rc = add(args, conf->dpdk.extra_args[i]);
	return rc;
}

void
cgn_eal_args_free(struct cgn_eal_args *args)
{
	for (int i = 0; i < args->n; i++)
		free(args->arg[i]);
	memset(args, 0, sizeof(*args));
}

/* Turns stdout and stderr away; saved receives what they were. */
static void
silence(int saved[2])
{
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	fflush(NULL);
	for (int i = 0; i < 2; i++) {
		saved[i] = fcntl(i + 1, F_DUPFD_CLOEXEC, 3);
		if (fd >= 0 && saved[i] >= 0)
			dup2(fd, i + 1);
	}
	if (fd >= 0)
		close(fd);
}

static void
speak(int saved[2])
{
	fflush(NULL);
	for (int i = 0; i < 2; i++) {
		if (saved[i] < 0)
			continue;
		dup2(saved[i], i + 1);
		close(saved[i]);
	}
}

static int
start(struct cgn_eal_args *args, char *err, size_t err_size)
{
	/* DPDK moves them about */
	char *argv[CGN_EAL_ARGS + 1];
	int saved[2], rc, code;

	memcpy(argv, args->arg, sizeof(argv));
	silence(saved);
	rc = rte_eal_init(args->n, argv);
	code = rte_errno;
	speak(saved);
	if (rc >= 0)
		return 0;
	snprintf(err, err_size, "DPDK does not start: %s",
		cgn_log_held()[0] ? cgn_log_held() : rte_strerror(code));
	return code ? -code : -EINVAL;
}

/* DPDK removes its sockets when the process has ended, its directories never, nor what
 * tells other processes of its memory. */
static void
remove_directory(const char *run_dir)
{
	int run = open(run_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int own = openat(run, CGN_EAL_DIRECTORY, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = own < 0 ? NULL : fdopendir(own);
	struct dirent *e;

	while (dir && (e = readdir(dir)))
		if (e->d_name[0] != '.')
			unlinkat(own, e->d_name, 0);
	if (dir)
		closedir(dir);
	if (run < 0)
		return;
	unlinkat(run, CGN_EAL_DIRECTORY, AT_REMOVEDIR);
	unlinkat(run, "dpdk", AT_REMOVEDIR);
	close(run);
}

static void
end(const char *run_dir)
{
	rte_openlog_stream(NULL);
	if (log_stream)
		fclose(log_stream);
	log_stream = NULL;
	remove_directory(run_dir);
}

int
cgn_eal_init(
	const struct cgn_conf *conf, const char *huge_dir, char *err, size_t err_size)
{
	const char *run_dir = conf->node.run_dir;
	struct cgn_eal_args args;
	int rc;

	setenv("RUNTIME_DIRECTORY", run_dir, 1);
	log_stream = cgn_log_stream();
	if (log_stream)
		rte_openlog_stream(log_stream);
	rte_log_set_global_level(RTE_LOG_WARNING);
	rc = cgn_eal_args_make(&args, conf, huge_dir);
	if (rc)
		snprintf(err, err_size, "dpdk.extra_args: %s", strerror(-rc));
	else
		rc = start(&args, err, err_size);
	cgn_eal_args_free(&args);
	if (rc)
		end(run_dir);
	return rc;
}

void
cgn_eal_fini(const char *run_dir)
{
	rte_eal_cleanup();
	end(run_dir);
}
