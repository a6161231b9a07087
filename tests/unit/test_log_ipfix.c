/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Messages of IPFIX and NetFlow v9: byte by byte against messages worked out by hand, and
 * read back by a decoder that knows the RFCs alone. */
#include "control/log_ipfix.h"

#include <string.h>

#include "log_case.h"
#include "suite.h"

#define NOW 5000

static uint8_t buf[1400];
static struct cgn_log_ipfix x;

/* Compares with hexadecimal digits. */
static void
expect(const uint8_t *got, const char *hex)
{
	unsigned n = 0, byte;
	int used;

	for (; sscanf(hex, " %2x%n", &byte, &used) == 1; hex += used, n++)
		if (got[n] != byte) {
			fprintf(stderr, "byte %u is %02x, not %02x\n", n, got[n], byte);
			CU_FAIL("differs");
			return;
		}
	CU_ASSERT_TRUE(n > 0);
}

static void
add(const struct cgn_record *r, bool destinations)
{
	struct cgn_log_item item = log_case_item(r);

	item.destinations = destinations;
	CU_ASSERT_TRUE(cgn_log_ipfix_add(&x, &item));
}

static size_t
end(void)
{
	return cgn_log_ipfix_end(&x, NOW, LOG_CASE_MS);
}

/* A stream whose templates have been sent. */
static void
start(bool v9)
{
	cgn_log_ipfix_init(&x, v9, 1);
	cgn_log_ipfix_begin(&x, buf, sizeof(buf), NOW);
	end();
	cgn_log_ipfix_begin(&x, buf, sizeof(buf), NOW);
}

static void
test_ipfix(void)
{
	start(false);
	add(&log_case_b4, false);
	add(&log_case_nat, false);
	CU_ASSERT_EQUAL(end(), 16 + 4 + 41 + 3 + 4 + 29 + 3);
	expect(buf, "000a 0064 697deec0 00000000 00000001"
		    /* set 257, 48 bytes */
		    "0101 0030"
		    "0000019c13ec9e7b 10 00000007 00000005"
		    "20010db8010000000000000000000001 cb007101 0400 043f 000000"
		    /* set 256, 36 bytes */
		    "0100 0024"
		    "0000019c13ec9e7b 11 00000007 00000000 0a000002 cb007102 ffc0 ffff"
		    "000000");
	/* two records: the next message is number 2 */
	cgn_log_ipfix_begin(&x, buf, sizeof(buf), NOW);
	add(&log_case_session, true);
	CU_ASSERT_EQUAL(end(), 16 + 4 + 36);
	expect(buf, "000a 0038 697deec0 00000002 00000001 0104 0028"
		    "0000019c13ec9e7b 04 00000007 00000000 0a000002 cb007102"
		    "11 0fa0 0401 c6336407 0035");
	CU_ASSERT_EQUAL(x.sequence, 3);
}

static void
test_netflow9(void)
{
	start(true);
	CU_ASSERT_EQUAL(x.sequence, 1);
	add(&log_case_b4, false);
	CU_ASSERT_EQUAL(end(), 20 + 4 + 41 + 3);
	expect(buf, "0009 0001 00001388 697deec0 00000001 00000001"
		    "0101 0030"
		    "0000019c13ec9e7b 10 00000007 00000005"
		    "20010db8010000000000000000000001 cb007101 0400 043f 000000");
}

static void
test_templates(void)
{
	cgn_log_ipfix_init(&x, false, 1);
	cgn_log_ipfix_begin(&x, buf, sizeof(buf), NOW);
	end();
	/* the first template set and its first two templates */
	expect(buf + 16, "0002");
	expect(buf + 20, "0100 0008 0143 0008 00e6 0001 01cf 0004 00ea 0004"
			 "0008 0004 00e1 0004 0169 0002 016a 0002"
			 "0101 0008 0143 0008 00e6 0001 01cf 0004 00ea 0004"
			 "001b 0010 00e1 0004 0169 0002 016a 0002");
	expect(buf + x.len - 20, "0003 0014 0111 0002 0001 0090 0004 00a6 0008 0000");
	/* an options template of NetFlow counts bytes, its scope is the system */
	cgn_log_ipfix_init(&x, true, 1);
	cgn_log_ipfix_begin(&x, buf, sizeof(buf), NOW);
	end();
	expect(buf, "0009 0012");
	expect(buf + 20, "0000");
	expect(buf + x.len - 20, "0001 0014 0111 0004 0004 0001 0004 00a6 0008 0000");
}

static bool
has_templates(void)
{
	size_t bare = x.v9 ? 20 : 16;

	return x.len > bare;
}

static void
test_repeat(void)
{
	start(false);
	CU_ASSERT_FALSE(has_templates());
	end();
	cgn_log_ipfix_begin(&x, buf, sizeof(buf), NOW + 29999);
	CU_ASSERT_FALSE(has_templates());
	end();
	cgn_log_ipfix_begin(&x, buf, sizeof(buf), NOW + 30000);
	CU_ASSERT_TRUE(has_templates());
	for (unsigned i = 0; i < 64; i++) {
		end();
		CU_ASSERT_EQUAL(has_templates(), i == 0);
		cgn_log_ipfix_begin(&x, buf, sizeof(buf), NOW + 30000);
	}
	CU_ASSERT_TRUE(has_templates());
	end();
	cgn_log_ipfix_repeat(&x);
	cgn_log_ipfix_begin(&x, buf, sizeof(buf), NOW + 30000);
	CU_ASSERT_TRUE(has_templates());
}

static void
test_lost(void)
{
	start(false);
	end();
	cgn_log_ipfix_lose(&x, 5, false);
	cgn_log_ipfix_lose(&x, 2, true); /* these had numbers */
	CU_ASSERT_EQUAL(x.sequence, 5);
	cgn_log_ipfix_begin(&x, buf, sizeof(buf), NOW);
	add(&log_case_nat, false);
	end();
	expect(buf, "000a 0044 697deec0 00000005 00000001"
		    "0111 0010 00000001 0000000000000007"
		    "0100 0024 0000019c13ec9e7b 11");
	CU_ASSERT_EQUAL(x.sequence, 7);
	CU_ASSERT_EQUAL(x.events, 1);
	/* told once */
	cgn_log_ipfix_begin(&x, buf, sizeof(buf), NOW);
	CU_ASSERT_EQUAL(x.len, 16);
}

/* ---- read back ---- */

static struct {
	unsigned id, n;
	struct {
		unsigned ie, len;
	} field[32];
} known[32];
static unsigned n_known;

static unsigned
get(const uint8_t *p, unsigned len)
{
	unsigned v = 0;

	while (len--)
		v = v << 8 | *p++;
	return v;
}

static void
learn(const uint8_t *p, const uint8_t *stop)
{
	for (n_known = 0; p + 4 <= stop; n_known++) {
		known[n_known].id = get(p, 2);
		known[n_known].n = get(p + 2, 2);
		CU_ASSERT_FATAL(known[n_known].n > 0 && known[n_known].n <= 32);
		p += 4;
		for (unsigned i = 0; i < known[n_known].n; i++, p += 4) {
			known[n_known].field[i].ie = get(p, 2);
			known[n_known].field[i].len = get(p + 2, 2);
		}
	}
	CU_ASSERT_PTR_EQUAL(p, stop);
}

/* Records of a data set; the value of one element in the last of them. */
static unsigned
decode(const uint8_t *p, const uint8_t *stop, unsigned id, unsigned ie, unsigned *value)
{
	unsigned t = 0, size = 0, n = 0;

	while (t < n_known && known[t].id != id)
		t++;
	CU_ASSERT_FATAL(t < n_known);
	for (unsigned i = 0; i < known[t].n; i++)
		size += known[t].field[i].len;
	for (; (size_t)(stop - p) >= size; n++)
		for (unsigned i = 0; i < known[t].n; i++) {
			if (known[t].field[i].ie == ie)
				*value = get(p, known[t].field[i].len);
			p += known[t].field[i].len;
		}
	CU_ASSERT_TRUE(stop - p < 4);
	return n;
}

/* NAT events of a message, by a decoder; *event, *quota of the last. */
static unsigned
read_back(size_t len, unsigned *event, unsigned *quota)
{
	const uint8_t *p = buf + 16, *stop = buf + len;
	unsigned n = 0;

	CU_ASSERT_EQUAL(get(buf + 2, 2), len);
	while (p + 4 <= stop) {
		unsigned id = get(p, 2), size = get(p + 2, 2);

		CU_ASSERT_FATAL(size >= 4 && p + size <= stop);
		if (id == 2)
			learn(p + 4, p + size);
		if (id >= 256) {
			decode(p + 4, p + size, id, 466, quota);
			decode(p + 4, p + size, id, 467, quota);
			n += decode(p + 4, p + size, id, 230, event);
		}
		p += size;
	}
	CU_ASSERT_PTR_EQUAL(p, stop);
	return n;
}

/* What RFC 8158 says of each type of record. */
static void
test_events(void)
{
	static const uint8_t want[CGN_RECORD_TYPES] = { 16, 17, 4, 5, 8, 9, 3, 12, 13, 13,
		13, 13, 13, 13, 13, 18, 18, 18, 0, 18, 0 };
	static const uint8_t quotas[CGN_RECORD_TYPES] = {
		[8] = 3, 3, 3, 3, 1, 4, 1, 1, 2, 3, 0, 5
	};

	for (unsigned type = 0; type < 2 * CGN_RECORD_TYPES; type++) {
		struct cgn_record r = log_case_session;
		unsigned event = 0, quota = 0;

		r.type = (uint8_t)(type / 2);
		r.kind = type % 2 ? CGN_DS_LITE : CGN_NAT44;
		CU_ASSERT_EQUAL(cgn_log_ipfix_knows(&r), want[type / 2] != 0);
		if (!want[type / 2])
			continue;
		cgn_log_ipfix_init(&x, false, 1);
		cgn_log_ipfix_begin(&x, buf, sizeof(buf), NOW);
		add(&r, type % 3 == 0);
		add(&r, type % 3 == 0);
		CU_ASSERT_EQUAL(read_back(end(), &event, &quota), 2);
		CU_ASSERT_EQUAL(event, want[type / 2]);
		CU_ASSERT_EQUAL(quota, quotas[type / 2]);
	}
}

/* Thresholds: the water of a pool in addresses, that of a board in sessions. */
static void
test_thresholds(void)
{
	struct cgn_record r = { .type = CGN_RECORD_POOL_HIGH };
	struct cgn_log_item item = log_case_item(&r);

	item.capacity = 10 * CGN_PORT_COUNT;
	item.percent = 80;
	item.slot = 2;
	start(false);
	CU_ASSERT_TRUE(cgn_log_ipfix_add(&x, &item));
	r.type = CGN_RECORD_BOARD_SESSIONS_HIGH;
	item.capacity = 1000;
	CU_ASSERT_TRUE(cgn_log_ipfix_add(&x, &item));
	CU_ASSERT_EQUAL(end(), 16 + 28 + 28);
	expect(buf + 16, "010d 001c 0000019c13ec9e7b 12 00000001 00000003 00000008 000000"
			 "010f 001c 0000019c13ec9e7b 12 00000003 00000002 00000320");
}

/* As many as there is room for, then no more; nothing is written behind the end. */
static void
test_full(void)
{
	struct cgn_record r = log_case_b4;
	struct cgn_log_item item = log_case_item(&r);
	unsigned n = 0, event, quota;

	cgn_log_ipfix_init(&x, false, 1);
	memset(buf, 0xaa, sizeof(buf));
	cgn_log_ipfix_begin(&x, buf, 1100, NOW);
	while (cgn_log_ipfix_add(&x, &item)) {
		n++;
		r.kind = n % 2 ? CGN_NAT44 : CGN_DS_LITE;
	}
	CU_ASSERT_TRUE(n > 5);
	CU_ASSERT_EQUAL(read_back(end(), &event, &quota), n);
	CU_ASSERT_TRUE(x.len <= 1100 && x.len > 1100 - 52);
	CU_ASSERT_EQUAL(buf[1100], 0xaa);
	CU_ASSERT_EQUAL(x.sequence, n);
}

static CU_TestInfo tests[] = {
	{ "thresholds", test_thresholds },
	{ "IPFIX byte by byte", test_ipfix },
	{ "NetFlow v9 byte by byte", test_netflow9 },
	{ "templates", test_templates },
	{ "templates are repeated", test_repeat },
	{ "a loss is a gap and a record", test_lost },
	{ "every event, read back", test_events },
	{ "a message has an end", test_full },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	return suite_run("log_ipfix", tests);
}
