/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The channels of this box: one for each port, peer and key file that a service-location
 * names in remote_backup. Their datagrams go over the box's own ports like everything
 * that is for the box itself. Control lcore only. */
#ifndef CGN_CONTROL_CHANNEL_H
#define CGN_CONTROL_CHANNEL_H

#include <jansson.h>

#include "ha/channel.h"

struct cgn_conf;
struct cgn_daemon;
struct cgn_channels;

/* Who puts and takes the records: every channel tells this one. */
struct cgn_channels_user {
	void *ctx;
	/* See struct cgn_channel_conf. location: configured id. */
	bool (*deliver)(
		void *ctx, uint16_t location, const uint8_t record[CGN_SYNCREC_BYTES]);
	void (*lost)(void *ctx, uint16_t location, bool here, uint64_t n);
	/* "batch" or "realtime", of a location whose channel is up; NULL: "batch". */
	const char *(*phase)(void *ctx, uint16_t location);
};

/* Opens the channels of d->conf. 0, or -errno with d->err. Needs d->host. */
int cgn_channels_init(struct cgn_daemon *d);
void cgn_channels_fini(struct cgn_daemon *d);

/* Goes on with another configuration: channels that it has too stay up, with keys read
 * anew, fingerprints told and new locations said with role none. conf stays the
 * caller's. 0 or -errno, logged; channels that can be opened are then open. */
int cgn_channels_configure(struct cgn_daemon *d, const struct cgn_conf *conf);

/* Who gets the records from now on; user is copied. NULL: nobody, the peer is held back.
 */
void cgn_channels_use(struct cgn_daemon *d, const struct cgn_channels_user *user);

/* Everything that is due. Each turn of the control lcore, behind the packets that have
 * come. */
void cgn_channels_turn(struct cgn_daemon *d);

/* µs, the clock that channels are told: for cgn_channel_put(). */
uint64_t cgn_channels_now(const struct cgn_daemon *d);

/* The channel of a location (configured id), or NULL. Valid until the next
 * cgn_channels_configure(). */
struct cgn_channel *cgn_channels_find(const struct cgn_daemon *d, uint16_t location);

/* Is the address of our end of a location's channel the lower one? Its two ends have
 * different answers. */
bool cgn_channels_is_lower(const struct cgn_daemon *d, uint16_t location);

/* `channels` of `show ha`: an entry for each location with a channel. */
json_t *cgn_channels_show(const struct cgn_daemon *d);

#endif
