/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What instances do with whose packets: ACLs, outbound rules, limits and timers, the
 * interfaces of NAT44 users, and the AFTR addresses with the B4 prefixes behind them.
 *
 * A user key has no room for both an instance and 128 bits of address, so the first 16
 * bits of the address give way to a scope, which stands for them and the instance. No B4
 * prefix is shorter than 16 bits, so a prefix has one scope.
 *
 * Control lcore. Not handled: IPv6 prefixes in ACLs (no translated packet has them as an
 * inside source but NAT64's). */
#include "control/compile_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static rte_be32_t
mask4(unsigned len)
{
	return rte_cpu_to_be_32(len ? UINT32_MAX << (32 - len) : 0);
}

static uint32_t
acl_rules(struct cgn_acl_rule *out, const struct cgn_conf_prefix *p, uint32_t n,
	bool permit)
{
	uint32_t at = 0;

	for (uint32_t i = 0; i < n; i++) {
		if (p[i].addr.family != 4)
			continue;
		memcpy(&out[at].addr, p[i].addr.bytes, 4);
		out[at].mask = mask4(p[i].len);
		out[at++].permit = permit;
	}
	return at;
}

static int
acls_build(struct cgn_compile_run *r)
{
	const struct cgn_conf *conf = r->conf;
	struct cgn_acl *acl =
		cgn_compile_take(&r->base->region, conf->n_acls, sizeof(*acl));

	if (acl == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < conf->n_acls; i++) {
		const struct cgn_conf_acl *from = &conf->acls[i];
		struct cgn_acl_rule *rule = cgn_compile_take(&r->base->region,
			from->n_deny + from->n_permit + 1, sizeof(*rule));

		if (rule == NULL)
			return -ENOMEM;
		acl[i].n = acl_rules(rule, from->deny, from->n_deny, false);
		acl[i].n +=
			acl_rules(rule + acl[i].n, from->permit, from->n_permit, true);
		if (from->n_permit == 0) /* anything that is not denied */
			rule[acl[i].n++].permit = true;
		acl[i].rule = rule;
	}
	r->snap->acl = acl;
	r->snap->n_acls = (uint16_t)conf->n_acls;
	return 0;
}

static int
instance_index(struct cgn_compile_run *r, uint32_t i)
{
	const struct cgn_conf_instance *from = &r->conf->instances[i];
	struct cgn_compile_instance_key key;
	uint32_t index;

	memset(&key, 0, sizeof(key));
	cgn_compile_name(key.name, from->name);
	key.kind = (uint8_t)from->kind;
	key.vpn_in = r->vpn[from->inside_vpn];
	key.vpn_out = r->vpn[from->outside_vpn];
	key.prefix_length = (uint8_t)from->prefix_length;
	index = cgn_registry_add(&r->c->instances, &key);
	if (index == CGN_NONE) {
		cgn_log(LOG_ERR, "instance \"%s\": more than %u", from->name,
			r->c->instances.max);
		return -ENOSPC;
	}
	r->instance[i] = (uint16_t)index;
	return 0;
}

static void
fill_limits(struct cgn_instance *in, const struct cgn_conf_limits *l)
{
	in->max_sessions = l->sessions.total;
	in->max_class[CGN_TCP] = l->sessions.tcp;
	in->max_class[CGN_UDP] = l->sessions.udp;
	in->max_class[CGN_ICMP] = l->sessions.icmp;
	in->max_ports[CGN_TCP] = l->ports.tcp;
	in->max_ports[CGN_UDP] = l->ports.udp;
	in->max_ports[CGN_ICMP] = l->ports.icmp;
	in->max_reverse = l->reverse_sessions.total;
	in->max_reverse_class[CGN_TCP] = l->reverse_sessions.tcp;
	in->max_reverse_class[CGN_UDP] = l->reverse_sessions.udp;
	in->max_reverse_class[CGN_ICMP] = l->reverse_sessions.icmp;
	in->create_rate = l->create_rate;
	in->users_per_address = l->users_per_address;
}

static void
fill_timers(struct cgn_instance *in, const struct cgn_conf_timers *t)
{
	in->timer[CGN_TIMER_TCP_ESTABLISHED] = t->tcp_established * CGN_TICKS_PER_S;
	in->timer[CGN_TIMER_TCP_TRANSITORY] = t->tcp_transitory * CGN_TICKS_PER_S;
	in->timer[CGN_TIMER_TCP_CLOSING] = t->tcp_closing * CGN_TICKS_PER_S;
	in->timer[CGN_TIMER_TCP_SYN] = t->tcp_syn * CGN_TICKS_PER_S;
	in->timer[CGN_TIMER_UDP] = t->udp * CGN_TICKS_PER_S;
	in->timer[CGN_TIMER_ICMP] = t->icmp * CGN_TICKS_PER_S;
	in->fragment_ms = t->fragment * 1000;
}

/* Without a host to tell, nothing is reported. */
static uint8_t
journal_of(const struct cgn_conf_log *log)
{
	static const uint8_t events[] = {
		[CGN_CONF_LOG_BLOCKS] = CGN_JOURNAL_BLOCKS,
		[CGN_CONF_LOG_SESSIONS] = CGN_JOURNAL_SESSIONS,
		[CGN_CONF_LOG_ALL] = CGN_JOURNAL_BLOCKS | CGN_JOURNAL_SESSIONS,
	};

	return log->n_hosts ? events[log->events] : 0;
}

static void
fill_protocols(struct cgn_instance *in, uint32_t wanted, struct cgn_protocols *all)
{
	static const struct {
		uint32_t bit;
		uint8_t number;
	} other[] = { { CGN_CONF_GRE, 47 }, { CGN_CONF_ESP, 50 }, { CGN_CONF_SCTP, 132 },
		{ CGN_CONF_UDP_LITE, CGN_IPPROTO_UDPLITE },
		{ CGN_CONF_IPIP, CGN_IPPROTO_IPIP } };

	for (unsigned i = 0; i < RTE_DIM(other); i++)
		if (wanted & other[i].bit) {
			in->other.bits[other[i].number / 64] |= 1ull
								<< other[i].number % 64;
			all->bits[other[i].number / 64] |= 1ull << other[i].number % 64;
		}
}

static int
fill_exempt(struct cgn_compile_run *r, struct cgn_instance *in,
	const struct cgn_conf_instance *from)
{
	static const uint8_t number[] = { [CGN_CONF_TCP] = CGN_IPPROTO_TCP,
		[CGN_CONF_UDP] = CGN_IPPROTO_UDP,
		[CGN_CONF_ICMP] = CGN_IPPROTO_ICMP,
		[CGN_CONF_ANY] = 0 };
	struct cgn_exempt *e =
		cgn_compile_take(&r->base->region, from->n_exempt, sizeof(*e));

	if (e == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < from->n_exempt; i++) {
		const struct cgn_conf_exempt *x = &from->exempt[i];

		e[i].mask = rte_cpu_to_be_32(
			x->prefix.len ? UINT32_MAX << (32 - x->prefix.len) : 0);
		memcpy(&e[i].addr, x->prefix.addr.bytes, 4);
		e[i].addr &= e[i].mask;
		e[i].proto = number[x->protocol];
		e[i].port = rte_cpu_to_be_16((uint16_t)x->port);
	}
	in->n_exempt = from->n_exempt;
	in->exempt = e;
	return 0;
}

static uint8_t
refusal_of(enum cgn_conf_refusal refusal)
{
	static const uint8_t code[] = { [CGN_CONF_REFUSE_SILENTLY] = 0,
		[CGN_CONF_REFUSE_HOST] = 1,
		[CGN_CONF_REFUSE_ADMIN] = 13 };

	return code[refusal];
}

_Static_assert(
	RTE_DIM(((struct cgn_instance *)0)->outbound) == CGN_CONF_MAX_OUTBOUND &&
		RTE_DIM(((struct cgn_iface *)0)->nat) == CGN_CONF_MAX_NAT_OF_PORT &&
		RTE_DIM(((struct cgn_group *)0)->location) == CGN_CONF_MAX_OF_GROUP,
	"the reader has refused what does not fit");

static void
fill_outbound(const struct cgn_compile_run *r, struct cgn_instance *in,
	const struct cgn_conf_instance *from)
{
	in->n_outbound = (uint8_t)from->n_outbound;
	for (uint32_t i = 0; i < from->n_outbound; i++) {
		const struct cgn_conf_outbound *o = &from->outbound[i];

		in->outbound[i].pool = r->pool[o->address_group.index];
		in->outbound[i].acl = o->acl.index == CGN_CONF_NONE
					      ? CGN_NONE16
					      : (uint16_t)o->acl.index;
	}
}

static int
fill_instance(struct cgn_compile_run *r, uint32_t i)
{
	const struct cgn_conf_instance *from = &r->conf->instances[i];
	struct cgn_instance *in = &r->instances[r->instance[i]];

	memset(in, 0, sizeof(*in));
	cgn_compile_name(in->name, from->name);
	in->id = (uint16_t)from->id;
	in->kind = (uint8_t)from->kind;
	in->group = r->group[from->group.index];
	in->vpn_in = r->vpn[from->inside_vpn];
	in->vpn_out = r->vpn[from->outside_vpn];
	in->eim = from->mapping == CGN_CONF_ENDPOINT_INDEPENDENT;
	in->eif = from->filtering == CGN_CONF_ENDPOINT_INDEPENDENT;
	in->hairpin = from->hairpin;
	in->accounting = from->accounting;
	in->journal = journal_of(&from->log);
	in->refusal = refusal_of(from->refusal);
	in->alg_ftp = from->alg & CGN_CONF_ALG_FTP;
	fill_protocols(in, from->protocols, &r->snap->other);
	in->port_mode = (uint8_t)from->port_range.mode;
	in->block_size = (uint16_t)from->port_range.size;
	in->extended_size = (uint16_t)from->port_range.extended_size;
	in->extended_times = (uint16_t)from->port_range.extended_times;
	memcpy(in->local_ipv6, from->local_ipv6.bytes, 16);
	in->prefix_length = (uint8_t)from->prefix_length;
	in->mtu = (uint16_t)from->mtu;
	in->tcp_mss = (uint16_t)from->tcp_mss;
	in->traffic_class = (int16_t)from->traffic_class;
	in->hop_limit = (uint8_t)from->encap_hop_limit;
	fill_limits(in, &from->limits);
	fill_timers(in, &from->timers);
	if (fill_exempt(r, in, from) < 0)
		return -ENOMEM;
	fill_outbound(r, in, from);
	return 0;
}

/* Tells an interface of a NAT44 instance whose users are behind it. */
static int
inside_iface(struct cgn_compile_run *r, uint32_t i, uint16_t iface)
{
	struct cgn_iface *f = &r->ifaces[iface];

	if (f->n_nat == RTE_DIM(f->nat)) {
		cgn_log(LOG_ERR, "port \"%s\": inside of more than %zu NAT instances",
			f->name, RTE_DIM(f->nat));
		return -ENOSPC;
	}
	f->nat[f->n_nat++] = r->instance[i];
	return 0;
}

static bool
is_inside(const struct cgn_compile_run *r, uint32_t i, uint16_t iface)
{
	const struct cgn_iface *f = &r->ifaces[iface];

	for (unsigned k = 0; k < f->n_nat; k++)
		if (f->nat[k] == r->instance[i])
			return true;
	return false;
}

/* What strayed to the other box comes over the channel's port. */
static int
channel_ifaces(struct cgn_compile_run *r, uint32_t i)
{
	const struct cgn_conf_instance *from = &r->conf->instances[i];
	const struct cgn_conf_group *group = &r->conf->groups[from->group.index];
	int rc = 0;

	for (uint32_t m = 0; rc == 0 && m < group->n_members; m++) {
		const struct cgn_conf_location *l =
			&r->conf->locations[group->members[m].location.index];
		uint16_t iface;

		if (!l->remote_backup.present)
			continue;
		iface = r->iface[l->remote_backup.port.index];
		if (r->ifaces[iface].vpn == r->vpn[from->inside_vpn] &&
			!is_inside(r, i, iface))
			rc = inside_iface(r, i, iface);
	}
	return rc;
}

static int
inside_ifaces(struct cgn_compile_run *r, uint32_t i)
{
	const struct cgn_conf_instance *from = &r->conf->instances[i];
	int rc = 0;

	if (from->kind != CGN_CONF_NAT44)
		return 0;
	for (uint32_t k = 0; rc == 0 && k < from->inside.n_ports; k++)
		rc = inside_iface(r, i, r->iface[from->inside.ports[k].index]);
	return rc ? rc : channel_ifaces(r, i);
}

/* Instances that are gone keep names and timers for the sessions they left. */
static int
instances_alloc(struct cgn_compile_run *r)
{
	uint32_t n = r->c->instances.n;

	r->instances = cgn_compile_take(&r->base->region, n, sizeof(*r->instances));
	if (r->instances == NULL)
		return -ENOMEM;
	if (r->old != NULL)
		memcpy(r->instances, r->old->instance,
			r->old->n_instances * sizeof(*r->instances));
	for (uint32_t i = 0; i < n; i++) {
		r->instances[i].gone = true; /* if not configured any more */
		r->instances[i].n_outbound = 0;
		r->instances[i].n_exempt = 0;
		r->instances[i].exempt = NULL;
	}
	r->snap->instance = r->instances;
	r->snap->n_instances = (uint16_t)n;
	return 0;
}

int
cgn_compile_policy(struct cgn_compile_run *r)
{
	int rc = acls_build(r);

	for (uint32_t i = 0; rc == 0 && i < r->conf->n_instances; i++)
		rc = instance_index(r, i);
	if (rc == 0)
		rc = instances_alloc(r);
	for (uint32_t i = 0; rc == 0 && i < r->conf->n_instances; i++) {
		rc = fill_instance(r, i);
		if (rc == 0)
			rc = inside_ifaces(r, i);
	}
	return rc;
}

/* A B4 prefix before it is sorted under its AFTR address. */
struct remote {
	uint16_t vpn;
	uint8_t aftr[16];
	uint8_t len;
	struct cgn_remote r;
};

/* By AFTR address, longest prefix first, then as configured. */
static int
order(const void *pa, const void *pb)
{
	const struct remote *a = pa, *b = pb;
	int c = (a->vpn > b->vpn) - (a->vpn < b->vpn);

	if (c == 0)
		c = memcmp(a->aftr, b->aftr, sizeof(a->aftr));
	if (c == 0)
		c = (a->len < b->len) - (a->len > b->len);
	if (c == 0)
		c = memcmp(a->r.addr, b->r.addr, sizeof(a->r.addr));
	if (c == 0)
		c = (a->r.instance > b->r.instance) - (a->r.instance < b->r.instance);
	return c;
}

/* Scope of an instance and the first 16 bits of an address. Its low byte is 4 or more, so
 * that the first bytes of a softwire user's key never look like the index of a NAT44
 * instance (below 1024, low byte first), with which a NAT44 user's key begins. */
static int
scope_of(struct cgn_compile_run *r, uint16_t instance, const uint8_t addr[16],
	uint16_t *scope)
{
	struct cgn_compile_scope_key key = { .instance = instance,
		.head = { addr[0], addr[1] } };
	uint32_t i = cgn_registry_add(&r->c->scopes, &key);

	if (i == CGN_NONE) {
		cgn_log(LOG_ERR, "more than %u heads of B4 prefixes since the start",
			r->c->scopes.max);
		return -ENOSPC;
	}
	*scope = (uint16_t)(i / 252 << 8 | (4 + i % 252));
	return 0;
}

static int
remote_fill(struct cgn_compile_run *r, uint32_t i, const struct cgn_conf_prefix *p,
	struct remote *to)
{
	const struct cgn_conf_instance *from = &r->conf->instances[i];

	to->vpn = r->vpn[from->inside_vpn];
	memcpy(to->aftr, from->local_ipv6.bytes, 16);
	to->len = p->len;
	to->r.instance = r->instance[i];
	memcpy(to->r.addr, p->addr.bytes, 16);
	memset(to->r.mask, 0xff, 16);
	cgn_compile_mask(to->r.mask, to->r.mask, to->len);
	return scope_of(r, to->r.instance, to->r.addr, &to->r.scope);
}

/* All B4 prefixes of all instances, sorted. */
static int
collect(struct cgn_compile_run *r, struct remote **all, uint32_t *n)
{
	const struct cgn_conf *conf = r->conf;
	uint32_t at = 0;

	*n = 0;
	for (uint32_t i = 0; i < conf->n_instances; i++)
		*n += conf->instances[i].n_remote_ipv6;
	*all = cgn_compile_take(&r->scratch, *n, sizeof(**all));
	if (*all == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < conf->n_instances; i++)
		for (uint32_t k = 0; k < conf->instances[i].n_remote_ipv6; k++) {
			int rc = remote_fill(
				r, i, &conf->instances[i].remote_ipv6[k], &(*all)[at++]);

			if (rc < 0)
				return rc;
		}
	qsort(*all, *n, sizeof(**all), order);
	return 0;
}

static int
aftr_route(struct cgn_compile_run *r, const struct remote *of, uint32_t index)
{
	struct cgn_compile_entry e;

	memset(&e, 0, sizeof(e));
	e.vpn = of->vpn;
	e.len = 128;
	e.source = CGN_FROM_AFTR;
	memcpy(e.key, of->aftr, 16);
	e.nh.kind = CGN_NH_AFTR;
	e.nh.index = index;
	return cgn_compile_add_route(r, &e);
}

int
cgn_compile_aftrs(struct cgn_compile_run *r)
{
	struct remote *all;
	struct cgn_remote *remote;
	struct cgn_aftr *aftr;
	uint32_t n;
	int rc = collect(r, &all, &n);

	if (rc < 0)
		return rc;
	remote = cgn_compile_take(&r->base->region, n, sizeof(*remote));
	aftr = cgn_compile_take(&r->base->region, n, sizeof(*aftr));
	if (remote == NULL || aftr == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; rc == 0 && i < n; i++) {
		remote[i] = all[i].r;
		if (i == 0 || all[i].vpn != all[i - 1].vpn ||
			memcmp(all[i].aftr, all[i - 1].aftr, 16) != 0) {
			memcpy(aftr[r->snap->n_aftrs].addr, all[i].aftr, 16);
			aftr[r->snap->n_aftrs].first = i;
			rc = aftr_route(r, &all[i], r->snap->n_aftrs++);
		}
		aftr[r->snap->n_aftrs - 1].n++;
	}
	r->snap->remote = remote;
	r->snap->n_remotes = n;
	r->snap->aftr = aftr;
	return rc;
}
