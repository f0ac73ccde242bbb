#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"
#include "change/change.h"

/** null_step_text() - one change as JSON text in @a. */
const char *null_step_text(struct arena *a, const struct change *c);
/** null_step_parse() - the reverse, as a list of one. Errors: those of the codec. */
enum errcode null_step_parse(struct arena *a, struct str text, struct change_list *out,
                             struct error *err) MUST_CHECK;
