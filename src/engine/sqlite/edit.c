#include "engine/sqlite/edit.h"

#include <stdlib.h>

#include "base/attr.h"

static void add(struct edits *e, size_t from, size_t to, const char *text)
{
    struct edit one = {.span = {from, to}, .text = text, .order = e->n};
    ARENA_PUSH(e->arena, e->items, e->n, one);
}

void edit_rename(struct edits *e, const char *quoted_name)
{
    add(e, e->table->name_span.from, e->table->name_span.to, quoted_name);
}

/* The end of the part at @span: behind its comma, or where the next clause begins when the comma
 * between two clauses was left out, or the body's end; with the comments that stand there. *is_last
 * tells that nothing follows. */
static size_t part_end(const struct edits *e, struct span span, bool *is_last)
{
    struct arena *scratch AUTO(arena_freep) = arena_new();
    struct str rest = {e->table->text.p + span.to, e->table->body.to - span.to};
    struct tokens t = tokens_read(scratch, rest);
    *is_last = t.n == 0;
    if (*is_last) {
        return e->table->body.to;
    }
    size_t next = span.to + (size_t)(t.items[0].text.p - rest.p);
    return token_is(&t.items[0], ",") ? next + 1 : next;
}

static void drop_part(struct edits *e, struct span span)
{
    bool is_last = false;
    size_t end = part_end(e, span, &is_last);
    add(e, span.from, end, ""); /* the comma before the last part goes at the end */
}

static struct span last_column(const struct edits *e)
{
    return e->table->columns[e->table->n_columns - 1].span;
}

static size_t find_column(const struct edits *e, const char *name)
{
    size_t i = 0;
    while (i < e->table->n_columns &&
           !str_eq_nocase(str_of(e->table->columns[i].name), str_of(name))) {
        i++;
    }
    return i;
}

void edit_add_column(struct edits *e, const char *definition, const char *after)
{
    struct arena *a = e->arena;
    bool is_last = false;
    if (after && !*after) {
        size_t from = e->table->columns[0].span.from;
        add(e, from, from, arena_printf(a, "%s,\n    ", definition));
        return;
    }
    size_t i = after ? find_column(e, after) : e->table->n_columns;
    struct span span = i < e->table->n_columns ? e->table->columns[i].span : last_column(e);
    size_t end = part_end(e, span, &is_last);
    if (!is_last) {
        add(e, end, end, arena_printf(a, "\n    %s,", definition));
        return;
    }
    /* before white space and comments that end the body, but never inside a line comment */
    add(e, span.to, span.to, arena_printf(a, ",\n    %s", definition));
}

void edit_drop_column(struct edits *e, size_t column)
{
    drop_part(e, e->table->columns[column].span);
}

void edit_add_clause(struct edits *e, const char *clause)
{
    size_t n = e->table->n_clauses;
    struct span last = n ? e->table->clauses[n - 1].span : last_column(e);
    add(e, last.to, last.to, arena_printf(e->arena, ",\n    %s", clause));
}

void edit_drop_table_clause(struct edits *e, size_t clause)
{
    drop_part(e, e->table->clauses[clause].span);
}

void edit_drop_column_clause(struct edits *e, size_t column, size_t clause)
{
    struct span span = e->table->columns[column].clauses[clause].span;
    add(e, span.from, span.to, "");
}

void edit_add_column_clause(struct edits *e, size_t column, const char *clause)
{
    struct arena *scratch AUTO(arena_freep) = arena_new();
    struct span span = e->table->columns[column].span;
    struct str text = {e->table->text.p + span.from, span.to - span.from};
    struct tokens t = tokens_read(scratch, text); /* comments are none */
    struct str last = t.items[t.n - 1].text;
    size_t end = span.from + (size_t)(last.p + last.n - text.p);
    add(e, end, end, arena_printf(e->arena, " %s", clause));
}

static int compare(const void *x, const void *y)
{
    const struct edit *a = x;
    const struct edit *b = y;
    if (a->span.from != b->span.from) {
        return a->span.from < b->span.from ? -1 : 1;
    }
    return a->order < b->order ? -1 : a->order > b->order;
}

/* Dropping the last parts leaves the comma before them: blank it. */
static void blank_last_comma(struct arena *a, char *text)
{
    struct tokens t = tokens_read(a, str_of(text));
    int depth = 0;
    for (size_t i = 0; i < t.n; i++) {
        depth += token_is(&t.items[i], "(") ? 1 : token_is(&t.items[i], ")") ? -1 : 0;
        if (depth == 0 && token_is(&t.items[i], ")")) {
            if (token_is(&t.items[i - 1], ",")) {
                text[t.items[i - 1].text.p - text] = ' ';
            }
            return;
        }
    }
}

const char *edit_text(struct edits *e)
{
    struct buf b;
    struct str text = e->table->text;
    size_t at = 0;
    buf_init(&b, BUF_MAX_DEFAULT);
    if (e->n) {
        qsort(e->items, e->n, sizeof *e->items, compare);
    }
    for (size_t i = 0; i < e->n; i++) {
        struct edit *one = &e->items[i];
        if (one->span.from > at) {
            buf_add(&b, text.p + at, one->span.from - at);
        }
        buf_adds(&b, one->text);
        at = one->span.to > at ? one->span.to : at;
    }
    buf_add(&b, text.p + at, text.n - at);
    char *out = arena_str(e->arena, buf_str(&b));
    buf_release(&b);
    blank_last_comma(e->arena, out);
    return out;
}
