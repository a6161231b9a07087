/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Loading a configuration, from the text to the checked struct: text with its includes,
 * a scan for what libconfig swallows, parsing, reading by the schema, references, derived
 * values, checks. Everything up to parsing stops at an error; from there on all errors
 * are collected. Control lcore only; keeps no state between two loads.
 */

#include <errno.h>
#include <string.h>

#include "conf/reader.h"
#include "conf/scan.h"

static void
read_and_check(
	struct cgn_reader *r, const struct cgn_tree_node *root, cgn_conf_check *more)
{
	cgn_reader_read(r, root);
	cgn_resolve_references(r);
	cgn_derive_conf(r);
	cgn_check_boards(r);
	cgn_check_ports(r);
	cgn_check_routes(r);
	cgn_check_routing(r);
	cgn_check_locations(r);
	cgn_check_vrrp(r);
	cgn_check_pools(r);
	cgn_check_instances(r);
	cgn_check_bindings(r);
	cgn_check_rules(r);
	if (more)
		more(r);
	cgn_reader_fini(r);
}

/* Takes the source and the arena; err is that of reading the source. */
static int
load_source(struct cgn_source *source, const char *path, int err, cgn_conf_check *more,
	struct cgn_conf **out)
{
	uint32_t before = source->errs->n_errors;
	const struct cgn_tree_node *root = NULL;
	struct cgn_conf *conf;

	conf = cgn_arena_alloc(source->arena, sizeof(*conf));
	conf->arena = source->arena;
	conf->path = cgn_arena_strdup(source->arena, path);
	if (!err) {
		conf->text = cgn_arena_strdup(conf->arena, source->text);
		cgn_scan_text(source);
		root = cgn_tree_parse(source);
	}
	cgn_source_fini(source);
	if (root) {
		struct cgn_reader r = {
			.conf = conf, .arena = conf->arena, .errs = source->errs
		};

		read_and_check(&r, root, more);
	}
	if (!err && source->errs->n_errors > before)
		err = -EINVAL;
	if (err)
		cgn_conf_free(conf);
	*out = err ? NULL : conf;
	return err;
}

int
cgn_conf_load_checked(const char *path, const char *text, cgn_conf_check *more,
	struct cgn_conf **out, struct cgn_conf_errors *errs)
{
	struct cgn_source source = { .arena = cgn_arena_create(), .errs = errs };
	int err = text ? cgn_source_read_text(&source, text, path)
		       : cgn_source_read(&source, path);

	return load_source(&source, path, err, more, out);
}

int
cgn_conf_load(const char *path, struct cgn_conf **out, struct cgn_conf_errors *errs)
{
	return cgn_conf_load_checked(path, NULL, NULL, out, errs);
}

int
cgn_conf_load_string(const char *text, const char *name, struct cgn_conf **out,
	struct cgn_conf_errors *errs)
{
	return cgn_conf_load_checked(name, text, NULL, out, errs);
}

void
cgn_conf_free(struct cgn_conf *conf)
{
	if (conf)
		cgn_arena_destroy(conf->arena);
}
