/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From text to a tree of settings: the only file that knows libconfig.
 *
 * The tree is a plain copy that lives in the arena, each node with its file and line, so
 * that libconfig's own is gone before the reader begins.
 */

#include <libconfig.h>
#include <string.h>

#include "conf/errors.h"
#include "conf/tree.h"

static enum cgn_tree_type
type_of(const config_setting_t *setting)
{
	switch (config_setting_type(setting)) {
	case CONFIG_TYPE_GROUP:
		return CGN_TREE_GROUP;
	case CONFIG_TYPE_LIST:
		return CGN_TREE_LIST;
	case CONFIG_TYPE_ARRAY:
		return CGN_TREE_ARRAY;
	case CONFIG_TYPE_BOOL:
		return CGN_TREE_BOOL;
	case CONFIG_TYPE_STRING:
		return CGN_TREE_STRING;
	case CONFIG_TYPE_FLOAT:
		return CGN_TREE_FLOAT;
	default:
		return CGN_TREE_INT;
	}
}

static void
copy_value(struct cgn_source *source, struct cgn_tree_node *node,
	const config_setting_t *setting)
{
	if (node->type == CGN_TREE_INT)
		node->number = config_setting_get_int64(setting);
	else if (node->type == CGN_TREE_BOOL)
		node->number = config_setting_get_bool(setting);
	else if (node->type == CGN_TREE_STRING)
		node->string = cgn_arena_strdup(
			source->arena, config_setting_get_string(setting));
}

/* Recursion is as deep as libconfig's parser allows, some thousand levels. */
static void
copy_node(struct cgn_source *source, struct cgn_tree_node *node,
	const config_setting_t *setting)
{
	int line = (int)config_setting_source_line(setting);

	node->type = type_of(setting);
	node->src = cgn_source_locate(source, line > 0 ? line : 1);
	if (config_setting_name(setting))
		node->name =
			cgn_arena_strdup(source->arena, config_setting_name(setting));
	if (!config_setting_is_aggregate(setting)) {
		copy_value(source, node, setting);
		return;
	}
	node->n_children = (uint32_t)config_setting_length(setting);
	node->children = cgn_arena_array(source->arena, node->n_children, sizeof(*node));
	for (uint32_t i = 0; i < node->n_children; i++) {
		node->children[i].parent = node;
		node->children[i].index = i;
		copy_node(
			source, &node->children[i], config_setting_get_elem(setting, i));
	}
}

struct cgn_tree_node *
cgn_tree_parse(struct cgn_source *source)
{
	struct cgn_tree_node *root = NULL;
	config_t config;

	config_init(&config);
	if (config_read_string(&config, source->text)) {
		root = cgn_arena_alloc(source->arena, sizeof(*root));
		copy_node(source, root, config_root_setting(&config));
	} else {
		int line = config_error_line(&config);
		struct cgn_conf_src at = cgn_source_locate(source, line > 0 ? line : 1);

		cgn_errors_add(source->errs, false, at.file, at.line, "syntax", "%s",
			config_error_text(&config) ? config_error_text(&config)
						   : "cannot be parsed");
	}
	config_destroy(&config);
	return root;
}

const char *
cgn_tree_path(const struct cgn_tree_node *node, char *buf, size_t size)
{
	size_t n;

	if (!node->parent) {
		buf[0] = '\0';
		return buf;
	}
	cgn_tree_path(node->parent, buf, size);
	n = strlen(buf);
	if (node->name)
		snprintf(buf + n, size - n, "%s%s", n ? "." : "", node->name);
	else
		snprintf(buf + n, size - n, "[%u]", node->index);
	return buf;
}

const char *
cgn_tree_type_name(enum cgn_tree_type type)
{
	static const char *const names[] = {
		[CGN_TREE_GROUP] = "a group { }",
		[CGN_TREE_LIST] = "a list ( )",
		[CGN_TREE_ARRAY] = "an array [ ]",
		[CGN_TREE_INT] = "a number",
		[CGN_TREE_FLOAT] = "a number with a fraction",
		[CGN_TREE_BOOL] = "true or false",
		[CGN_TREE_STRING] = "a string",
	};

	return names[type];
}
