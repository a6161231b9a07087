/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Checks of redundancy: locations with their backups, channels and keys; groups; VRRP
 * groups and what they track; monitor groups.
 */

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "conf/reader.h"

enum { ADDR_SIZE = 48, MOST_ADDRESSES = 64 };

/* ---- locations ---- */

static void
check_key_file(struct cgn_reader *r, const struct cgn_conf_remote_backup *remote)
{
	struct stat st;

	if (!remote->key_file[0])
		return;
	if (stat(remote->key_file, &st) != 0)
		cgn_reader_error(r, &remote->key_file, "\"%s\" cannot be read: %s",
			remote->key_file, strerror(errno));
	else if (!S_ISREG(st.st_mode))
		cgn_reader_error(
			r, &remote->key_file, "\"%s\" is not a file", remote->key_file);
	else if (st.st_mode & S_IRWXO)
		cgn_reader_error(r, &remote->key_file,
			"\"%s\" is open to others (mode %03o), allowed is 600 or 640",
			remote->key_file, (unsigned int)st.st_mode & 0777);
}

static void
check_channel(struct cgn_reader *r, const struct cgn_conf_location *location)
{
	const struct cgn_conf_remote_backup *remote = &location->remote_backup;
	const struct cgn_conf_port *port;
	bool same_family = false;
	char text[ADDR_SIZE];

	check_key_file(r, remote);
	if (!remote->peer.family || remote->port.index < 0)
		return;
	cgn_conf_addr_format(&remote->peer, text);
	port = &r->conf->ports[remote->port.index];
	if (cgn_conf_own_port(r->conf, port->vpn.index, &remote->peer) >= 0)
		cgn_reader_error(r, &remote->peer,
			"%s is an address of this box, the peer is the other one", text);
	if (cgn_conf_virtual_port(r->conf, port->vpn.index, &remote->peer) >= 0)
		cgn_reader_error(r, &remote->peer,
			"%s is a VRRP address, which both boxes have: allowed is one "
			"that "
			"the other box has alone",
			text);
	for (uint32_t i = 0; i < port->n_addresses; i++)
		same_family |= port->addresses[i].addr.family == remote->peer.family;
	if (!same_family)
		cgn_reader_error(r, &remote->port,
			"port \"%s\" has no address of the family of the peer %s",
			port->name, text);
}

static void
check_location(struct cgn_reader *r, uint32_t index)
{
	const struct cgn_conf_location *location = &r->conf->locations[index];

	for (uint32_t i = 0; i < index; i++) {
		if (location->id && r->conf->locations[i].id == location->id)
			cgn_reader_error(r, &location->id,
				"service-location %u exists already, at line %d",
				location->id, r->conf->locations[i].src.line);
	}
	if (location->backup.present && location->backup.slot == location->active.slot &&
		location->backup.cpu == location->active.cpu)
		cgn_reader_error(r, &location->backup,
			"the backup CPU is the active one (slot %u cpu %u), allowed is "
			"another",
			location->active.slot, location->active.cpu);
	if (location->remote_backup.present)
		check_channel(r, location);
	if (location->vrrp.present && !location->remote_backup.present)
		cgn_reader_error(r, &location->vrrp,
			"a location bound to VRRP needs a channel, set remote_backup");
}

/* ---- groups ---- */

/* Crossed backups are fine: only who is active counts. */
static void
check_member(struct cgn_reader *r, const struct cgn_conf_group *group, uint32_t index)
{
	const struct cgn_conf_location_ref *ref = &group->members[index].location;
	const struct cgn_conf *conf = r->conf;
	const struct cgn_conf_cpu_ref *active;

	if (ref->index < 0)
		return;
	active = &conf->locations[ref->index].active;
	for (uint32_t i = 0; i < index; i++) {
		const struct cgn_conf_location_ref *other = &group->members[i].location;

		if (other->index < 0)
			continue;
		if (other->index == ref->index)
			cgn_reader_error(
				r, ref, "service-location %u is listed twice", ref->id);
		else if (active->index >= 0 &&
			 conf->locations[other->index].active.index == active->index)
			cgn_reader_error(r, ref,
				"slot %u cpu %u is active for service-locations %u and "
				"%u, "
				"in a group every location has a CPU of its own",
				active->slot, active->cpu, other->id, ref->id);
	}
}

static void
check_group(struct cgn_reader *r, uint32_t index)
{
	const struct cgn_conf_group *group = &r->conf->groups[index];

	for (uint32_t i = 0; i < index; i++) {
		if (group->name[0] && !strcmp(r->conf->groups[i].name, group->name))
			cgn_reader_error(r, &group->name,
				"\"%s\" exists already, at line %d", group->name,
				r->conf->groups[i].src.line);
	}
	for (uint32_t i = 0; i < group->n_members; i++)
		check_member(r, group, i);
	for (uint32_t i = 0; i < group->n_backup_cpus; i++) {
		for (uint32_t j = 0; j < i; j++) {
			const struct cgn_conf_cpu_ref *cpu = &group->backup_cpus[i].cpu;

			if (cpu->index >= 0 &&
				group->backup_cpus[j].cpu.index == cpu->index)
				cgn_reader_error(r, &cpu->slot,
					"slot %u cpu %u is listed twice", cpu->slot,
					cpu->cpu);
		}
	}
}

static void
check_monitor_group(struct cgn_reader *r, uint32_t index)
{
	const struct cgn_conf_monitor_group *group = &r->conf->monitor_groups[index];

	for (uint32_t i = 0; i < index; i++) {
		if (group->name[0] &&
			!strcmp(r->conf->monitor_groups[i].name, group->name))
			cgn_reader_error(r, &group->name,
				"\"%s\" exists already, at line %d", group->name,
				r->conf->monitor_groups[i].src.line);
	}
	if (group->down_number > group->n_locations && group->n_locations)
		cgn_reader_error(r, &group->down_number,
			"%u of %u locations can never be down, allowed is 1..%u",
			group->down_number, group->n_locations, group->n_locations);
}

void
cgn_check_locations(struct cgn_reader *r)
{
	for (uint32_t i = 0; i < r->conf->n_locations; i++)
		check_location(r, i);
	for (uint32_t i = 0; i < r->conf->n_groups; i++)
		check_group(r, i);
	for (uint32_t i = 0; i < r->conf->n_monitor_groups; i++)
		check_monitor_group(r, i);
}

/* ---- VRRP ---- */

static void
check_tracked_hop(struct cgn_reader *r, const struct cgn_conf_vrrp *group,
	const struct cgn_conf_track *track)
{
	char text[ADDR_SIZE];

	if (!track->next_hop.family || group->port.index < 0)
		return;
	for (uint32_t i = 0; i < r->conf->n_routes; i++) {
		const struct cgn_conf_route *route = &r->conf->routes[i];

		if (route->port == track->next_port &&
			!memcmp(&route->next_hop, &track->next_hop,
				sizeof(route->next_hop)))
			return;
	}
	cgn_reader_error(r, &track->next_hop,
		"%s is the next_hop of no route in the VPN of port \"%s\"",
		cgn_conf_addr_format(&track->next_hop, text), group->port.name);
}

/*
 * A failure must bring the priority below that of the other box, or nothing happens. What
 * the other box has is told by peer_priority; the usual pairs are assumed otherwise.
 */
static void
check_track(struct cgn_reader *r, const struct cgn_conf_vrrp *group,
	const struct cgn_conf_track *track)
{
	uint32_t peer = group->peer_priority	? group->peer_priority
			: group->priority > 150 ? 150
						: 100;

	if (!!track->location.id + !!track->port.name[0] + !!track->next_hop.family != 1)
		cgn_reader_error(r, track,
			"one of service_location, port and next_hop is tracked, and only "
			"one");
	check_tracked_hop(r, group, track);
	if (group->priority > peer && group->priority >= peer + track->reduced)
		cgn_reader_warn(r, &track->reduced,
			"too small to cause a switch-over: %u - %u is not below the %u "
			"of "
			"the other box%s",
			group->priority, track->reduced, peer,
			group->peer_priority ? "" : " (assumed, see peer_priority)");
}

static void
check_follow(struct cgn_reader *r, const struct cgn_conf_vrrp *group)
{
	const struct cgn_conf_vrrp *leader;

	if (!group->follow.present)
		return;
	if (group->admin)
		cgn_reader_error(
			r, &group->follow, "an admin group leads, it cannot follow");
	if (group->follow.index < 0)
		return;
	leader = &r->conf->vrrp[group->follow.index];
	if (!leader->admin)
		cgn_reader_error(r, &group->follow,
			"group %u on port \"%s\" is not an admin group", leader->vrid,
			leader->port.name);
}

static bool
has_family(const struct cgn_conf_port *port, uint8_t family)
{
	for (uint32_t i = 0; i < port->n_addresses; i++)
		if (port->addresses[i].addr.family == family)
			return true;
	return false;
}

/* The same virtual address in a group before this one, or in it. */
static bool
is_taken(const struct cgn_conf *conf, uint32_t group, uint32_t index)
{
	const struct cgn_conf_vrrp *own = &conf->vrrp[group];

	for (uint32_t i = 0; i <= group; i++) {
		const struct cgn_conf_vrrp *other = &conf->vrrp[i];

		for (uint32_t j = 0; j < (i < group ? other->n_addresses : index); j++)
			if (other->port.index == own->port.index &&
				cgn_conf_addr_equal(
					&other->addresses[j], &own->addresses[index]))
				return true;
	}
	return false;
}

/* Advertisements come from an address of the port; who owns a virtual address has the
 * priority 255, and nobody else (RFC 9568 5.2.4). Returns whether it is owned. */
static bool
check_virtual(struct cgn_reader *r, uint32_t index, uint32_t address)
{
	const struct cgn_conf_vrrp *group = &r->conf->vrrp[index];
	const struct cgn_conf_port *port = &r->conf->ports[group->port.index];
	const struct cgn_conf_addr *addr = &group->addresses[address];
	bool owned = cgn_conf_own_port(r->conf, port->vpn.index, addr) >= 0;
	char text[ADDR_SIZE];

	cgn_conf_addr_format(addr, text);
	if (!has_family(port, addr->family))
		cgn_reader_error(r, &group->addresses,
			"port \"%s\" has no address of the family of %s to advertise it "
			"from",
			port->name, text);
	else if (!cgn_conf_on_network(port, addr) && !cgn_conf_is_link_local(addr))
		cgn_reader_warn(
			r, addr, "%s is on no network of port \"%s\"", text, port->name);
	if (is_taken(r->conf, index, address))
		cgn_reader_error(r, &group->addresses, "%s is there twice", text);
	if (owned && group->priority != 255)
		cgn_reader_error(r, &group->priority,
			"%s is an address of this box, which then has priority 255",
			text);
	return owned;
}

static void
check_addresses(struct cgn_reader *r, uint32_t index)
{
	const struct cgn_conf_vrrp *group = &r->conf->vrrp[index];
	bool owned = false;

	if (group->advert_ms % 10)
		cgn_reader_error(r, &group->advert_ms,
			"%u is no multiple of 10, VRRP counts in hundredths of a second",
			group->advert_ms);
	if (group->n_addresses > MOST_ADDRESSES)
		cgn_reader_error(r, &group->addresses, "%u of them, at most %u fit",
			group->n_addresses, MOST_ADDRESSES);
	if (group->port.index < 0)
		return;
	for (uint32_t i = 0; i < group->n_addresses; i++)
		owned |= check_virtual(r, index, i);
	if (group->priority == 255 && !owned)
		cgn_reader_warn(r, &group->priority,
			"255 is for who owns a virtual address, and cannot be preempted");
}

void
cgn_check_vrrp(struct cgn_reader *r)
{
	const struct cgn_conf *conf = r->conf;

	for (uint32_t i = 0; i < conf->n_vrrp; i++) {
		const struct cgn_conf_vrrp *group = &conf->vrrp[i];

		for (uint32_t j = 0; j < i; j++) {
			if (group->vrid && conf->vrrp[j].vrid == group->vrid &&
				conf->vrrp[j].port.index == group->port.index)
				cgn_reader_error(r, &group->vrid,
					"vrid %u on port \"%s\" exists already, at line "
					"%d",
					group->vrid, group->port.name,
					conf->vrrp[j].src.line);
		}
		for (uint32_t j = 0; j < group->n_track; j++)
			check_track(r, group, &group->track[j]);
		check_follow(r, group);
		check_addresses(r, i);
	}
}
