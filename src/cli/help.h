#pragma once

#include "cli/command.h"

/* Help, man page and completions, all made from the table of commands. */

/** help_overview() - what the program is, every command with its line. */
void help_overview(struct buf *out);
/** help_noun() - the commands that begin with @noun. */
void help_noun(const char *noun, struct buf *out);
/** help_command() - usage, what it does, its options, an example. */
void help_command(struct arena *a, const struct command *command, struct buf *out);
/** help_man() - the whole as a manual page (roff, man macros). */
void help_man(struct buf *out);

/** completion_write() - the completion script for @shell; false when we have none for it. */
bool completion_write(struct arena *a, const char *shell, struct buf *out);
