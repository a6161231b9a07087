/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CGN_CONF_CONF_H
#define CGN_CONF_CONF_H

/*
 * The configuration reader: from a file to a checked struct cgn_conf (conf/model.h), or
 * to a list of everything that is wrong with it.
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "conf/model.h"

/* ---- messages ---- */

struct cgn_conf_message {
	bool warning;
	char *file;
	int line;
	char *key;  /* path, for example ds_lite_instances[0].limits.sessions.tcp; "" none
		     */
	char *text; /* what is wrong and what is allowed */
};

/* Zero-initialise it, or call cgn_conf_errors_init(). */
struct cgn_conf_errors {
	struct cgn_conf_message *items;
	uint32_t n_items;
	uint32_t capacity;
	uint32_t n_errors;
	uint32_t n_warnings;
};

void cgn_conf_errors_init(struct cgn_conf_errors *errs);

/* Frees the messages; errs is then empty and may be used again. */
void cgn_conf_errors_fini(struct cgn_conf_errors *errs);

/*
 * Prints one line per message, in order of file and line: `FILE:LINE: path.to.key: text`,
 * a warning with `warning: ` before its text.
 */
void cgn_conf_errors_print(const struct cgn_conf_errors *errs, FILE *out);

/* ---- reading ---- */

/*
 * Reads, completes and checks a configuration file.
 *
 * path: the file; `@include` is relative to its directory.
 * out: receives the configuration, NULL when it is refused.
 * errs: receives all errors and warnings (added to what it holds).
 * Returns 0; -EINVAL when refused, -ENOENT and the like when a file cannot be read; an
 * error line says why in every case. Control lcore; not thread safe.
 */
int cgn_conf_load(const char *path, struct cgn_conf **out, struct cgn_conf_errors *errs);

/*
 * Like cgn_conf_load() from a string that ends in zero; name stands for the file in
 * messages. `@include` is relative to the working directory.
 */
int cgn_conf_load_string(const char *text, const char *name, struct cgn_conf **out,
	struct cgn_conf_errors *errs);

/*
 * A check by somebody who knows more than the reader: what it finds it tells with
 * cgn_reader_error() and the like (conf/reader.h). It comes behind the reader's own and
 * must bear whatever they bear; errs may hold errors already.
 */
struct cgn_reader;
typedef void cgn_conf_check(struct cgn_reader *r);

/* Like the two above, with one more check. text NULL: that of the file `path`. */
int cgn_conf_load_checked(const char *path, const char *text, cgn_conf_check *more,
	struct cgn_conf **out, struct cgn_conf_errors *errs);

/* Frees a configuration and everything in it; NULL is allowed. */
void cgn_conf_free(struct cgn_conf *conf);

/* ---- what can be asked of a configuration ---- */

/* File and line of the setting that filled the value at `at`, a member of conf or of what
 * it points to; of one that was not given those of the group around it. */
struct cgn_conf_src cgn_conf_place(const struct cgn_conf *conf, const void *at);

/* Bytes of memory that the tables, forwarding tables and packet buffers of conf will
 * take. */
uint64_t cgn_conf_memory_estimate(const struct cgn_conf *conf);

/* Bytes of dpdk.memory_mb that are left, also while a change has its new forwarding
 * tables beside the old ones. */
uint64_t cgn_conf_memory_spare(const struct cgn_conf *conf);

/*
 * Parses the EAL --lcores syntax ("0@0,1@1", "0-3", "(0,2)@(4-7)") into the set of lcore
 * ids. set: one bit per lcore 0..127. Returns 0 or -EINVAL.
 */
int cgn_conf_lcores_parse(const char *text, uint64_t set[2]);

/* Formats an address into buf (at least 46 bytes) and returns buf. */
const char *cgn_conf_addr_format(const struct cgn_conf_addr *addr, char *buf);

/* True when addr has the family of the network net/len and lies inside. */
bool cgn_conf_addr_inside(
	const struct cgn_conf_addr *addr, const struct cgn_conf_addr *net, uint8_t len);

/* True when both addresses are set and equal. */
bool cgn_conf_addr_equal(const struct cgn_conf_addr *a, const struct cgn_conf_addr *b);

/*
 * The port in a VPN (index) on whose connected network addr is, of several the one with
 * the longest prefix; CGN_CONF_NONE when there is none.
 */
int32_t cgn_conf_connected_port(
	const struct cgn_conf *conf, int32_t vpn, const struct cgn_conf_addr *addr);

/* True when addr is on a network of the port. */
bool cgn_conf_on_network(
	const struct cgn_conf_port *port, const struct cgn_conf_addr *addr);

/* True when addr is in fe80::/10 (RFC 4291 2.4). */
bool cgn_conf_is_link_local(const struct cgn_conf_addr *addr);

/* The port in a VPN (index) that has addr as its own; CGN_CONF_NONE: none. */
int32_t cgn_conf_own_port(
	const struct cgn_conf *conf, int32_t vpn, const struct cgn_conf_addr *addr);

/* The same of the virtual addresses of VRRP groups. */
int32_t cgn_conf_virtual_port(
	const struct cgn_conf *conf, int32_t vpn, const struct cgn_conf_addr *addr);

/* True when addr, host byte order, is given out by the pool. */
bool cgn_conf_pool_holds(const struct cgn_conf_address_group *pool, uint32_t addr);

/* The pool in a VPN (index) that gives out an IPv4 address; NULL: none. */
const struct cgn_conf_address_group *cgn_conf_pool_of(
	const struct cgn_conf *conf, int32_t vpn, const struct cgn_conf_addr *addr);

/* True when an ACL (index, or CGN_CONF_NONE for "any") permits addr. */
bool cgn_conf_acl_permits(
	const struct cgn_conf *conf, int32_t acl, const struct cgn_conf_addr *addr);

/* The word that stands for kind in the configuration: "ds-lite", "nat", "nat64". */
const char *cgn_conf_kind_name(enum cgn_conf_kind kind);

/* Prints doc/configuration.md: every key with type, range, default and meaning. */
void cgn_conf_describe(FILE *out);

/* Prints the same as the manual page cgnd.conf(5). 0, or -ENOMEM. */
int cgn_conf_describe_manual(FILE *out);

#endif
