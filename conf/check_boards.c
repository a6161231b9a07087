/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Checks of dpdk, boards, license and thresholds: every lcore exists and has one duty,
 * slots and CPUs are numbered once, and the memory holds what the licences promise.
 */

#include "conf/reader.h"

static bool
in_set(const uint64_t set[2], uint32_t lcore)
{
	return set[lcore / 64 & 1] >> lcore % 64 & 1;
}

static void
check_io_lcores(struct cgn_reader *r, const uint64_t set[2])
{
	const struct cgn_conf_dpdk *dpdk = &r->conf->dpdk;

	for (uint32_t i = 0; i < dpdk->n_io_lcores; i++) {
		const uint32_t *lcore = &dpdk->io_lcores[i];

		if (!in_set(set, *lcore))
			cgn_reader_error(r, lcore,
				"lcore %u is not in dpdk.lcores \"%s\"", *lcore,
				dpdk->lcores);
		if (*lcore == dpdk->control_lcore)
			cgn_reader_error(
				r, lcore, "lcore %u is the control_lcore", *lcore);
		for (uint32_t j = 0; j < i; j++) {
			if (dpdk->io_lcores[j] == *lcore)
				cgn_reader_error(
					r, lcore, "lcore %u is listed twice", *lcore);
		}
	}
}

static void
check_cpu_lcore(struct cgn_reader *r, uint32_t index, const uint64_t set[2])
{
	const struct cgn_conf_dpdk *dpdk = &r->conf->dpdk;
	const uint32_t *lcore = &r->conf->cpus[index]->lcore;

	if (!in_set(set, *lcore))
		cgn_reader_error(r, lcore, "lcore %u is not in dpdk.lcores \"%s\"",
			*lcore, dpdk->lcores);
	if (*lcore == dpdk->control_lcore)
		cgn_reader_error(r, lcore, "lcore %u is the control_lcore", *lcore);
	for (uint32_t i = 0; i < dpdk->n_io_lcores; i++) {
		if (dpdk->io_lcores[i] == *lcore)
			cgn_reader_error(
				r, lcore, "lcore %u is one of io_lcores", *lcore);
	}
	for (uint32_t i = 0; i < index; i++) {
		const struct cgn_conf_cpu *other = r->conf->cpus[i];

		if (other->lcore == *lcore)
			cgn_reader_error(r, lcore, "lcore %u is already slot %u cpu %u",
				*lcore, other->slot, other->cpu);
	}
}

static void
check_lcores(struct cgn_reader *r)
{
	const struct cgn_conf_dpdk *dpdk = &r->conf->dpdk;
	uint64_t set[2];

	if (!dpdk->lcores[0])
		return;
	if (cgn_conf_lcores_parse(dpdk->lcores, set) != 0) {
		cgn_reader_error(r, &dpdk->lcores,
			"\"%s\" is not a list such as 0@0,1@1 or 0-3 with lcores 0..127",
			dpdk->lcores);
		return;
	}
	if (!in_set(set, dpdk->control_lcore))
		cgn_reader_error(r, &dpdk->control_lcore,
			"lcore %u is not in dpdk.lcores \"%s\"", dpdk->control_lcore,
			dpdk->lcores);
	check_io_lcores(r, set);
	for (uint32_t i = 0; i < r->conf->n_cpus; i++)
		check_cpu_lcore(r, i, set);
}

static void
check_slots(struct cgn_reader *r)
{
	const struct cgn_conf *conf = r->conf;

	for (uint32_t i = 0; i < conf->n_boards; i++) {
		const struct cgn_conf_board *board = &conf->boards[i];

		for (uint32_t j = 0; j < i; j++) {
			if (board->slot && conf->boards[j].slot == board->slot)
				cgn_reader_error(r, &board->slot,
					"slot %u is already at line %d", board->slot,
					conf->boards[j].src.line);
		}
		for (uint32_t j = 0; j < board->n_cpus; j++) {
			for (uint32_t k = 0; k < j; k++) {
				if (board->cpus[k].cpu == board->cpus[j].cpu)
					cgn_reader_error(r, &board->cpus[j].cpu,
						"cpu %u is twice on the board of slot %u",
						board->cpus[j].cpu, board->slot);
			}
		}
	}
}

static void
check_licences(struct cgn_reader *r)
{
	const struct cgn_conf *conf = r->conf;

	for (uint32_t i = 0; i < conf->n_license; i++) {
		const struct cgn_conf_license *license = &conf->license[i];

		if (license->slot && license->board < 0)
			cgn_reader_error(r, &license->slot,
				"there is no board with slot %u", license->slot);
		for (uint32_t j = 0; j < i; j++) {
			if (license->slot && conf->license[j].slot == license->slot)
				cgn_reader_error(r, &license->slot,
					"slot %u has a licence already, at line %d",
					license->slot, conf->license[j].src.line);
		}
	}
}

static void
check_thresholds(struct cgn_reader *r)
{
	const struct cgn_conf_thresholds *t = &r->conf->thresholds;

	if (t->high && t->low >= t->high)
		cgn_reader_error(
			r, &t->low, "%u is not below high, which is %u", t->low, t->high);
}

static void
check_memory(struct cgn_reader *r)
{
	const struct cgn_conf *conf = r->conf;
	uint64_t need = (cgn_conf_memory_estimate(conf) + (1 << 20) - 1) >> 20;
	uint64_t sessions = 0, users = 0;

	for (uint32_t i = 0; i < conf->n_cpus; i++) {
		sessions += conf->cpus[i]->sessions;
		users += conf->cpus[i]->users;
	}
	if (need > conf->dpdk.memory_mb)
		cgn_reader_error(r, &conf->dpdk.memory_mb,
			"%u MB do not hold %llu licensed sessions, %llu licensed users, "
			"%u VPNs and %u ports: about %llu MB are needed; raise it or "
			"lower license.sessions or license.users",
			conf->dpdk.memory_mb, (unsigned long long)sessions,
			(unsigned long long)users, conf->n_vpns, conf->n_ports,
			(unsigned long long)need);
}

void
cgn_check_boards(struct cgn_reader *r)
{
	const struct cgn_conf_dpdk *dpdk = &r->conf->dpdk;

	if (dpdk->multi_process && !dpdk->hugepages)
		cgn_reader_error(r, &dpdk->multi_process,
			"other processes can attach to hugepages only: set "
			"dpdk.hugepages = true, or multi_process = false");
	check_lcores(r);
	check_slots(r);
	check_licences(r);
	check_thresholds(r);
	check_memory(r);
}
