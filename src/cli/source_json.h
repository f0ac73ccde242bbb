#pragma once

#include "app/sources.h"

/* What a command line says of a source. */
struct source_words {
    const char *name, *address, *mode, *display_name;
    struct source_names allow, forbid;
    struct str password; /* p NULL = none was given */
};

/** source_words_decode() - as a body of the API would say it. Errors: those of
 *  source_edit_decode(); ERR_USAGE for an address with a password in it. */
enum errcode source_words_decode(const struct caller *caller, const struct source_words *w,
                                 struct source_edit *out, struct error *err) MUST_CHECK;
