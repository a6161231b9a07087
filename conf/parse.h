/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CGN_CONF_PARSE_H
#define CGN_CONF_PARSE_H

#include "conf/conf.h"

/*
 * Text to addresses. family is 4, 6, or 0 for either. Every function returns NULL, or
 * what is wrong and what is allowed as the end of a sentence that begins with the text.
 */

/* "192.0.2.1", "2001:db8::1" */
const char *cgn_parse_addr(const char *text, uint8_t family, struct cgn_conf_addr *addr);

/* "192.0.2.0/24"; the bits behind the length must be zero. */
const char *cgn_parse_prefix(
	const char *text, uint8_t family, struct cgn_conf_prefix *prefix);

/* "192.0.2.1/24": an address of the box and its network. */
const char *cgn_parse_ifaddr(
	const char *text, uint8_t family, struct cgn_conf_ifaddr *addr);

/* "192.0.2.1", "192.0.2.0/28", "192.0.2.3-192.0.2.9" */
const char *cgn_parse_range(const char *text, struct cgn_conf_range *range);

/* "192.0.2.1:80", "[2001:db8::1]:80"; the port in host byte order. */
const char *cgn_parse_endpoint(
	const char *text, uint8_t family, struct cgn_conf_addr *addr, uint16_t *port);

/* The 32 bits of an IPv4 address in host byte order. */
uint32_t cgn_parse_ipv4(const struct cgn_conf_addr *addr);

#endif
