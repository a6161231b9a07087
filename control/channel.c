/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The channels of this box and the world around them: keys from files, datagrams through
 * the box as a host (host_udp.c), the time, and what the configuration says.
 *
 * A channel belongs to (port, peer, key file); locations that name the same share it. It
 * is opened at the start, lives as long as some location names it, and goes with the
 * last. Datagrams are told apart by interface, address and the key that they name.
 *
 * Packets for the box come over a ring of 1024 from each worker, and the listener is
 * before any limit of rate; what a worker finds full it counts as punt_full.
 *
 * Control lcore only. Who is master of what, and the records themselves, are for others:
 * cgn_channels_use(). */
#include "control/channel_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>

#include "control/channel_key.h"
#include "control/compile.h"
#include "control/fingerprint.h"
#include "control/host.h"
#include "control/log.h"
#include "ha/wire.h"

#define UDP_HEADERS 48 /* bytes: IPv6, UDP */
#define HELLO_MS    20 /* so soon does a box know that the other one still is master */
#define DEAD_HELLOS 15

static bool
deliver(void *ctx, uint16_t location, const uint8_t record[CGN_SYNCREC_BYTES])
{
	const struct cgn_channels_link *l = ctx;
	const struct cgn_channels_user *u = &l->daemon->channels->user;

	return u->deliver && u->deliver(u->ctx, location, record);
}

static void
lost(void *ctx, uint16_t location, bool here, uint64_t n)
{
	const struct cgn_channels_link *l = ctx;
	const struct cgn_channels_user *u = &l->daemon->channels->user;

	if (u->lost)
		u->lost(u->ctx, location, here, n);
}

static void
send_datagram(void *ctx, const void *datagram, size_t len)
{
	const struct cgn_channels_link *l = ctx;
	struct cgn_host_udp d = { .iface = l->iface,
		.src = l->local,
		.dst = l->peer,
		.data = datagram,
		.len = (unsigned)len };

	cgn_host_udp_send(l->daemon->host, &d);
}

/* The channel whose key a datagram names; else any with this peer, which counts it. */
static struct cgn_channels_link *
find_link(struct cgn_channels *c, const struct cgn_host_udp *d)
{
	struct cgn_channels_link *any = NULL;
	struct cgn_wire_head head;
	bool read = cgn_wire_get_head(d->data, d->len, &head) == 0;

	for (unsigned k = 0; k < c->n; k++) {
		struct cgn_channels_link *l = c->link[k];

		if (l->iface != d->iface || memcmp(l->peer, d->src, 16) != 0)
			continue;
		any = l;
		if (read && cgn_channel_has_key(l->ch, head.key))
			return l;
	}
	return any;
}

static bool
take(void *ctx, const struct cgn_host_udp *d)
{
	struct cgn_channels *c = ctx;
	struct cgn_channels_link *l = find_link(c, d);

	if (!l) {
		c->foreign++;
		return false;
	}
	cgn_channel_input(l->ch, d->data, d->len, c->now_us);
	return true;
}

/* ---- from the configuration ---- */

static void
key_of(const struct cgn_conf_addr *a, uint8_t key[16])
{
	memset(key, 0, 16);
	if (a->family == 6) {
		memcpy(key, a->bytes, 16);
		return;
	}
	key[10] = key[11] = 0xff;
	memcpy(key + 12, a->bytes, 4);
}

static struct cgn_channels_link *
find_conf(const struct cgn_channels *c, const struct cgn_conf_remote_backup *r)
{
	uint8_t peer[16];

	key_of(&r->peer, peer);
	for (unsigned k = 0; k < c->n; k++)
		if (!strcmp(c->link[k]->port, r->port.name) &&
			!memcmp(c->link[k]->peer, peer, 16) &&
			!strcmp(c->link[k]->key_file, r->key_file))
			return c->link[k];
	return NULL;
}

/* Our address towards the peer: of the same network, or else the first of its family. */
static void
local_address(struct cgn_channels_link *l, const struct cgn_conf_port *port,
	const struct cgn_conf_addr *peer)
{
	const struct cgn_compile_addr *near =
		cgn_compile_connected(l->daemon->snap, l->iface, l->peer);

	if (near) {
		memcpy(l->local, near->addr, 16);
		return;
	}
	for (uint32_t k = port->n_addresses; k-- > 0;)
		if (port->addresses[k].addr.family == peer->family)
			key_of(&port->addresses[k].addr, l->local);
}

static struct cgn_channel *
create(struct cgn_channels_link *l, const struct cgn_conf *conf, unsigned mtu, char *err,
	size_t err_size)
{
	struct cgn_channel_conf cc = { .hello_ms = HELLO_MS,
		.dead_hellos = DEAD_HELLOS,
		.pacing_mbps = conf->ha.pacing_mbps,
		.ctx = l,
		.send = send_datagram,
		.deliver = deliver,
		.lost = lost };
	int keys = cgn_channel_key_read(l->key_file, cc.key, err, err_size);
	struct cgn_channel *ch;

	if (keys < 0)
		return NULL;
	cc.keys = (unsigned)keys;
	cc.datagram = (uint16_t)RTE_MIN(
		(unsigned)CGN_CHANNEL_DATAGRAM, RTE_MAX(mtu, 576u) - UDP_HEADERS);
	cgn_seal_random(&cc.boot, sizeof(cc.boot));
	cc.boot |= 1;
	memcpy(cc.node, conf->node.name, sizeof(cc.node));
	ch = cgn_channel_create(&cc);
	cgn_seal_forget(cc.key, sizeof(cc.key));
	if (!ch)
		snprintf(err, err_size, "out of memory");
	return ch;
}

static int
open_link(struct cgn_daemon *d, const struct cgn_conf *conf,
	const struct cgn_conf_remote_backup *r, char *err, size_t err_size)
{
	struct cgn_channels *c = d->channels;
	struct cgn_channels_link *l = calloc(1, sizeof(*l));
	const struct cgn_conf_port *port = &conf->ports[r->port.index];

	if (!l)
		return -ENOMEM;
	l->daemon = d;
	l->key_file = strdup(r->key_file);
	l->iface = (uint16_t)cgn_compile_find_iface(d->compiler, port->name);
	l->since_us = l->alarm_us = c->now_us;
	memcpy(l->port, port->name, sizeof(l->port));
	key_of(&r->peer, l->peer);
	cgn_conf_addr_format(&r->peer, l->peer_text);
	if (l->key_file)
		l->ch = create(l, conf, port->mtu, err, err_size);
	if (!l->ch) {
		free(l->key_file);
		free(l);
		return -EINVAL;
	}
	c->link[c->n++] = l;
	return 0;
}

static void
close_link(struct cgn_channels *c, unsigned k)
{
	struct cgn_channels_link *l = c->link[k];

	c->link[k] = c->link[--c->n];
	cgn_channel_destroy(l->ch);
	free(l->key_file);
	free(l);
}

static bool
has(const struct cgn_channels_link *l, uint16_t location)
{
	for (unsigned k = 0; k < l->n_locations; k++)
		if (l->location[k] == location)
			return true;
	return false;
}

/* Locations that are new are said, those that have gone are not any more. */
static void
set_locations(struct cgn_channels_link *l, const struct cgn_conf *conf,
	const struct cgn_channels *c, bool *wanted)
{
	static const struct cgn_channel_location none;
	struct cgn_channels_link old = *l;

	l->n_locations = 0;
	for (uint32_t k = 0; k < conf->n_locations; k++) {
		const struct cgn_conf_location *from = &conf->locations[k];
		uint16_t id = (uint16_t)from->id;

		wanted[k] = from->remote_backup.present &&
			    find_conf(c, &from->remote_backup) == l &&
			    l->n_locations < CGN_CHANNEL_LOCATIONS;
		if (!wanted[k])
			continue;
		l->location[l->n_locations++] = id;
		if (!has(&old, id))
			cgn_channel_say(l->ch, id, &none);
	}
	for (unsigned k = 0; k < old.n_locations; k++)
		if (!has(l, old.location[k]))
			cgn_channel_say(l->ch, old.location[k], NULL);
}

static int
tell_prints(struct cgn_channels_link *l, const struct cgn_conf *conf, const bool *wanted)
{
	struct cgn_channel_print *print = calloc(CGN_CHANNEL_PRINTS, sizeof(*print));
	int n = print ? cgn_fingerprint(conf, wanted, print) : -ENOMEM;

	if (n >= 0)
		n = cgn_channel_print(l->ch, print, (unsigned)n);
	free(print);
	return n;
}

static int
update(struct cgn_channels_link *l, const struct cgn_conf *conf, char *err,
	size_t err_size)
{
	struct cgn_seal_key key[CGN_CHANNEL_KEYS];
	bool *wanted = calloc(conf->n_locations + 1, sizeof(*wanted));
	int keys, rc;

	if (!wanted)
		return -ENOMEM;
	keys = cgn_channel_key_read(l->key_file, key, err, err_size);
	if (keys > 0)
		cgn_channel_rekey(l->ch, key, (unsigned)keys);
	cgn_seal_forget(key, sizeof(key));
	cgn_channel_pace(l->ch, conf->ha.pacing_mbps);
	set_locations(l, conf, l->daemon->channels, wanted);
	rc = tell_prints(l, conf, wanted);
	free(wanted);
	if (rc)
		snprintf(err, err_size, "fingerprints: %s", strerror(-rc));
	return keys < 0 ? keys : rc;
}

static int
configure(struct cgn_daemon *d, const struct cgn_conf *conf, char *err, size_t err_size)
{
	struct cgn_channels *c = d->channels;
	int rc = 0, failed;

	for (unsigned k = 0; k < c->n; k++)
		c->link[k]->wanted = false;
	for (uint32_t k = 0; k < conf->n_locations; k++) {
		const struct cgn_conf_remote_backup *r =
			&conf->locations[k].remote_backup;

		if (!r->present)
			continue;
		failed = find_conf(c, r) ? 0 : open_link(d, conf, r, err, err_size);
		if (failed) {
			rc = failed;
			continue;
		}
		find_conf(c, r)->wanted = true;
		local_address(find_conf(c, r), &conf->ports[r->port.index], &r->peer);
	}
	for (unsigned k = c->n; k-- > 0;)
		if (!c->link[k]->wanted)
			close_link(c, k);
	for (unsigned k = 0; k < c->n; k++) {
		failed = update(c->link[k], conf, err, err_size);
		rc = failed ? failed : rc;
	}
	return rc;
}

int
cgn_channels_configure(struct cgn_daemon *d, const struct cgn_conf *conf)
{
	char err[CGN_ERR] = "";
	int rc = configure(d, conf, err, sizeof(err));

	if (rc)
		cgn_log_event(LOG_ERR, "channel: %s", err);
	return rc;
}

/* ---- for the daemon ---- */

uint64_t
cgn_channels_now(const struct cgn_daemon *d)
{
	return rte_get_tsc_cycles() / RTE_MAX(d->rt.tsc_per_ms / 1000, 1ull);
}

int
cgn_channels_init(struct cgn_daemon *d)
{
	int rc = cgn_seal_init();

	if (rc == 0)
		d->channels = calloc(1, sizeof(*d->channels));
	if (!d->channels) {
		snprintf(d->err, sizeof(d->err), "channels: %s",
			rc ? "no source of random numbers" : "out of memory");
		return rc ? rc : -ENOMEM;
	}
	d->channels->now_us = cgn_channels_now(d);
	rc = configure(d, d->conf, d->err, sizeof(d->err));
	if (rc) {
		cgn_channels_fini(d);
		return rc;
	}
	cgn_host_listen(d->host, CGN_CHANNEL_UDP, take, d->channels);
	return 0;
}

void
cgn_channels_fini(struct cgn_daemon *d)
{
	struct cgn_channels *c = d->channels;

	if (!c)
		return;
	while (c->n)
		close_link(c, c->n - 1);
	cgn_host_listen(d->host, CGN_CHANNEL_UDP, NULL, NULL);
	free(c);
	d->channels = NULL;
}

void
cgn_channels_use(struct cgn_daemon *d, const struct cgn_channels_user *user)
{
	d->channels->user = user ? *user : (struct cgn_channels_user){ 0 };
}

void
cgn_channels_turn(struct cgn_daemon *d)
{
	struct cgn_channels *c = d->channels;

	if (!c->n)
		return;
	c->now_us = cgn_channels_now(d);
	for (unsigned k = 0; k < c->n; k++) {
		cgn_channel_turn(c->link[k]->ch, c->now_us);
		cgn_channels_tell(c->link[k], c->now_us);
	}
}

bool
cgn_channels_is_lower(const struct cgn_daemon *d, uint16_t location)
{
	for (unsigned k = 0; k < d->channels->n; k++) {
		const struct cgn_channels_link *l = d->channels->link[k];

		if (has(l, location))
			return memcmp(l->local, l->peer, sizeof(l->local)) < 0;
	}
	return false;
}

struct cgn_channel *
cgn_channels_find(const struct cgn_daemon *d, uint16_t location)
{
	for (unsigned k = 0; k < d->channels->n; k++)
		if (has(d->channels->link[k], location))
			return d->channels->link[k]->ch;
	return NULL;
}
