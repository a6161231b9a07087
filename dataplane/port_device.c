/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Device strings. A driver has to be told some things when its device is made, which the
 * configuration says elsewhere (rx_queues, mtu): they are added to the string here,
 * unless it says so itself. Pure; used by the control lcore before a device is probed.
 *
 * Not handled: drivers that need no telling (PCI, tap, ring, null, pcap). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/port.h"

/* what a slot of AF_PACKET needs beyond the IP packet: its own header, Ethernet and VLAN
 * tags */
#define SLOT_EXTRA 128

#define DEFAULT_ROOM 2048 /* of slots and buffers, for all drivers */
#define ROOM_STEP    1024 /* four slots fill pages of 4096 */
#define ROOM_MAX     (63 * ROOM_STEP)

/* For datagrams that the kernel has put together: most that anybody sends, in a buffer
 * that fills four pages. Not a power of two, so that slots spread over the cache. */
#define WHOLE_ROOM (15 * ROOM_STEP)

struct text {
	char *out;
	size_t size, len;
};

static bool
has_driver(const char *device, const char *driver)
{
	return strncmp(device, driver, strlen(driver)) == 0;
}

/* What `key=` has among the arguments behind the name, NULL: it is not there. */
static const char *
value_of(const char *device, const char *key)
{
	size_t len = strlen(key);

	for (const char *p = strchr(device, ','); p; p = strchr(p + 1, ','))
		if (strncmp(p + 1, key, len) == 0 && p[1 + len] == '=')
			return p + len + 2;
	return NULL;
}

static bool
has_key(const char *device, const char *key)
{
	return value_of(device, key) != NULL;
}

static void
add(struct text *t, const char *key, unsigned value)
{
	int n = snprintf(t->out + t->len, t->size - t->len, ",%s=%u", key, value);

	t->len = RTE_MIN(t->len + (size_t)n, t->size - 1);
}

static void
add_af_packet(struct text *t, const struct cgn_port_conf *conf)
{
	unsigned room = cgn_port_frame(conf->device, conf->mtu);

	if (conf->rx_queues > 1 && !has_key(conf->device, "qpairs"))
		add(t, "qpairs", conf->rx_queues);
	if (has_key(conf->device, "framesz"))
		return;
	add(t, "framesz", room);
	if (!has_key(conf->device, "blocksz"))
		add(t, "blocksz", 4 * room);
}

bool
cgn_port_whole(const char *device)
{
	return has_driver(device, "net_af_packet");
}

uint16_t
cgn_port_frame(const char *device, uint16_t mtu)
{
	unsigned long room = cgn_port_room(mtu);
	const char *framesz = value_of(device, "framesz");

	if (!cgn_port_whole(device))
		return (uint16_t)room;
	room = RTE_MAX(room, framesz ? strtoul(framesz, NULL, 10) : WHOLE_ROOM);
	return (uint16_t)RTE_MIN(room, (unsigned long)ROOM_MAX);
}

uint16_t
cgn_port_room(uint16_t mtu)
{
	uint32_t room = RTE_ALIGN_CEIL((uint32_t)mtu + SLOT_EXTRA, (uint32_t)ROOM_STEP);

	return (uint16_t)RTE_MIN(
		RTE_MAX(room, (uint32_t)DEFAULT_ROOM), (uint32_t)ROOM_MAX);
}

int
cgn_port_device(char *out, size_t size, const struct cgn_port_conf *conf)
{
	struct text t = { out, size, strlen(conf->device) };
	unsigned room = cgn_port_room(conf->mtu);

	if (t.len >= size)
		return -ENAMETOOLONG;
	memcpy(out, conf->device, t.len + 1);
	if (has_driver(conf->device, "net_af_packet"))
		add_af_packet(&t, conf);
	if (has_driver(conf->device, "net_af_xdp") && conf->rx_queues > 1 &&
		!has_key(conf->device, "queue_count"))
		add(&t, "queue_count", conf->rx_queues);
	if (has_driver(conf->device, "net_memif") && room > DEFAULT_ROOM &&
		!has_key(conf->device, "bsize"))
		add(&t, "bsize", room);
	return t.len + 1 < size ? 0 : -ENAMETOOLONG;
}
