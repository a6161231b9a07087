/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CGN_CONF_TREE_H
#define CGN_CONF_TREE_H

#include "conf/source.h"

enum cgn_tree_type {
	CGN_TREE_GROUP,
	CGN_TREE_LIST,
	CGN_TREE_ARRAY,
	CGN_TREE_INT,
	CGN_TREE_FLOAT,
	CGN_TREE_BOOL,
	CGN_TREE_STRING,
};

/* One setting; name is NULL in a list or array, where index tells the place. */
struct cgn_tree_node {
	enum cgn_tree_type type;
	const char *name;
	uint32_t index;
	struct cgn_conf_src src;
	const struct cgn_tree_node *parent;
	struct cgn_tree_node *children;
	uint32_t n_children;
	int64_t number; /* INT, BOOL */
	const char *string;
};

/* Parses the text of source with libconfig. NULL after an error line. */
struct cgn_tree_node *cgn_tree_parse(struct cgn_source *source);

/* Writes the path of a node, such as ports[1].mtu, into buf and returns buf. */
const char *cgn_tree_path(const struct cgn_tree_node *node, char *buf, size_t size);

/* "a number", "a list ( ... )": what a node is, for messages. */
const char *cgn_tree_type_name(enum cgn_tree_type type);

#endif
