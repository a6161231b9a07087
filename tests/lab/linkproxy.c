/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A bad link between two interfaces, by a seed: frames from one go out at the other, and
 * datagrams of one UDP port are lost, doubled, late, damaged or cut short on the way, in
 * one direction or both. Everything else passes, so that neighbours find each other.
 *
 *   linkproxy [--seed N] [--port N] IFACE-A IFACE-B
 *
 * Lines on standard input change the link; PERCENT may have a fraction:
 *
 *   [ab|ba] loss|duplicate|reorder|corrupt|truncate PERCENT
 *   [ab|ba] late|delay|jitter MS     late: by how much, at most, what is reordered
 *   [ab|ba] announce MS               how late announcements of neighbours are
 *   [ab|ba] mtu BYTES                longer IP packets are swallowed; 0: none
 *   [ab|ba] cut on|off
 *   reset                            a good link again
 *   save FILE                        keeps what comes from A in a file, 4096 at most
 *   play FILE ab|ba                  sends what is in it
 *   stats                            prints counters of both directions as JSON
 *
 * It ends when standard input does. The same seed and the same frames have the same
 * fate. Not handled: IPv6 extension headers and IPv4 options before UDP, VLANs. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define FRAME_MAX 9100
#define SAVED_MAX 4096
#define WAIT_MS	  10

enum fault {
	LOSS,
	DUPLICATE,
	REORDER,
	CORRUPT,
	TRUNCATE,
	LATE,
	DELAY,
	JITTER,
	MTU,
	ANNOUNCE,
	FAULTS
};
static const char *const fault_name[FAULTS] = { "loss", "duplicate", "reorder", "corrupt",
	"truncate", "late", "delay", "jitter", "mtu", "announce" };

struct way {
	int from, to; /* sockets */
	double fault[FAULTS];
	bool cut;
	uint64_t seed;
	uint64_t passed, other, lost, doubled, reordered, damaged, cut_short, too_long;
};

struct frame {
	uint64_t at_us, order;
	struct way *way;
	size_t len;
	uint8_t data[];
};

static struct way ways[2]; /* from a to b, from b to a */
static struct frame **heap;
static size_t n_heap, heap_size;
static uint64_t order;
static uint16_t port = 6785;
static FILE *save;
static unsigned saved;

static uint64_t
now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static double
luck(struct way *w)
{
	w->seed ^= w->seed << 13;
	w->seed ^= w->seed >> 7;
	w->seed ^= w->seed << 17;
	return (double)(w->seed >> 11) / (double)(1ull << 53) * 100;
}

static _Noreturn void
fail(const char *what)
{
	fprintf(stderr, "linkproxy: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* ---- frames that wait ---- */

static bool
before(const struct frame *a, const struct frame *b)
{
	return a->at_us < b->at_us || (a->at_us == b->at_us && a->order < b->order);
}

static void
push(struct frame *f)
{
	size_t k = n_heap++;

	if (n_heap > heap_size) {
		heap_size = heap_size ? 2 * heap_size : 1024;
		heap = realloc(heap, heap_size * sizeof(struct frame *));
		if (!heap)
			fail("heap");
	}
	for (; k && before(f, heap[(k - 1) / 2]); k = (k - 1) / 2)
		heap[k] = heap[(k - 1) / 2];
	heap[k] = f;
}

static struct frame *
pop(void)
{
	struct frame *top = heap[0], *last = heap[--n_heap];
	size_t k = 0;

	for (size_t c; (c = 2 * k + 1) < n_heap; k = c) {
		if (c + 1 < n_heap && before(heap[c + 1], heap[c]))
			c++;
		if (!before(heap[c], last))
			break;
		heap[k] = heap[c];
	}
	heap[k] = last;
	return top;
}

static void
release(void)
{
	while (n_heap && heap[0]->at_us <= now_us()) {
		struct frame *f = pop();

		if (send(f->way->to, f->data, f->len, 0) < 0)
			f->way->lost++;
		free(f);
	}
}

/* ---- datagrams ---- */

static uint16_t
word(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static void
set_word(uint8_t *at, size_t v)
{
	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
}

/* Where UDP begins in a frame of the port; 0: it is none. */
static size_t
find_udp(const uint8_t *data, size_t len)
{
	size_t at = 0;

	if (len >= 42 && word(data + 12) == 0x0800 && data[14] == 0x45 && data[23] == 17)
		at = 34;
	else if (len >= 62 && word(data + 12) == 0x86dd && data[20] == 17)
		at = 54;
	return at && word(data + at + 2) == port && word(data + at + 4) >= 8 &&
			       at + word(data + at + 4) <= len
		       ? at
		       : 0;
}

static void
checksum4(uint8_t *ip)
{
	uint32_t sum = 0;

	set_word(ip + 10, 0);
	for (unsigned k = 0; k < 20; k += 2)
		sum += word(ip + k);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	set_word(ip + 10, ~sum & 0xffff);
}

/* The datagram has other bytes, or fewer: it must still arrive. */
static void
mend(struct frame *f, size_t udp, size_t payload)
{
	set_word(f->data + udp + 4, 8 + payload);
	set_word(f->data + udp + 6, 0);
	f->len = udp + 8 + payload;
	if (udp == 34) {
		set_word(f->data + 16, 28 + payload);
		checksum4(f->data + 14);
	} else {
		set_word(f->data + 18, 8 + payload);
	}
}

static void
spoil(struct way *w, struct frame *f, size_t udp)
{
	size_t payload = (size_t)word(f->data + udp + 4) - 8;
	uint64_t us = (uint64_t)(w->fault[DELAY] * 1000);

	us += (uint64_t)(luck(w) / 100 * w->fault[JITTER] * 1000);
	if (luck(w) < w->fault[REORDER]) {
		us += (uint64_t)(luck(w) / 100 * w->fault[LATE] * 1000);
		w->reordered++;
	}
	if (payload && luck(w) < w->fault[CORRUPT]) {
		f->data[udp + 8 + (size_t)(luck(w) / 100 * (double)payload)] ^=
			(uint8_t)(1u << (unsigned)(luck(w) / 100 * 8));
		mend(f, udp, payload);
		w->damaged++;
	}
	if (payload && luck(w) < w->fault[TRUNCATE]) {
		mend(f, udp, (size_t)(luck(w) / 100 * (double)payload));
		w->cut_short++;
	}
	f->at_us += us;
}

/* Gratuitous ARP, or an advertisement to all. */
static bool
is_announcement(const uint8_t *data, size_t len)
{
	if (len >= 42 && word(data + 12) == 0x0806)
		return !memcmp(data + 28, data + 38, 4);
	return len >= 78 && word(data) == 0x3333 && word(data + 12) == 0x86dd &&
	       data[20] == 58 && data[54] == 136;
}

static void
carry(struct way *w, const uint8_t *data, size_t len, size_t udp)
{
	struct frame *f = malloc(sizeof(*f) + len);

	if (!f)
		fail("frame");
	*f = (struct frame){ .at_us = now_us(), .order = order++, .way = w, .len = len };
	memcpy(f->data, data, len);
	if (udp)
		spoil(w, f, udp);
	else if (is_announcement(data, len))
		f->at_us += (uint64_t)(w->fault[ANNOUNCE] * 1000);
	push(f);
}

static void
travel(struct way *w, const uint8_t *data, size_t len)
{
	size_t udp = find_udp(data, len);

	if (!udp) {
		w->other++;
		if (!w->cut)
			carry(w, data, len, 0);
		return;
	}
	if (save && w == ways && saved++ < SAVED_MAX) {
		fwrite(&len, sizeof(len), 1, save);
		fwrite(data, len, 1, save);
	}
	if (w->fault[MTU] > 0 && (double)len > w->fault[MTU] + 14) {
		w->too_long++;
		return;
	}
	if (luck(w) < w->fault[LOSS] || w->cut) {
		w->lost++;
		return;
	}
	w->passed++;
	carry(w, data, len, udp);
	if (luck(w) < w->fault[DUPLICATE]) {
		w->doubled++;
		carry(w, data, len, udp);
	}
}

static void
receive(struct way *w)
{
	uint8_t data[FRAME_MAX];
	struct sockaddr_ll from;
	socklen_t size;
	ssize_t n;

	for (unsigned k = 0; k < 256; k++) {
		size = sizeof(from);
		n = recvfrom(
			w->from, data, sizeof(data), MSG_DONTWAIT, (void *)&from, &size);
		if (n <= 0)
			return;
		if (from.sll_pkttype != PACKET_OUTGOING)
			travel(w, data, (size_t)n);
	}
}

/* ---- commands ---- */

static void
print_way(const char *name, const struct way *w, const char *end)
{
	printf("\"%s\":{\"passed\":%llu,\"other\":%llu,\"lost\":%llu,\"doubled\":%llu,"
	       "\"reordered\":%llu,\"damaged\":%llu,\"cut_short\":%llu,\"too_long\":%llu}"
	       "%"
	       "s",
		name, (unsigned long long)w->passed, (unsigned long long)w->other,
		(unsigned long long)w->lost, (unsigned long long)w->doubled,
		(unsigned long long)w->reordered, (unsigned long long)w->damaged,
		(unsigned long long)w->cut_short, (unsigned long long)w->too_long, end);
}

static void
play(const char *file, struct way *w)
{
	FILE *f = fopen(file, "r");
	uint8_t data[FRAME_MAX];
	size_t len;

	if (!f)
		fail(file);
	while (fread(&len, sizeof(len), 1, f) == 1 && len <= sizeof(data) &&
		fread(data, len, 1, f) == 1)
		carry(w, data, len, 0);
	fclose(f);
}

static bool
set(struct way *w, const char *key, const char *value)
{
	char *end;

	if (!strcmp(key, "cut")) {
		w->cut = !strcmp(value, "on");
		return w->cut || !strcmp(value, "off");
	}
	for (unsigned k = 0; k < FAULTS; k++)
		if (!strcmp(key, fault_name[k])) {
			w->fault[k] = strtod(value, &end);
			return *value && !*end && w->fault[k] >= 0;
		}
	return false;
}

static bool
command(char *word[4], int n)
{
	int way = n && !strcmp(word[0], "ab") ? 0 : n && !strcmp(word[0], "ba") ? 1 : -1;
	bool good = true;

	if (n == 1 && !strcmp(word[0], "stats")) {
		printf("{");
		print_way("ab", &ways[0], ",");
		print_way("ba", &ways[1], "}\n");
	} else if (n == 1 && !strcmp(word[0], "reset")) {
		for (unsigned k = 0; k < 2; k++) {
			memset(ways[k].fault, 0, sizeof(ways[k].fault));
			ways[k].cut = false;
		}
	} else if (n == 2 && !strcmp(word[0], "save")) {
		save = fopen(word[1], "w");
		good = save;
	} else if (n == 3 && !strcmp(word[0], "play")) {
		if (save)
			fclose(save);
		save = NULL;
		play(word[1], &ways[!strcmp(word[2], "ba")]);
	} else if (way >= 0 && n == 3) {
		good = set(&ways[way], word[1], word[2]);
	} else {
		good = n == 2 && set(&ways[0], word[0], word[1]) &&
		       set(&ways[1], word[0], word[1]);
	}
	return good;
}

/* Reads what is there; false at the end of input. */
static bool
commands(void)
{
	static char text[4096];
	static size_t len;
	ssize_t n = read(0, text + len, sizeof(text) - 1 - len);
	char *line = text, *end;

	if (n <= 0)
		return false;
	len += (size_t)n;
	text[len] = '\0';
	for (; (end = strchr(line, '\n')); line = end + 1) {
		char *word[4] = { NULL }, *rest = line, *next;
		int words = 0;

		*end = '\0';
		while (words < 4 && (next = strsep(&rest, " ")))
			if (*next)
				word[words++] = next;
		if (words && !command(word, words))
			fprintf(stderr, "linkproxy: what is \"%s …\"?\n", word[0]);
		else
			printf("ok\n");
		fflush(stdout);
	}
	len -= (size_t)(line - text);
	memmove(text, line, len);
	return true;
}

static int
open_iface(const char *name)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)if_nametoindex(name) };
	struct packet_mreq all = { .mr_ifindex = at.sll_ifindex,
		.mr_type = PACKET_MR_PROMISC };
	int s = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL)), size = 1 << 22;

	if (s < 0 || !at.sll_ifindex || bind(s, (void *)&at, sizeof(at)) < 0 ||
		setsockopt(s, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof(all)) < 0)
		fail(name);
	setsockopt(s, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	setsockopt(s, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	return s;
}

static void
run(void)
{
	struct pollfd fd[3] = { { .fd = 0, .events = POLLIN },
		{ .fd = ways[0].from, .events = POLLIN },
		{ .fd = ways[1].from, .events = POLLIN } };

	for (;;) {
		uint64_t now = now_us();
		int wait = !n_heap ? WAIT_MS : heap[0]->at_us <= now ? 0 : 1;

		if (poll(fd, 3, wait) < 0 && errno != EINTR)
			fail("poll");
		receive(&ways[0]);
		receive(&ways[1]);
		release();
		if (fd[0].revents && !commands())
			return;
	}
}

int
main(int argc, char **argv)
{
	uint64_t seed = 1;
	int a = 1;

	for (; a + 1 < argc && argv[a][0] == '-'; a += 2) {
		if (!strcmp(argv[a], "--seed"))
			seed = strtoull(argv[a + 1], NULL, 10);
		else if (!strcmp(argv[a], "--port"))
			port = (uint16_t)strtoul(argv[a + 1], NULL, 10);
		else
			break;
	}
	if (argc - a != 2) {
		fprintf(stderr,
			"usage: linkproxy [--seed N] [--port N] IFACE-A IFACE-B\n");
		return 2;
	}
	ways[0].from = ways[1].to = open_iface(argv[a]);
	ways[1].from = ways[0].to = open_iface(argv[a + 1]);
	ways[0].seed = seed * 0x9e3779b97f4a7c15ull + 1;
	ways[1].seed = seed * 0xd6e8feb86659fd93ull + 1;
	printf("ready, seed %llu\n", (unsigned long long)seed);
	fflush(stdout);
	run();
	return 0;
}
