#include "schemas.h"

#include <stdlib.h>

#include "base/attr.h"
#include "base/time.h"

/* keys, indexes, checks, identity and comments of every table are read.
 * A schema as no program of ours would make it: every question of inspect.c is asked something odd.
 */
static const char odd_sql[] =
    "CREATE TYPE \"Mood\" AS ENUM ('it''s', 'fine \"so\" to say', 'bad');"
    "CREATE DOMAIN email AS text CHECK (VALUE LIKE '%@%');"
    "CREATE DOMAIN must_email AS email NOT NULL;"
    "CREATE TYPE pair AS (a int, b text);"
    "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
    "CREATE TABLE \"Odd \"\"quoted\"\" table\" (\"the key\" int PRIMARY KEY, \"semi;colon\" text, "
    "\"Case\" int, \"case\" int, \"select\" varchar(12), tab char(3));"
    "CREATE TABLE kinds (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a smallint, b integer, "
    "c numeric(10,2), d numeric, e real, f double precision, g varchar(20), h text, i boolean, "
    "j date, k time, l timestamp(3), m timestamptz, n interval, o uuid, p json, q jsonb, r bytea, "
    "s \"Mood\", t email, u must_email, v int[], w text[], x inet, y pair, z point, aa numeric(3,-2), "
    "ab timetz, ac xml, ad bit(3), ae money, af name, ag \"Mood\"[], ah tsvector, ai \"char\", "
    "aj text COLLATE \"C\", ak text COLLATE \"und-x-icu\", al varchar, am int4range);"
    "CREATE TABLE defaults (id serial PRIMARY KEY, a text DEFAULT 'it''s', b int DEFAULT -5, "
    "c bigint DEFAULT -9223372036854775808, d numeric(6,2) DEFAULT 1.50, e double precision DEFAULT 2, "
    "f boolean DEFAULT false, g date DEFAULT '2026-02-28', h timestamptz DEFAULT '2026-01-31 12:00+01', "
    "i timestamptz DEFAULT CURRENT_TIMESTAMP, j uuid DEFAULT gen_random_uuid(), "
    "k jsonb DEFAULT '{\"a\": [1, 2]}', l text DEFAULT lower('X') || 'y', m \"Mood\" DEFAULT 'bad', "
    "n bytea DEFAULT '\\x00ff', o date DEFAULT CURRENT_DATE, p text DEFAULT NULL, q int[] DEFAULT '{1,2}', "
    "r interval DEFAULT '1 day', s time DEFAULT '12:30', t text DEFAULT (CURRENT_USER)::text);"
    "CREATE SEQUENCE by_hand; CREATE TABLE hand_made (id int DEFAULT nextval('by_hand') PRIMARY KEY);"
    "CREATE TABLE made (a int, b int, c int GENERATED ALWAYS AS (a * 2 + b) STORED, "
    "d text GENERATED ALWAYS AS (CASE WHEN a > 0 THEN 'x' ELSE 'y' END) STORED);"
    "CREATE TABLE parents (a int, b text, PRIMARY KEY (b, a), UNIQUE (a), "
    "CONSTRAINT two UNIQUE (a, b) DEFERRABLE INITIALLY DEFERRED);"
    "CREATE TABLE children (id int PRIMARY KEY, b text, a int, p int, me int, "
    "CONSTRAINT fk_both FOREIGN KEY (b, a) REFERENCES parents ON DELETE CASCADE ON UPDATE SET NULL, "
    "CONSTRAINT fk_late FOREIGN KEY (p) REFERENCES parents (a) ON DELETE SET DEFAULT DEFERRABLE "
    "INITIALLY DEFERRED, CONSTRAINT fk_self FOREIGN KEY (me) REFERENCES children ON DELETE RESTRICT);";
static const char more_sql[] =
    "CREATE TABLE checks (a int, b text, c varchar(9), d double precision, e boolean, f jsonb, g date, "
    "h numeric, CONSTRAINT c01 CHECK (a BETWEEN 1 AND 5), CONSTRAINT c02 CHECK (b IN ('x', 'it''s')), "
    "CONSTRAINT c03 CHECK (c IN ('x', 'y')), CONSTRAINT c04 CHECK (d >= 1.5 AND d < 10), "
    "CONSTRAINT c05 CHECK (b LIKE 'x\\_%'), CONSTRAINT c06 CHECK (b NOT LIKE 'y%' OR e), "
    "CONSTRAINT c07 CHECK (length(b) <= 5), CONSTRAINT c08 CHECK (NOT (a IS NULL)), "
    "CONSTRAINT c09 CHECK (a IS NOT NULL OR b IS NULL), CONSTRAINT c10 CHECK (a <> -3), "
    "CONSTRAINT c11 CHECK (h > 10 AND h IN (11, 12.5)), CONSTRAINT c12 CHECK (g > '2026-01-01'), "
    "CONSTRAINT c13 CHECK (a::double precision / 2 > 1), CONSTRAINT c14 CHECK (b ~ '^x'), "
    "CONSTRAINT c15 CHECK (f @> '{\"a\": 1}'), CONSTRAINT c16 CHECK (coalesce(b, 'z') <> upper('q')), "
    "CONSTRAINT c17 CHECK (e), CONSTRAINT c18 CHECK (1 = 1) NO INHERIT, "
    "CONSTRAINT c19 CHECK (a NOT IN (7, 8)), CONSTRAINT c20 CHECK (d > a), "
    "CONSTRAINT c21 CHECK (a + 1 > a * 2 - 3 AND btrim(b) = 'x'), CONSTRAINT c22 CHECK (b < 'm' COLLATE \"C\"));"
    "CREATE TABLE indexed (id int PRIMARY KEY, a int, b text, c int, g point, ts tsvector, r int4range, "
    "EXCLUDE USING gist (r WITH &&));"
    "CREATE INDEX plain ON indexed (a); CREATE UNIQUE INDEX partial ON indexed (b) WHERE a > 1 AND c IS NULL;"
    "CREATE INDEX expression ON indexed (lower(b), a DESC); CREATE INDEX covering ON indexed (a) INCLUDE (c);"
    "CREATE INDEX hashed ON indexed USING hash (b); CREATE INDEX boxes ON indexed USING gist (g);"
    "CREATE INDEX words ON indexed USING gin (ts); CREATE INDEX ops ON indexed (b text_pattern_ops NULLS FIRST);"
    "CREATE INDEX sorted ON indexed (b COLLATE \"C\" DESC);"
    "CREATE TABLE split (day date NOT NULL, n int, PRIMARY KEY (day, n)) PARTITION BY RANGE (day);"
    "CREATE TABLE split_2025 PARTITION OF split FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');"
    "CREATE TABLE split_rest PARTITION OF split DEFAULT; CREATE INDEX split_n ON split (n);"
    "CREATE TABLE base_part (a int, CHECK (a > 0)); CREATE TABLE heir (b int) INHERITS (base_part);"
    "CREATE VIEW seen AS SELECT a, b AS renamed FROM children WHERE a > 1;"
    "CREATE MATERIALIZED VIEW kept AS SELECT count(*) AS n FROM children;"
    "CREATE TABLE commented (a int, b text); COMMENT ON TABLE commented IS 'it''s a table';"
    "COMMENT ON COLUMN commented.b IS 'why; --';"
    "CREATE TRIGGER touches BEFORE INSERT OR UPDATE OF b ON commented FOR EACH ROW EXECUTE FUNCTION touch();"
    "CREATE TABLE no_key (a int);"
    "CREATE TABLE a23456789012345678901234567890123456789012345678901234567890123 ("
    "b23456789012345678901234567890123456789012345678901234567890123 int PRIMARY KEY);"
    "CREATE TABLE \"Twice\" (a int); CREATE TABLE twice (b int);";

static struct fixture *f;
static struct attached odd;
static struct catalog *c;

static int open_all(void **state)
{
    (void)state;
    f = fixture_open(NULL);
    odd = attached_open(f, true, odd_sql, more_sql, NULL);
    c = catalog_of(f, odd.engine, ATTACHED_NS);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    catalog_unref(c);
    attached_close(&odd);
    fixture_close(f);
    return 0;
}

static void names_are_exact(void **state)
{
    (void)state;
    const struct table *t = table_of(c, "Odd \"quoted\" table");
    assert_string_equal(t->primary_key[0], "the key");
    assert_string_equal(t->columns[1].name, "semi;colon");
    assert_ptr_not_equal(table_find_column(t, STR("Case")), table_find_column(t, STR("case")));
    assert_string_equal(table_of(c, "Twice")->columns[0].name, "a");
    assert_string_equal(table_of(c, "twice")->columns[0].name, "b");
    const char *longest = "a23456789012345678901234567890123456789012345678901234567890123";
    assert_int_equal(strlen(table_of(c, longest)->columns[0].name), 63);
}

/* nothing comes back as a string that is none */
static void every_type_is_itself_and_keeps_its_native_text(void **state)
{
    (void)state;
    static const struct {
        const char *column, *logical, *native;
    } rows[] = {
        {"id", "int64", "bigint"},
        {"a", "int16", "smallint"},
        {"b", "int32", "integer"},
        {"c", "decimal(10,2)", "numeric(10,2)"},
        {"d", "decimal", "numeric"},
        {"e", "float32", "real"},
        {"f", "float64", "double precision"},
        {"g", "text(20)", "character varying(20)"},
        {"h", "text", "text"},
        {"i", "boolean", "boolean"},
        {"j", "date", "date"},
        {"k", "time", "time without time zone"},
        {"l", "localdatetime", "timestamp(3) without time zone"},
        {"m", "instant", "timestamp with time zone"},
        {"n", "interval", "interval"},
        {"o", "uuid", "uuid"},
        {"p", "json", "json"},
        {"q", "json", "jsonb"},
        {"r", "bytes", "bytea"},
        {"s", "enum", "\"Mood\""},
        {"t", "text", "email"},
        {"u", "text", "must_email"},
        {"v", "array(int32)", "integer[]"},
        {"w", "array(text)", "text[]"},
        {"x", "native(inet)", "inet"},
        {"y", "native(pair)", "pair"},
        {"z", "native(point)", "point"},
        {"aa", "native(numeric(3,-2))", "numeric(3,-2)"},
        {"ab", "native(time with time zone)", "time with time zone"},
        {"ac", "native(xml)", "xml"},
        {"ad", "native(bit(3))", "bit(3)"},
        {"ae", "native(money)", "money"},
        {"af", "text", "name"},
        {"ag", "native(\"Mood\"[])", "\"Mood\"[]"},
        {"ah", "native(tsvector)", "tsvector"},
        {"ai", "native(\"char\")", "\"char\""},
        {"aj", "text", "text COLLATE \"C\""},
        {"ak", "text", "text"},
        {"al", "text", "character varying"},
        {"am", "native(int4range)", "int4range"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct column *k = column_of(c, "kinds", rows[i].column);
        const char *logical = type_logical_text(f->arena, &k->type);
        if (!text_eq(logical, rows[i].logical) || !text_eq(k->type.native, rows[i].native)) {
            fail_msg("%s is %s, %s", rows[i].column, logical, k->type.native);
        }
    }
    const struct column *mood = column_of(c, "kinds", "s");
    assert_int_equal(mood->type.n_values, 3);
    assert_string_equal(mood->type.values[0], "it's");
    assert_string_equal(mood->type.values[1], "fine \"so\" to say");
    assert_string_equal(column_of(c, "kinds", "ak")->collation, "und-x-icu");
    assert_null(column_of(c, "kinds", "aj")->collation);
    assert_false(column_of(c, "kinds", "u")->is_nullable);
    assert_true(column_of(c, "kinds", "t")->is_nullable);
    assert_true(column_of(c, "kinds", "id")->is_auto_increment);
}

static void defaults_are_values_or_expressions(void **state)
{
    (void)state;
    static const struct {
        const char *column, *json;
    } rows[] = {
        {"a", "\"it's\""},
        {"b", "-5"},
        {"c", "-9223372036854775808"},
        {"d", "\"1.50\""},
        {"e", "2.0"},
        {"f", "false"},
        {"g", "\"2026-02-28\""},
        {"h", "\"2026-01-31T11:00:00Z\""},
        {"i", "{\"call\":\"now\"}"},
        {"j", "{\"call\":\"uuid\"}"},
        {"k", "\"{\\\"a\\\":[1,2]}\""},
        {"l", "{\"op\":\"||\",\"args\":[{\"call\":\"lower\",\"args\":[\"X\"]},\"y\"]}"},
        {"m", "\"bad\""},
        {"o", "{\"call\":\"current_date\"}"},
        {"p", "none"},
        {"q", "\"[1,2]\""},
        {"s", "\"12:30:00\""},
        {"t", "{\"raw\":\"(CURRENT_USER)::text\"}"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct column *k = column_of(c, "defaults", rows[i].column);
        const char *json = expr_text(f->arena, k->default_value);
        if (!text_eq(json, rows[i].json)) {
            fail_msg("%s is %s, not %s", rows[i].column, json, rows[i].json);
        }
    }
    struct value bytes = column_of(c, "defaults", "n")->default_value->value;
    assert_int_equal(bytes.kind, VALUE_BYTES);
    assert_int_equal(bytes.s.n, 2);
    assert_true(column_of(c, "defaults", "id")->is_auto_increment);
    assert_null(column_of(c, "defaults", "id")->default_value);
    assert_true(column_of(c, "hand_made", "id")->is_auto_increment);
}

static void computed_columns_say_of_what(void **state)
{
    (void)state;
    const struct column *typed = column_of(c, "made", "c");
    assert_int_equal(typed->generated, GENERATED_STORED);
    assert_string_equal(
        expr_text(f->arena, typed->generated_as),
        "{\"op\":\"+\",\"args\":[{\"op\":\"*\",\"args\":[{\"column\":\"a\"},2]},{\"column\":\"b\"}]}");
    const struct expr *raw = column_of(c, "made", "d")->generated_as;
    assert_int_equal(raw->kind, EXPR_RAW);
    assert_non_null(strstr(raw->name, "CASE"));
    assert_null(column_of(c, "made", "c")->default_value);
}

/* foreign keys are listed, with all that they say */
static void keys_have_their_columns_in_order(void **state)
{
    (void)state;
    const struct table *t = table_of(c, "parents");
    assert_int_equal(t->n_primary_key, 2);
    assert_string_equal(t->primary_key[0], "b");
    assert_string_equal(t->primary_key[1], "a");
    assert_true(column_of(c, "parents", "a")->is_unique);
    const struct index *two = index_of(c, "parents", "two");
    assert_string_equal(index_text(f->arena, two), "unique constraint (a, b)");
    assert_string_equal(two->native, "UNIQUE (a, b) DEFERRABLE INITIALLY DEFERRED");
    const struct table *child = table_of(c, "children");
    assert_int_equal(child->n_foreign_keys, 3);
    const struct foreign_key *both = &child->foreign_keys[0];
    assert_string_equal(both->name, "fk_both");
    assert_int_equal(both->n_columns, 2);
    assert_string_equal(both->columns[0], "b");
    assert_string_equal(both->referenced_columns[1], "a");
    assert_int_equal(both->on_delete, FK_CASCADE);
    assert_int_equal(both->on_update, FK_SET_NULL);
    assert_false(both->is_deferred);
    assert_true(child->foreign_keys[1].is_deferred);
    assert_int_equal(child->foreign_keys[1].on_delete, FK_SET_DEFAULT);
    assert_string_equal(child->foreign_keys[2].referenced_table, "children");
    assert_int_equal(child->foreign_keys[2].on_delete, FK_RESTRICT);
}

#define A "{\"column\":\"a\"}"
#define B "{\"column\":\"b\"}"

static void checks_are_read_where_they_are_exact(void **state)
{
    (void)state;
    static const struct {
        const char *name, *json; /* NULL: engine text */
    } rows[] = {
        {"c01",
         "{\"and\":[{\"op\":\">=\",\"args\":[" A ",1]},{\"op\":\"<=\",\"args\":[" A ",5]}]}"},
        {"c02", "{\"in\":[" B ",\"x\",\"it's\"]}"},
        {"c03", "{\"in\":[{\"column\":\"c\"},\"x\",\"y\"]}"},
        {"c04",
         "{\"and\":[{\"op\":\">=\",\"args\":[{\"column\":\"d\"},1.5]},{\"op\":\"<\",\"args\":"
         "[{\"column\":\"d\"},10]}]}"},
        {"c05", "{\"like\":[" B ",\"x\\\\_%\"]}"},
        {"c06", "{\"or\":[{\"not\":{\"like\":[" B ",\"y%\"]}},{\"column\":\"e\"}]}"},
        {"c07", "{\"op\":\"<=\",\"args\":[{\"call\":\"length\",\"args\":[" B "]},5]}"},
        {"c08", "{\"not\":{\"isNull\":" A "}}"},
        {"c09", "{\"or\":[{\"not\":{\"isNull\":" A "}},{\"isNull\":" B "}]}"},
        {"c10", "{\"op\":\"!=\",\"args\":[" A ",-3]}"},
        {"c11",
         "{\"and\":[{\"op\":\">\",\"args\":[{\"column\":\"h\"},10]},{\"in\":[{\"column\":\"h\"},11,"
         "12.5]}]}"},
        {"c12", "{\"op\":\">\",\"args\":[{\"column\":\"g\"},\"2026-01-01\"]}"},
        {"c13", NULL},
        {"c14", NULL},
        {"c15", NULL},
        {"c16", "{\"op\":\"!=\",\"args\":[{\"call\":\"coalesce\",\"args\":[" B
                ",\"z\"]},{\"call\":\"upper\","
                "\"args\":[\"q\"]}]}"},
        {"c17", "{\"column\":\"e\"}"},
        {"c18", "{\"op\":\"=\",\"args\":[1,1]}"},
        {"c19", "{\"not\":{\"in\":[" A ",7,8]}}"},
        {"c20", "{\"op\":\">\",\"args\":[{\"column\":\"d\"}," A "]}"},
        {"c21",
         "{\"and\":[{\"op\":\">\",\"args\":[{\"op\":\"+\",\"args\":[" A
         ",1]},{\"op\":\"-\",\"args\":"
         "[{\"op\":\"*\",\"args\":[" A
         ",2]},3]}]},{\"op\":\"=\",\"args\":[{\"call\":\"trim\",\"args\":[" B "]},\"x\"]}]}"},
        {"c22", NULL},
    };
    const struct table *t = table_of(c, "checks");
    assert_int_equal(t->n_checks, ARRAY_LEN(rows));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct check *k = &t->checks[i];
        assert_string_equal(k->name, rows[i].name);
        const char *json = expr_text(f->arena, k->expr);
        bool is_raw = k->expr->kind == EXPR_RAW;
        if (rows[i].json ? !text_eq(json, rows[i].json) : !is_raw) {
            fail_msg("%s is %s, not %s", k->name, json, rows[i].json ? rows[i].json : "raw");
        }
    }
    assert_string_equal(t->checks[0].column, "a");
    assert_null(t->checks[5].column);
    assert_null(t->checks[17].column);
}

/* an index has its columns, expressions, condition and what its text says beyond that */
static void indexes_of_every_form_are_listed(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text;
    } rows[] = {
        {"plain", "(a)"},
        {"partial",
         "unique (b) where {\"and\":[{\"op\":\">\",\"args\":[{\"column\":\"a\"},1]},{\"isNull\":"
         "{\"column\":\"c\"}}]}"},
        {"expression", "({\"call\":\"lower\",\"args\":[{\"column\":\"b\"}]}, a desc)"},
        {"covering", "(a)"},
        {"hashed", "hash(b)"},
        {"boxes", "gist(g)"},
        {"words", "gin(ts)"},
        {"ops", "(b)"},
        {"sorted", "(b desc)"},
        {"indexed_r_excl", "constraint gist(r)"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *text = index_text(f->arena, index_of(c, "indexed", rows[i].name));
        if (!text_eq(text, rows[i].text)) {
            fail_msg("%s is %s", rows[i].name, text);
        }
    }
    assert_string_equal(index_of(c, "indexed", "sorted")->keys[0].collation, "C");
    assert_null(index_of(c, "indexed", "plain")->keys[0].collation);
    assert_string_equal(index_of(c, "indexed", "covering")->native,
                        "CREATE INDEX covering ON indexed USING btree (a) INCLUDE (c)");
    assert_string_equal(index_of(c, "indexed", "indexed_r_excl")->native,
                        "EXCLUDE USING gist (r WITH &&)");
    assert_false(column_of(c, "indexed", "b")->is_unique);
}

static void relations_of_every_kind_are_there(void **state)
{
    (void)state;
    assert_int_equal(table_of(c, "split")->kind, TABLE_BASE);
    assert_false(table_of(c, "split")->is_internal);
    assert_true(table_of(c, "split_2025")->is_internal);
    assert_int_equal(table_of(c, "split")->n_indexes, 2);
    assert_int_equal(table_of(c, "heir")->n_columns, 2);
    assert_int_equal(table_of(c, "heir")->n_checks, 1);
    const struct table *view = table_of(c, "seen");
    assert_int_equal(view->kind, TABLE_VIEW);
    assert_string_equal(view->columns[1].name, "renamed");
    assert_non_null(strstr(view->native, "FROM children"));
    assert_int_equal(table_of(c, "kept")->kind, TABLE_VIEW);
    assert_string_equal(table_of(c, "commented")->comment, "it's a table");
    assert_string_equal(column_of(c, "commented", "b")->comment, "why; --");
    assert_int_equal(table_of(c, "commented")->n_triggers, 1);
    assert_string_equal(table_of(c, "commented")->triggers[0].native,
                        "CREATE TRIGGER touches BEFORE INSERT OR UPDATE OF b ON commented FOR EACH "
                        "ROW EXECUTE FUNCTION touch()");
    assert_int_equal(table_of(c, "no_key")->n_primary_key, 0);
}

static void same_tables(const struct catalog *again)
{
    assert_int_equal(again->n_tables, c->n_tables);
    for (size_t i = 0; i < again->n_tables; i++) {
        const struct table *t = again->tables[i];
        if (!text_eq(table_fingerprint(f->arena, t),
                     table_fingerprint(f->arena, table_of(c, t->name)))) {
            fail_msg("%s differs:\n%s\n%s", t->name, table_text(f->arena, t),
                     table_text(f->arena, table_of(c, t->name)));
        }
    }
    assert_string_equal(catalog_fingerprint(f->arena, c), catalog_fingerprint(f->arena, again));
}

/* Two schemas of the same make are the same; neither name nor numbers of theirs count. */
static void a_fingerprint_is_of_the_structure_alone(void **state)
{
    (void)state;
    struct attached other = attached_open(f, true, odd_sql, more_sql, NULL);
    struct catalog *again AUTO(catalog_unrefp) = catalog_of(f, other.engine, ATTACHED_NS);
    same_tables(again);
    attached_close(&other);
}

/* A table is never read alone: the number of tables costs rows, not questions. */
static void thousands_of_tables_are_read_at_once(void **state)
{
    (void)state;
    struct attached many = attached_open(f, true, "SELECT 1", NULL);
    for (int n = 0; n < 2000; n += 500) { /* in pieces, for the server's table of locks */
        fixture_sql(f, "SET search_path = \"%s\"", many.schema);
        fixture_sql(
            f,
            "DO $$ BEGIN FOR i IN %d..%d LOOP EXECUTE format('CREATE TABLE t%%s (id bigint "
            "PRIMARY KEY, a text NOT NULL DEFAULT ''x'', b int CHECK (b > 0), c timestamptz)', "
            "i); EXECUTE format('CREATE INDEX ON t%%s (a)', i); END LOOP; END $$",
            n + 1, n + 500);
    }
    fixture_sql(f, "RESET search_path");
    int64_t start = time_monotonic_us();
    struct catalog *all AUTO(catalog_unrefp) = catalog_of(f, many.engine, ATTACHED_NS);
    int64_t us = time_monotonic_us() - start;
    assert_int_equal(all->n_tables, 2000);
    assert_int_equal(table_of(all, "t2000")->n_indexes, 2);
    if (us > 20000000) {
        fail_msg("it took %lld ms", (long long)us / 1000);
    }
    print_message("# 2000 tables in %lld ms\n", (long long)us / 1000);
    for (int n = 0; n < 2000; n += 500) {
        fixture_sql(f,
                    "DO $$ BEGIN FOR i IN %d..%d LOOP EXECUTE format('DROP TABLE \"%s\".t%%s', i); "
                    "END LOOP; END $$",
                    n + 1, n + 500, many.schema);
    }
    attached_close(&many);
}

static void shell(const char *command)
{
    int status = system(command); /* NOLINT(cert-env33-c): fixed words and our own names */
    if (status != 0) {
        fail_msg("%s: %d", command, status);
    }
}

static const char *client(const char *program, const char *database)
{
    return arena_printf(f->arena, "PGPASSWORD='%s' %s -h '%s' -p %d -U '%s' -d '%s'",
                        f->options.password ? f->options.password : "", program,
                        f->options.host ? f->options.host : "localhost",
                        f->options.port ? f->options.port : 5432,
                        f->options.user ? f->options.user : "postgres", database);
}

/* What a dump makes elsewhere, with other numbers for everything, is the same schema. */
static void a_dump_makes_the_same_schema(void **state)
{
    (void)state;
    const char *database = arena_printf(f->arena, "%sdump", f->options.prefix);
    struct engine_options o = f->options;
    if (PQserverVersion(f->beside) >= 160000) {
        print_message("# pg_dump of an older server does not read this one\n");
        skip();
    }
    fixture_sql(f, "CREATE DATABASE \"%s\"", database);
    shell(arena_printf(f->arena, "%s -n '%s' | %s -X -q -v ON_ERROR_STOP=1 >/dev/null",
                       client("pg_dump", PQdb(f->beside)), odd.schema, client("psql", database)));
    o.is_attached = true;
    o.is_read_only = true;
    o.database = database;
    o.schema = odd.schema;
    struct engine *engine = NULL;
    assert_ok(f, fixture_kind()->open(&o, &engine, &f->err));
    struct catalog *again AUTO(catalog_unrefp) = catalog_of(f, engine, ATTACHED_NS);
    engine_close(engine);
    fixture_sql(f, "DROP DATABASE \"%s\"", database);
    same_tables(again);
}

static void indexes_that_are_not_valid_do_not_count(void **state)
{
    (void)state;
    struct attached a =
        attached_open(f, true, "CREATE TABLE t (a int); INSERT INTO t VALUES (1), (1)", NULL);
    PGresult *r = PQexec(
        f->beside, arena_printf(f->arena, "CREATE UNIQUE INDEX CONCURRENTLY broken ON \"%s\".t (a)",
                                a.schema));
    assert_int_equal(PQresultStatus(r), PGRES_FATAL_ERROR);
    PQclear(r);
    assert_string_equal(
        fixture_text(f,
                     "SELECT count(*) FROM pg_index i JOIN pg_class c ON c.oid = "
                     "i.indrelid WHERE c.relnamespace = '\"%s\"'::regnamespace AND NOT "
                     "indisvalid",
                     a.schema),
        "1");
    struct catalog *now AUTO(catalog_unrefp) = catalog_of(f, a.engine, ATTACHED_NS);
    assert_int_equal(table_of(now, "t")->n_indexes, 0);
    assert_false(column_of(now, "t", "a")->is_unique);
    attached_close(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_exact),
        cmocka_unit_test(every_type_is_itself_and_keeps_its_native_text),
        cmocka_unit_test(defaults_are_values_or_expressions),
        cmocka_unit_test(computed_columns_say_of_what),
        cmocka_unit_test(keys_have_their_columns_in_order),
        cmocka_unit_test(checks_are_read_where_they_are_exact),
        cmocka_unit_test(indexes_of_every_form_are_listed),
        cmocka_unit_test(relations_of_every_kind_are_there),
        cmocka_unit_test(a_fingerprint_is_of_the_structure_alone),
        cmocka_unit_test(a_dump_makes_the_same_schema),
        cmocka_unit_test(thousands_of_tables_are_read_at_once),
        cmocka_unit_test(indexes_that_are_not_valid_do_not_count),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
