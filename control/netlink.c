/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Requests to the kernel by rtnetlink(7), with libmnl. Each is answered at once, so a
 * request costs some microseconds; the answer is its error or 0.
 *
 * Control lcore. Not handled: other network namespaces than the daemon's own. */
#include "control/netlink.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define LINK_LOCAL_NONE 1 /* IN6_ADDR_GEN_MODE_NONE */

struct cgn_netlink {
	struct mnl_socket *socket;
	unsigned seq, port;
};

/* A message under construction. */
struct request {
	struct nlmsghdr *head;
	union {
		char buf[1024];
		struct nlmsghdr align;
	};
};

struct cgn_netlink *
cgn_netlink_open(void)
{
	struct cgn_netlink *nl = calloc(1, sizeof(*nl));

	if (nl == NULL)
		return NULL;
	nl->socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (nl->socket && mnl_socket_bind(nl->socket, 0, MNL_SOCKET_AUTOPID) == 0) {
		nl->port = mnl_socket_get_portid(nl->socket);
		return nl;
	}
	cgn_netlink_close(nl);
	return NULL;
}

void
cgn_netlink_close(struct cgn_netlink *nl)
{
	if (nl == NULL)
		return;
	if (nl->socket)
		mnl_socket_close(nl->socket);
	free(nl);
}

static void
begin(struct cgn_netlink *nl, struct request *r, uint16_t type, uint16_t flags)
{
	r->head = mnl_nlmsg_put_header(r->buf);
	r->head->nlmsg_type = type;
	r->head->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	r->head->nlmsg_seq = ++nl->seq;
}

/* Sends it and reads the answer. */
static int
ask(struct cgn_netlink *nl, struct request *r)
{
	char answer[4096];
	ssize_t n;

	if (mnl_socket_sendto(nl->socket, r->head, r->head->nlmsg_len) < 0)
		return -errno;
	n = mnl_socket_recvfrom(nl->socket, answer, sizeof(answer));
	if (n < 0)
		return -errno;
	if (mnl_cb_run(answer, (size_t)n, nl->seq, nl->port, NULL, NULL) < 0)
		return -errno;
	return 0;
}

static bool
is_ip4(const uint8_t key[16])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	return memcmp(key, mapped, sizeof(mapped)) == 0;
}

static void
put_address(struct request *r, uint16_t type, const uint8_t key[16])
{
	if (is_ip4(key))
		mnl_attr_put(r->head, type, 4, key + 12);
	else
		mnl_attr_put(r->head, type, 16, key);
}

int
cgn_netlink_set_link(
	struct cgn_netlink *nl, unsigned index, const uint8_t mac[6], uint16_t mtu)
{
	struct nlattr *spec, *inet6;
	struct ifinfomsg *link;
	struct request r;

	begin(nl, &r, RTM_NEWLINK, 0);
	link = mnl_nlmsg_put_extra_header(r.head, sizeof(*link));
	link->ifi_index = (int)index;
	link->ifi_flags = link->ifi_change = IFF_UP;
	if (mac)
		mnl_attr_put(r.head, IFLA_ADDRESS, 6, mac);
	mnl_attr_put_u32(r.head, IFLA_MTU, mtu);
	if (mtu >=
		1280) { /* its link-local address is the port's, see cgn_tap_address() */
		spec = mnl_attr_nest_start(r.head, IFLA_AF_SPEC);
		inet6 = mnl_attr_nest_start(r.head, AF_INET6);
		mnl_attr_put_u8(r.head, IFLA_INET6_ADDR_GEN_MODE, LINK_LOCAL_NONE);
		mnl_attr_nest_end(r.head, inet6);
		mnl_attr_nest_end(r.head, spec);
	}
	return ask(nl, &r);
}

int
cgn_netlink_address(struct cgn_netlink *nl, unsigned index, const uint8_t key[16],
	uint8_t len, bool add)
{
	struct ifaddrmsg *a;
	struct request r;
	int rc;

	begin(nl, &r, add ? RTM_NEWADDR : RTM_DELADDR,
		add ? NLM_F_CREATE | NLM_F_REPLACE : 0);
	a = mnl_nlmsg_put_extra_header(r.head, sizeof(*a));
	a->ifa_family = is_ip4(key) ? AF_INET : AF_INET6;
	a->ifa_prefixlen = is_ip4(key) ? len - 96 : len;
	a->ifa_index = index;
	a->ifa_flags = is_ip4(key) ? 0 : IFA_F_NODAD;
	a->ifa_scope = key[0] == 0xfe && (key[1] & 0xc0) == 0x80 ? RT_SCOPE_LINK
								 : RT_SCOPE_UNIVERSE;
	put_address(&r, IFA_LOCAL, key);
	put_address(&r, IFA_ADDRESS, key);
	rc = ask(nl, &r);
	return !add && rc == -EADDRNOTAVAIL ? 0 : rc;
}

int
cgn_netlink_route(struct cgn_netlink *nl, const struct cgn_netlink_route *route, bool add)
{
	bool ip4 = is_ip4(route->key);
	struct rtmsg *rt;
	struct request r;
	int rc;

	begin(nl, &r, add ? RTM_NEWROUTE : RTM_DELROUTE,
		add ? NLM_F_CREATE | NLM_F_EXCL : 0);
	rt = mnl_nlmsg_put_extra_header(r.head, sizeof(*rt));
	rt->rtm_family = ip4 ? AF_INET : AF_INET6;
	rt->rtm_dst_len = ip4 ? route->len - 96 : route->len;
	rt->rtm_table = route->table < 256 ? (uint8_t)route->table : RT_TABLE_UNSPEC;
	rt->rtm_protocol = CGN_NETLINK_PROTOCOL;
	rt->rtm_scope = ip4 ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
	rt->rtm_type = RTN_UNICAST;
	put_address(&r, RTA_DST, route->key);
	mnl_attr_put_u32(r.head, RTA_TABLE, route->table);
	mnl_attr_put_u32(r.head, RTA_PRIORITY, route->metric);
	mnl_attr_put_u32(r.head, RTA_OIF, route->index);
	rc = ask(nl, &r);
	return !add && rc == -ESRCH ? 0 : rc;
}
