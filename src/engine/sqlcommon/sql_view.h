#pragma once

#include "engine/sqlcommon/sql_writer.h"
#include "engine/view.h"

/** sql_view_text() - the statement that makes @v, in @a. */
const char *sql_view_text(struct arena *a, const struct sql_dialect *d,
                          const struct engine_view *v);

/* For sql_dialect.list_texts. */
void sql_list_string_agg(struct sql_writer *w,
                         const struct engine_view *v); /* (text, ';' ORDER BY n) */
void sql_list_group_concat(struct sql_writer *w,
                           const struct engine_view *v); /* (… SEPARATOR ';') */
