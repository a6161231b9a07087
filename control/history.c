/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The history is a directory with a file for each configuration that was in effect,
 * NUMBER.conf: a line that says when, which, who and why, and behind it the text with
 * everything that was included, so that an entry needs nothing else. `pending` holds the
 * number of the entry to which a start goes back, while a commit waits to be confirmed.
 *
 * The directory is `history` in the state directory: that of the configuration, or that
 * of the service manager, or else FILE.history beside the file.
 *
 * Every file is written beside its place, brought to the disk, renamed, and the rename is
 * brought to the disk. A commit does so with the old text, the new text, the note that it
 * waits, and the file itself, in this order. A process that dies in between leaves the
 * old file and perhaps an entry that nobody uses, or the new file.
 *
 * No state but names. Not handled: two daemons with one directory. */
#include "control/history.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PENDING "pending"
#define HEAD	"# softboard-history"

#define HEAD_MAX 512 /* bytes of the line with it, and more */

void
cgn_history_init(struct cgn_history *h, const char *file, const char *state_dir)
{
	const char *given = getenv("STATE_DIRECTORY");

	if (!state_dir[0] && given)
		state_dir = given;
	snprintf(h->file, sizeof(h->file), "%s", file);
	if (state_dir[0])
		snprintf(
			h->dir, sizeof(h->dir), "%.*s/history", PATH_MAX - 16, state_dir);
	else
		snprintf(h->dir, sizeof(h->dir), "%.*s.history", PATH_MAX - 16, file);
}

void
cgn_history_hash(const char *text, char hash[65])
{
	uint8_t sum[crypto_hash_sha256_BYTES];

	crypto_hash_sha256(sum, (const uint8_t *)text, strlen(text));
	sodium_bin2hex(hash, 65, sum, sizeof(sum));
}

/* ---- files ---- */

static int
write_all(int fd, const char *text)
{
	size_t left = strlen(text);

	while (left > 0) {
		ssize_t n = write(fd, text, left);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			text += n;
			left -= (size_t)n;
		}
	}
	return fsync(fd) ? -errno : 0;
}

/* Mode and owner of the file that is replaced; one that is new is the owner's. */
static int
be_like(int fd, int dir, const char *name)
{
	struct stat st;

	if (fstatat(dir, name, &st, 0) != 0)
		return errno == ENOENT ? 0 : -errno;
	if (fchmod(fd, st.st_mode & 0777) != 0)
		return -errno;
	/* not ours to give, perhaps: it stays readable to whom it was */
	if (fchown(fd, (uid_t)-1, st.st_gid) != 0 && errno != EPERM)
		return -errno;
	return 0;
}

/* The whole text under that name in the directory, or nothing of it. */
static int
replace(int dir, const char *name, const char *text)
{
	char temp[NAME_MAX + 1];
	int fd, rc;

	if ((size_t)snprintf(temp, sizeof(temp), ".%s.new", name) >= sizeof(temp))
		return -ENAMETOOLONG;
	fd = openat(
		dir, temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	rc = be_like(fd, dir, name);
	if (rc == 0)
		rc = write_all(fd, text);
	close(fd);
	if (rc == 0 && renameat(dir, temp, dir, name) != 0)
		rc = -errno;
	if (rc == 0)
		return fsync(dir) ? -errno : 0;
	unlinkat(dir, temp, 0);
	return rc;
}

static int
open_parent(const char *path)
{
	const char *slash = strrchr(path, '/');
	char dir[PATH_MAX];
	int fd;

	snprintf(dir, sizeof(dir), "%.*s", slash ? (int)(slash - path + 1) : 1,
		slash ? path : ".");
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static int
replace_file(const struct cgn_history *h, const char *text)
{
	char whole[PATH_MAX];
	int dir, rc;

	/* the file itself, where the name is a link to it */
	if (!realpath(h->file, whole))
		return -errno;
	dir = open_parent(whole);
	if (dir < 0)
		return dir;
	rc = replace(dir, base_name(whole), text);
	close(dir);
	return rc;
}

/* The state directory, and the one in it. */
static int
make_dir(const struct cgn_history *h)
{
	char above[PATH_MAX];
	int parent;

	snprintf(above, sizeof(above), "%.*s",
		(int)(strrchr(h->dir, '/') ? strrchr(h->dir, '/') - h->dir : 0), h->dir);
	if (above[0])
		mkdir(above, 0750);
	if (mkdir(h->dir, 0700) != 0)
		return errno == EEXIST ? 0 : -errno;
	parent = open_parent(h->dir);
	if (parent < 0)
		return parent;
	fsync(parent);
	close(parent);
	return 0;
}

/* The directory, made if need be. */
static int
open_dir(const struct cgn_history *h, bool make)
{
	int rc = make ? make_dir(h) : 0, fd;

	if (rc)
		return rc;
	fd = open(h->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* A file of the directory, or its first bytes; to be freed. */
static int
slurp(int dir, const char *name, size_t most, char **text)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	struct stat st;
	ssize_t n = -1;

	if (fd < 0)
		return -errno;
	*text = NULL;
	if (fstat(fd, &st) == 0) {
		most = (size_t)st.st_size < most ? (size_t)st.st_size : most;
		*text = malloc(most + 1);
	}
	if (*text)
		n = read(fd, *text, most);
	close(fd);
	if (n >= 0) {
		(*text)[n] = '\0';
		return 0;
	}
	free(*text);
	*text = NULL;
	return -EIO;
}

/* ---- entries ---- */

static void
entry_name(char name[32], uint32_t number)
{
	snprintf(name, 32, "%08u.conf", number);
}

/* What has blanks or lines of its own would spoil the head. */
static void
one_word(char *out, size_t size, const char *text, bool blanks)
{
	size_t n = 0;

	for (; *text && n + 1 < size; text++) {
		bool bad = (unsigned char)*text < ' ' || (!blanks && *text == ' ');

		out[n++] = bad ? '_' : *text;
	}
	out[n] = '\0';
}

static int
read_head(const char *text, struct cgn_history_entry *e)
{
	int at = 0;

	if (sscanf(text, HEAD " %" SCNu64 " %64s %63s%n", &e->when, e->hash, e->who,
		    &at) != 3)
		return -EBADMSG;
	at += text[at] == ' ';
	snprintf(e->comment, sizeof(e->comment), "%.*s", (int)strcspn(text + at, "\n"),
		text + at);
	return 0;
}

static int
by_number(const void *a, const void *b)
{
	const struct cgn_history_entry *x = a, *y = b;

	return (x->number < y->number) - (x->number > y->number);
}

/* Adds the entry of a file; what is none is passed over. */
static int
list_add(struct cgn_history_list *list, int dir, const char *name)
{
	struct cgn_history_entry e = { 0 }, *more;
	char own[32], *text;
	int rc;

	e.number = (uint32_t)strtoul(name, NULL, 10);
	entry_name(own, e.number);
	if (strcmp(own, name) != 0)
		return 0;
	rc = slurp(dir, name, HEAD_MAX, &text);
	if (rc)
		return rc;
	rc = read_head(text, &e);
	free(text);
	if (rc)
		return 0;
	more = reallocarray(list->entry, list->n + 1, sizeof(e));
	if (!more)
		return -ENOMEM;
	list->entry = more;
	list->entry[list->n++] = e;
	return 0;
}

int
cgn_history_read_list(const struct cgn_history *h, struct cgn_history_list *list)
{
	DIR *dir = opendir(h->dir);
	struct dirent *d;
	int rc = 0;

	*list = (struct cgn_history_list){ 0 };
	if (!dir)
		return errno == ENOENT ? 0 : -errno;
	while (rc == 0 && (d = readdir(dir)))
		rc = list_add(list, dirfd(dir), d->d_name);
	closedir(dir);
	if (rc) {
		free(list->entry);
		*list = (struct cgn_history_list){ 0 };
	} else if (list->n) {
		qsort(list->entry, list->n, sizeof(*list->entry), by_number);
	}
	return rc;
}

int
cgn_history_read(const struct cgn_history *h, uint32_t number, char **text)
{
	int dir = open_dir(h, false), rc;
	struct cgn_history_entry e;
	char name[32], hash[65];

	if (dir < 0)
		return dir;
	entry_name(name, number);
	rc = slurp(dir, name, SIZE_MAX, text);
	close(dir);
	if (rc)
		return rc;
	rc = read_head(*text, &e);
	if (rc == 0) {
		char *body = *text + strcspn(*text, "\n");

		body += *body == '\n';
		memmove(*text, body, strlen(body) + 1);
		cgn_history_hash(*text, hash);
		rc = strcmp(hash, e.hash) == 0 ? 0 : -EBADMSG;
	}
	if (rc) {
		free(*text);
		*text = NULL;
	}
	return rc;
}

/* ---- commits ---- */

static int
save(int dir, uint32_t number, const char *text, uint64_t when, const char *who,
	const char *comment)
{
	char name[32], hash[65], word[64], line[128], *whole;
	int rc;

	cgn_history_hash(text, hash);
	one_word(word, sizeof(word), who[0] ? who : "-", false);
	one_word(line, sizeof(line), comment, true);
	if (asprintf(&whole, HEAD " %" PRIu64 " %s %s %s\n%s", when, hash, word, line,
		    text) < 0)
		return -ENOMEM;
	entry_name(name, number);
	rc = replace(dir, name, whole);
	free(whole);
	return rc;
}

/* The number of the newest entry with this text; 0: none. */
static uint32_t
find(const struct cgn_history_list *list, const char *text)
{
	char hash[65];

	cgn_history_hash(text, hash);
	for (uint32_t i = 0; i < list->n; i++)
		if (strcmp(list->entry[i].hash, hash) == 0)
			return list->entry[i].number;
	return 0;
}

static void
forget(int dir, uint32_t number)
{
	char name[32];

	entry_name(name, number);
	if (number)
		unlinkat(dir, name, 0);
}

/* Oldest entries go; those of this commit are the newest. */
static void
prune(int dir, const struct cgn_history_list *list, uint32_t keep)
{
	for (uint32_t i = CGN_HISTORY_KEPT - 2; i < list->n; i++)
		if (list->entry[i].number != keep)
			forget(dir, list->entry[i].number);
}

/* added: receives the number of the entry with the new text; 0: it was there. */
static int
save_both(int dir, const struct cgn_history_list *list,
	const struct cgn_history_commit *c, uint32_t *back, uint32_t *added)
{
	uint32_t next = list->n ? list->entry[0].number + 1 : 1;
	int rc = 0;

	*back = find(list, c->running);
	if (!*back) {
		rc = save(dir, next, c->running, c->when, "-", "was running");
		*back = next++;
	}
	if (rc || (*back == next - 1 && strcmp(c->text, c->running) == 0))
		return rc;
	*added = next;
	return save(dir, next, c->text, c->when, c->who, c->comment);
}

static int
set_pending(int dir, uint32_t number)
{
	char text[16];

	snprintf(text, sizeof(text), "%u\n", number);
	return replace(dir, PENDING, text);
}

static int
clear_pending(int dir)
{
	if (unlinkat(dir, PENDING, 0) != 0)
		return errno == ENOENT ? 0 : -errno;
	return fsync(dir) ? -errno : 0;
}

int
cgn_history_commit(
	struct cgn_history *h, const struct cgn_history_commit *commit, uint32_t *back)
{
	struct cgn_history_list list;
	int dir = open_dir(h, true), rc;
	uint32_t added = 0;

	if (dir < 0)
		return dir;
	rc = cgn_history_read_list(h, &list);
	if (rc == 0)
		rc = save_both(dir, &list, commit, back, &added);
	if (rc == 0 && commit->confirm)
		rc = set_pending(dir, *back);
	if (rc == 0 && commit->put) {
		rc = replace_file(h, commit->text);
		if (rc && commit->confirm)
			clear_pending(dir);
	}
	if (rc == 0 && commit->settle)
		rc = clear_pending(dir);
	if (rc == 0)
		prune(dir, &list, *back);
	else
		forget(dir, added);
	free(list.entry);
	close(dir);
	return rc;
}

int
cgn_history_confirm(struct cgn_history *h)
{
	int dir = open_dir(h, false), rc;

	if (dir < 0)
		return dir;
	rc = clear_pending(dir);
	close(dir);
	return rc;
}

int
cgn_history_recover(struct cgn_history *h)
{
	int dir = open_dir(h, false), rc;
	char *text;

	if (dir < 0)
		return dir == -ENOENT ? 0 : dir;
	rc = slurp(dir, PENDING, SIZE_MAX, &text);
	if (rc == 0) {
		uint32_t number = (uint32_t)strtoul(text, NULL, 10);

		free(text);
		rc = cgn_history_read(h, number, &text);
	}
	if (rc == 0) {
		rc = replace_file(h, text);
		free(text);
		if (rc == 0)
			rc = clear_pending(dir);
		rc = rc ? rc : 1;
	}
	close(dir);
	return rc == -ENOENT ? 0 : rc;
}
