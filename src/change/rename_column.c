#include "base/attr.h"
#include "catalog/where.h"
#include "change/ops.h"
#include "change/parts.h"

/*
 * Words that SQL uses bare: in engine text a bare one of these may be the column or the language's
 * own, so a column of such a name is renamed only where engine text does not say it.
 */
static bool is_sql_word(const char *name)
{
    static const char *const words[] = {
        "abort",  "all",      "and",     "as",           "asc",          "between",
        "bigint", "binary",   "blob",    "boolean",      "by",           "case",
        "cast",   "char",     "collate", "current_date", "current_time", "current_timestamp",
        "date",   "datetime", "decimal", "desc",         "distinct",     "double",
        "else",   "end",      "escape",  "exists",       "false",        "float",
        "from",   "glob",     "in",      "int",          "integer",      "is",
        "isnull", "like",     "match",   "nocase",       "not",          "notnull",
        "null",   "numeric",  "or",      "precision",    "raise",        "real",
        "regexp", "rtrim",    "select",  "smallint",     "text",         "then",
        "time",   "true",     "varchar", "when",         "where",
    };
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (str_eq_nocase(str_of(words[i]), str_of(name))) {
            return true;
        }
    }
    return false;
}

static bool hides(const struct expr *e, const char *column)
{
    if (!e) {
        return false;
    }
    if (e->kind == EXPR_RAW) {
        return raw_mentions(e->name, column);
    }
    for (size_t i = 0; i < e->n_args; i++) {
        if (hides(e->args[i], column)) {
            return true;
        }
    }
    return false;
}

static bool any_hides(const struct table *t, const char *column)
{
    for (size_t i = 0; i < t->n_columns; i++) {
        if (hides(t->columns[i].generated_as, column)) {
            return true;
        }
    }
    for (size_t i = 0; i < t->n_checks; i++) {
        if (hides(t->checks[i].expr, column)) {
            return true;
        }
    }
    for (size_t i = 0; i < t->n_indexes; i++) {
        const struct index *index = &t->indexes[i];
        for (size_t k = 0; k < index->n_keys; k++) {
            if (hides(index->keys[k].expr, column)) {
                return true;
            }
        }
        if (hides(index->where, column)) {
            return true;
        }
    }
    return false;
}

static enum errcode validate(const struct change *change, const struct catalog *now,
                             struct error *err)
{
    const char *name = change->rename_column.new_name;
    struct table *t = NULL;
    struct column *c = NULL;
    TRY(find_base_table(now, change->rename_column.table, &t, err));
    TRY(find_column(t, change->rename_column.column, &c, err));
    if (!change->is_stored) {
        TRY(where_prefix(err, name_check("column", name, err), "/newName"));
    }
    if (text_eq(c->name, name)) {
        return where_prefix(err, ERROR(err, ERR_INVALID, "the column has this name"), "/newName");
    }
    const struct column *there = table_find_column(t, str_of(name));
    if (there && there != c) {
        enum errcode code = ERROR(err, ERR_CONFLICT, "column \"%s\" is there already", name);
        return where_prefix(err, code, "/newName");
    }
    if (is_sql_word(c->name) && any_hides(t, c->name)) {
        enum errcode code =
            ERROR(err, ERR_UNSUPPORTED,
                  "an expression of the engine says \"%s\", which is also SQL", c->name);
        return where_prefix(err, code, "/column");
    }
    return ERR_OK;
}

struct renaming {
    struct arena *arena;
    const char *from, *to;
};

static void rename_text(const struct renaming *r, const char **name)
{
    if (*name && str_eq_nocase(str_of(*name), str_of(r->from))) {
        *name = arena_strdup(r->arena, r->to);
    }
}

static void rename_expr(const struct renaming *r, const struct expr **e)
{
    *e = expr_rename_column(r->arena, *e, r->from, r->to);
}

static void rename_index(const struct renaming *r, struct index *index)
{
    if (index_mentions(index, r->from)) {
        index->native = NULL; /* it says the old name */
    }
    for (size_t i = 0; i < index->n_keys; i++) {
        rename_text(r, &index->keys[i].column);
        rename_expr(r, &index->keys[i].expr);
    }
    rename_expr(r, &index->where);
}

static void follow(struct table *from, struct foreign_key *fk, void *arg)
{
    const struct renaming *r = arg;
    table_edited(from);
    for (size_t i = 0; fk->referenced_columns && i < fk->n_columns; i++) {
        rename_text(r, &fk->referenced_columns[i]);
    }
}

static void apply(const struct change *change, struct catalog *now)
{
    struct table *t = catalog_find_table(now, str_of(change->rename_column.table));
    struct column *c = table_find_column(t, str_of(change->rename_column.column));
    struct renaming r = {now->arena, c->name, change->rename_column.new_name};
    catalog_each_referrer(now, t->name, follow, &r);
    for (size_t i = 0; i < t->n_columns; i++) {
        rename_expr(&r, &t->columns[i].generated_as);
    }
    for (size_t i = 0; i < t->n_primary_key; i++) {
        rename_text(&r, &t->primary_key[i]);
    }
    for (size_t i = 0; i < t->n_indexes; i++) {
        rename_index(&r, &t->indexes[i]);
    }
    for (size_t i = 0; i < t->n_foreign_keys; i++) {
        for (size_t k = 0; k < t->foreign_keys[i].n_columns; k++) {
            rename_text(&r, &t->foreign_keys[i].columns[k]);
        }
    }
    for (size_t i = 0; i < t->n_checks; i++) {
        rename_expr(&r, &t->checks[i].expr);
        rename_text(&r, &t->checks[i].column);
    }
    rename_in_triggers(now, t, r.from, r.to);
    c->name = arena_strdup(now->arena, r.to);
    table_edited(t);
}

static void inverse(struct arena *a, const struct change *change, const struct catalog *before,
                    struct change_list *out)
{
    const struct table *t = catalog_find_table(before, str_of(change->rename_column.table));
    const struct column *c = table_find_column(t, str_of(change->rename_column.column));
    struct change back = {
        .kind = CHANGE_RENAME_COLUMN,
        .rename_column =
            {
                .table = arena_strdup(a, t->name),
                .column = arena_strdup(a, change->rename_column.new_name),
                .new_name = arena_strdup(a, c->name),
            },
    };
    ARENA_PUSH(a, out->items, out->n, back);
}

static enum undo_class undo(const struct change *change)
{
    (void)change;
    return UNDO_FREE;
}

static const char *summary(struct arena *a, const struct change *change)
{
    return arena_printf(a, "rename column \"%s\" of \"%s\" to \"%s\"", change->rename_column.column,
                        change->rename_column.table, change->rename_column.new_name);
}

const struct change_ops rename_column_ops = {
    .kind = CHANGE_RENAME_COLUMN,
    .wire = "RENAME_COLUMN",
    .validate = validate,
    .apply = apply,
    .inverse = inverse,
    .undo = undo,
    .summary = summary,
};
