#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"
#include "engine/sqlcommon/token.h"

/*
 * A CREATE TABLE or CREATE INDEX text taken apart, with the place of every part in it. SQLite
 * keeps these texts; what its pragmas do not tell (CHECKs, collations, constraint names, conflict
 * clauses, DEFERRABLE, generated expressions, comments) is read here, and a rebuild edits the text
 * in place instead of writing a new one.
 */
enum clause_kind {
    CLAUSE_NONE = 0,
    CLAUSE_NOT_NULL,
    CLAUSE_NULL,
    CLAUSE_PRIMARY_KEY,
    CLAUSE_UNIQUE,
    CLAUSE_CHECK,
    CLAUSE_DEFAULT,
    CLAUSE_COLLATE,
    CLAUSE_FOREIGN_KEY,
    CLAUSE_GENERATED,
};

struct span {
    size_t from, to; /* bytes of the text, to is behind the last */
};

struct key_text {
    const char *column;    /* NULL: an expression */
    struct str expr;       /* the key without COLLATE and direction */
    const char *collation; /* NULL = the column's own */
    bool is_descending;
};

/* One constraint, of a column or of the table. */
struct clause {
    enum clause_kind kind;
    const char *name;      /* CONSTRAINT name, or NULL */
    struct span span;      /* with CONSTRAINT name */
    struct str text;       /* CHECK, DEFAULT, GENERATED: the expression; COLLATE: the name */
    struct key_text *keys; /* table level PRIMARY KEY, UNIQUE; FOREIGN KEY: its columns */
    size_t n_keys;
    const char *parent; /* FOREIGN KEY */
    const char **parent_columns;
    size_t n_parent_columns;
    const char *on_delete, *on_update; /* words, or NULL */
    bool is_deferred;
    bool is_autoincrement;
    bool is_descending; /* PRIMARY KEY DESC of a column */
    bool is_stored;     /* GENERATED … STORED */
};

struct column_text {
    const char *name;
    struct span span; /* the whole definition, without the commas around it */
    const char *type; /* "" when none */
    struct clause *clauses;
    size_t n_clauses;
    const char *comment; /* the first comment inside the definition or behind its comma */
};

struct table_text {
    struct str text;
    const char *name;
    struct span name_span; /* with schema prefix, if any */
    struct span body;      /* behind the open bracket to before the closing one */
    struct column_text *columns;
    size_t n_columns;
    struct clause *clauses; /* of the table */
    size_t n_clauses;
    bool is_strict, is_without_rowid;
    const char *comment; /* behind the open bracket of the body or before CREATE's name */
};

/** ddl_read_table() - take a CREATE TABLE text apart. Errors: ERR_UNSUPPORTED. */
enum errcode ddl_read_table(struct arena *a, struct str text, struct table_text *out,
                            struct error *err) MUST_CHECK;

struct index_text {
    const char *name;
    const char *table;
    bool is_unique;
    struct key_text *keys;
    size_t n_keys;
    struct str where; /* {NULL, 0} = none */
};

/** ddl_read_index() - take a CREATE INDEX text apart. Errors: ERR_UNSUPPORTED. */
enum errcode ddl_read_index(struct arena *a, struct str text, struct index_text *out,
                            struct error *err) MUST_CHECK;
