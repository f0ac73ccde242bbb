#include "engine/postgres/inspect.h"

#include "base/attr.h"
#include "base/buf.h"
#include "engine/postgres/emit.h"
#include "engine/postgres/expr_read.h"
#include "engine/postgres/inside.h"
#include "engine/postgres/session.h"
#include "engine/postgres/types.h"

/*
 * The first question finds the relations of a schema by what depends on it, which has an index; all
 * others are about those, by their numbers: a server may hold the tables of thousands of tenants.
 * (OFFSET 0 keeps the planner from reading all columns of all of them to join a few.)
 */
static const char relations_sql[] =
    "SELECT c.oid, c.relname, c.relkind, c.relispartition, c.reltuples::bigint, d.description, "
    "CASE WHEN c.relkind IN ('v', 'm') THEN pg_catalog.pg_get_viewdef(c.oid, true) END "
    "FROM pg_catalog.pg_depend AS m JOIN pg_catalog.pg_class AS c ON c.oid = m.objid "
    "LEFT JOIN pg_catalog.pg_description AS d "
    "ON d.classoid = 'pg_catalog.pg_class'::regclass AND d.objoid = c.oid AND d.objsubid = 0 "
    "WHERE m.refclassid = 'pg_catalog.pg_namespace'::regclass AND m.refobjid = (SELECT n.oid FROM "
    "pg_catalog.pg_namespace AS n WHERE n.nspname = $1) AND m.classid = "
    "'pg_catalog.pg_class'::regclass AND c.relkind IN ('r', 'p', 'v', 'm', 'f') "
    "AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend AS e WHERE e.classid = "
    "'pg_catalog.pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e') "
    "ORDER BY c.relname COLLATE \"C\"";
enum { REL_OID, REL_NAME, REL_KIND, REL_PARTITION, REL_ROWS, REL_COMMENT, REL_VIEW };

static const char types_sql[] =
    "WITH RECURSIVE used (oid) AS (SELECT DISTINCT a.atttypid FROM pg_catalog.pg_attribute AS a "
    "WHERE a.attrelid = ANY ($1::oid[]) AND a.attnum > 0 UNION SELECT b.typbasetype FROM used AS u "
    "JOIN pg_catalog.pg_type AS b ON b.oid = u.oid WHERE b.typtype = 'd') "
    "SELECT t.oid, t.typtype, t.typbasetype, pg_catalog.format_type(t.typbasetype, t.typtypmod), "
    "t.typnotnull, l.enumlabel FROM used AS u JOIN pg_catalog.pg_type AS t ON t.oid = u.oid "
    "LEFT JOIN pg_catalog.pg_enum AS l ON l.enumtypid = t.oid WHERE t.typtype IN ('d', 'e') "
    "ORDER BY t.oid, l.enumsortorder";
enum { TYP_OID, TYP_KIND, TYP_BASE, TYP_BASE_NAME, TYP_NOT_NULL, TYP_LABEL };

static const char columns_sql[] =
    "SELECT a.attrelid, a.attnum, a.attname, a.atttypid, "
    "pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated, "
    "pg_catalog.pg_get_expr(d.adbin, d.adrelid), "
    "CASE WHEN a.attcollation <> t.typcollation THEN l.collname END, m.description "
    "FROM pg_catalog.pg_attribute AS a "
    "JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid "
    "LEFT JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum "
    "LEFT JOIN pg_catalog.pg_collation AS l ON l.oid = a.attcollation "
    "LEFT JOIN pg_catalog.pg_description AS m ON m.classoid = 'pg_catalog.pg_class'::regclass AND "
    "m.objoid = a.attrelid AND m.objsubid = a.attnum "
    "WHERE a.attrelid = ANY ($1::oid[]) AND a.attnum > 0 "
    "AND NOT a.attisdropped ORDER BY a.attrelid, a.attnum";
enum {
    COL_REL,
    COL_NUMBER,
    COL_NAME,
    COL_TYPE_OID,
    COL_TYPE,
    COL_NOT_NULL,
    COL_IDENTITY,
    COL_GENERATED,
    COL_DEFAULT,
    COL_COLLATION,
    COL_COMMENT
};

static const char constraints_sql[] =
    "SELECT o.oid, o.conrelid, o.conname, o.contype, o.condeferred, o.confdeltype, o.confupdtype, "
    "CASE WHEN f.relnamespace = c.relnamespace THEN f.relname ELSE f.relnamespace::regnamespace || "
    "'.' || f.relname END, k.attname, r.attname, "
    "CASE WHEN o.contype = 'c' THEN pg_catalog.pg_get_expr(o.conbin, o.conrelid) END "
    "FROM pg_catalog.pg_constraint AS o JOIN pg_catalog.pg_class AS c ON c.oid = o.conrelid "
    "LEFT JOIN pg_catalog.pg_class AS f ON f.oid = o.confrelid "
    "LEFT JOIN LATERAL unnest(o.conkey, o.confkey) WITH ORDINALITY AS u (n, m, at) ON true "
    "LEFT JOIN LATERAL (SELECT b.attname FROM pg_catalog.pg_attribute AS b WHERE b.attrelid = "
    "o.conrelid AND b.attnum = u.n OFFSET 0) AS k ON true "
    "LEFT JOIN LATERAL (SELECT b.attname FROM pg_catalog.pg_attribute AS b WHERE b.attrelid = "
    "o.confrelid AND b.attnum = u.m OFFSET 0) AS r ON true "
    "WHERE o.conrelid = ANY ($1::oid[]) AND o.contype IN ('p', 'f', 'c') AND o.conparentid = 0 "
    "ORDER BY o.conrelid, o.conname COLLATE \"C\", o.oid, u.at";
enum {
    CON_OID,
    CON_REL,
    CON_NAME,
    CON_KIND,
    CON_DEFERRED,
    CON_ON_DELETE,
    CON_ON_UPDATE,
    CON_TARGET,
    CON_COLUMN,
    CON_TARGET_COLUMN,
    CON_EXPR
};

static const char indexes_sql[] =
    "SELECT i.indexrelid, i.indrelid, x.relname, m.amname, i.indisunique, o.contype, "
    "pg_catalog.pg_get_expr(i.indpred, i.indrelid), CASE WHEN o.oid IS NULL THEN "
    "pg_catalog.pg_get_indexdef(i.indexrelid, 0, true) ELSE pg_catalog.pg_get_constraintdef(o.oid) "
    "END, a.attname, CASE WHEN a.attname IS NULL THEN pg_catalog.pg_get_indexdef(i.indexrelid, k, "
    "false) END, i.indoption[k - 1] & 1, CASE WHEN a.attcollation <> i.indcollation[k - 1] THEN "
    "l.collname END "
    "FROM pg_catalog.pg_index AS i JOIN pg_catalog.pg_class AS c ON c.oid = i.indrelid "
    "JOIN pg_catalog.pg_class AS x ON x.oid = i.indexrelid "
    "JOIN pg_catalog.pg_am AS m ON m.oid = x.relam "
    "CROSS JOIN LATERAL pg_catalog.generate_series(1, i.indnkeyatts::int) AS k "
    "LEFT JOIN pg_catalog.pg_constraint AS o ON o.conindid = i.indexrelid AND o.conrelid = "
    "i.indrelid AND o.contype IN ('p', 'u', 'x') "
    "LEFT JOIN LATERAL (SELECT b.attname, b.attcollation FROM pg_catalog.pg_attribute AS b WHERE "
    "b.attrelid = i.indrelid AND b.attnum = i.indkey[k - 1] AND b.attnum <> 0 OFFSET 0) AS a ON true "
    "LEFT JOIN pg_catalog.pg_collation AS l ON l.oid = i.indcollation[k - 1] "
    "WHERE i.indrelid = ANY ($1::oid[]) AND i.indisvalid AND c.relkind IN ('r', 'p', 'm') "
    "ORDER BY i.indrelid, x.relname COLLATE \"C\", k";
enum {
    IDX_OID,
    IDX_REL,
    IDX_NAME,
    IDX_METHOD,
    IDX_UNIQUE,
    IDX_CONSTRAINT,
    IDX_WHERE,
    IDX_TEXT,
    IDX_COLUMN,
    IDX_EXPR,
    IDX_DESCENDING,
    IDX_COLLATION
};

static const char triggers_sql[] =
    "SELECT t.tgrelid, t.tgname, pg_catalog.pg_get_triggerdef(t.oid, true) "
    "FROM pg_catalog.pg_trigger AS t "
    "WHERE t.tgrelid = ANY ($1::oid[]) AND NOT t.tgisinternal AND t.tgparentid = 0 "
    "ORDER BY t.tgrelid, t.tgname COLLATE \"C\"";
enum { TRG_REL, TRG_NAME, TRG_TEXT };

/* A domain or an enum type. */
struct made_type {
    bool is_domain, is_not_null;
    const char *base_oid, *base_name;
    const char **labels;
    size_t n_labels;
};

struct reading {
    struct pg_conn *conn;
    const char *about; /* the parameter: the schema's name, then the numbers of its relations */
    struct buf oids;
    struct catalog *cat;
    struct arena *arena; /* of the catalog */
    struct map tables;   /* oid -> struct table */
    struct map types;    /* oid -> struct made_type */
    PGresult *rows;
    int at;
};

/* ---- rows of an answer ----------------------------------------------------------------------- */

/* Borrowed until the next question; NULL for NULL. */
static const char *cell(const struct reading *r, int column)
{
    return PQgetisnull(r->rows, r->at, column) ? NULL : PQgetvalue(r->rows, r->at, column);
}

static const char *text(const struct reading *r, int column)
{
    return arena_strdup(r->arena, cell(r, column));
}

static bool flag(const struct reading *r, int column)
{
    return text_eq(cell(r, column), "t");
}

static char letter(const struct reading *r, int column)
{
    const char *value = cell(r, column);
    return value ? value[0] : 0;
}

static struct table *table_at(const struct reading *r, int column)
{
    return map_get(&r->tables, str_of(cell(r, column)));
}

typedef void row_fn(struct reading *r);

static enum errcode each_row(struct reading *r, const char *sql, row_fn *fn, struct error *err)
{
    const char *params[] = {r->about};
    TRY(pg_ask(r->conn, sql, params, 1, &r->rows, err));
    int n = PQntuples(r->rows);
    for (r->at = 0; r->at < n; r->at++) {
        fn(r);
    }
    PQclear(r->rows);
    r->rows = NULL;
    return ERR_OK;
}

/* ---- tables and types ------------------------------------------------------------------------ */

static const char *view_text(const struct reading *r, const char *name)
{
    struct buf b;
    buf_init(&b, BUF_MAX_DEFAULT);
    buf_adds(&b, letter(r, REL_KIND) == 'm' ? "CREATE MATERIALIZED VIEW " : "CREATE VIEW ");
    sql_quote_ident(&b, '"', str_of(name));
    buf_printf(&b, " AS%s%s", "\n", cell(r, REL_VIEW));
    const char *whole = arena_str(r->arena, buf_str(&b));
    buf_release(&b);
    return whole;
}

static void add_relation(struct reading *r)
{
    struct table *t = ARENA_NEW(r->arena, struct table);
    char kind = letter(r, REL_KIND);
    bool is_view = kind == 'v' || kind == 'm';
    t->name = text(r, REL_NAME);
    t->kind = is_view ? TABLE_VIEW : kind == 'f' ? TABLE_VIRTUAL : TABLE_BASE;
    t->comment = text(r, REL_COMMENT);
    t->is_internal = flag(r, REL_PARTITION) || str_starts(str_of(t->name), STR(TELAIO_PREFIX));
    t->row_estimate = -1;
    if (!is_view || kind == 'm') {
        (void)!str_int64(str_of(cell(r, REL_ROWS)), &t->row_estimate);
    }
    if (is_view) {
        t->native = cell(r, REL_VIEW) ? view_text(r, t->name) : NULL;
    }
    catalog_add_table(r->cat, t);
    map_put(&r->tables, str_of(cell(r, REL_OID)), t);
    buf_printf(&r->oids, "%s%s", r->oids.n ? "," : "{", cell(r, REL_OID));
}

static void add_type(struct reading *r)
{
    struct made_type *m = map_get(&r->types, str_of(cell(r, TYP_OID)));
    if (!m) {
        m = ARENA_NEW(r->arena, struct made_type);
        m->is_domain = letter(r, TYP_KIND) == 'd';
        m->is_not_null = flag(r, TYP_NOT_NULL);
        m->base_oid = text(r, TYP_BASE);
        m->base_name = text(r, TYP_BASE_NAME);
        map_put(&r->types, str_of(cell(r, TYP_OID)), m);
    }
    if (cell(r, TYP_LABEL)) {
        const char *label = text(r, TYP_LABEL);
        ARENA_PUSH(r->arena, m->labels, m->n_labels, label);
    }
}

#define DOMAINS_DEEP 32

/* What a domain is made of, or an enum type's labels; the native text stays. */
static void set_type(struct reading *r, struct column *c, const char *oid, const char *native)
{
    const struct made_type *m = map_get(&r->types, str_of(oid));
    const char *name = native;
    for (int i = 0; m && m->is_domain && i < DOMAINS_DEEP; i++) {
        c->is_nullable = c->is_nullable && !m->is_not_null;
        name = m->base_name;
        m = map_get(&r->types, str_of(m->base_oid));
    }
    c->type = postgres_type_of(r->arena, name);
    if (m && !m->is_domain) {
        c->type.kind = TYPE_ENUM;
        c->type.values = m->labels;
        c->type.n_values = m->n_labels;
    }
    c->type.native = native;
}

/* ---- columns --------------------------------------------------------------------------------- */

/* Texts in the order of their bytes are what we declare; the native text says it. */
static void set_collation(struct reading *r, struct column *c)
{
    const char *name = cell(r, COL_COLLATION);
    if (!name) {
        return;
    }
    if (text_eq(name, "C")) {
        c->type.native = arena_printf(r->arena, "%s COLLATE \"C\"", c->type.native);
    } else {
        c->collation = arena_strdup(r->arena, name);
    }
}

static bool counts(const char *value)
{
    return value && str_starts(str_of(value), STR("nextval("));
}

static void set_value(struct reading *r, struct column *c)
{
    const char *value = cell(r, COL_DEFAULT);
    char generated = letter(r, COL_GENERATED);
    c->is_auto_increment = letter(r, COL_IDENTITY) != 0;
    if (!value) {
        return;
    }
    if (generated) {
        c->generated = generated == 's' ? GENERATED_STORED : GENERATED_VIRTUAL;
        c->generated_as = expr_raw(r->arena, value); /* read when all columns are known */
    } else {
        c->default_value = postgres_default_read(r->arena, str_of(value), c);
    }
}

static void add_column(struct reading *r)
{
    struct table *t = table_at(r, COL_REL);
    if (!t || text_eq(cell(r, COL_NAME), POSTGRES_ROW_KEY)) {
        return;
    }
    struct column c = {.name = text(r, COL_NAME),
                       .is_nullable = !flag(r, COL_NOT_NULL),
                       .comment = text(r, COL_COMMENT)};
    set_type(r, &c, cell(r, COL_TYPE_OID), text(r, COL_TYPE));
    set_collation(r, &c);
    set_value(r, &c);
    ARENA_PUSH(r->arena, t->columns, t->n_columns, c);
}

static void read_generated(struct reading *r)
{
    for (size_t i = 0; i < r->cat->n_tables; i++) {
        struct table *t = r->cat->tables[i];
        for (size_t k = 0; k < t->n_columns; k++) {
            struct column *c = &t->columns[k];
            if (c->generated_as) {
                c->generated_as = postgres_expr_read(r->arena, str_of(c->generated_as->name), t);
            }
        }
    }
}

/* ---- constraints ----------------------------------------------------------------------------- */

static enum fk_action action_of(char letter)
{
    switch (letter) {
    case 'r':
        return FK_RESTRICT;
    case 'c':
        return FK_CASCADE;
    case 'n':
        return FK_SET_NULL;
    case 'd':
        return FK_SET_DEFAULT;
    default:
        return FK_ACTION_NONE;
    }
}

static void add_key_column(struct reading *r, struct table *t)
{
    const char *name = text(r, CON_COLUMN);
    struct column *c = table_find_column(t, str_of(name));
    if (!c) {
        return; /* the one that stands in for a key */
    }
    ARENA_PUSH(r->arena, t->primary_key, t->n_primary_key, name);
    if (counts(c->default_value && c->default_value->kind == EXPR_RAW ? c->default_value->name
                                                                      : NULL)) {
        c->is_auto_increment = true;
        c->default_value = NULL;
    }
}

/* The columns of one key come one after the other; @is_first tells that another begins. */
static void add_reference(struct reading *r, struct table *t, bool is_first)
{
    if (is_first) {
        struct foreign_key f = {.name = text(r, CON_NAME),
                                .referenced_table = text(r, CON_TARGET),
                                .on_delete = action_of(letter(r, CON_ON_DELETE)),
                                .on_update = action_of(letter(r, CON_ON_UPDATE)),
                                .is_deferred = flag(r, CON_DEFERRED)};
        ARENA_PUSH(r->arena, t->foreign_keys, t->n_foreign_keys, f);
    }
    struct foreign_key *f = &t->foreign_keys[t->n_foreign_keys - 1];
    size_t n = f->n_columns;
    const char *column = text(r, CON_COLUMN);
    const char *target = text(r, CON_TARGET_COLUMN);
    ARENA_PUSH(r->arena, f->columns, n, column);
    ARENA_PUSH(r->arena, f->referenced_columns, f->n_columns, target);
}

static void add_check(struct reading *r, struct table *t, bool is_first, bool is_last)
{
    const char *name = cell(r, CON_NAME);
    struct column *column = table_find_column(t, str_of(cell(r, CON_COLUMN)));
    const struct expr *e = postgres_expr_read(r->arena, str_of(cell(r, CON_EXPR)), t);
    bool is_of_type = is_first && is_last && column && postgres_is_type_check(name) &&
                      postgres_read_type_check(r->arena, column, e);
    if (is_of_type || !is_first) {
        return;
    }
    struct check check = {.name = text(r, CON_NAME), .expr = e};
    check.column = is_last && column ? column->name : NULL;
    ARENA_PUSH(r->arena, t->checks, t->n_checks, check);
}

static bool same_constraint(const struct reading *r, int other)
{
    return other >= 0 && other < PQntuples(r->rows) &&
           text_eq(PQgetvalue(r->rows, other, CON_OID), cell(r, CON_OID));
}

static void add_constraint(struct reading *r)
{
    struct table *t = table_at(r, CON_REL);
    bool is_first = !same_constraint(r, r->at - 1);
    if (!t) {
        return;
    }
    switch (letter(r, CON_KIND)) {
    case 'p':
        add_key_column(r, t);
        return;
    case 'f':
        add_reference(r, t, is_first);
        return;
    default:
        add_check(r, t, is_first, !same_constraint(r, r->at + 1));
        return;
    }
}

/* ---- indexes and triggers -------------------------------------------------------------------- */

static bool is_row_key(const struct reading *r)
{
    return text_eq(cell(r, IDX_COLUMN), POSTGRES_ROW_KEY);
}

static void begin_index(struct reading *r, struct table *t)
{
    const char *method = cell(r, IDX_METHOD);
    struct index i = {.name = text(r, IDX_NAME),
                      .is_unique = flag(r, IDX_UNIQUE),
                      .is_constraint = cell(r, IDX_CONSTRAINT) != NULL,
                      .native = text(r, IDX_TEXT)};
    i.method = text_eq(method, "btree") ? NULL : arena_strdup(r->arena, method);
    if (cell(r, IDX_WHERE)) {
        i.where = postgres_expr_read(r->arena, str_of(cell(r, IDX_WHERE)), t);
    }
    ARENA_PUSH(r->arena, t->indexes, t->n_indexes, i);
}

static void add_index_key(struct reading *r)
{
    struct table *t = table_at(r, IDX_REL);
    if (!t || is_row_key(r)) {
        return;
    }
    bool is_first =
        r->at == 0 || !text_eq(PQgetvalue(r->rows, r->at - 1, IDX_OID), cell(r, IDX_OID));
    if (is_first) {
        begin_index(r, t);
    }
    struct index *i = &t->indexes[t->n_indexes - 1];
    struct index_key key = {.column = text(r, IDX_COLUMN),
                            .is_descending = letter(r, IDX_DESCENDING) == '1',
                            .collation = text(r, IDX_COLLATION)};
    if (!key.column) {
        key.expr = postgres_expr_read(r->arena, str_of(cell(r, IDX_EXPR)), t);
    }
    ARENA_PUSH(r->arena, i->keys, i->n_keys, key);
}

static void add_trigger(struct reading *r)
{
    struct table *t = table_at(r, TRG_REL);
    struct trigger trigger = {.name = text(r, TRG_NAME), .native = text(r, TRG_TEXT)};
    if (t) {
        ARENA_PUSH(r->arena, t->triggers, t->n_triggers, trigger);
    }
}

/* ---- all of it ------------------------------------------------------------------------------- */

static enum errcode read_all(struct reading *r, struct error *err)
{
    TRY(each_row(r, relations_sql, add_relation, err));
    buf_adds(&r->oids, r->oids.n ? "}" : "{}");
    r->about = buf_text(&r->oids);
    TRY(each_row(r, types_sql, add_type, err));
    TRY(each_row(r, columns_sql, add_column, err));
    read_generated(r);
    TRY(each_row(r, constraints_sql, add_constraint, err));
    TRY(each_row(r, indexes_sql, add_index_key, err));
    TRY(each_row(r, triggers_sql, add_trigger, err));
    for (size_t i = 0; i < r->cat->n_tables; i++) {
        table_refresh_unique(r->cat->tables[i]);
    }
    return ERR_OK;
}

enum errcode pg_inspect(struct pg_conn *c, const char *schema, struct catalog **out,
                        struct error *err)
{
    struct arena *scratch AUTO(arena_freep) = arena_new();
    struct catalog *cat = catalog_new();
    struct reading r = {.conn = c, .about = schema, .cat = cat, .arena = cat->arena};
    map_init(&r.tables, scratch, false);
    map_init(&r.types, scratch, false);
    buf_init(&r.oids, BUF_MAX_DEFAULT);
    enum errcode code = read_all(&r, err);
    buf_release(&r.oids);
    if (code != ERR_OK) {
        catalog_unref(cat);
        return code;
    }
    *out = cat;
    return ERR_OK;
}

/* One snapshot for all questions; inside a transaction that is open, that one's. */
static enum errcode begin_reading(struct pg_conn *c, bool *is_own, struct error *err)
{
    *is_own = PQtransactionStatus(c->pq) == PQTRANS_IDLE;
    return *is_own ? pg_run(c, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", NULL, err)
                   : ERR_OK;
}

enum errcode postgres_inspect(struct session *base, struct catalog **out, struct error *err)
{
    struct postgres_session *s = postgres_session_of(base);
    struct pg_conn *c = NULL;
    bool is_own = false;
    bool is_lent = s->conn == NULL;
    TRY(postgres_own(s, &c, err));
    uint64_t generation = atomic_load(&s->place->generation);
    enum errcode code = begin_reading(c, &is_own, err);
    if (code == ERR_OK) {
        code = pg_inspect(c, s->schema, out, err);
    }
    if (is_own) {
        pg_roll_back(c);
    }
    if (is_lent) {
        postgres_part(s);
    }
    if (code == ERR_OK) {
        (*out)->generation = generation;
    }
    return code;
}
