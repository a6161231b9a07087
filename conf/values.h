/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CGN_CONF_VALUES_H
#define CGN_CONF_VALUES_H

/* What the objects of the configuration are made of; conventions in conf/model.h. */

#include <stdbool.h>
#include <stdint.h>

#define CGN_CONF_NONE	  (-1)
#define CGN_CONF_NAME_LEN 32 /* names are 1..31 characters and a terminating zero */

/* How many there may be: what the dataplane has room for. */
#define CGN_CONF_MAX_LOCATIONS	 256
#define CGN_CONF_MAX_GROUPS	 1024
#define CGN_CONF_MAX_POOLS	 4096 /* address groups */
#define CGN_CONF_MAX_INSTANCES	 1024
#define CGN_CONF_MAX_OF_GROUP	 32 /* its locations */
#define CGN_CONF_MAX_OUTBOUND	 8  /* rules of an instance */
#define CGN_CONF_MAX_NAT_OF_PORT 8  /* NAT44 instances whose users are behind it */

struct cgn_conf_src {
	const char *file;
	int line;
};

/* family is 4 or 6 (0: not set); an IPv4 address uses bytes[0..3]. */
struct cgn_conf_addr {
	uint8_t family;
	uint8_t bytes[16];
};

/* A network: the bits behind len are zero. */
struct cgn_conf_prefix {
	struct cgn_conf_addr addr;
	uint8_t len;
};

/* IPv4 addresses first..last inclusive, host byte order. */
struct cgn_conf_range {
	uint32_t first;
	uint32_t last;
};

/* A reference to a named object of the list that the member's comment tells. */
struct cgn_conf_ref {
	char name[CGN_CONF_NAME_LEN];
	int32_t index;
};

#endif
