#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "engine/postgres/dialect.h"
#include "engine/postgres/expr_read.h"
#include "engine/postgres/pg_token.h"
#include "engine/postgres/types.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const declared[] = {
    "bigint",
    "integer",
    "numeric(10,2)",
    "double precision",
    "text",
    "boolean",
    "character varying(20)",
    "date",
    "timestamp with time zone",
    "jsonb",
};

/* Columns a, b, c … of every kind. */
static struct table make_table(struct arena *a)
{
    struct table t = {.name = "t", .n_columns = ARRAY_LEN(declared)};
    t.columns = ARENA_ARRAY(a, t.n_columns, struct column);
    for (size_t i = 0; i < t.n_columns; i++) {
        t.columns[i].name = arena_printf(a, "%c", (char)('a' + i));
        t.columns[i].type = postgres_type_of(a, declared[i]);
    }
    return t;
}

/* What was read can be written, and stays in its place. */
static void write_back(struct arena *a, const struct expr *e, const struct table *t)
{
    struct buf b;
    struct sql_writer w;
    if (e->kind == EXPR_RAW) {
        return;
    }
    buf_init(&b, 1 << 20);
    sql_begin(&w, &postgres_dialect, &b, a);
    sql_expr(&w, postgres_resolve(a, e, t));
    BUG_ON(!w.broken && !buf_failed(&b) && !pg_is_closed(a, buf_str(&b)));
    buf_release(&b);
}

/* The first byte chooses what is read, and for which column. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || size > 1 << 14) {
        return 0;
    }
    struct arena *a = arena_new();
    struct table t = make_table(a);
    struct str text = str_of(arena_strndup(a, (const char *)data + 1, size - 1));
    size_t choice = data[0] % (t.n_columns + 2);
    if (choice < t.n_columns) {
        const struct expr *e = postgres_default_read(a, text, &t.columns[choice]);
        if (e) {
            write_back(a, e, NULL);
        }
    } else if (choice == t.n_columns) {
        write_back(a, postgres_expr_read(a, text, &t), &t);
    } else {
        struct type type = postgres_type_of(a, text.p);
        const char *native = postgres_declare(a, &type);
        BUG_ON(*native && pg_tokens_read(a, str_of(native)).n == 0);
    }
    arena_free(a);
    return 0;
}
