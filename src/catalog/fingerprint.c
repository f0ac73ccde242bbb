#include <stdlib.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/hash.h"
#include "catalog/catalog.h"

/*
 * The structural form that is hashed: one line per part, each text quoted by its length so that
 * no name can pretend to be structure. Parts without an order of their own are sorted by line.
 */
static void add_text(struct buf *b, const char *text)
{
    if (!text) {
        buf_adds(b, "-;");
        return;
    }
    buf_add_int64(b, (int64_t)strlen(text));
    buf_addc(b, ':');
    buf_adds(b, text);
    buf_addc(b, ';');
}

static void add_folded(struct buf *b, const char *name)
{
    size_t from = b->n;
    add_text(b, name);
    for (size_t i = from; i < b->n; i++) {
        if (b->p[i] >= 'A' && b->p[i] <= 'Z') {
            b->p[i] = (char)(b->p[i] - 'A' + 'a');
        }
    }
}

static void add_int(struct buf *b, int64_t v)
{
    buf_add_int64(b, v);
    buf_addc(b, ';');
}

static void add_value(struct buf *b, struct value v)
{
    add_int(b, v.kind);
    switch (v.kind) {
    case VALUE_NULL:
        break;
    case VALUE_BOOL:
        add_int(b, v.b);
        break;
    case VALUE_INT:
        add_int(b, v.i);
        break;
    case VALUE_FLOAT:
        buf_printf(b, "%.17g;", v.f);
        break;
    case VALUE_TEXT:
    case VALUE_BYTES:
        add_int(b, (int64_t)v.s.n);
        buf_add_str(b, v.s);
        buf_addc(b, ';');
        break;
    }
}

/* Engine text modulo layout: what the engine prints back may have other spaces and quotes. */
static void add_raw(struct buf *b, const char *text)
{
    if (text) {
        raw_canonical(b, text);
    }
    buf_addc(b, ';');
}

static void add_expr(struct buf *b, const struct expr *e)
{
    if (!e) {
        buf_adds(b, "-;");
        return;
    }
    buf_addc(b, '(');
    add_int(b, e->kind);
    if (e->kind == EXPR_LITERAL) {
        add_value(b, e->value);
    } else if (e->kind == EXPR_RAW) {
        add_raw(b, e->name);
    } else if (e->kind == EXPR_COLUMN) {
        add_folded(b, e->name);
    } else {
        add_text(b, e->name);
    }
    for (size_t i = 0; i < e->n_args; i++) {
        add_expr(b, e->args[i]);
    }
    buf_addc(b, ')');
}

static void add_column(struct buf *b, struct arena *a, const struct column *c)
{
    buf_adds(b, "column;");
    add_text(b, c->name);
    add_text(b, type_logical_text(a, &c->type));
    add_int(b, c->type.is_unsigned);
    for (size_t i = 0; i < c->type.n_values; i++) {
        add_text(b, c->type.values[i]);
    }
    add_int(b, c->is_nullable);
    add_int(b, c->is_auto_increment);
    add_expr(b, c->default_value);
    add_int(b, c->generated);
    add_expr(b, c->generated_as);
    add_text(b, c->collation);
    buf_addc(b, '\n');
}

static void add_index(struct buf *b, const struct index *i)
{
    buf_adds(b, "index;");
    add_text(b, i->is_constraint ? NULL : i->name);
    add_int(b, i->is_unique);
    add_text(b, i->method ? i->method : "btree");
    for (size_t k = 0; k < i->n_keys; k++) {
        add_folded(b, i->keys[k].column);
        add_expr(b, i->keys[k].expr);
        add_int(b, i->keys[k].is_descending);
        add_text(b, i->keys[k].collation);
    }
    add_expr(b, i->where);
}

static void add_foreign_key(struct buf *b, const struct foreign_key *f)
{
    buf_adds(b, "foreign key;");
    for (size_t i = 0; i < f->n_columns; i++) {
        add_folded(b, f->columns[i]);
    }
    add_folded(b, f->referenced_table);
    for (size_t i = 0; f->referenced_columns && i < f->n_columns; i++) {
        add_folded(b, f->referenced_columns[i]);
    }
    add_text(b, fk_action_text(f->on_delete));
    add_text(b, fk_action_text(f->on_update));
    add_int(b, f->is_deferred);
}

/* The engine's own index behind a primary key says nothing that the key does not. */
static bool backs_primary_key(const struct table *t, const struct index *i)
{
    if (!i->is_constraint || i->n_keys != t->n_primary_key) {
        return false;
    }
    for (size_t k = 0; k < i->n_keys; k++) {
        if (!i->keys[k].column || !table_in_primary_key(t, i->keys[k].column)) {
            return false;
        }
    }
    return true;
}

static int compare_lines(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

struct lines {
    struct arena *arena;
    char **items;
    size_t n;
    struct buf line;
};

static void end_line(struct lines *l)
{
    char *line = arena_str(l->arena, buf_str(&l->line));
    ARENA_PUSH(l->arena, l->items, l->n, line);
    buf_clear(&l->line);
}

static void add_sorted(struct buf *b, struct lines *l)
{
    if (l->n > 0) {
        qsort(l->items, l->n, sizeof *l->items, compare_lines);
    }
    for (size_t i = 0; i < l->n; i++) {
        buf_adds(b, l->items[i]);
        buf_addc(b, '\n');
    }
    buf_release(&l->line);
}

static void add_parts(struct buf *b, struct arena *a, const struct table *t)
{
    struct lines l = {.arena = a};
    buf_init(&l.line, BUF_MAX_DEFAULT);
    for (size_t i = 0; i < t->n_indexes; i++) {
        if (!backs_primary_key(t, &t->indexes[i])) {
            add_index(&l.line, &t->indexes[i]);
            end_line(&l);
        }
    }
    for (size_t i = 0; i < t->n_foreign_keys; i++) {
        add_foreign_key(&l.line, &t->foreign_keys[i]);
        end_line(&l);
    }
    for (size_t i = 0; i < t->n_checks; i++) {
        buf_adds(&l.line, "check;");
        add_expr(&l.line, t->checks[i].expr);
        end_line(&l);
    }
    for (size_t i = 0; i < t->n_triggers; i++) {
        buf_adds(&l.line, "trigger;");
        add_text(&l.line, t->triggers[i].name);
        add_raw(&l.line, t->triggers[i].native);
        end_line(&l);
    }
    add_sorted(b, &l);
}

static void add_table(struct buf *b, struct arena *a, const struct table *t)
{
    buf_adds(b, "table;");
    add_text(b, t->name);
    add_int(b, t->kind == TABLE_NONE ? TABLE_BASE : t->kind);
    add_int(b, t->is_strict);
    add_int(b, t->is_without_rowid);
    for (size_t i = 0; i < t->n_primary_key; i++) {
        add_folded(b, t->primary_key[i]);
    }
    buf_addc(b, '\n');
    for (size_t i = 0; i < t->n_columns; i++) {
        add_column(b, a, &t->columns[i]);
    }
    add_parts(b, a, t);
}

char *table_fingerprint(struct arena *a, const struct table *t)
{
    struct buf b;
    buf_init(&b, BUF_MAX_DEFAULT);
    struct arena *scratch AUTO(arena_freep) = arena_new();
    add_table(&b, scratch, t);
    char *hex = sha256_hex(a, buf_str(&b));
    buf_release(&b);
    return hex;
}

static int compare_tables(const void *a, const void *b)
{
    const struct table *x = *(struct table *const *)a;
    const struct table *y = *(struct table *const *)b;
    return strcmp(x->name, y->name);
}

struct table **catalog_sorted_tables(struct arena *a, const struct catalog *c, size_t *n)
{
    struct table **sorted = ARENA_ARRAY(a, c->n_tables, struct table *);
    *n = 0;
    for (size_t i = 0; i < c->n_tables; i++) {
        if (!c->tables[i]->is_internal) {
            sorted[(*n)++] = c->tables[i];
        }
    }
    qsort(sorted, *n, sizeof *sorted, compare_tables);
    return sorted;
}

char *catalog_fingerprint(struct arena *a, const struct catalog *c)
{
    struct buf b;
    buf_init(&b, BUF_MAX_DEFAULT);
    struct arena *scratch AUTO(arena_freep) = arena_new();
    size_t n = 0;
    struct table **tables = catalog_sorted_tables(scratch, c, &n);
    for (size_t i = 0; i < n; i++) {
        buf_adds(&b, table_fingerprint(scratch, tables[i]));
        buf_addc(&b, '\n');
    }
    char *hex = sha256_hex(a, buf_str(&b));
    buf_release(&b);
    return hex;
}
