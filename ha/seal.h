/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Keys, sealing and the replay window of the channel between two boxes. Pure functions;
 * any lcore. See doc/ha.md. */
#ifndef CGN_HA_SEAL_H
#define CGN_HA_SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CGN_SEAL_SECRET 32 /* bytes of a configured key */
#define CGN_SEAL_TAG	16 /* bytes that sealing adds */
#define CGN_SEAL_WINDOW 16384

/* A configured key, and the name under which datagrams say that they are sealed with it.
 */
struct cgn_seal_key {
	uint8_t secret[CGN_SEAL_SECRET];
	uint32_t id;
};

/* Numbers that have been seen: each is accepted once, and none that is older than the
 * newest by CGN_SEAL_WINDOW, or up to 63 less. All zero: nothing seen. */
struct cgn_seal_window {
	uint64_t top; /* newest; 0: none */
	uint64_t bit[CGN_SEAL_WINDOW / 64];
};

/* Once per process, before anything else. 0, or -EIO without a source of randomness. */
int cgn_seal_init(void);

/* Fills with random bytes. */
void cgn_seal_random(void *to, size_t n);

/* Makes a key of a secret. The id is a hash and says nothing about it. */
void cgn_seal_key_init(struct cgn_seal_key *key, const uint8_t secret[CGN_SEAL_SECRET]);

/* Makes a secret of what somebody has written: of exactly CGN_SEAL_SECRET bytes they
 * themselves, else their hash. */
void cgn_seal_secret(const void *text, size_t n, uint8_t secret[CGN_SEAL_SECRET]);

/* Overwrites memory that held a key, for sure. */
void cgn_seal_forget(void *at, size_t n);

/* A keyed hash of n bytes that only who has the key can tell. */
uint64_t cgn_seal_hash(const struct cgn_seal_key *key, const void *data, size_t n);

/* A hash of n bytes, the same for everybody. */
uint64_t cgn_seal_digest(const void *data, size_t n);

/* The key of one direction of one session: from the box that started with `from` to the
 * one that started with `to`. Other starts, other keys, so that nothing recorded in an
 * earlier session opens. */
void cgn_seal_session(const struct cgn_seal_key *key, uint64_t from, uint64_t to,
	uint8_t out[CGN_SEAL_SECRET]);

/* Seals in place: text[0..n) becomes n + CGN_SEAL_TAG bytes. head is authenticated and
 * stays readable. The pair (boot, number) must never come twice under one key.
 * XChaCha20-Poly1305, for what is said before there is a session. */
void cgn_seal_hello(const struct cgn_seal_key *key, uint64_t boot, uint64_t number,
	const uint8_t *head, size_t head_len, uint8_t *text, size_t n);

/* Opens in place what cgn_seal_hello() made, n bytes with the tag. false: forged or
 * damaged. */
bool cgn_seal_open_hello(const struct cgn_seal_key *key, uint64_t boot, uint64_t number,
	const uint8_t *head, size_t head_len, uint8_t *text, size_t n);

/* The same within a session: ChaCha20-Poly1305 (RFC 8439), number never twice. */
void cgn_seal_data(const uint8_t session[CGN_SEAL_SECRET], uint64_t number,
	const uint8_t *head, size_t head_len, uint8_t *text, size_t n);
bool cgn_seal_open_data(const uint8_t session[CGN_SEAL_SECRET], uint64_t number,
	const uint8_t *head, size_t head_len, uint8_t *text, size_t n);

/* Begins with a number: all before it count as seen. */
void cgn_seal_begin(struct cgn_seal_window *w, uint64_t number);

/* Has the number been seen, or is it too old to tell? */
bool cgn_seal_seen(const struct cgn_seal_window *w, uint64_t number);

/* Remembers a number, once its datagram has been found genuine. */
void cgn_seal_see(struct cgn_seal_window *w, uint64_t number);

#endif
