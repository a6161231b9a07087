/* SPDX-License-Identifier: BSD-3-Clause */
/* Prints the manual page cgnctl(1), its commands by the grammar. The build runs it. */
#include <stdio.h>

#include "control/cmd_grammar.h"

static const char head[] =
	".TH CGNCTL 1 \"\" \"Softboard " CGN_VERSION "\" \"Softboard\"\n"
	".SH NAME\n"
	"cgnctl \\- operator's command line of a Softboard box\n"
	".SH SYNOPSIS\n"
	".B cgnctl\n"
	"[\\fB\\-\\-run\\-dir\\fR \\fIDIR\\fR] [\\fB\\-\\-json\\fR] [\\fICOMMAND\\fR]\n"
	".SH DESCRIPTION\n"
	"Asks the daemon whose run directory is DIR, or tells it what to do. Without a\n"
	"command, on a terminal, it is a shell. Words may be shortened as long as only "
	"one\n"
	"word can be meant; programs should write them in full.\n"
	".SH OPTIONS\n"
	".TP\n"
	".BI \\-\\-run\\-dir \" DIR\"\n"
	"Run directory of the daemon (node.run_dir), /run/cgnd unless given.\n"
	".TP\n"
	".B \\-\\-json\n"
	"Print one JSON document.\n"
	".TP\n"
	".B \\-\\-version\n"
	"Print the version.\n"
	".SH COMMANDS\n";

static const char tail[] =
	".TP\n"
	".B top\n"
	"Boards, locations, drops and users, drawn anew every second; q ends it.\n"
	".SH SHELL\n"
	"Tab completes a word, ? says what may follow, the arrow keys go back to lines\n"
	"that were typed before, Ctrl\\-R searches them, Ctrl\\-C ends a command, and\n"
	"\\fBexit\\fR or Ctrl\\-D the shell. Output of more than a screen stops: space "
	"shows\n"
	"the next page, enter the next line, q ends it. Behind a command may stand\n"
	".TP\n"
	".BI \"| include\" \" RE\"\n"
	"Lines that match an extended regular expression.\n"
	".TP\n"
	".BI \"| exclude\" \" RE\"\n"
	"Lines that do not.\n"
	".TP\n"
	".B | count\n"
	"Their number, without the header.\n"
	".TP\n"
	".B | json\n"
	"One JSON document.\n"
	".TP\n"
	".B | no\\-more\n"
	"Without stopping.\n"
	".SH EXIT STATUS\n"
	"0; 1 the daemon refused, the reason is on standard error; 2 usage; 3 no "
	"daemon.\n"
	".SH FILES\n"
	".I ~/.cgnctl_history\n"
	".SH SEE ALSO\n"
	".BR cgnd (8),\n"
	".BR cgnd.conf (5)\n";

/* A hyphen that is one in every font. */
static void
print_text(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '-')
			putchar('\\');
		putchar(*text);
	}
}

static void
print_command(const struct cgn_cmd_def *def)
{
	char usage[256];

	printf(".TP\n.B \"");
	print_text(cgn_cmd_grammar_usage(def, usage, sizeof(usage)));
	printf("\"\n");
	print_text(def->help);
	printf(".\n");
	if (!def->keys)
		return;
	printf("Keys:\n.RS\n");
	for (const struct cgn_cmd_key *key = def->keys; key->name; key++) {
		printf(".TP\n.BR %s =\n", key->name);
		print_text(key->help);
		printf(";\n");
		print_text(cgn_cmd_value_expected(key->type));
		printf(".\n");
	}
	printf(".RE\n");
}

int
main(void)
{
	const struct cgn_cmd_def *table = cgn_cmd_grammar_table();

	fputs(head, stdout);
	for (int i = 0; i < CGN_CMD_COUNT; i++)
		print_command(&table[i]);
	fputs(tail, stdout);
	return 0;
}
