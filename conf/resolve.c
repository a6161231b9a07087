/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From names to indices, after everything is read.
 *
 * Named references were listed by the reader. Places (slot, cpu) and VRRP groups (port,
 * vrid) are pairs and are looked up here by hand. A name that does not exist is an error
 * that says which ones do; its index stays CGN_CONF_NONE and the checks pass over it.
 */

#include <string.h>

#include "conf/reader.h"

enum { LIST_SIZE = 300 };

/* A list of named objects: how to walk it without knowing their type. */
struct names {
	const char *what;
	const char *items;
	uint32_t n;
	size_t size;
	size_t name_at;
};

#define NAMES(what, list, type)                                                          \
	(struct names)                                                                   \
	{                                                                                \
		what, (const char *)conf->list, conf->n_##list, sizeof(type),            \
			offsetof(type, name)                                             \
	}

static struct names
names_of(const struct cgn_conf *conf, enum cgn_key_ref kind)
{
	switch (kind) {
	case CGN_REF_PORT:
		return NAMES("port", ports, struct cgn_conf_port);
	case CGN_REF_GROUP:
		return NAMES("service-instance-group", groups, struct cgn_conf_group);
	case CGN_REF_ADDRESS_GROUP:
		return NAMES(
			"address group", address_groups, struct cgn_conf_address_group);
	case CGN_REF_ACL:
		return NAMES("ACL", acls, struct cgn_conf_acl);
	default:
		return NAMES("log host", log_hosts, struct cgn_conf_log_host);
	}
}

static const char *
name_at(const struct names *names, uint32_t i)
{
	return names->items + i * names->size + names->name_at;
}

static const char *
list_names(const struct names *names, char *buf)
{
	size_t n = 0;

	buf[0] = '\0';
	for (uint32_t i = 0; i < names->n && n < LIST_SIZE; i++)
		n += (size_t)snprintf(
			buf + n, LIST_SIZE - n, "%s%s", n ? ", " : "", name_at(names, i));
	return n ? buf : "none";
}

static void
resolve_name(struct cgn_reader *r, enum cgn_key_ref kind, struct cgn_conf_ref *ref)
{
	struct names names = names_of(r->conf, kind);
	char list[LIST_SIZE];

	if (kind == CGN_REF_ACL && !strcmp(ref->name, "any"))
		return;
	for (uint32_t i = 0; i < names.n; i++) {
		if (!strcmp(ref->name, name_at(&names, i))) {
			ref->index = (int32_t)i;
			return;
		}
	}
	cgn_reader_error(r, ref, "there is no %s \"%s\", there is: %s", names.what,
		ref->name, list_names(&names, list));
}

static void
resolve_location(struct cgn_reader *r, struct cgn_conf_location_ref *ref)
{
	for (uint32_t i = 0; i < r->conf->n_locations; i++) {
		if (r->conf->locations[i].id == ref->id) {
			ref->index = (int32_t)i;
			return;
		}
	}
	cgn_reader_error(r, ref, "there is no service-location %u", ref->id);
}

/* ---- VPNs ---- */

static void
number_vpn(struct cgn_conf *conf, struct cgn_conf_ref *ref)
{
	uint32_t i = 0;

	while (i < conf->n_vpns && strcmp(conf->vpns[i], ref->name) != 0)
		i++;
	ref->index = (int32_t)i;
	if (i == conf->n_vpns)
		conf->vpns[conf->n_vpns++] = ref->name;
}

/* A VPN is where its ports are; without one it leads nowhere. */
static void
check_vpn(struct cgn_reader *r, const struct cgn_conf_ref *ref)
{
	if (!ref->index)
		return;
	for (uint32_t i = 0; i < r->conf->n_ports; i++) {
		if (r->conf->ports[i].vpn.index == ref->index)
			return;
	}
	cgn_reader_error(r, ref, "no port is in VPN \"%s\"", ref->name);
}

static void
resolve_vpns(struct cgn_reader *r)
{
	struct cgn_conf *conf = r->conf;

	conf->vpns = cgn_arena_array(r->arena, r->n_references + 1, sizeof(*conf->vpns));
	conf->vpns[conf->n_vpns++] = "";
	for (uint32_t i = 0; i < r->n_references; i++) {
		if (r->references[i].kind == CGN_REF_VPN)
			number_vpn(conf, r->references[i].value);
	}
	for (uint32_t i = 0; i < r->n_references; i++) {
		if (r->references[i].kind == CGN_REF_VPN)
			check_vpn(r, r->references[i].value);
	}
}

/* ---- pairs ---- */

static void
list_cpus(struct cgn_reader *r)
{
	struct cgn_conf *conf = r->conf;
	uint32_t n = 0;

	for (uint32_t i = 0; i < conf->n_boards; i++)
		n += conf->boards[i].n_cpus;
	conf->cpus = cgn_arena_array(r->arena, n, sizeof(void *));
	for (uint32_t i = 0; i < conf->n_boards; i++) {
		for (uint32_t j = 0; j < conf->boards[i].n_cpus; j++) {
			struct cgn_conf_cpu *cpu = &conf->boards[i].cpus[j];

			cpu->slot = conf->boards[i].slot;
			cpu->board = (int32_t)i;
			conf->cpus[conf->n_cpus++] = cpu;
		}
	}
}

static void
resolve_cpu(struct cgn_reader *r, struct cgn_conf_cpu_ref *ref)
{
	ref->index = CGN_CONF_NONE;
	if (!ref->present || !ref->slot)
		return;
	for (uint32_t i = 0; i < r->conf->n_cpus; i++) {
		const struct cgn_conf_cpu *cpu = r->conf->cpus[i];

		if (cpu->slot == ref->slot && cpu->cpu == ref->cpu) {
			ref->index = (int32_t)i;
			return;
		}
	}
	cgn_reader_error(r, &ref->slot, "there is no board with slot %u and cpu %u",
		ref->slot, ref->cpu);
}

static void
resolve_vrrp(struct cgn_reader *r, struct cgn_conf_vrrp_ref *ref)
{
	ref->index = CGN_CONF_NONE;
	if (!ref->present || !ref->vrid || ref->port.index < 0)
		return;
	for (uint32_t i = 0; i < r->conf->n_vrrp; i++) {
		const struct cgn_conf_vrrp *group = &r->conf->vrrp[i];

		if (group->vrid == ref->vrid && group->port.index == ref->port.index) {
			ref->index = (int32_t)i;
			return;
		}
	}
	cgn_reader_error(r, &ref->vrid, "there is no VRRP group %u on port \"%s\"",
		ref->vrid, ref->port.name);
}

static void
resolve_pairs(struct cgn_reader *r)
{
	struct cgn_conf *conf = r->conf;

	for (uint32_t i = 0; i < conf->n_locations; i++) {
		conf->locations[i].active.present = true;
		resolve_cpu(r, &conf->locations[i].active);
		resolve_cpu(r, &conf->locations[i].backup);
		resolve_vrrp(r, &conf->locations[i].vrrp);
	}
	for (uint32_t i = 0; i < conf->n_groups; i++) {
		for (uint32_t j = 0; j < conf->groups[i].n_backup_cpus; j++) {
			conf->groups[i].backup_cpus[j].cpu.present = true;
			resolve_cpu(r, &conf->groups[i].backup_cpus[j].cpu);
		}
	}
	for (uint32_t i = 0; i < conf->n_vrrp; i++)
		resolve_vrrp(r, &conf->vrrp[i].follow);
}

void
cgn_resolve_references(struct cgn_reader *r)
{
	resolve_vpns(r);
	for (uint32_t i = 0; i < r->n_references; i++) {
		const struct cgn_reader_reference *reference = &r->references[i];

		if (reference->kind == CGN_REF_LOCATION)
			resolve_location(r, reference->value);
		else if (reference->kind != CGN_REF_VPN)
			resolve_name(r, reference->kind, reference->value);
	}
	list_cpus(r);
	resolve_pairs(r);
}
