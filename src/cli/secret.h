#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"
#include "cli/command.h"

/**
 * secret_read() - the password that a command was given, in c->arena
 *
 * With --password-stdin the first line of standard input; else asked for twice on the terminal,
 * without showing it. Errors: ERR_USAGE when there is neither, or the two differ.
 */
enum errcode secret_read(struct cli *c, struct str *out, struct error *err) MUST_CHECK;
