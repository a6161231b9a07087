/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The static forwards of all instances as one list, with the address slots and user
 * scopes that the other steps have found. Runs after them. Control lcore. */
#include "control/compile_int.h"

#include <errno.h>
#include <string.h>

#include "dataplane/steer.h"

/* Slot of a public address, or CGN_NONE. */
static uint32_t
slot_of(const struct cgn_compiler *c, uint16_t vpn, rte_be32_t addr)
{
	struct cgn_compile_slot_key key = { .addr = addr, .vpn = vpn };

	return cgn_registry_find(&c->slots, &key);
}

/* Scope of a B4 in its instance; remotes are sorted, the longest prefix first. */
static uint16_t
scope_of(const struct cgn_snapshot *s, uint16_t instance, const uint8_t b4[16])
{
	for (uint32_t i = 0; i < s->n_remotes; i++) {
		const struct cgn_remote *r = &s->remote[i];
		bool inside = r->instance == instance;

		for (unsigned k = 0; k < 16; k++)
			inside &= (b4[k] & r->mask[k]) == r->addr[k];
		if (inside)
			return r->scope;
	}
	return 0;
}

/* What goes out goes by the location of the user, what comes in by that of the address:
 * they must be one. With one location in the group they are. */
static int
check_location(const struct cgn_compile_run *r, const struct cgn_server *to)
{
	const struct cgn_snapshot *s = r->snap;
	const struct cgn_instance *in = &r->instances[to->instance];
	uint16_t of_address = s->address[to->slot].location, of_user;

	of_user = cgn_steer_user(s, to->instance, to->inside, to->softwire);
	if (of_user == of_address)
		return 0;
	cgn_log(LOG_ERR,
		"instance \"%s\": port %u of a server: its outside address belongs to "
		"service-location %u, its user to %u; give it an address of that one",
		in->name, rte_be_to_cpu_16(to->outside_port),
		r->base->location[of_address].id, r->base->location[of_user].id);
	return -EINVAL;
}

static int
server_fill(struct cgn_compile_run *r, uint16_t instance,
	const struct cgn_conf_server *from, struct cgn_server *to)
{
	rte_be32_t outside;

	memcpy(&outside, from->outside.bytes, 4);
	memcpy(&to->inside, from->inside.bytes, 4);
	memcpy(to->softwire, from->softwire.bytes, 16);
	to->instance = instance;
	to->proto = from->protocol == CGN_CONF_TCP ? CGN_IPPROTO_TCP : CGN_IPPROTO_UDP;
	to->inside_port = rte_cpu_to_be_16(from->inside_port);
	to->outside_port = rte_cpu_to_be_16(from->outside_port);
	to->slot = slot_of(r->c, r->instances[instance].vpn_out, outside);
	to->scope = scope_of(r->snap, instance, to->softwire);
	if (to->slot == CGN_NONE || r->snap->address[to->slot].excluded ||
		r->snap->address[to->slot].draining) {
		cgn_log(LOG_ERR,
			"instance \"%s\": a server's address is in no address group",
			r->instances[instance].name);
		return -EINVAL;
	}
	return check_location(r, to);
}

int
cgn_compile_servers(struct cgn_compile_run *r)
{
	const struct cgn_conf *conf = r->conf;
	struct cgn_server *server;
	uint32_t n = 0;
	int rc = 0;

	for (uint32_t i = 0; i < conf->n_instances; i++)
		n += conf->instances[i].n_servers;
	server = cgn_compile_take(&r->base->region, n, sizeof(*server));
	if (server == NULL)
		return -ENOMEM;
	r->snap->server = server;
	for (uint32_t i = 0; i < conf->n_instances; i++)
		for (uint32_t k = 0; rc == 0 && k < conf->instances[i].n_servers; k++)
			rc = server_fill(r, r->instance[i],
				&conf->instances[i].servers[k],
				&server[r->snap->n_servers++]);
	return rc;
}
