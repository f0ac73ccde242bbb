#include "change/parts.h"

#include "base/attr.h"
#include "catalog/where.h"

static bool same_name(const char *a, const char *b)
{
    return str_eq_nocase(str_of(a), str_of(b));
}

enum errcode find_base_table(const struct catalog *now, const char *name, struct table **out,
                             struct error *err)
{
    struct table *t = catalog_find_table(now, str_of(name));
    if (!t || t->is_internal) {
        return where_prefix(err, ERROR(err, ERR_NOT_FOUND, "no table \"%s\"", name), "/table");
    }
    if (t->kind == TABLE_VIEW || t->kind == TABLE_VIRTUAL) {
        enum errcode code = ERROR(err, ERR_UNSUPPORTED, "\"%s\" is not a plain table", name);
        return where_prefix(err, code, "/table");
    }
    *out = t;
    return ERR_OK;
}

enum errcode find_column(const struct table *t, const char *name, struct column **out,
                         struct error *err)
{
    struct column *c = table_find_column(t, str_of(name));
    if (!c) {
        enum errcode code =
            ERROR(err, ERR_NOT_FOUND, "table \"%s\" has no column \"%s\"", t->name, name);
        return where_prefix(err, code, "/column");
    }
    *out = c;
    return ERR_OK;
}

struct table *find_index_owner(const struct catalog *c, const char *name)
{
    for (size_t i = 0; i < c->n_tables; i++) {
        if (table_find_index(c->tables[i], str_of(name))) {
            return c->tables[i];
        }
    }
    return NULL;
}

bool index_name_taken(const struct catalog *c, const char *name)
{
    return catalog_find_table(c, str_of(name)) || find_index_owner(c, name);
}

enum errcode check_expr(const struct table *t, const struct expr *e, struct error *err)
{
    if (!e) {
        return ERR_OK;
    }
    if (e->kind == EXPR_COLUMN && !table_find_column(t, str_of(e->name))) {
        return ERROR(err, ERR_INVALID, "the expression names column \"%s\", which is not there",
                     e->name);
    }
    for (size_t i = 0; i < e->n_args; i++) {
        TRY(check_expr(t, e->args[i], err));
    }
    return ERR_OK;
}

static bool names_any_column(const struct expr *e)
{
    if (!e) {
        return false;
    }
    bool names = e->kind == EXPR_COLUMN;
    for (size_t i = 0; i < e->n_args && !names; i++) {
        names = names_any_column(e->args[i]);
    }
    return names;
}

/* Functions that make sense as a default, and the types they give. */
static bool call_fits(const struct expr *e, const struct type *t)
{
    static const struct {
        const char *call;
        enum type_kind from, to;
    } fits[] = {
        {"now", TYPE_DATE, TYPE_INSTANT}, {"current_date", TYPE_DATE, TYPE_INSTANT},
        {"uuid", TYPE_UUID, TYPE_UUID},   {"now", TYPE_TEXT, TYPE_CHAR},
        {"uuid", TYPE_TEXT, TYPE_CHAR},   {"current_date", TYPE_TEXT, TYPE_CHAR},
    };
    bool constrained = false;
    for (size_t i = 0; i < ARRAY_LEN(fits); i++) {
        if (!text_eq(e->name, fits[i].call)) {
            continue;
        }
        constrained = true;
        if (t->kind >= fits[i].from && t->kind <= fits[i].to) {
            return true;
        }
    }
    return !constrained || t->kind == TYPE_NATIVE;
}

static enum errcode check_default(const struct column *c, struct error *err)
{
    const struct expr *e = c->default_value;
    if (!e) {
        return ERR_OK;
    }
    if (names_any_column(e)) {
        return where_prefix(err, ERROR(err, ERR_INVALID, "a default cannot read a column"),
                            "/defaultValue");
    }
    if (e->kind == EXPR_CALL && !call_fits(e, &c->type)) {
        enum errcode code =
            ERROR(err, ERR_INVALID_VALUE, "%s() gives no value of this type", e->name);
        return where_prefix(err, code, "/defaultValue");
    }
    return ERR_OK;
}

enum errcode check_new_column(const struct table *t, const struct column *c, bool any_name,
                              struct error *err)
{
    if (!any_name) {
        TRY(where_prefix(err, name_check("column", c->name, err), "/name"));
    }
    if (c->type.kind == TYPE_NONE && c->related_table) {
        enum errcode code = ERROR(err, ERR_INVALID,
                                  "related table \"%s\" is not there or has no single primary key",
                                  c->related_table);
        return where_prefix(err, code, "/relatedTable");
    }
    TRY(check_default(c, err));
    if (c->generated_as && expr_mentions(c->generated_as, c->name)) {
        enum errcode code = ERROR(err, ERR_INVALID, "a generated column cannot read itself");
        return where_prefix(err, code, "/generated/as");
    }
    return where_prefix(err, check_expr(t, c->generated_as, err), "/generated/as");
}

static enum errcode check_key(const struct table *t, const struct index *i, size_t at,
                              struct error *err)
{
    const struct index_key *k = &i->keys[at];
    if (!k->column) {
        return where_prefix(err, check_expr(t, k->expr, err), "/expr");
    }
    if (!table_find_column(t, str_of(k->column))) {
        return ERROR(err, ERR_INVALID, "table \"%s\" has no column \"%s\"", t->name, k->column);
    }
    for (size_t before = 0; before < at; before++) {
        if (i->keys[before].column && same_name(i->keys[before].column, k->column)) {
            return ERROR(err, ERR_INVALID, "column \"%s\" is in the index twice", k->column);
        }
    }
    return ERR_OK;
}

/* An index name may be one of ours: longer than what a person may type. */
static enum errcode check_index_name(const struct index *i, struct error *err)
{
    struct str name = str_of(i->name);
    bool generated = str_starts(name, STR("idx_")) || str_starts(name, STR("uq_"));
    struct str head = generated && name.n > 58 ? (struct str){name.p, 58} : name;
    struct arena *scratch AUTO(arena_freep) = arena_new();
    if (name.n > 63) {
        return ERROR(err, ERR_INVALID, "the name of an index has at most 63 characters");
    }
    return name_check("index", arena_str(scratch, head), err);
}

enum errcode check_new_index(const struct catalog *now, const struct table *t,
                             const struct index *i, bool any_name, struct error *err)
{
    if (!i->is_constraint && !any_name) {
        TRY(where_prefix(err, check_index_name(i, err), "/name"));
    }
    if (!i->is_constraint && index_name_taken(now, i->name)) {
        enum errcode code = ERROR(err, ERR_CONFLICT, "\"%s\" is there already", i->name);
        return where_prefix(err, code, "/name");
    }
    for (size_t k = 0; k < i->n_keys; k++) {
        TRY(where_prefix(err, check_key(t, i, k, err), "/columns/%zu", k));
    }
    return where_prefix(err, check_expr(t, i->where, err), "/where");
}

static bool is_unique_in(const struct table *t, const char **columns, size_t n)
{
    size_t found = 0;
    for (size_t i = 0; i < n; i++) {
        found += table_in_primary_key(t, columns[i]);
    }
    if (n > 0 && found == n && n == t->n_primary_key) {
        return true;
    }
    for (size_t x = 0; x < t->n_indexes; x++) {
        const struct index *index = &t->indexes[x];
        if (!index->is_unique || index->where || index->n_keys != n) {
            continue;
        }
        size_t matched = 0;
        for (size_t i = 0; i < n; i++) {
            matched += index_mentions(index, columns[i]);
        }
        if (matched == n) {
            return true;
        }
    }
    return false;
}

static bool types_agree(const struct type *a, const struct type *b)
{
    if (a->kind == TYPE_NATIVE || b->kind == TYPE_NATIVE) {
        return true;
    }
    return text_eq(type_wire_name(a), type_wire_name(b)) &&
           type_is_integer(a) == type_is_integer(b);
}

static enum errcode check_key_column(const struct table *t, const struct table *target,
                                     const struct foreign_key *fk, size_t i, struct error *err)
{
    const struct column *c = table_find_column(t, str_of(fk->columns[i]));
    if (!c) {
        enum errcode code =
            ERROR(err, ERR_INVALID, "table \"%s\" has no column \"%s\"", t->name, fk->columns[i]);
        return where_prefix(err, code, "/columns/%zu", i);
    }
    const struct column *to = table_find_column(target, str_of(fk->referenced_columns[i]));
    if (!to) {
        enum errcode code = ERROR(err, ERR_INVALID, "table \"%s\" has no column \"%s\"",
                                  target->name, fk->referenced_columns[i]);
        return where_prefix(err, code, "/referencedColumns/%zu", i);
    }
    if (!types_agree(&c->type, &to->type)) {
        enum errcode code =
            ERROR(err, ERR_INVALID, "\"%s\" and \"%s\" have different types", c->name, to->name);
        return where_prefix(err, code, "/columns/%zu", i);
    }
    bool sets_null = fk->on_delete == FK_SET_NULL || fk->on_update == FK_SET_NULL;
    if (sets_null && !c->is_nullable) {
        enum errcode code =
            ERROR(err, ERR_INVALID, "\"%s\" cannot be null, so SET NULL must fail", c->name);
        return where_prefix(err, code, fk->on_delete == FK_SET_NULL ? "/onDelete" : "/onUpdate");
    }
    return ERR_OK;
}

enum errcode check_new_foreign_key(const struct catalog *now, const struct table *t,
                                   const struct foreign_key *fk, struct error *err)
{
    bool is_self = same_name(fk->referenced_table, t->name);
    const struct table *target =
        is_self ? t : catalog_find_table(now, str_of(fk->referenced_table));
    if (!target || target->is_internal || target->kind == TABLE_VIEW) {
        enum errcode code = ERROR(err, ERR_INVALID, "no table \"%s\"", fk->referenced_table);
        return where_prefix(err, code, "/referencedTable");
    }
    if (!fk->referenced_columns) {
        enum errcode code =
            ERROR(err, ERR_INVALID, "table \"%s\" has no primary key of %zu columns", target->name,
                  fk->n_columns);
        return where_prefix(err, code, "/referencedTable");
    }
    for (size_t i = 0; i < fk->n_columns; i++) {
        TRY(check_key_column(t, target, fk, i, err));
    }
    if (!is_unique_in(target, fk->referenced_columns, fk->n_columns)) {
        enum errcode code = ERROR(err, ERR_INVALID, "what a foreign key refers to must be unique");
        return where_prefix(err, code, "/referencedColumns");
    }
    return ERR_OK;
}

const struct table *find_reader(const struct catalog *now, const char *table, const char *column)
{
    for (size_t i = 0; i < now->n_tables; i++) {
        const struct table *view = now->tables[i];
        if (view->kind != TABLE_VIEW || !view->native || !raw_mentions(view->native, table)) {
            continue;
        }
        if (!column || raw_mentions(view->native, column)) {
            return view;
        }
    }
    return NULL;
}

enum errcode check_trash(const struct catalog *now, const char *object, struct error *err)
{
    const struct table *kept = object ? catalog_find_table(now, str_of(object)) : NULL;
    if (object && (!kept || !kept->is_internal)) {
        return ERROR(err, ERR_UNDO_EXPIRED, "what was kept for the undo is purged");
    }
    return ERR_OK;
}

bool index_mentions(const struct index *i, const char *column)
{
    for (size_t k = 0; k < i->n_keys; k++) {
        if (i->keys[k].column ? same_name(i->keys[k].column, column)
                              : expr_mentions(i->keys[k].expr, column)) {
            return true;
        }
    }
    return expr_mentions(i->where, column);
}

bool foreign_key_mentions(const struct foreign_key *fk, const char *column)
{
    for (size_t i = 0; i < fk->n_columns; i++) {
        if (same_name(fk->columns[i], column)) {
            return true;
        }
    }
    return false;
}

bool check_mentions(const struct check *c, const char *column)
{
    return expr_mentions(c->expr, column) || (c->column && same_name(c->column, column));
}

void table_edited(struct table *t)
{
    t->native = NULL;
}

/* Could @name in @text be a column of a table other than @owner? */
static bool is_ambiguous(const struct catalog *now, const struct table *owner, const char *name,
                         const char *text)
{
    for (size_t i = 0; i < now->n_tables; i++) {
        const struct table *t = now->tables[i];
        bool has = t != owner && table_find_column(t, str_of(name));
        if (has && raw_mentions(text, t->name)) {
            return true;
        }
    }
    return owner && !raw_mentions(text, owner->name);
}

void rename_in_triggers(struct catalog *now, const struct table *owner, const char *from,
                        const char *to)
{
    for (size_t i = 0; i < now->n_tables; i++) {
        struct table *t = now->tables[i];
        for (size_t k = 0; k < t->n_triggers; k++) {
            const char *text = t->triggers[k].native;
            bool safe = !raw_mentions(text, to) && !is_ambiguous(now, owner, from, text);
            if (safe) {
                t->triggers[k].native = raw_rename_name(now->arena, text, from, to);
            }
        }
    }
}
