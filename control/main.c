/* SPDX-License-Identifier: BSD-3-Clause
 *
 * cgnd: reads its options and the configuration, then starts, runs and stops the daemon.
 * Runs in the foreground; exit 0 after SIGTERM or SIGINT, 1 when the configuration is
 * refused or the start fails, 2 when the options are wrong. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "control/eal.h"
#include "control/hugefiles.h"
#include "control/memory.h"
#include "control/stage.h"
#include "control/verify.h"

static const char usage[] =
	"usage: cgnd [--check] -c FILE\n"
	"  -c, --config FILE  the configuration\n"
	"      --check        read and check the configuration, estimate its memory, do "
	"not\n"
	"                     start\n"
	"      --needs        print what it needs of the machine, do not start\n"
	"      --version      print the version\n"
	"      --help         print this\n";

enum { OPT_CHECK = 1000, OPT_NEEDS, OPT_VERSION, OPT_HELP };

static const struct option options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "check", no_argument, NULL, OPT_CHECK },
	{ "needs", no_argument, NULL, OPT_NEEDS },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

/* Static, for it is large and there is one. */
static struct cgn_daemon daemon_state;

static struct cgn_conf *
load(const char *path, cgn_conf_check *more)
{
	struct cgn_conf_errors errors = { 0 };
	struct cgn_conf *conf = NULL;

	cgn_conf_errors_init(&errors);
	cgn_conf_load_checked(path, NULL, more, &conf, &errors);
	cgn_conf_errors_print(&errors, stderr);
	cgn_conf_errors_fini(&errors);
	return conf;
}

/* For the program that makes the machine ready before the daemon starts. */
static int
print_needs(const struct cgn_conf *conf)
{
	char path[256];

	if (conf->dpdk.multi_process &&
		cgn_hugefiles_find(
			"/proc/self/mounts", conf->node.run_dir, path, sizeof(path)) == 0)
		printf("hugepage_files=%s\n", path);
	if (conf->dpdk.hugepages)
		printf("hugepages_mb=%u\n", conf->dpdk.memory_mb);
	for (uint32_t i = 0; i < conf->n_ports; i++)
		if (cgn_eal_is_pci(&conf->ports[i]))
			printf("pci=%.*s\n", (int)strcspn(conf->ports[i].device, ","),
				conf->ports[i].device);
	return 0;
}

static int
run(struct cgn_conf *conf, const char *path)
{
	daemon_state.conf = conf;
	daemon_state.conf_path = path;
	if (cgn_start(&daemon_state))
		return 1;
	cgn_daemon_run(&daemon_state);
	cgn_stop(&daemon_state);
	return 0;
}

int
main(int argc, char **argv)
{
	const char *path = NULL;
	struct cgn_conf *conf;
	bool check = false, needs = false;
	int c, rc;

	while ((c = getopt_long(argc, argv, "c:", options, NULL)) != -1) {
		switch (c) {
		case 'c':
			path = optarg;
			break;
		case OPT_CHECK:
			check = true;
			break;
		case OPT_NEEDS:
			needs = true;
			break;
		case OPT_VERSION:
			printf("cgnd %s\n", CGN_VERSION);
			return 0;
		case OPT_HELP:
			fputs(usage, stdout);
			return 0;
		default:
			fputs(usage, stderr);
			return 2;
		}
	}
	if (!path || optind < argc) {
		fputs(usage, stderr);
		return 2;
	}
	conf = load(path, needs ? NULL : cgn_verify_conf);
	if (!conf)
		return 1;
	if (needs) {
		rc = print_needs(conf);
		cgn_conf_free(conf);
		return rc;
	}
	if (check) {
		cgn_memory_print(conf, stdout);
		cgn_conf_free(conf);
		return 0;
	}
	rc = run(conf, path);
	cgn_conf_free(daemon_state.conf);
	return rc;
}
