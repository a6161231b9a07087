/* SPDX-License-Identifier: BSD-3-Clause */
/* Lines of FTP: what they name and where, and what is written in their place. */
#include <stdlib.h>
#include <string.h>

#include "dataplane/alg_ftp.h"
#include "tests/unit/suite.h"

#define CLIENT CGN_ALG_FTP_CLIENT
#define SERVER CGN_ALG_FTP_SERVER

#define ADDR(a, b, c, d) ((uint32_t)(a) << 24 | (b) << 16 | (c) << 8 | (d))

static struct cgn_alg_ftp_end
read_text(enum cgn_alg_ftp_side side, const char *line)
{
	struct cgn_alg_ftp_end end;
	size_t len = strlen(line);
	uint8_t *copy = malloc(len); /* just so long, for AddressSanitizer */

	memcpy(copy, line, len);
	cgn_alg_ftp_read(side, copy, (unsigned)len, &end);
	free(copy);
	return end;
}

static const struct good {
	enum cgn_alg_ftp_side side;
	const char *line, *text;
	uint8_t kind;
	uint32_t addr;
	uint16_t port;
} good[] = {
	{ CLIENT, "PORT 10,1,0,1,7,232\r\n", "10,1,0,1,7,232", CGN_ALG_FTP_PORT,
		ADDR(10, 1, 0, 1), 2024 },
	{ CLIENT, "port  010,001,000,001,007,232 \r\n", "010,001,000,001,007,232",
		CGN_ALG_FTP_PORT, ADDR(10, 1, 0, 1), 2024 },
	{ CLIENT, "PoRt 255,255,255,255,255,255\n", "255,255,255,255,255,255",
		CGN_ALG_FTP_PORT, UINT32_MAX, 65535 },
	{ CLIENT, "EPRT |1|10.1.0.1|2024|\r\n", "10.1.0.1|2024", CGN_ALG_FTP_EPRT,
		ADDR(10, 1, 0, 1), 2024 },
	{ CLIENT, "eprt !1!192.168.100.200!65535!\n", "192.168.100.200!65535",
		CGN_ALG_FTP_EPRT, ADDR(192, 168, 100, 200), 65535 },
	{ SERVER, "227 Entering Passive Mode (10,1,0,1,7,232).\r\n", "10,1,0,1,7,232",
		CGN_ALG_FTP_PASV, ADDR(10, 1, 0, 1), 2024 },
	{ SERVER, "227 10,1,0,1,7,232\r\n", "10,1,0,1,7,232", CGN_ALG_FTP_PASV,
		ADDR(10, 1, 0, 1), 2024 },
	{ SERVER, "227 =10,1,0,1,7,232 (ok)\n", "10,1,0,1,7,232", CGN_ALG_FTP_PASV,
		ADDR(10, 1, 0, 1), 2024 },
	{ SERVER, "229 Entering Extended Passive Mode (|||2024|)\r\n", "2024",
		CGN_ALG_FTP_EPSV, 0, 2024 },
	{ SERVER, "229 so be it (###65535#) 1\n", "65535", CGN_ALG_FTP_EPSV, 0, 65535 },
};

static void
test_good(void)
{
	for (unsigned k = 0; k < RTE_DIM(good); k++) {
		const struct good *g = &good[k];
		struct cgn_alg_ftp_end end = read_text(g->side, g->line);

		if (end.kind != g->kind)
			fprintf(stderr, "%s: kind %u\n", g->line, end.kind);
		CU_ASSERT_EQUAL_FATAL(end.kind, g->kind);
		CU_ASSERT_EQUAL(end.len, strlen(g->text));
		CU_ASSERT_EQUAL(strncmp(g->line + end.at, g->text, end.len), 0);
		CU_ASSERT_EQUAL(rte_be_to_cpu_32(end.addr), g->addr);
		CU_ASSERT_EQUAL(end.port, g->port);
		/* the other side says no such thing */
		end = read_text(g->side == CLIENT ? SERVER : CLIENT, g->line);
		CU_ASSERT_EQUAL(end.kind, CGN_ALG_FTP_OTHER);
	}
}

static void
test_bad(void)
{
	static const struct {
		enum cgn_alg_ftp_side side;
		const char *line;
	} bad[] = {
		{ CLIENT, "PORT \r\n" },
		{ CLIENT, "PORT\n" },
		{ CLIENT, "PORT 10,1,0,1,7\r\n" },
		{ CLIENT, "PORT 10,1,0,1,7,\r\n" },
		{ CLIENT, "PORT 10,1,0,1,7,256\r\n" },
		{ CLIENT, "PORT 10,1,0,1,7,0232\r\n" },
		{ CLIENT, "PORT 10,1,0,1,7,232,1\r\n" },
		{ CLIENT, "PORT 10,1,0,1,7,232 x\r\n" },
		{ CLIENT, "PORT 10, 1,0,1,7,232\r\n" },
		{ CLIENT, "PORT 10.1.0.1.7.232\r\n" },
		{ CLIENT, "PORT -10,1,0,1,7,232\r\n" },
		{ CLIENT, "EPRT\r\n" },
		{ CLIENT, "EPRT    \n" },
		{ CLIENT, "EPRT |\n" },
		{ CLIENT, "EPRT |3|10.1.0.1|2024|\r\n" },
		{ CLIENT, "EPRT |0|10.1.0.1|2024|\r\n" },
		{ CLIENT, "EPRT |1|10.1.0|2024|\r\n" },
		{ CLIENT, "EPRT |1|10.1.0.1|65536|\r\n" },
		{ CLIENT, "EPRT |1|10.1.0.1|2024\r\n" },
		{ CLIENT, "EPRT |1!10.1.0.1|2024|\r\n" },
		{ SERVER, "227 \n" },
		{ SERVER, "227 no numbers\r\n" },
		{ SERVER, "227 (10,1,0,1,7)\r\n" },
		{ SERVER, "229 \n" },
		{ SERVER, "229 (\n" },
		{ SERVER, "229 (|||\n" },
		{ SERVER, "229 (||1|2024|)\r\n" },
		{ SERVER, "229 (|||2024)\r\n" },
		{ SERVER, "229 (|||202444|)\r\n" },
		{ SERVER, "229 |||2024|\r\n" },
	};

	for (unsigned k = 0; k < RTE_DIM(bad); k++) {
		struct cgn_alg_ftp_end end = read_text(bad[k].side, bad[k].line);

		if (end.kind != CGN_ALG_FTP_BAD)
			fprintf(stderr, "%s: kind %u\n", bad[k].line, end.kind);
		CU_ASSERT_EQUAL(end.kind, CGN_ALG_FTP_BAD);
	}
}

static void
test_other(void)
{
	static const char *const other[] = { "\n", "\r\n", "P\n", "POR\n", "PASV\r\n",
		"EPSV\r\n", "PORTS 1\r\n", "PORT1,2,3,4,5,6\r\n", "XPORT 1,2,3,4,5,6\r\n",
		"227-Entering (1,2,3,4,5,6)\r\n", "2277 (1,2,3,4,5,6)\r\n",
		" 227 (1,2,3,4,5,6)\r\n", "150 ok\r\n", "EPRT |2|2001:db8::1|2024|\r\n" };

	for (unsigned k = 0; k < RTE_DIM(other); k++) {
		CU_ASSERT_EQUAL(read_text(CLIENT, other[k]).kind, CGN_ALG_FTP_OTHER);
		CU_ASSERT_EQUAL(read_text(SERVER, other[k]).kind, CGN_ALG_FTP_OTHER);
	}
}

/* What is written in the place of an end is read as what was to be written. */
static void
test_written(void)
{
	static const struct {
		uint32_t addr;
		uint16_t port;
	} to[] = {
		{ ADDR(203, 0, 113, 1), 60000 },
		{ ADDR(255, 255, 255, 255), 65535 },
		{ ADDR(1, 2, 3, 4), 1024 },
	};

	for (unsigned k = 0; k < RTE_DIM(good); k++)
		for (unsigned n = 0; n < RTE_DIM(to); n++) {
			struct cgn_alg_ftp_end end =
				read_text(good[k].side, good[k].line);
			char text[CGN_ALG_FTP_TEXT], line[256];
			unsigned len = cgn_alg_ftp_write(
				text, &end, rte_cpu_to_be_32(to[n].addr), to[n].port);

			CU_ASSERT_TRUE_FATAL(len > 0 && len <= sizeof(text));
			snprintf(line, sizeof(line), "%.*s%.*s%s", (int)end.at,
				good[k].line, (int)len, text,
				good[k].line + end.at + end.len);
			end = read_text(good[k].side, line);
			CU_ASSERT_EQUAL(end.kind, good[k].kind);
			CU_ASSERT_EQUAL(end.port, to[n].port);
			CU_ASSERT_EQUAL(end.len, len);
			CU_ASSERT_TRUE(end.kind == CGN_ALG_FTP_EPSV ||
				       rte_be_to_cpu_32(end.addr) == to[n].addr);
		}
}

static void
test_heads(void)
{
	static const char *const client[] = { "PORT", "port", "EPRT", "ePrT" };
	static const char *const server[] = { "227 ", "229 " };
	static const char *const none[] = { "PASV", "p0rt", "227-", "\x10ORT", "\0\0\0" };

	for (unsigned k = 0; k < RTE_DIM(client); k++) {
		CU_ASSERT_TRUE(cgn_alg_ftp_wants(CLIENT, (const uint8_t *)client[k]));
		CU_ASSERT_FALSE(cgn_alg_ftp_wants(SERVER, (const uint8_t *)client[k]));
	}
	for (unsigned k = 0; k < RTE_DIM(server); k++) {
		CU_ASSERT_TRUE(cgn_alg_ftp_wants(SERVER, (const uint8_t *)server[k]));
		CU_ASSERT_FALSE(cgn_alg_ftp_wants(CLIENT, (const uint8_t *)server[k]));
	}
	for (unsigned k = 0; k < RTE_DIM(none); k++)
		CU_ASSERT_FALSE(cgn_alg_ftp_wants(CLIENT, (const uint8_t *)none[k]) ||
				cgn_alg_ftp_wants(SERVER, (const uint8_t *)none[k]));
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "lines that name an end", test_good },
		{ "lines that should and do not", test_bad },
		{ "other lines", test_other },
		{ "written and read again", test_written },
		{ "beginnings of lines", test_heads },
		CU_TEST_INFO_NULL,
	};

	return suite_run("alg_ftp", tests);
}
