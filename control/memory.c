/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The estimate of memory that cgnd --check prints. What a CPU takes is asked of the data
 * path, which will allocate it; the sum, with forwarding tables and packets, is the one
 * that the checks hold against dpdk.memory_mb; the state of a public address exists at
 * its host and at its standby, and its pages come into being when they are used.
 *
 * Any thread, before DPDK is started as well. Not handled: what DPDK itself and drivers
 * take. */
#include "control/memory.h"

#include <unistd.h>

#include "conf/reader.h"
#include "dataplane/worker.h"

#define HOSTS 2 /* of an address: the CPU and the standby of its location */

static uint64_t
public_addresses(const struct cgn_conf *conf)
{
	uint64_t n = 0;

	for (uint32_t g = 0; g < conf->n_address_groups; g++)
		for (uint32_t r = 0; r < conf->address_groups[g].n_pool; r++)
			n += (uint64_t)conf->address_groups[g].pool[r].last -
			     conf->address_groups[g].pool[r].first + 1;
	return n;
}

void
cgn_memory_verify(struct cgn_reader *r)
{
	const struct cgn_conf *conf = r->conf;
	uint64_t most = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)getpagesize();
	uint64_t bytes = public_addresses(conf) * sizeof(struct cgn_address);
	const struct cgn_conf_address_group *largest = conf->address_groups;

	for (uint32_t g = 0; g < conf->n_address_groups; g++)
		if (conf->address_groups[g].size > largest->size)
			largest = &conf->address_groups[g];
	if (bytes > most)
		cgn_reader_warn(r, &largest->addresses,
			"the state of all public addresses, %llu of them in \"%s\", may "
			"take %llu MB, this machine has %llu MB: it may not start",
			(unsigned long long)largest->size, largest->name,
			(unsigned long long)bytes >> 20, (unsigned long long)most >> 20);
}

static bool
has_backup(const struct cgn_conf *conf)
{
	for (uint32_t l = 0; l < conf->n_locations; l++)
		if (conf->locations[l].backup.index != CGN_CONF_NONE)
			return true;
	return false;
}

void
cgn_memory_estimate(const struct cgn_conf *conf, struct cgn_memory *m)
{
	*m = (struct cgn_memory){ 0 };
	for (uint32_t i = 0; i < conf->n_cpus; i++)
		m->boards +=
			cgn_worker_bytes(conf->cpus[i]->sessions, conf->cpus[i]->users);
	m->cards = conf->dpdk.n_io_lcores * cgn_worker_bytes(0, 0);
	m->all = RTE_MAX(cgn_conf_memory_estimate(conf), m->boards + m->cards);
	m->addresses = public_addresses(conf) * sizeof(struct cgn_address) *
		       (has_backup(conf) ? HOSTS : 1);
}

/* Thousandths of what is licensed that may be added. While a CPU moves into larger tables
 * it has both. */
static uint64_t
growth(const struct cgn_conf *conf)
{
	uint64_t spare = cgn_conf_memory_spare(conf) / 4 * 3, tables = 0, boards = 0;

	for (uint32_t i = 0; i < conf->n_cpus; i++) {
		const struct cgn_conf_cpu *cpu = conf->cpus[i];

		tables +=
			4 * cgn_table_bytes(cpu->sessions) + cgn_table_bytes(cpu->users);
		boards += cgn_worker_bytes(cpu->sessions, cpu->users);
	}
	return spare > tables && boards ? (spare - tables) * 1000 / boards : 0;
}

struct cgn_memory_most
cgn_memory_most(const struct cgn_conf *conf, const struct cgn_conf_cpu *cpu)
{
	uint64_t more = 1000 + growth(conf);
	uint64_t sessions = cpu->sessions * more / 1000, users = cpu->users * more / 1000;

	return (struct cgn_memory_most){ .sessions =
						 (uint32_t)RTE_MIN(sessions, 1u << 30),
		.users = (uint32_t)RTE_MAX(
			RTE_MIN(users, (uint64_t)CGN_MAX_USERS), (uint64_t)cpu->users) };
}

static void
line(FILE *out, const char *what, uint64_t bytes)
{
	fprintf(out, "  %-26s %8.1f MB\n", what, (double)bytes / (1 << 20));
}

void
cgn_memory_print(const struct cgn_conf *conf, FILE *out)
{
	struct cgn_memory m;
	char what[64];

	cgn_memory_estimate(conf, &m);
	fprintf(out, "memory, estimated, of dpdk.memory_mb = %u:\n",
		conf->dpdk.memory_mb);
	for (uint32_t i = 0; i < conf->n_cpus; i++) {
		const struct cgn_conf_cpu *cpu = conf->cpus[i];
		struct cgn_memory_most most = cgn_memory_most(conf, cpu);

		snprintf(what, sizeof(what), "slot %u cpu %u", cpu->slot, cpu->cpu);
		fprintf(out,
			"  %-26s %8.1f MB  %u sessions, %u users; "
			"a reload may make them %u, %u\n",
			what,
			(double)cgn_worker_bytes(cpu->sessions, cpu->users) / (1 << 20),
			cpu->sessions, cpu->users, most.sessions, most.users);
	}
	line(out, "line cards", m.cards);
	line(out, "routes, packets, the rest", m.all - m.boards - m.cards);
	line(out, "in all", m.all);
	fprintf(out, "beside it:\n");
	line(out, "public addresses, at most", m.addresses);
}
