#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

/*
 * The command line as data: which options a command takes is a table, what was given is a struct.
 * Options may stand before or after their command and its operands; "--" ends them; "--name=value"
 * and "--name value" mean the same.
 */
struct option_row {
    const char *name;     /* without dashes */
    const char *argument; /* its word in the help; NULL = a flag */
    const char *help;
    bool is_repeated;
};

struct option_given {
    const char *name;
    const char *value; /* NULL for a flag */
};

struct options {
    struct option_given *given;
    size_t n_given;
    const char **operands;
    size_t n_operands;
};

/**
 * options_parse() - split @argv into options of @tables and operands
 * @tables: NULL-terminated list of tables, each ended by a row without name
 *
 * Texts are borrowed from @argv. Errors: ERR_USAGE naming the word.
 */
enum errcode options_parse(struct arena *a, int argc, char **argv,
                           const struct option_row *const *tables, struct options *out,
                           struct error *err) MUST_CHECK;

/** options_text() - the last value given for @name, or NULL. */
const char *options_text(const struct options *o, const char *name);
bool options_flag(const struct options *o, const char *name);
/** options_each() - the value of the @nth (from 0) --@name, or NULL. */
const char *options_nth(const struct options *o, const char *name, size_t nth);
