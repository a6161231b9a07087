/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Authenticated encryption of datagrams with libsodium, and the window against replays.
 *
 * A configured key never seals twice with the same nonce: greetings carry the random
 * number of the sender's start and a counter in a nonce of 24 bytes (XChaCha20), data has
 * a key of its own for each direction of each pair of starts, and a counter as its nonce.
 * Keys are derived by keyed BLAKE2b.
 *
 * Pure functions; any lcore. Not handled: forward secrecy. Who gets hold of a key can
 * read what was recorded under it. */
#include "ha/seal.h"

#include <errno.h>
#include <string.h>

#include <sodium.h>

static const char key_name[] = "softboard key id";
static const char session_name[] = "softboard session";

static void
put64(uint8_t *at, uint64_t v)
{
	for (int k = 7; k >= 0; k--, v >>= 8)
		at[k] = (uint8_t)v;
}

int
cgn_seal_init(void)
{
	return sodium_init() < 0 ? -EIO : 0;
}

void
cgn_seal_random(void *to, size_t n)
{
	randombytes_buf(to, n);
}

void
cgn_seal_forget(void *at, size_t n)
{
	sodium_memzero(at, n);
}

void
cgn_seal_key_init(struct cgn_seal_key *key, const uint8_t secret[CGN_SEAL_SECRET])
{
	memcpy(key->secret, secret, CGN_SEAL_SECRET);
	key->id = (uint32_t)cgn_seal_hash(key, key_name, sizeof(key_name));
}

void
cgn_seal_secret(const void *text, size_t n, uint8_t secret[CGN_SEAL_SECRET])
{
	if (n == CGN_SEAL_SECRET)
		memcpy(secret, text, n);
	else
		crypto_generichash(secret, CGN_SEAL_SECRET, text, n, NULL, 0);
}

static uint64_t
hash(const uint8_t *secret, size_t secret_len, const void *data, size_t n)
{
	uint8_t out[crypto_generichash_BYTES_MIN];
	uint64_t v = 0;

	crypto_generichash(out, sizeof(out), data, n, secret, secret_len);
	for (unsigned k = 0; k < 8; k++)
		v = v << 8 | out[k];
	return v;
}

uint64_t
cgn_seal_hash(const struct cgn_seal_key *key, const void *data, size_t n)
{
	return hash(key->secret, CGN_SEAL_SECRET, data, n);
}

uint64_t
cgn_seal_digest(const void *data, size_t n)
{
	return hash(NULL, 0, data, n);
}

void
cgn_seal_session(const struct cgn_seal_key *key, uint64_t from, uint64_t to,
	uint8_t out[CGN_SEAL_SECRET])
{
	uint8_t text[sizeof(session_name) + 16];

	memcpy(text, session_name, sizeof(session_name));
	put64(text + sizeof(session_name), from);
	put64(text + sizeof(session_name) + 8, to);
	crypto_generichash(
		out, CGN_SEAL_SECRET, text, sizeof(text), key->secret, CGN_SEAL_SECRET);
}

static void
hello_nonce(uint8_t nonce[crypto_aead_xchacha20poly1305_ietf_NPUBBYTES], uint64_t boot,
	uint64_t number)
{
	memset(nonce, 0, crypto_aead_xchacha20poly1305_ietf_NPUBBYTES);
	put64(nonce, boot);
	put64(nonce + 8, number);
}

void
cgn_seal_hello(const struct cgn_seal_key *key, uint64_t boot, uint64_t number,
	const uint8_t *head, size_t head_len, uint8_t *text, size_t n)
{
	uint8_t nonce[crypto_aead_xchacha20poly1305_ietf_NPUBBYTES];

	hello_nonce(nonce, boot, number);
	crypto_aead_xchacha20poly1305_ietf_encrypt(
		text, NULL, text, n, head, head_len, NULL, nonce, key->secret);
}

bool
cgn_seal_open_hello(const struct cgn_seal_key *key, uint64_t boot, uint64_t number,
	const uint8_t *head, size_t head_len, uint8_t *text, size_t n)
{
	uint8_t nonce[crypto_aead_xchacha20poly1305_ietf_NPUBBYTES];

	hello_nonce(nonce, boot, number);
	return crypto_aead_xchacha20poly1305_ietf_decrypt(text, NULL, NULL, text, n, head,
		       head_len, nonce, key->secret) == 0;
}

static void
data_nonce(uint8_t nonce[crypto_aead_chacha20poly1305_ietf_NPUBBYTES], uint64_t number)
{
	memset(nonce, 0, crypto_aead_chacha20poly1305_ietf_NPUBBYTES);
	put64(nonce + 4, number);
}

void
cgn_seal_data(const uint8_t session[CGN_SEAL_SECRET], uint64_t number,
	const uint8_t *head, size_t head_len, uint8_t *text, size_t n)
{
	uint8_t nonce[crypto_aead_chacha20poly1305_ietf_NPUBBYTES];

	data_nonce(nonce, number);
	crypto_aead_chacha20poly1305_ietf_encrypt(
		text, NULL, text, n, head, head_len, NULL, nonce, session);
}

bool
cgn_seal_open_data(const uint8_t session[CGN_SEAL_SECRET], uint64_t number,
	const uint8_t *head, size_t head_len, uint8_t *text, size_t n)
{
	uint8_t nonce[crypto_aead_chacha20poly1305_ietf_NPUBBYTES];

	data_nonce(nonce, number);
	return crypto_aead_chacha20poly1305_ietf_decrypt(
		       text, NULL, NULL, text, n, head, head_len, nonce, session) == 0;
}

bool
cgn_seal_seen(const struct cgn_seal_window *w, uint64_t number)
{
	if (number == 0)
		return true;
	if (number > w->top)
		return false;
	if (w->top / 64 - number / 64 >= CGN_SEAL_WINDOW / 64)
		return true;
	return w->bit[number / 64 % (CGN_SEAL_WINDOW / 64)] >> number % 64 & 1;
}

void
cgn_seal_begin(struct cgn_seal_window *w, uint64_t number)
{
	w->top = number - 1;
	memset(w->bit, 0xff, sizeof(w->bit));
	w->bit[w->top / 64 % (CGN_SEAL_WINDOW / 64)] = ~0ull >> (63 - w->top % 64);
}

/* Numbers are bits of a ring of words. A step of the newest into other words clears
 * those. */
void
cgn_seal_see(struct cgn_seal_window *w, uint64_t number)
{
	const uint64_t words = CGN_SEAL_WINDOW / 64;
	uint64_t step;

	if (number > w->top) {
		step = number / 64 - w->top / 64;
		for (uint64_t k = 0; k < step && k < words; k++)
			w->bit[(number / 64 - k) % words] = 0;
		w->top = number;
	}
	w->bit[number / 64 % words] |= 1ull << number % 64;
}
