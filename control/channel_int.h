/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Shared by the files of the box's channels, and by nobody else. */
#ifndef CGN_CONTROL_CHANNEL_INT_H
#define CGN_CONTROL_CHANNEL_INT_H

#include "control/channel.h"
#include "control/daemon.h"

struct cgn_channels_link {
	struct cgn_daemon *daemon;
	struct cgn_channel *ch;
	char *key_file;
	char port[CGN_NAME], peer_text[48];
	uint16_t iface;
	uint8_t local[16], peer[16]; /* keys */
	bool wanted;		     /* by the configuration that is coming */
	uint16_t location[CGN_CHANNEL_LOCATIONS], n_locations;

	/* what was said of it last */
	uint64_t changed;
	enum cgn_channel_state state;
	bool told_up, alarmed;
	uint64_t since_us, alarm_us;
	unsigned flaps;
	uint64_t rejected, rejected_us, mismatch_hash;
};

struct cgn_channels {
	struct cgn_channels_user user;
	struct cgn_channels_link *link[CGN_CHANNEL_LOCATIONS];
	unsigned n;
	uint64_t now_us;
	uint64_t foreign; /* datagrams for the channels' port from others */
};

/* Events and alarms of a channel, at most one of a kind while it flaps. */
void cgn_channels_tell(struct cgn_channels_link *l, uint64_t now_us);

#endif
