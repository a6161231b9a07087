/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Stations beside the box: routers and hosts whose part in ARP and neighbour discovery is
 * not what a test is about. The box asks for its gateways when it starts and every half
 * minute, in a test of hours thousands of times; stations answer without being seen. Same
 * thread as the box. */
#include "tests/box/box.h"

#include <arpa/inet.h>
#include <string.h>

#include "dataplane/neigh.h"

static void
introduce(struct cgn_box *box, const struct cgn_box_station *s)
{
	cgn_resolve_learn(cgn_host_resolver(box->host), s->iface, s->key, &s->mac,
		CGN_LEARN_CREATE | CGN_LEARN_OVERRIDE | CGN_LEARN_CONFIRMED, box->now_ms);
}

bool
cgn_box_neighbour(struct cgn_box *box, const char *iface, const char *addr,
	const struct rte_ether_addr *mac)
{
	uint32_t index = cgn_compile_find_iface(box->compiler, iface);
	struct cgn_box_station *s = &box->station[box->n_stations];
	struct in_addr v4;

	if (index == CGN_NONE || box->n_stations == CGN_BOX_STATIONS)
		return false;
	if (inet_pton(AF_INET, addr, &v4) == 1)
		cgn_neigh_key4(s->key, v4.s_addr);
	else if (inet_pton(AF_INET6, addr, s->key) != 1)
		return false;
	s->iface = (uint16_t)index;
	s->mac = *mac;
	s->asked = false;
	box->n_stations++;
	introduce(box, s);
	return true;
}

/* The address that an ARP request or a neighbour solicitation asks for; false: neither.
 */
static bool
question(const uint8_t *net, uint16_t type, uint16_t len, uint8_t key[16])
{
	rte_be32_t v4;

	if (type == RTE_ETHER_TYPE_ARP && len >= 28 && net[7] == 1) {
		memcpy(&v4, net + 24, 4);
		cgn_neigh_key4(key, v4);
		return true;
	}
	if (type == RTE_ETHER_TYPE_IPV6 && len >= 64 && net[6] == CGN_IPPROTO_ICMPV6 &&
		net[40] == 135) {
		memcpy(key, net + 48, 16);
		return true;
	}
	return false;
}

bool
cgn_box_asks_station(
	struct cgn_box *box, uint16_t port, const uint8_t *frame, uint16_t len)
{
	unsigned off = 12, vlan = 0;
	uint8_t key[16];

	if (len > 18 && frame[off] == 0x81 && frame[off + 1] == 0) {
		vlan = (frame[14] & 15u) << 8 | frame[15];
		off += 4;
	}
	if (!question(frame + off + 2, (uint16_t)(frame[off] << 8 | frame[off + 1]),
		    (uint16_t)(len - off - 2), key))
		return false;
	for (unsigned i = 0; i < box->n_stations; i++) {
		struct cgn_box_station *s = &box->station[i];
		const struct cgn_iface *f = &box->snap->iface[s->iface];

		if (f->port == port && f->vlan == vlan && !memcmp(s->key, key, 16)) {
			s->asked = true;
			return true;
		}
	}
	return false;
}

void
cgn_box_stations_answer(struct cgn_box *box)
{
	for (unsigned i = 0; i < box->n_stations; i++) {
		struct cgn_box_station *s = &box->station[i];

		if (s->asked) {
			s->asked = false;
			introduce(box, s);
		}
	}
}
