/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cgnctl's side of `capture`: the filter is compiled here, and the file is written here,
 * both with the rights of whoever called cgnctl; the daemon sees neither an expression
 * nor a path of its own.
 *
 * Blocks come whole, many in a page, so the file is good to its end whenever the capture
 * breaks off. It is readable by its owner only: what users of the box send is in it.
 */
#include "control/ctl_capture.h"

#include <errno.h>
#include <fcntl.h>
#include <pcap/pcap.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define INSNS_MAX 2000
#define INSN_TEXT 32 /* bytes of one */
#define SNAPLEN	  65535

struct cgn_ctl_capture {
	const char *path;
	FILE *file; /* NULL: no block has come */
	FILE *out;
	unsigned char *bytes;
	size_t size;
};

static char *
print_program(const struct bpf_program *program)
{
	char *text = malloc((size_t)(program->bf_len + 1) * INSN_TEXT), *at = text;

	if (text == NULL)
		return NULL;
	at += sprintf(at, "%u", program->bf_len);
	for (unsigned i = 0; i < program->bf_len; i++) {
		const struct bpf_insn *b = &program->bf_insns[i];

		at += sprintf(at, ",%u %u %u %u", b->code, b->jt, b->jf, b->k);
	}
	return text;
}

char *
cgn_ctl_capture_compile(const char *expression, char *err, size_t err_size)
{
	pcap_t *pcap = pcap_open_dead(DLT_EN10MB, SNAPLEN);
	struct bpf_program program;
	char *text = NULL;

	if (pcap == NULL) {
		snprintf(err, err_size, "%s", strerror(ENOMEM));
		return NULL;
	}
	if (pcap_compile(pcap, &program, expression, 1, PCAP_NETMASK_UNKNOWN) != 0) {
		snprintf(err, err_size, "filter: %s", pcap_geterr(pcap));
		pcap_close(pcap);
		return NULL;
	}
	if (program.bf_len > INSNS_MAX)
		snprintf(err, err_size, "filter: more than %d instructions", INSNS_MAX);
	else
		text = print_program(&program);
	pcap_freecode(&program);
	pcap_close(pcap);
	return text;
}

struct cgn_ctl_capture *
cgn_ctl_capture_create(const char *path, FILE *out)
{
	struct cgn_ctl_capture *capture = calloc(1, sizeof(*capture));

	if (capture == NULL)
		return NULL;
	capture->path = path;
	capture->out = out;
	return capture;
}

static int
open_file(struct cgn_ctl_capture *capture)
{
	int fd;

	if (strcmp(capture->path, "-") == 0) {
		if (isatty(fileno(capture->out)))
			return -ENOTSUP;
		capture->file = capture->out;
		return 0;
	}
	fd = open(capture->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
		S_IRUSR | S_IWUSR);
	if (fd < 0)
		return -errno;
	capture->file = fdopen(fd, "wb");
	return capture->file != NULL ? 0 : -errno;
}

static int
write_text(struct cgn_ctl_capture *capture, const json_t *block)
{
	const char *text = json_string_value(block);
	size_t len = json_string_length(block), n;

	if (len > capture->size) {
		unsigned char *bytes = realloc(capture->bytes, len);

		if (bytes == NULL)
			return -ENOMEM;
		capture->bytes = bytes;
		capture->size = len;
	}
	if (text == NULL || sodium_base642bin(capture->bytes, capture->size, text, len,
				    NULL, &n, NULL, sodium_base64_VARIANT_ORIGINAL) != 0)
		return -EBADMSG;
	errno = EIO;
	return fwrite(capture->bytes, 1, n, capture->file) == n ? 0 : -errno;
}

int
cgn_ctl_capture_write(struct cgn_ctl_capture *capture, const json_t *blocks)
{
	const json_t *block;
	size_t i;
	int rc = capture->file == NULL ? open_file(capture) : 0;

	json_array_foreach(blocks, i, block)
	{
		if (rc == 0)
			rc = write_text(capture, block);
	}
	if (rc == 0 && fflush(capture->file) != 0)
		rc = -errno;
	return rc;
}

int
cgn_ctl_capture_close(struct cgn_ctl_capture *capture)
{
	int rc = 0;

	if (capture == NULL)
		return 0;
	if (capture->file != NULL && capture->file != capture->out &&
		fclose(capture->file) != 0)
		rc = -errno;
	free(capture->bytes);
	free(capture);
	return rc;
}
