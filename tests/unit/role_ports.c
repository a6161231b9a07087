/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The blocks of one address, for role_play.c: what each box has in its tables, what of it
 * is on its way to the other one, and a ledger that forgets nothing: whose a block is, by
 * which box. A box gives out blocks in any millisecond in which it translates, until it
 * has none left that it may give out, so the address is nearly full at all times. */
#include "role_play.h"

#include <stdlib.h>
#include <string.h>

#include <CUnit/Basic.h>

#define BLOCKS	32
#define RESERVE 4 /* at either end */
#define RECORDS 4096

/* User 0: nobody. */
static struct {
	unsigned user;
	unsigned by;	  /* the box that gave it out, */
	uint64_t boot;	  /* after this start */
	uint64_t died_ms; /* when that one died; 0: it lives */
} ledger[BLOCKS][2];
static unsigned table[2][BLOCKS], users;

static struct record {
	uint64_t at_ms;
	uint32_t epoch;
	unsigned block, user;
} way[2][RECORDS];
static unsigned sent[2], arrived[2];

void
ports_begin(void)
{
	memset(ledger, 0, sizeof(ledger));
	memset(table, 0, sizeof(table));
	memset(sent, 0, sizeof(sent));
	memset(arrived, 0, sizeof(arrived));
}

void
ports_died(unsigned i)
{
	for (unsigned b = 0; b < BLOCKS; b++)
		for (unsigned k = 0; k < 2; k++)
			if (ledger[b][k].by == i && !ledger[b][k].died_ms)
				ledger[b][k].died_ms = play.now;
	memset(table[i], 0, sizeof(table[i]));
	arrived[i] = sent[i];
	arrived[!i] = sent[!i];
}

/* What this one alone has given out ends: the other one's copy is complete. */
void
ports_copied(unsigned from)
{
	for (unsigned b = 0; b < BLOCKS; b++)
		for (unsigned k = 0; k < 2; k++)
			if (ledger[b][k].user && ledger[b][k].by != from &&
				ledger[b][k].user == table[!from][b] &&
				ledger[b][k].user != table[from][b])
				ledger[b][k].user = 0;
	memcpy(table[!from], table[from], sizeof(table[from]));
	arrived[from] = sent[from];
}

static void
tell(unsigned i, unsigned b)
{
	CU_ASSERT_TRUE_FATAL(sent[i] - arrived[i] < RECORDS);
	way[i][sent[i]++ % RECORDS] = (struct record){
		play.now + 1 + (play.delay ? (unsigned)rand() % play.delay : 0),
		play.side[i].s.epoch, b, table[i][b]
	};
}

void
ports_arrive(unsigned from)
{
	const struct cgn_role_state *s = &play.side[!from].s;

	for (; arrived[from] != sent[from]; arrived[from]++) {
		const struct record *r = &way[from][arrived[from] % RECORDS];

		if (r->at_ms > play.now)
			return;
		if (s->role == CGN_ROLE_BACKUP && s->epoch == r->epoch)
			table[!from][r->block] = r->user;
	}
}

/* Is it certain that this one is not the user's any more? Its box is dead for good, or
 * works again and there is no copy. A box that is started again does not know what it
 * gave out of its reserve until it has a copy. */
static bool
is_over(unsigned i, unsigned b, unsigned k)
{
	unsigned by = ledger[b][k].by;
	bool own = i == 0 ? b < RESERVE : b >= BLOCKS - RESERVE;

	if (!ledger[b][k].died_ms)
		return false;
	if (play.now - ledger[b][k].died_ms >= ADOPT)
		return true;
	return play.side[by].boot != ledger[b][k].boot &&
	       (table[!by][b] != ledger[b][k].user || (own && by == i));
}

static void
give(unsigned i, unsigned b)
{
	bool twice = false;
	unsigned k = 0;

	for (unsigned n = 0; n < 2; n++) {
		if (ledger[b][n].user && is_over(i, b, n))
			ledger[b][n].user = 0;
		twice |= ledger[b][n].user != 0;
		if (!ledger[b][n].user)
			k = n;
	}
	CU_ASSERT_FALSE(twice);
	table[i][b] = ++users;
	ledger[b][k].user = users;
	ledger[b][k].by = i;
	ledger[b][k].boot = play.side[i].boot;
	ledger[b][k].died_ms = 0;
	tell(i, b);
}

static void
take_back(unsigned i, unsigned b)
{
	for (unsigned k = 0; k < 2; k++)
		if (ledger[b][k].user == table[i][b])
			ledger[b][k].user = 0;
	table[i][b] = 0;
	tell(i, b);
}

/* A free block of [first, end). */
static bool
give_within(unsigned i, unsigned first, unsigned end)
{
	unsigned start = (unsigned)rand();

	for (unsigned n = first; n < end; n++) {
		unsigned b = first + (start + n) % (end - first);

		if (!table[i][b]) {
			give(i, b);
			return true;
		}
	}
	return false;
}

void
ports_turn(unsigned i, bool most)
{
	unsigned low = i == 0 ? 0 : BLOCKS - RESERVE, b = (unsigned)rand() % BLOCKS;

	if (rand() % 3 == 0 && !(most && give_within(i, RESERVE, BLOCKS - RESERVE)))
		give_within(i, low, low + RESERVE);
	if (rand() % 8 == 0 && table[i][b])
		take_back(i, b);
}
