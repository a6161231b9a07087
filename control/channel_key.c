/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A key file is either the key, bytes of any kind (32 of them are the key, any other
 * number is hashed), or text: a key on each line, lines that begin with # left out. With
 * several keys the first seals and all open, so that a key can be changed while the
 * channel is up: new behind old on both boxes, new before old on both, old taken out.
 *
 * Control lcore, the thread of a change, and `cgnd --check`. */
#include "control/channel_key.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/reader.h"

#define FILE_MAX 4096
#define KEY_GOOD 16 /* bytes; a shorter one can be guessed */

static bool
is_text(const uint8_t *data, size_t n)
{
	for (size_t k = 0; k < n; k++)
		if (data[k] >= 0x7f || (data[k] < ' ' && !strchr("\t\r\n", data[k])))
			return false;
	return true;
}

/* The keys of a file, as far as they are read. */
struct ring {
	struct cgn_seal_key *key;
	int n;
	bool weak;
};

/* Returns what stops it, or NULL. */
static const char *
add_key(struct ring *r, const uint8_t *text, size_t len)
{
	uint8_t secret[CGN_SEAL_SECRET];

	if (!len)
		return "there is no key in it";
	if (r->n == CGN_CHANNEL_KEYS)
		return "there are more than 4 keys in it";
	cgn_seal_secret(text, len, secret);
	cgn_seal_key_init(&r->key[r->n++], secret);
	cgn_seal_forget(secret, sizeof(secret));
	r->weak |= len < KEY_GOOD;
	return NULL;
}

static const char *
add_lines(struct ring *r, const uint8_t *text, size_t len)
{
	const char *why = NULL;

	while (len && !why) {
		const uint8_t *end = memchr(text, '\n', len);
		size_t line = end ? (size_t)(end - text) : len;
		size_t whole = line + (end != NULL);

		while (line && strchr(" \t\r", text[line - 1]))
			line--;
		if (line && text[0] != '#')
			why = add_key(r, text, line);
		text += whole;
		len -= whole;
	}
	return why ? why : r->n ? NULL : "there is no key in it";
}

static ssize_t
read_file(const char *path, uint8_t *data, const char **why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = fstat(fd, &st) == 0 ? read(fd, data, FILE_MAX) : -1;
	if (n < 0)
		n = -errno;
	else if (!S_ISREG(st.st_mode))
		*why = "it is not a file";
	else if (st.st_mode & S_IRWXO)
		*why = "it is open to others, allowed is mode 600 or 640";
	else if (n == FILE_MAX)
		*why = "it is too long";
	close(fd);
	return n;
}

int
cgn_channel_key_read(const char *path, struct cgn_seal_key key[CGN_CHANNEL_KEYS],
	char *err, size_t err_size)
{
	uint8_t data[FILE_MAX];
	const char *why = NULL;
	ssize_t n = read_file(path, data, &why);
	struct ring ring = { .key = key };

	if (n < 0) {
		snprintf(err, err_size, "\"%s\" cannot be read: %s", path,
			strerror((int)-n));
		return (int)n;
	}
	if (!why && (n == CGN_SEAL_SECRET || !is_text(data, (size_t)n)))
		why = add_key(&ring, data, (size_t)n);
	else if (!why)
		why = add_lines(&ring, data, (size_t)n);
	cgn_seal_forget(data, sizeof(data));
	snprintf(err, err_size, "%s",
		ring.weak ? "a key is shorter than 16 bytes and can be guessed" : "");
	if (!why)
		return ring.n;
	cgn_seal_forget(key, CGN_CHANNEL_KEYS * sizeof(*key));
	snprintf(err, err_size, "\"%s\" is no key file: %s", path, why);
	return -EINVAL;
}

void
cgn_channel_key_verify(struct cgn_reader *r)
{
	struct cgn_seal_key key[CGN_CHANNEL_KEYS];
	bool random = cgn_seal_init() == 0;
	char err[256];

	for (uint32_t k = 0; k < r->conf->n_locations; k++) {
		const struct cgn_conf_remote_backup *remote =
			&r->conf->locations[k].remote_backup;
		int rc;

		if (!remote->present || !remote->key_file[0] ||
			cgn_reader_wrong(r, &remote->key_file))
			continue;
		rc = cgn_channel_key_read(remote->key_file, key, err, sizeof(err));
		if (rc < 0)
			cgn_reader_error(r, &remote->key_file, "%s", err);
		else if (!random)
			cgn_reader_error(r, &remote->key_file,
				"there is no source of random numbers for the channel");
		else if (err[0])
			cgn_reader_warn(r, &remote->key_file, "%s", err);
	}
	cgn_seal_forget(key, sizeof(key));
}
