#include "engine/sqlite/emit.h"

#include "base/attr.h"
#include "engine/sqlite/ddl.h"
#include "engine/sqlite/storage.h"

static void write_name(struct sql_writer *w, const char *name)
{
    if (name && *name) {
        sql_text(w, "CONSTRAINT ");
        sql_ident(w, name);
        sql_text(w, " ");
    }
}

static bool is_bracketed(const struct expr *e)
{
    return e->kind == EXPR_RAW && e->name && e->name[0] == '(';
}

void emit_check(struct sql_writer *w, const struct check *c)
{
    write_name(w, c->name);
    sql_text(w, "CHECK (");
    sql_expr(w, c->expr);
    sql_text(w, ")");
}

static void write_references(struct sql_writer *w, const struct foreign_key *f)
{
    sql_text(w, "REFERENCES ");
    sql_ident(w, f->referenced_table);
    if (f->referenced_columns) {
        sql_text(w, " (");
        sql_ident_list(w, f->referenced_columns, f->n_columns);
        sql_text(w, ")");
    }
    if (f->on_delete != FK_ACTION_NONE) {
        sql_text(w, " ON DELETE ");
        sql_text(w, fk_action_text(f->on_delete));
    }
    if (f->on_update != FK_ACTION_NONE) {
        sql_text(w, " ON UPDATE ");
        sql_text(w, fk_action_text(f->on_update));
    }
    if (f->is_deferred) {
        sql_text(w, " DEFERRABLE INITIALLY DEFERRED");
    }
}

void emit_foreign_key(struct sql_writer *w, const struct foreign_key *f)
{
    write_name(w, f->name);
    sql_text(w, "FOREIGN KEY (");
    sql_ident_list(w, f->columns, f->n_columns);
    sql_text(w, ") ");
    write_references(w, f);
}

/* A literal stands alone and as it is stored; anything else in brackets. */
static void write_default(struct sql_writer *w, const struct column *c)
{
    const struct expr *e = c->default_value;
    sql_text(w, " DEFAULT ");
    if (e->kind == EXPR_LITERAL) {
        struct value v =
            c->type.kind == TYPE_BOOLEAN ? e->value : sqlite_encode(w->arena, c, e->value);
        sql_literal(w, &v);
        return;
    }
    bool bare = e->kind == EXPR_RAW && !is_bracketed(e) && e->name && !strpbrk(e->name, " (+-*/|");
    sql_text(w, bare || is_bracketed(e) ? "" : "(");
    sql_expr(w, e);
    sql_text(w, bare || is_bracketed(e) ? "" : ")");
}

/* A comment that cannot end before its end. */
static void write_comment(struct sql_writer *w, const char *comment)
{
    sql_text(w, " /* ");
    for (const char *p = comment; *p; p++) {
        buf_addc(w->out, *p);
        if (*p == '*' && p[1] == '/') {
            buf_addc(w->out, ' ');
        }
    }
    sql_text(w, " */");
}

static void write_generated(struct sql_writer *w, const struct column *c)
{
    sql_text(w, " GENERATED ALWAYS AS (");
    sql_expr(w, c->generated_as);
    sql_text(w, c->generated == GENERATED_STORED ? ") STORED" : ") VIRTUAL");
}

/* STRICT tables know six type names; what the column means is the registry's affair there. */
static const char *strict_type(const struct type *t)
{
    static const char *const names[TYPE_N] = {
        [TYPE_BOOLEAN] = "INTEGER", [TYPE_INT16] = "INTEGER",    [TYPE_INT32] = "INTEGER",
        [TYPE_INT64] = "INTEGER",   [TYPE_INTERVAL] = "INTEGER", [TYPE_FLOAT32] = "REAL",
        [TYPE_FLOAT64] = "REAL",    [TYPE_BYTES] = "BLOB",       [TYPE_NATIVE] = "ANY",
    };
    return names[t->kind] ? names[t->kind] : "TEXT";
}

static void write_key(struct sql_writer *w, const struct column *c)
{
    sql_text(w, " PRIMARY KEY");
    if (c->is_auto_increment) {
        sql_text(w, " AUTOINCREMENT");
    }
}

static void write_type(struct sql_writer *w, const struct column *c, bool is_strict)
{
    const char *type = is_strict ? strict_type(&c->type) : sqlite_declare(w->arena, &c->type);
    sql_text(w, *type || c->is_auto_increment ? " " : "");
    buf_adds(w->out, c->is_auto_increment ? "INTEGER" : type);
}

static void write_checks(struct sql_writer *w, const struct column *c,
                         const struct column_parts *parts)
{
    const struct expr *of_type = parts->is_strict ? NULL : sqlite_type_check(w->arena, c);
    if (of_type && !c->is_auto_increment) {
        sql_text(w, " ");
        emit_check(w, &(struct check){.expr = of_type});
    }
    for (size_t i = 0; i < parts->n_checks; i++) {
        sql_text(w, " ");
        emit_check(w, &parts->checks[i]);
    }
}

static void write_keys(struct sql_writer *w, const struct column_parts *parts)
{
    for (size_t i = 0; i < parts->n_keys; i++) {
        sql_text(w, " ");
        write_name(w, parts->keys[i].name);
        write_references(w, &parts->keys[i]);
    }
}

void emit_column(struct sql_writer *w, const struct column *c, const struct column_parts *parts)
{
    sql_ident(w, c->name);
    write_type(w, c, parts->is_strict);
    if (parts->is_key) {
        write_key(w, c);
    }
    if (!c->is_nullable && !c->is_auto_increment) {
        sql_text(w, " NOT NULL");
    }
    if (c->default_value && c->generated == GENERATED_NONE) {
        write_default(w, c);
    }
    if (c->collation) {
        sql_text(w, " COLLATE ");
        sql_ident(w, c->collation);
    }
    write_checks(w, c, parts);
    if (c->generated != GENERATED_NONE) {
        write_generated(w, c);
    }
    write_keys(w, parts);
    if (c->comment && *c->comment) {
        write_comment(w, c->comment);
    }
}

static bool stands_beside(const char *column, const struct column *c)
{
    return column && str_eq_nocase(str_of(column), str_of(c->name));
}

/* What of the table's parts is written beside column @c. */
static struct column_parts parts_of(struct arena *a, const struct table *t, const struct column *c)
{
    struct column_parts p = {.is_strict = t->is_strict};
    struct check *checks = NULL;
    struct foreign_key *keys = NULL;
    for (size_t i = 0; i < t->n_checks; i++) {
        if (stands_beside(t->checks[i].column, c)) {
            ARENA_PUSH(a, checks, p.n_checks, t->checks[i]);
        }
    }
    for (size_t i = 0; i < t->n_foreign_keys; i++) {
        if (t->foreign_keys[i].n_columns == 1 && stands_beside(t->foreign_keys[i].columns[0], c)) {
            ARENA_PUSH(a, keys, p.n_keys, t->foreign_keys[i]);
        }
    }
    p.checks = checks;
    p.keys = keys;
    p.is_key = t->n_primary_key == 1 && table_in_primary_key(t, c->name);
    return p;
}

static bool is_table_check(const struct table *t, const struct check *c)
{
    return !c->column || !table_find_column(t, str_of(c->column));
}

void emit_table(struct sql_writer *w, const struct table *t, const char *name)
{
    sql_text(w, "CREATE TABLE ");
    sql_ident(w, name);
    sql_text(w, " (");
    if (t->comment && *t->comment) {
        write_comment(w, t->comment);
    }
    for (size_t i = 0; i < t->n_columns; i++) {
        struct column_parts parts = parts_of(w->arena, t, &t->columns[i]);
        sql_text(w, i ? ",\n    " : "\n    ");
        emit_column(w, &t->columns[i], &parts);
    }
    if (t->n_primary_key > 1) {
        sql_text(w, ",\n    PRIMARY KEY (");
        sql_ident_list(w, t->primary_key, t->n_primary_key);
        sql_text(w, ")");
    }
    for (size_t i = 0; i < t->n_checks; i++) {
        if (is_table_check(t, &t->checks[i])) {
            sql_text(w, ",\n    ");
            emit_check(w, &t->checks[i]);
        }
    }
    for (size_t i = 0; i < t->n_foreign_keys; i++) {
        if (t->foreign_keys[i].n_columns > 1) {
            sql_text(w, ",\n    ");
            emit_foreign_key(w, &t->foreign_keys[i]);
        }
    }
    sql_text(w, "\n)");
    if (t->is_strict || t->is_without_rowid) {
        sql_text(w, t->is_strict && t->is_without_rowid ? " STRICT, WITHOUT ROWID"
                    : t->is_strict                      ? " STRICT"
                                                        : " WITHOUT ROWID");
    }
}

static bool same(const char *a, const char *b)
{
    return a && b && str_eq_nocase(str_of(a), str_of(b));
}

/* The text of an inspected index goes in as it is, but only when it makes this very index: such
 * texts travel through journals and requests. */
static bool is_native_index(struct arena *a, const struct index *i, const char *table)
{
    struct index_text text;
    return i->native && ddl_read_index(a, str_of(i->native), &text, NULL) == ERR_OK &&
           same(text.name, i->name) && same(text.table, table) &&
           tokens_closed(a, str_of(i->native));
}

bool emit_is_trigger(struct arena *a, const struct trigger *t, const char *table)
{
    struct tokens k = tokens_read(a, str_of(t->native));
    size_t i = 0;
    if (k.n < 8 || !token_is(&k.items[i++], "create") || k.items[k.n - 1].kind == TOKEN_BAD) {
        return false;
    }
    i += token_is(&k.items[i], "temp") || token_is(&k.items[i], "temporary");
    if (!token_is(&k.items[i++], "trigger")) {
        return false;
    }
    i += token_is(&k.items[i], "if") ? 3 : 0;
    if (i >= k.n || !same(token_name(a, &k.items[i]), t->name)) {
        return false;
    }
    while (i < k.n && !token_is(&k.items[i], "on") && !token_is(&k.items[i], "begin")) {
        i++;
    }
    return i + 1 < k.n && same(token_name(a, &k.items[i + 1]), table) &&
           (token_is(&k.items[k.n - 1], "end") || token_is(&k.items[k.n - 1], ";"));
}

void emit_unique(struct sql_writer *w, const struct index *i)
{
    sql_text(w, "UNIQUE (");
    for (size_t k = 0; k < i->n_keys; k++) {
        sql_text(w, k ? ", " : "");
        sql_ident(w, i->keys[k].column);
    }
    sql_text(w, ")");
}

void emit_index(struct sql_writer *w, const struct index *i, const char *table)
{
    if (is_native_index(w->arena, i, table)) {
        buf_adds(w->out, i->native);
        return;
    }
    sql_text(w, i->is_unique ? "CREATE UNIQUE INDEX " : "CREATE INDEX ");
    sql_ident(w, i->name);
    sql_text(w, " ON ");
    sql_ident(w, table);
    sql_text(w, " (");
    for (size_t k = 0; k < i->n_keys; k++) {
        const struct index_key *key = &i->keys[k];
        sql_text(w, k ? ", " : "");
        if (key->column) {
            sql_ident(w, key->column);
        } else {
            sql_expr(w, key->expr);
        }
        if (key->collation) {
            sql_text(w, " COLLATE ");
            sql_ident(w, key->collation);
        }
        sql_text(w, key->is_descending ? " DESC" : "");
    }
    sql_text(w, ")");
    if (i->where) {
        sql_text(w, " WHERE ");
        sql_expr(w, i->where);
    }
}
