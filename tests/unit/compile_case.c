/* SPDX-License-Identifier: BSD-3-Clause */
#include "compile_case.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "dataplane/neigh.h"

struct cgn_compiler *compiler;
const struct cgn_compile_port ports[] = {
	{ .device = 5, .mac = { { 2, 0, 0, 0, 0, 0xa } } },
	{ .device = 2, .mac = { { 2, 0, 0, 0, 0, 0xb } } },
	{ .device = 0 },
	{ .device = 0 },
};
const struct cgn_compile_host hosts[] = { { 0, 1, 0, CGN_NONE16 },
	{ 1, 1, 1, CGN_NONE16 }, { 2, 1, 2, CGN_NONE16 } };

struct cgn_conf *
load(const char *text)
{
	struct cgn_conf_errors errors;
	struct cgn_conf *conf = NULL;

	cgn_conf_errors_init(&errors);
	if (cgn_conf_load_string(text, "test", &conf, &errors) < 0)
		cgn_conf_errors_print(&errors, stderr);
	cgn_conf_errors_fini(&errors);
	CU_ASSERT_PTR_NOT_NULL_FATAL(conf);
	return conf;
}

const struct cgn_snapshot *
compile(const char *text)
{
	const struct cgn_compile_inputs in = { .port = ports, .host = hosts };
	const struct cgn_snapshot *snap = NULL;
	struct cgn_conf *conf = load(text);

	CU_ASSERT_EQUAL(cgn_compile(compiler, conf, &in, &snap), 0);
	cgn_conf_free(conf);
	CU_ASSERT_PTR_NOT_NULL_FATAL(snap);
	return snap;
}

void
setup(void)
{
	compiler = cgn_compile_create();
	CU_ASSERT_PTR_NOT_NULL_FATAL(compiler);
}

void
teardown(const struct cgn_snapshot *snap)
{
	cgn_snapshot_free(snap);
	cgn_compile_destroy(compiler);
}

const uint8_t *
key(const char *text)
{
	static uint8_t k[16];
	rte_be32_t addr;

	if (inet_pton(AF_INET, text, &addr) == 1)
		cgn_neigh_key4(k, addr);
	else
		CU_ASSERT_EQUAL(inet_pton(AF_INET6, text, k), 1);
	return k;
}

const struct cgn_nexthop *
route(const struct cgn_snapshot *snap, const char *vpn, const char *dst)
{
	return cgn_compile_route(
		snap, (uint16_t)cgn_compile_find_vpn(compiler, vpn), key(dst));
}

uint16_t
iface(const char *name)
{
	return (uint16_t)cgn_compile_find_iface(compiler, name);
}
