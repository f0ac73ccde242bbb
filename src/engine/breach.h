#pragma once

#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"

/*
 * A broken constraint, as far as an engine tells where. Texts are borrowed. All drivers tell it in
 * the same way, so that answers do not depend on the engine.
 */
#define BREACH_COLUMNS_MAX 32

struct breach {
    struct str table, constraint; /* {NULL, 0} where the engine does not say */
    struct str columns[BREACH_COLUMNS_MAX];
    size_t n;
};

/** breach_tell() - @err, which is raised, gets the params {"table", "columns", "constraint"}, and
 *  `where` = "/column" when it is one. Without anything to say, and without @err, nothing. */
void breach_tell(struct error *err, const struct breach *b);
/** breach_names() - append the columns for a message: "a", "b". */
void breach_names(struct buf *out, const struct breach *b);
