#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"
#include "catalog/expr.h"
#include "catalog/type.h"

/*
 * A table of a live schema and its parts: columns, keys, indexes, foreign keys, checks, triggers.
 * All live in the arena of their catalog (or of the change that carries them) and are read-only
 * once the catalog is published. Names are exact; look-up prefers the very name,
 * else it folds ASCII case.
 */
enum generated_kind {
    GENERATED_NONE = 0,
    GENERATED_STORED,
    GENERATED_VIRTUAL,
};

/* Rules beyond the type; those that SQL can say also become CHECKs. */
struct column_rules {
    bool has_min_length, has_max_length, has_min, has_max;
    int64_t min_length, max_length; /* characters */
    double min, max;
    const char *pattern; /* PCRE2, must be found in the text (base/regex.h); NULL = none */
    const char *const *one_of;
    size_t n_one_of;
};

struct column {
    const char *name;
    struct type type;
    bool is_nullable;
    bool is_unique;         /* on its way in: becomes an index of its own; read: single-column
                               unique index exists */
    bool is_auto_increment; /* identity */
    const struct expr *default_value; /* NULL = none */
    enum generated_kind generated;
    const struct expr *generated_as;
    const char *collation; /* NULL = the engine's default */
    const char *comment;
    struct column_rules rules;
    /* what the catalogue cannot say and the registry keeps; NULL/0 when not given */
    const char *display_name;
    const char *related_table;  /* "relation" columns */
    const char *relation_type;  /* belongsTo | hasMany */
    const char *on_delete_text; /* as given with a relation column; NULL = default */
    const char *on_update_text;
    const char *options; /* JSON object text of further presentation attributes */
};

struct index_key {
    const char *column;      /* or NULL */
    const struct expr *expr; /* when column is NULL */
    bool is_descending;
    const char *collation;
};

struct index {
    const char *name;
    bool is_unique;
    struct index_key *keys;
    size_t n_keys;
    const struct expr *where; /* partial, NULL = none */
    const char *method;       /* btree when NULL */
    const char *native;       /* the engine's CREATE text, when inspected */
    bool is_constraint;       /* made by the engine for UNIQUE or PRIMARY KEY in the table's text */
};

enum fk_action {
    FK_ACTION_NONE = 0, /* unset: the engine's default, NO ACTION */
    FK_NO_ACTION,
    FK_RESTRICT,
    FK_CASCADE,
    FK_SET_NULL,
    FK_SET_DEFAULT,
};

struct foreign_key {
    const char *name; /* may be NULL where the engine has none */
    const char **columns;
    const char *referenced_table;
    const char **referenced_columns;
    size_t n_columns;
    enum fk_action on_delete, on_update;
    bool is_deferred; /* DEFERRABLE INITIALLY DEFERRED */
};

struct check {
    const char *name; /* may be NULL */
    const struct expr *expr;
    const char *column; /* written beside this column, NULL = table level */
};

struct trigger {
    const char *name;
    const char *native; /* CREATE text */
};

enum table_kind {
    TABLE_NONE = 0,
    TABLE_BASE,
    TABLE_VIEW,
    TABLE_VIRTUAL,
};

struct table {
    const char *name;
    enum table_kind kind;
    struct column *columns;
    size_t n_columns;
    const char **primary_key;
    size_t n_primary_key;
    struct index *indexes;
    size_t n_indexes;
    struct foreign_key *foreign_keys;
    size_t n_foreign_keys;
    struct check *checks;
    size_t n_checks;
    struct trigger *triggers;
    size_t n_triggers;
    const char *comment;
    const char *native; /* the engine's CREATE text, when inspected */
    bool is_internal;   /* __telaio_… : trash and scratch, not part of the user's schema */
    bool is_foreign;    /* of an attached database: never of the shape that the server keeps */
    bool is_strict, is_without_rowid; /* SQLite's table options */
    int64_t row_estimate;             /* -1 = unknown */
    /* for the registry; NULL when not given */
    const char *display_name, *description, *icon, *color;
    const char *permissions; /* JSON object text */
    const char *api_prefix;  /* NULL = the one that comes with the name */
    bool is_api_off;
};

#define TELAIO_PREFIX       "__telaio_"
#define TELAIO_TRASH_PREFIX "__telaio_trash_"

struct column *table_find_column(const struct table *t, struct str name);
struct index *table_find_index(const struct table *t, struct str name);
/** table_column_position() - offset of the column, or n_columns. */
size_t table_column_position(const struct table *t, struct str name);
bool table_in_primary_key(const struct table *t, const char *column);
/** table_single_key() - the only column of the primary key, or NULL. */
const struct column *table_single_key(const struct table *t);
/** table_copy() - a deep copy in @a. */
struct table *table_copy(struct arena *a, const struct table *t);
struct column column_copy(struct arena *a, const struct column *c);
struct index index_copy(struct arena *a, const struct index *i);
struct foreign_key foreign_key_copy(struct arena *a, const struct foreign_key *f);
struct check check_copy(struct arena *a, const struct check *c);
struct trigger trigger_copy(struct arena *a, const struct trigger *t);

/** index_is_single_unique() - @i alone makes @column unique (one plain key, no condition). */
bool index_is_single_unique(const struct index *i, const char *column);
/** table_refresh_unique() - set is_unique of each column from the indexes. */
void table_refresh_unique(struct table *t);

/**
 * column_rules_check() - the part of @c's type and rules that SQL can say, as one condition
 *
 * min, max, min_length, max_length and one_of of the rules; NULL when there is nothing to say.
 * A pattern stays with the server. The text length and the labels of the type itself (TEXT(n),
 * ENUM) are the affair of each engine's type map.
 */
const struct expr *column_rules_check(struct arena *a, const struct column *c);
/** column_rules_any() - @r asks for anything at all. */
bool column_rules_any(const struct column_rules *r);

/** fk_action_parse() - "CASCADE", "SET NULL", "set_null", "NO ACTION", … ; FK_ACTION_NONE if none.
 */
enum fk_action fk_action_parse(const char *text);
/** fk_action_text() - SQL words; "NO ACTION" for FK_ACTION_NONE. */
const char *fk_action_text(enum fk_action action);
