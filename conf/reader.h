/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CGN_CONF_READER_H
#define CGN_CONF_READER_H

/*
 * What the reader, the resolver and the checks share; not for others than checks.
 *
 * A check speaks of a value by the address where the struct keeps it; the reader
 * remembers which setting filled which address and so finds file, line and path for the
 * message.
 */

#include "conf/arena.h"
#include "conf/errors.h"
#include "conf/schema.h"
#include "conf/tree.h"

/* Memory that a setting filled; schema is that of a group, else NULL. */
struct cgn_reader_mark {
	const char *at;
	size_t size;
	const struct cgn_tree_node *node;
	const struct cgn_schema *schema;
};

/* A reference that was read and is not resolved yet. */
struct cgn_reader_reference {
	enum cgn_key_ref kind;
	void *value; /* struct cgn_conf_ref, or for CGN_REF_LOCATION cgn_conf_location_ref
		      */
};

struct cgn_reader {
	struct cgn_conf *conf;
	struct cgn_conf_arena *arena;
	struct cgn_conf_errors *errs;
	struct cgn_reader_mark *marks;
	uint32_t n_marks;
	uint32_t mark_capacity;
	struct cgn_reader_reference *references;
	uint32_t n_references;
	uint32_t reference_capacity;
};

/* Fills conf from the tree by the schema, with defaults for what is absent. */
void cgn_reader_read(struct cgn_reader *r, const struct cgn_tree_node *root);

/* Remembers that node filled size bytes at `at`; schema is that of a group, else NULL. */
void cgn_reader_mark(struct cgn_reader *r, const void *at, size_t size,
	const struct cgn_tree_node *node, const struct cgn_schema *schema);

/* Lists a reference that is to be resolved. */
void cgn_reader_refer(struct cgn_reader *r, enum cgn_key_ref kind, void *value);

/* Leaves the marks with the configuration; frees what the reader itself has taken. */
void cgn_reader_fini(struct cgn_reader *r);

/* An error about the value that conf keeps at `at`. */
void cgn_reader_error(struct cgn_reader *r, const void *at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same, but not a reason to refuse. */
void cgn_reader_warn(struct cgn_reader *r, const void *at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* True when there is an error about the value at `at` already. */
bool cgn_reader_wrong(const struct cgn_reader *r, const void *at);

/* True when a setting filled the value at `at`: it is not a default. */
bool cgn_reader_given(const struct cgn_reader *r, const void *at);

/* Converts one setting that is no group or list into the value at `at`. */
void cgn_scalar_read(struct cgn_reader *r, const struct cgn_schema_key *key,
	const struct cgn_tree_node *node, char *at);

/* Puts a number into an integer or enum of 2 or 4 bytes. */
void cgn_scalar_store(char *at, size_t size, int64_t value);

/* True, after an error, when a setting is not of the type that is wanted. */
bool cgn_scalar_mistyped(
	struct cgn_reader *r, const struct cgn_tree_node *node, enum cgn_tree_type want);

/* An error about a setting, unless it has one already. */
void cgn_scalar_error(struct cgn_reader *r, const struct cgn_tree_node *node,
	const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Gives VPNs their numbers and references their index; unknown names are errors. */
void cgn_resolve_references(struct cgn_reader *r);

/* Completes what follows from other values: shares, pools, timers, the port of a route.
 */
void cgn_derive_conf(struct cgn_reader *r);

/* The checks, one file each; they accept any values that the reader lets pass. */
void cgn_check_boards(struct cgn_reader *r);
void cgn_check_ports(struct cgn_reader *r);
void cgn_check_routes(struct cgn_reader *r);
void cgn_check_routing(struct cgn_reader *r);
void cgn_check_locations(struct cgn_reader *r);
void cgn_check_vrrp(struct cgn_reader *r);
void cgn_check_pools(struct cgn_reader *r);
void cgn_check_instances(struct cgn_reader *r);
void cgn_check_bindings(struct cgn_reader *r);
void cgn_check_rules(struct cgn_reader *r);

#endif
