/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/channel_key.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "suite.h"

static struct cgn_seal_key key[CGN_CHANNEL_KEYS];
static char err[256];

/* Reads a file of these bytes. */
static int
read_keys(const void *data, size_t n, mode_t mode)
{
	char path[] = "/tmp/channel-key-XXXXXX";
	int fd = mkstemp(path), rc;

	CU_ASSERT_TRUE_FATAL(fd >= 0 && write(fd, data, n) == (ssize_t)n);
	fchmod(fd, mode);
	close(fd);
	rc = cgn_channel_key_read(path, key, err, sizeof(err));
	unlink(path);
	return rc;
}

static int
read_text(const char *text)
{
	return read_keys(text, strlen(text), 0600);
}

static void
test_bytes(void)
{
	uint8_t data[64];

	for (unsigned k = 0; k < sizeof(data); k++)
		data[k] = (uint8_t)(k * 37); /* with line ends */
	data[3] = '\n';
	CU_ASSERT_EQUAL(read_keys(data, 32, 0600), 1);
	CU_ASSERT_EQUAL(memcmp(key[0].secret, data, 32), 0);
	CU_ASSERT_STRING_EQUAL(err, "");
	CU_ASSERT_EQUAL(read_keys(data, 64, 0640), 1);
	CU_ASSERT_NOT_EQUAL(memcmp(key[0].secret, data, 32), 0);
}

static void
test_lines(void)
{
	uint32_t first;

	CU_ASSERT_EQUAL(read_text("# of this year\nthe first key of the two\n\n"
				  "the second one, with blanks \r\n"),
		2);
	first = key[0].id;
	CU_ASSERT_NOT_EQUAL(key[0].id, key[1].id);
	CU_ASSERT_EQUAL(
		read_text("the second one, with blanks\nthe first key of the two"), 2);
	CU_ASSERT_EQUAL(key[1].id, first);
	CU_ASSERT_EQUAL(read_text("short\n"), 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(err, "guessed"));
}

static void
test_refused(void)
{
	char large[5000];

	CU_ASSERT_TRUE(read_text("") < 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(err, "no key"));
	CU_ASSERT_TRUE(read_text("# nothing\n\n") < 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(err, "no key"));
	CU_ASSERT_TRUE(read_text("a\nb\nc\nd\ne\n") < 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(err, "more than 4"));
	CU_ASSERT_TRUE(read_keys("a good key, but everybody has it", 32, 0604) < 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(err, "open to others"));
	memset(large, 'x', sizeof(large));
	CU_ASSERT_TRUE(read_keys(large, sizeof(large), 0600) < 0);
	CU_ASSERT_TRUE(
		cgn_channel_key_read("/does/not/exist", key, err, sizeof(err)) < 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(err, "No such file"));
	CU_ASSERT_TRUE(cgn_channel_key_read("/tmp", key, err, sizeof(err)) < 0);
}

int
main(void)
{
	CU_TestInfo tests[] = { { "bytes", test_bytes }, { "lines", test_lines },
		{ "refused", test_refused }, CU_TEST_INFO_NULL };

	return cgn_seal_init() || suite_run("channel_key", tests);
}
