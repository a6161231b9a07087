/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Routes by rtnetlink(7). Notifications say that something has changed and are not read
 * further: the truth is a dump of the tables. So there is one way to read a route, and
 * nothing can be missed: not what the kernel does silently (it takes IPv4 routes away
 * with their interface, address or next hop without a word), nor what did not fit into
 * the socket (ENOBUFS is one more change).
 *
 * A dump comes in pieces of 32 KB, of which a turn of the control lcore reads a few.
 *
 * Control lcore. Not handled: next hops that are objects alone
 * (net.ipv4.nexthop_compat_mode = 0), tunnels as next hops. */
#include "control/netlink_feed.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define PIECE	     32768
#define PIECES	     4	       /* of a dump, at once */
#define NOTICES	     256       /* read at once */
#define NOTICE_BYTES (1 << 20) /* that wait */

struct cgn_feed {
	struct mnl_socket *notices, *dump;
	unsigned seq, port;
	cgn_feed_visit visit;
	void *ctx;
	char buf[PIECE];
};

static struct mnl_socket *
open_socket(void)
{
	struct mnl_socket *s =
		mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (s && mnl_socket_bind(s, 0, MNL_SOCKET_AUTOPID) < 0) {
		mnl_socket_close(s);
		return NULL;
	}
	return s;
}

/* Next hops are a group that older kernels do not have; it is no loss there. */
static int
join(struct mnl_socket *s)
{
	static const int groups[] = { RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR,
		RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE, RTNLGRP_NEXTHOP };
	int size = NOTICE_BYTES, rc = 0;

	setsockopt(mnl_socket_get_fd(s), SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	for (unsigned i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		int group = groups[i];

		if (mnl_socket_setsockopt(
			    s, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) < 0 &&
			group != RTNLGRP_NEXTHOP)
			rc = -1;
	}
	return rc;
}

struct cgn_feed *
cgn_feed_open(void)
{
	struct cgn_feed *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return NULL;
	f->notices = open_socket();
	f->dump = open_socket();
	f->seq = (unsigned)time(NULL);
	if (f->notices && f->dump && join(f->notices) == 0) {
		f->port = mnl_socket_get_portid(f->dump);
		return f;
	}
	cgn_feed_close(f);
	return NULL;
}

void
cgn_feed_close(struct cgn_feed *f)
{
	if (f == NULL)
		return;
	if (f->notices)
		mnl_socket_close(f->notices);
	if (f->dump)
		mnl_socket_close(f->dump);
	free(f);
}

bool
cgn_feed_has_changed(struct cgn_feed *f)
{
	int fd = mnl_socket_get_fd(f->notices);
	bool changed = false;
	char byte;

	for (unsigned i = 0; i < NOTICES; i++) {
		if (recv(fd, &byte, sizeof(byte), MSG_DONTWAIT) < 0 && errno != ENOBUFS)
			break;
		changed = true;
	}
	return changed;
}

int
cgn_feed_ask(struct cgn_feed *f)
{
	struct nlmsghdr *head = mnl_nlmsg_put_header(f->buf);
	struct rtmsg *rt;

	head->nlmsg_type = RTM_GETROUTE;
	head->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	head->nlmsg_seq = ++f->seq; /* what is left of an answer before is passed over */
	rt = mnl_nlmsg_put_extra_header(head, sizeof(*rt));
	rt->rtm_family = AF_UNSPEC;
	return mnl_socket_sendto(f->dump, head, head->nlmsg_len) < 0 ? -errno : 0;
}

/* ---- one route ---- */

struct attributes {
	const struct nlattr *of[RTA_MAX + 1];
};

static int
note(const struct nlattr *attr, void *data)
{
	struct attributes *all = data;

	if (mnl_attr_type_valid(attr, RTA_MAX) > 0)
		all->of[mnl_attr_get_type(attr)] = attr;
	return MNL_CB_OK;
}

/* Reads an address of the family; false: it is none. */
static bool
read_key(uint8_t key[16], const struct nlattr *attr, bool ip4)
{
	if (mnl_attr_get_payload_len(attr) != (ip4 ? 4 : 16))
		return false;
	memset(key, 0, 16);
	if (ip4)
		key[10] = key[11] = 0xff;
	memcpy(key + (ip4 ? 12 : 0), mnl_attr_get_payload(attr), ip4 ? 4 : 16);
	return true;
}

/* Where a next hop leads: by its attributes, of which the interface may be known. */
static void
read_hop(struct cgn_feed_route *r, const struct attributes *a, bool ip4)
{
	if (a->of[RTA_OIF] && mnl_attr_validate(a->of[RTA_OIF], MNL_TYPE_U32) == 0)
		r->index = mnl_attr_get_u32(a->of[RTA_OIF]);
	if (a->of[RTA_GATEWAY])
		r->gateway = read_key(r->gw, a->of[RTA_GATEWAY], ip4);
	r->unusable = a->of[RTA_VIA] || a->of[RTA_ENCAP] ||
		      (a->of[RTA_GATEWAY] && !r->gateway) ||
		      (a->of[RTA_NH_ID] && !r->index);
}

/* A route of several next hops is visited once for each. */
static void
visit_hops(struct cgn_feed *f, const struct cgn_feed_route *route,
	const struct nlattr *several, bool ip4)
{
	const struct rtnexthop *hop = mnl_attr_get_payload(several);
	size_t room = mnl_attr_get_payload_len(several);

	while (room >= sizeof(*hop) && hop->rtnh_len >= sizeof(*hop) &&
		hop->rtnh_len <= room) {
		struct attributes a = { { NULL } };
		struct cgn_feed_route r = *route;
		size_t len = RTNH_ALIGN(hop->rtnh_len);

		mnl_attr_parse_payload(hop + 1, hop->rtnh_len - sizeof(*hop), note, &a);
		r.index = (unsigned)hop->rtnh_ifindex;
		read_hop(&r, &a, ip4);
		f->visit(f->ctx, &r);
		room -= len < room ? len : room;
		hop = (const struct rtnexthop *)(const void *)((const char *)hop + len);
	}
}

/* Visits it, if it is of any use. */
static void
read_route(struct cgn_feed *f, const struct nlmsghdr *head)
{
	struct cgn_feed_route route, *r = &route;
	const struct rtmsg *rt = mnl_nlmsg_get_payload(head);
	bool ip4 = rt->rtm_family == AF_INET;
	struct attributes a = { { NULL } };

	if ((!ip4 && rt->rtm_family != AF_INET6) || rt->rtm_type != RTN_UNICAST ||
		rt->rtm_flags & RTM_F_CLONED || rt->rtm_dst_len > (ip4 ? 32 : 128))
		return;
	mnl_attr_parse(head, sizeof(*rt), note, &a);
	memset(r, 0, sizeof(*r));
	if (ip4)
		r->key[10] = r->key[11] = 0xff;
	if (a.of[RTA_DST] && !read_key(r->key, a.of[RTA_DST], ip4))
		return;
	r->len = rt->rtm_dst_len + (ip4 ? 96 : 0);
	r->protocol = rt->rtm_protocol;
	r->table = a.of[RTA_TABLE] ? mnl_attr_get_u32(a.of[RTA_TABLE]) : rt->rtm_table;
	r->metric = a.of[RTA_PRIORITY] ? mnl_attr_get_u32(a.of[RTA_PRIORITY]) : 0;
	if (a.of[RTA_MULTIPATH]) {
		visit_hops(f, r, a.of[RTA_MULTIPATH], ip4);
	} else {
		read_hop(r, &a, ip4);
		f->visit(f->ctx, r);
	}
}

static int
take(const struct nlmsghdr *head, void *data)
{
	struct cgn_feed *f = data;

	if (head->nlmsg_flags & NLM_F_DUMP_INTR) {
		errno = EINTR;
		return MNL_CB_ERROR;
	}
	if (head->nlmsg_type == RTM_NEWROUTE &&
		mnl_nlmsg_get_payload_len(head) >= sizeof(struct rtmsg))
		read_route(f, head);
	return MNL_CB_OK;
}

/* One piece; MNL_CB_*, or MNL_CB_ERROR with errno. */
static int
read_piece(struct cgn_feed *f)
{
	ssize_t n =
		recv(mnl_socket_get_fd(f->dump), f->buf, sizeof(f->buf), MSG_DONTWAIT);
	const struct nlmsghdr *head = (const void *)f->buf;

	if (n < 0)
		return MNL_CB_ERROR;
	if (n >= (ssize_t)sizeof(*head) && head->nlmsg_seq != f->seq)
		return MNL_CB_OK; /* of a question that was given up */
	return mnl_cb_run(f->buf, (size_t)n, f->seq, f->port, take, f);
}

enum cgn_feed_state
cgn_feed_read(struct cgn_feed *f, cgn_feed_visit visit, void *ctx)
{
	f->visit = visit;
	f->ctx = ctx;
	for (unsigned i = 0; i < PIECES; i++) {
		int rc = read_piece(f);

		if (rc == MNL_CB_STOP)
			return CGN_FEED_END;
		if (rc == MNL_CB_ERROR && errno == EAGAIN)
			return CGN_FEED_MORE;
		if (rc == MNL_CB_ERROR)
			return CGN_FEED_AGAIN;
	}
	return CGN_FEED_MORE;
}
