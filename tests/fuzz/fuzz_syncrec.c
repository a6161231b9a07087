/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Any bytes as records of replication, in front of the reader and behind it: 64 bytes
 * each, with a byte before them that says from which worker they come and how much time
 * passes. What is read is written again and must be the same; the standby applies it,
 * whatever it is, and both workers go on. Location, epoch and stamp are made right for
 * some, so that tables are reached. Behind each input all ports must be back. */
#include <stdlib.h>
#include <string.h>

#include "dataplane/sync.h"
#include "tests/box/box.h"

#define RECORDS_MAX 64
#define DRAIN_MS    400000

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__ubsan_default_options(void);

const char *
__ubsan_default_options(void)
{
	return "halt_on_error=1:print_stacktrace=1";
}

static struct cgn_box box;

static const char conf[] =
	"node: { name = \"box\"; run_dir = \"/tmp\"; };"
	"dpdk: { lcores = \"0@0,1@1,2@1\"; control_lcore = 0; hugepages = false; };"
	"ports: ( { name = \"inside\"; device = \"net_null0\"; mtu = 1600;"
	"  addresses = [ \"2001:db8:0:1::1/64\", \"10.0.0.1/24\" ]; },"
	" { name = \"outside\"; device = \"net_null1\"; addresses = [ "
	"\"198.51.100.1/24\" ]; "
	"} );"
	"routes: ( { prefix = \"0.0.0.0/0\"; next_hop = \"198.51.100.254\"; } );"
	"boards: ( { slot = 1; cpus = ( { cpu = 0; lcore = 1; } ); },"
	" { slot = 2; cpus = ( { cpu = 0; lcore = 2; } ); } );"
	"license: ( { slot = 1; sessions = 1024; users = 16; nat44 = true; ds_lite = "
	"true; },"
	" { slot = 2; sessions = 1024; users = 16; nat44 = true; ds_lite = true; } );"
	"service_locations: ( { id = 1; slot = 1; cpu = 0; backup: { slot = 2; cpu = 0; "
	"}; "
	"} );"
	"service_instance_groups: ( { name = \"g\"; service_locations = ( { id = 1; } ); "
	"} );"
	"address_groups: ( { name = \"p\"; id = 1; addresses = [ \"203.0.113.0/30\" ]; } "
	");"
	"ha: { hot_backup = true; };"
	"ds_lite_instances: ( { name = \"d\"; id = 1; service_instance_group = \"g\";"
	" local_ipv6 = \"2001:db8::aaaa\"; remote_ipv6 = [ \"2001:db8:100::/40\" ];"
	" alg = [ \"ftp\" ]; outbound: ( { acl = \"any\"; address_group = \"p\"; } ); } "
	");"
	"nat_instances: ( { name = \"n\"; id = 2; service_instance_group = \"g\";"
	" inside: { ports = [ \"inside\" ]; };"
	" alg = [ \"ftp\" ]; outbound: ( { acl = \"any\"; address_group = \"p\"; } ); } "
	");";

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	if (cgn_box_start_eal() || cgn_box_open(&box, NULL, conf, 1, 1000, stderr))
		abort();
	return 0;
}

static void
read_and_write(const uint8_t *wire)
{
	struct cgn_syncrec r;
	uint8_t again[CGN_SYNCREC_BYTES];

	if (cgn_syncrec_decode(wire, &r))
		return;
	cgn_syncrec_encode(&r, again);
	if (memcmp(wire, again, sizeof(again)) != 0)
		abort();
}

/* Bit 0: as it is; else of the location, its epoch and the next in sequence. */
static void
apply(uint8_t how, const uint8_t *bytes)
{
	struct cgn_worker *w = box.worker[1];
	const struct cgn_sync_location *l = &w->sync->location[0];
	uint8_t wire[CGN_SYNCREC_BYTES];
	uint32_t epoch = rte_cpu_to_be_32(l->epoch);
	uint32_t stamp = rte_cpu_to_be_32((uint32_t)l->next);

	memcpy(wire, bytes, sizeof(wire));
	if (!(how & 1)) {
		wire[1] = CGN_SYNCREC_VERSION;
		wire[2] = 0;
		wire[3] = 1;
		memcpy(wire + 4, &epoch, 4);
		memcpy(wire + 8, &stamp, 4);
	}
	read_and_write(wire);
	w->sync->quiet = true;
	w->sync->held_ms = w->now_ms;
	cgn_sync_apply(w, how >> 1 & 1, wire);
	w->sync->quiet = false;
	cgn_box_advance(&box, box.now_ms + (how >> 4) * 100);
}

static void
check_empty(void)
{
	for (unsigned k = 0; k < box.n_workers; k++) {
		const struct cgn_worker *w = box.worker[k];

		if (w->sessions.used || w->mappings.used || w->users.used ||
			w->blocks.used || w->alg.controls.used || w->alg.expected.used)
			abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cgn_compile_host host = { .worker = 0, .slot = 1, .standby = 1 };

	for (unsigned n = 0; n < RECORDS_MAX && size > CGN_SYNCREC_BYTES; n++) {
		apply(data[0], data + 1);
		data += 1 + CGN_SYNCREC_BYTES;
		size -= 1 + CGN_SYNCREC_BYTES;
	}
	/* the copy goes, and comes again from nothing */
	host.standby = CGN_NONE16;
	cgn_box_rehost(&box, &host);
	box.step_ms = 500;
	cgn_box_advance(&box, box.now_ms + DRAIN_MS);
	check_empty();
	host.standby = 1;
	cgn_box_rehost(&box, &host);
	box.step_ms = 100;
	cgn_box_advance(&box, box.now_ms + 500);
	return 0;
}
