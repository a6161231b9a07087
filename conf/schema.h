/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CGN_CONF_SCHEMA_H
#define CGN_CONF_SCHEMA_H

/*
 * The schema as data: one line per key says its name, type, place in the struct, range,
 * default and meaning. The reader follows the tables, and the documentation is printed
 * from them; a new key is a member in conf/model.h and a line in a table.
 */

#include <stddef.h>

#include "conf/conf.h"

enum cgn_key_type {
	CGN_KEY_BOOL,	  /* bool */
	CGN_KEY_INT,	  /* any unsigned of 2 or 4 bytes, or int32_t */
	CGN_KEY_STRING,	  /* const char * */
	CGN_KEY_NAME,	  /* char[CGN_CONF_NAME_LEN] */
	CGN_KEY_WORD,	  /* an enum: one of words */
	CGN_KEY_FLAG,	  /* a list of words, or-ed into an uint32_t */
	CGN_KEY_ADDR,	  /* struct cgn_conf_addr */
	CGN_KEY_PREFIX,	  /* struct cgn_conf_prefix */
	CGN_KEY_IFADDR,	  /* struct cgn_conf_ifaddr */
	CGN_KEY_RANGE,	  /* struct cgn_conf_range */
	CGN_KEY_ENDPOINT, /* struct cgn_conf_addr, and an uint16_t port at `second` */
	CGN_KEY_REF,	  /* struct cgn_conf_ref */
	CGN_KEY_LOCATION, /* struct cgn_conf_location_ref */
	CGN_KEY_GROUP,	  /* a struct; with `second`, a bool there tells its presence */
	CGN_KEY_LIST,	  /* an array of structs */
};

/* What a reference names. */
enum cgn_key_ref {
	CGN_REF_PORT,
	CGN_REF_VPN,
	CGN_REF_GROUP,
	CGN_REF_ADDRESS_GROUP,
	CGN_REF_ACL,
	CGN_REF_LOG_HOST,
	CGN_REF_LOCATION,
};

/* The end of a list of words has word NULL. */
struct cgn_schema_word {
	const char *word;
	uint32_t value;
};

struct cgn_schema;

struct cgn_schema_key {
	const char *name;
	const char *help;
	enum cgn_key_type type;
	bool many;	/* a list of such values; a pointer in the struct, its length at
			   count_at */
	bool required;	/* and, of a list, not empty */
	bool restart;	/* a change needs a restart; so it is for all keys inside */
	uint8_t family; /* 4 or 6: of addresses; 0: either */
	bool has_second;
	enum cgn_key_ref ref;
	size_t offset;
	size_t size; /* of the value, or of one of many */
	size_t count_at;
	size_t second;
	uint32_t most;	  /* of many: that there may be of them; 0: any number */
	int64_t min, max; /* INT: value; prefix types: length; STRING: length */
	int64_t def;	  /* BOOL, INT, WORD */
	const char
		*text; /* default of STRING and NAME; else how to document the default */
	/* WORD, FLAG: what is allowed; INT: words for special values */
	const struct cgn_schema_word *words;
	const struct cgn_schema *sub; /* GROUP, LIST */
	uint32_t tag;		      /* LIST: put into every element at sub->tag_at */
};

struct cgn_schema {
	const struct cgn_schema_key *keys;
	uint32_t n_keys;
	const struct cgn_schema *base; /* its keys come first; of the same struct */
	/* keys that tell the objects of a list apart, with blanks between; NULL: their
	 * place in the list */
	const char *names;
	bool has_src; /* the struct begins with a struct cgn_conf_src */
	bool has_tag;
	size_t tag_at;
};

/* For the tables; S is the struct that a table fills. */
#define CGN_VALUE(key, kind, field)                                                      \
	.name = (key), .type = CGN_KEY_##kind, .offset = offsetof(S, field),             \
	.size = sizeof(((S *)0)->field)
#define CGN_MANY(key, kind, field)                                                       \
	.name = (key), .type = CGN_KEY_##kind, .offset = offsetof(S, field),             \
	.size = sizeof(*((S *)0)->field), .many = true,                                  \
	.count_at = offsetof(S, n_##field)
#define CGN_SECOND(field)     .has_second = true, .second = offsetof(S, field)
#define CGN_LIMITS(low, high) .min = (low), .max = (high)
#define CGN_TABLE(keys_)      .keys = keys_, .n_keys = sizeof(keys_) / sizeof(keys_[0])

extern const struct cgn_schema cgn_schema_root;

/* Sections, one file per group of them. */
extern const struct cgn_schema cgn_schema_node;
extern const struct cgn_schema cgn_schema_dpdk;
extern const struct cgn_schema cgn_schema_port;
extern const struct cgn_schema cgn_schema_route;
extern const struct cgn_schema cgn_schema_routing;
extern const struct cgn_schema cgn_schema_board;
extern const struct cgn_schema cgn_schema_license;
extern const struct cgn_schema cgn_schema_location;
extern const struct cgn_schema cgn_schema_group;
extern const struct cgn_schema cgn_schema_ha;
extern const struct cgn_schema cgn_schema_vrrp;
extern const struct cgn_schema cgn_schema_monitor_group;
extern const struct cgn_schema cgn_schema_quarantine;
extern const struct cgn_schema cgn_schema_thresholds;
extern const struct cgn_schema cgn_schema_address_group;
extern const struct cgn_schema cgn_schema_acl;
extern const struct cgn_schema cgn_schema_log_host;
extern const struct cgn_schema cgn_schema_metrics;
extern const struct cgn_schema cgn_schema_ds_lite;
extern const struct cgn_schema cgn_schema_nat44;
extern const struct cgn_schema cgn_schema_nat64;

/* How many keys there are, with those of the base. */
uint32_t cgn_schema_count(const struct cgn_schema *schema);

/* One of them, 0 is the first of the base. */
const struct cgn_schema_key *cgn_schema_key(
	const struct cgn_schema *schema, uint32_t index);

/* The key with that name, or NULL. */
const struct cgn_schema_key *cgn_schema_find(
	const struct cgn_schema *schema, const char *name);

#endif
