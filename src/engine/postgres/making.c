#include "engine/postgres/making.h"

#include "base/attr.h"
#include "base/buf.h"
#include "engine/sqlcommon/sql_writer.h"

struct texts {
    struct arena *arena;
    const char *schema;
    const char **items;
    size_t n;
};

/* @text with every "$" replaced by the quoted schema, which is the role as well. */
static void add(struct texts *t, const char *text)
{
    struct buf b;
    buf_init(&b, 1 << 16);
    for (const char *at = text; *at; at++) {
        if (*at == '$') {
            sql_quote_ident(&b, '"', str_of(t->schema));
        } else {
            buf_addc(&b, *at);
        }
    }
    const char *filled = arena_str(t->arena, buf_str(&b));
    ARENA_PUSH(t->arena, t->items, t->n, filled);
    buf_release(&b);
}

static void add_role(struct texts *t, bool is_there)
{
    static const char *const grants[] = {
        "GRANT $ TO CURRENT_USER",
        "GRANT USAGE ON SCHEMA $ TO $",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA $ GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO $",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA $ GRANT USAGE, SELECT, UPDATE ON SEQUENCES TO $",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA $ TO $",
        "GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA $ TO $",
    };
    if (!is_there) {
        add(t, "CREATE ROLE $ NOLOGIN");
    }
    for (size_t i = 0; i < ARRAY_LEN(grants); i++) {
        add(t, grants[i]);
    }
}

const char **pg_making_texts(struct arena *a, const struct pg_making *m, size_t *n)
{
    struct texts t = {.arena = a, .schema = m->schema};
    if (m->is_distributed) { /* without the extension a setting that nobody reads */
        add(&t, "SET LOCAL citus.enable_schema_based_sharding TO on");
    }
    add(&t, "CREATE SCHEMA IF NOT EXISTS $");
    if (m->has_role) {
        add_role(&t, m->is_role_there);
    }
    *n = t.n;
    return t.items;
}
