#include "engine/mariadb/inspect.h"

#include "base/attr.h"
#include "base/hash.h"
#include "engine/mariadb/core.h"

#define TRIES 5

typedef void take_fn(struct my_reading *r, MYSQL_ROW row);

/* In the order in which they are taken: a part comes after what it is part of. The estimates of
 * rows change by themselves and stand last. */
static const struct section {
    const char *text, *mysql_text; /* of MySQL where it differs */
    take_fn *take;
    unsigned n_compared; /* cells that must be the same when they are read again */
} sections[MY_SECTIONS] = {
    [MY_TABLES] = {"SELECT TABLE_NAME, TABLE_TYPE, ENGINE, TABLE_COMMENT, CREATE_OPTIONS, "
                   "TABLE_ROWS FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() "
                   "ORDER BY 1",
                   NULL, my_take_table, 5},
    [MY_COLUMNS] = {"SELECT TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, COLUMN_DEFAULT, "
                    "EXTRA, COLLATION_NAME, COLUMN_COMMENT, GENERATION_EXPRESSION FROM "
                    "information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() ORDER BY 1, "
                    "ORDINAL_POSITION",
                    NULL, my_take_column, 9},
    [MY_INDEXES] = {"SELECT TABLE_NAME, INDEX_NAME, NON_UNIQUE, COLUMN_NAME, SUB_PART, COLLATION, "
                    "INDEX_TYPE FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = "
                    "DATABASE() ORDER BY 1, 2, SEQ_IN_INDEX",
                    NULL, my_take_index, 7},
    [MY_CHECKS] = {"SELECT TABLE_NAME, CONSTRAINT_NAME, LEVEL, CHECK_CLAUSE FROM "
                   "information_schema.CHECK_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = DATABASE() "
                   "ORDER BY 1, 2",
                   "SELECT t.TABLE_NAME, c.CONSTRAINT_NAME, 'Table', c.CHECK_CLAUSE FROM "
                   "information_schema.CHECK_CONSTRAINTS c JOIN "
                   "information_schema.TABLE_CONSTRAINTS t ON t.CONSTRAINT_SCHEMA = "
                   "c.CONSTRAINT_SCHEMA AND t.CONSTRAINT_NAME = c.CONSTRAINT_NAME AND "
                   "t.CONSTRAINT_TYPE = 'CHECK' WHERE c.CONSTRAINT_SCHEMA = DATABASE() ORDER BY "
                   "1, 2",
                   my_take_check, 4},
    [MY_KEY_COLUMNS] = {"SELECT TABLE_NAME, CONSTRAINT_NAME, COLUMN_NAME, REFERENCED_TABLE_NAME, "
                        "REFERENCED_COLUMN_NAME FROM information_schema.KEY_COLUMN_USAGE WHERE "
                        "TABLE_SCHEMA = DATABASE() AND REFERENCED_TABLE_SCHEMA = DATABASE() ORDER "
                        "BY 1, 2, ORDINAL_POSITION",
                        NULL, my_take_key_column, 5},
    [MY_KEY_RULES] = {"SELECT TABLE_NAME, CONSTRAINT_NAME, UPDATE_RULE, DELETE_RULE FROM "
                      "information_schema.REFERENTIAL_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = "
                      "DATABASE() ORDER BY 1, 2",
                      NULL, my_take_key_rule, 4},
    [MY_TRIGGERS] = {"SELECT EVENT_OBJECT_TABLE, TRIGGER_NAME, ACTION_TIMING, EVENT_MANIPULATION, "
                     "ACTION_STATEMENT, DEFINER, SQL_MODE FROM information_schema.TRIGGERS WHERE "
                     "TRIGGER_SCHEMA = DATABASE() ORDER BY 1, 3, 4, ACTION_ORDER",
                     NULL, my_take_trigger, 7},
    [MY_VIEWS] = {"SELECT TABLE_NAME, VIEW_DEFINITION FROM information_schema.VIEWS WHERE "
                  "TABLE_SCHEMA = DATABASE() ORDER BY 1",
                  NULL, my_take_view, 2},
};

static void forget(struct my_reading *r)
{
    for (size_t i = 0; i < MY_SECTIONS; i++) {
        mysql_free_result(r->results[i]);
        r->results[i] = NULL;
    }
}

static void add_result(struct sha256 *h, MYSQL_RES *result, unsigned n_compared)
{
    for (MYSQL_ROW row; (row = mysql_fetch_row(result));) {
        unsigned long *lengths = mysql_fetch_lengths(result);
        for (unsigned i = 0; i < n_compared; i++) {
            unsigned long n = row[i] ? lengths[i] : ~0UL;
            sha256_add(h, &n, sizeof n);
            sha256_add(h, row[i], row[i] ? n : 0);
        }
    }
    mysql_data_seek(result, 0);
}

/* @print tells whether two readings saw the same. */
static enum errcode read_once(struct my_conn *c, struct my_reading *r,
                              unsigned char print[SHA256_BYTES], struct error *err)
{
    struct sha256 h;
    sha256_init(&h);
    for (size_t i = 0; i < MY_SECTIONS; i++) {
        const struct section *s = &sections[i];
        const char *text = r->is_mysql && s->mysql_text ? s->mysql_text : s->text;
        TRY(my_ask(c, text, NULL, 0, &r->results[i], err));
        add_result(&h, r->results[i], s->n_compared);
    }
    sha256_end(&h, print);
    return ERR_OK;
}

/* Where nobody else can change structure one reading is enough. */
static enum errcode read_stable(struct mariadb_session *s, struct my_conn *c, struct my_reading *r,
                                struct error *err)
{
    unsigned char before[SHA256_BYTES] = {0}, print[SHA256_BYTES];
    bool is_alone = s->base.access == ACCESS_SCHEMA && !s->engine->options.is_attached;
    for (int i = 0; i < TRIES; i++) {
        TRY(read_once(c, r, print, err));
        if (is_alone || memcmp(before, print, sizeof print) == 0) {
            return ERR_OK;
        }
        memcpy(before, print, sizeof print);
        if (i + 1 < TRIES) {
            forget(r);
        }
    }
    return ERROR(err, ERR_BUSY, "the structure changes while it is read");
}

static void build(struct my_reading *r)
{
    for (size_t i = 0; i < MY_SECTIONS; i++) {
        for (MYSQL_ROW row; (row = mysql_fetch_row(r->results[i]));) {
            sections[i].take(r, row);
        }
    }
    for (size_t i = 0; i < r->catalog->n_tables; i++) {
        my_hide_key_indexes(r->catalog->tables[i]);
        table_refresh_unique(r->catalog->tables[i]);
    }
}

enum errcode mariadb_inspect(struct session *base, struct catalog **out, struct error *err)
{
    struct mariadb_session *s = mariadb_session_of(base);
    AUTO(catalog_unrefp) struct catalog *catalog = catalog_new();
    struct my_reading r = {.arena = catalog->arena,
                           .is_mysql = s->engine->is_mysql,
                           .database = s->database,
                           .catalog = catalog};
    struct my_conn *c = NULL;
    if (s->place) { /* before: a later change is seen; a scratch database has none */
        catalog->generation = my_generation_seen(s->place);
    }
    TRY(mariadb_own(s, &c, err));
    map_init(&r.whole, r.arena, false);
    enum errcode code = read_stable(s, c, &r, err);
    if (code == ERR_OK) {
        code = my_read_whole(c, &r, err);
    }
    if (code == ERR_OK) {
        build(&r);
        *out = catalog_ref(catalog);
    }
    forget(&r);
    return code;
}
