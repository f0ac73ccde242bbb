/* Texts as MariaDB prints them: types, conditions and defaults. A condition that is understood must
 * read back from what is written of it as the same, and a text that is carried unchanged must be
 * refused where it could leave its place. */
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "engine/mariadb/structure.h"
#include "engine/mariadb/types.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *written(struct arena *a, const struct expr *e)
{
    struct buf b;
    struct sql_writer w;
    buf_init(&b, 1 << 20);
    sql_begin(&w, &mariadb_dialect, &b, a);
    sql_expr(&w, e);
    const char *text = w.broken || buf_failed(&b) ? NULL : arena_str(a, buf_str(&b));
    buf_release(&b);
    return text;
}

/* The server doubles the backslashes of what it prints: those we did not. */
static void must_come_back(struct arena *a, const struct expr *e)
{
    const char *text = written(a, e);
    if (text && !strchr(text, '\\')) {
        const char *again = written(a, my_expr_read(a, str_of(text)));
        BUG_ON(!text_eq(text, again));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    const char *text = arena_strndup(a, (const char *)data, size);
    struct str s = str_of(text);
    const struct expr *e = my_expr_read(a, s);
    must_come_back(a, e);
    struct type t = mariadb_type_of(a, text);
    (void)mariadb_declare(a, &t);
    struct column c = {.name = "c", .type = t};
    struct type before = t;
    if (!my_type_refine(a, &c, e, false)) {
        BUG_ON(!type_equal(&before, &c.type));
    }
    c.type = (struct type){.kind = TYPE_TEXT, .native = "longtext"};
    (void)my_type_refine(a, &c, e, false);
    c.type = (struct type){.kind = TYPE_INT64, .native = "bigint(20)"};
    (void)my_type_refine(a, &c, e, false);
    if (my_is_closed(a, s)) {
        BUG_ON(strchr(text, ';') && !strpbrk(text, "'\"`"));
    }
    return 0;
}
