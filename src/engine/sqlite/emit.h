#pragma once

#include "engine/sqlcommon/sql_writer.h"

/* Definitions as SQLite text, into a writer with sqlite_dialect. */

/** emit_column() - "name" TYPE … with its type's check, its @checks and its @keys of one column. */
struct column_parts {
    const struct check *checks;
    size_t n_checks;
    const struct foreign_key *keys;
    size_t n_keys;
    bool is_key;    /* PRIMARY KEY stands here */
    bool is_strict; /* in a STRICT table */
};
void emit_column(struct sql_writer *w, const struct column *c, const struct column_parts *parts);

/** emit_foreign_key() - FOREIGN KEY (…) REFERENCES … as a clause of its table. */
void emit_foreign_key(struct sql_writer *w, const struct foreign_key *f);
/** emit_check() - [CONSTRAINT name] CHECK (…) */
void emit_check(struct sql_writer *w, const struct check *c);
/** emit_table() - CREATE TABLE from the model; native text is not looked at. */
void emit_table(struct sql_writer *w, const struct table *t, const char *name);
/** emit_unique() - UNIQUE (…) as a clause of its table, from a constraint's index. */
void emit_unique(struct sql_writer *w, const struct index *i);
/** emit_is_trigger() - the text of @t makes this very trigger on @table. */
bool emit_is_trigger(struct arena *a, const struct trigger *t, const char *table);
/** emit_index() - CREATE INDEX: the native text, or from the model. */
void emit_index(struct sql_writer *w, const struct index *i, const char *table);
