#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/attr.h"
#include "base/fs.h"
#include "change/change_json.h"
#include "engine/sqlite/sqlite_engine.h"
#include "migrate/change_run.h"
#include "migrate/recover.h"
#include "migrate/trash.h"

/*
 * A data folder of its own for each test: the journal in namespace "store", the schema that is
 * changed in "tenants/main", both on the embedded engine.
 */
struct place {
    char folder[64];
    struct arena *arena;
    struct engine *engine;
    struct journal *journal;
    struct migrate_target target;
};

#define OK(call)                                                 \
    do {                                                         \
        struct error ok_err_ = ERROR_INIT;                       \
        struct error *err UNUSED = &ok_err_;                     \
        if ((call) != ERR_OK) {                                  \
            print_error("%s: %s (%s)\n", #call, ok_err_.message, \
                        ok_err_.detail ? ok_err_.detail : "");   \
            error_release(&ok_err_);                             \
            fail();                                              \
        }                                                        \
    } while (0)

/* The call fails with this code. */
#define FAILS(code_, call)                                                             \
    do {                                                                               \
        struct error fails_err_ = ERROR_INIT;                                          \
        struct error *err UNUSED = &fails_err_;                                        \
        enum errcode fails_code_ = (call);                                             \
        if (fails_code_ != (code_) && fails_err_.message) {                            \
            print_error("%s\n", fails_err_.message);                                   \
        }                                                                              \
        error_release(&fails_err_);                                                    \
        assert_string_equal(errcode_row(fails_code_)->wire, errcode_row(code_)->wire); \
    } while (0)

static inline void place_open(struct place *p)
{
    struct sqlite_settings settings = {.folder = p->folder};
    OK(sqlite_engine_open(&settings, &p->engine, err));
    if (!engine_namespace_exists(p->engine, STR("store"))) {
        OK(engine_namespace_create(p->engine, STR("store"), err));
        OK(engine_namespace_create(p->engine, STR("tenants/main"), err));
    }
    OK(journal_open(p->engine, STR("store"), &p->journal, err));
    p->target = (struct migrate_target){
        .engine = p->engine,
        .ns = STR("tenants/main"),
        .journal = p->journal,
        .tenant_id = 1,
        .actor_id = 7,
        .actor_name = "Ann",
    };
}

static inline void place_close(struct place *p)
{
    journal_close(p->journal);
    engine_close(p->engine);
}

static inline int place_setup(void **state)
{
    struct place *p = calloc(1, sizeof(*p));
    snprintf(p->folder, sizeof(p->folder), "/tmp/telaio-migrate-XXXXXX");
    if (!p || !mkdtemp(p->folder)) {
        return -1;
    }
    p->arena = arena_new();
    place_open(p);
    *state = p;
    return 0;
}

static inline int place_teardown(void **state)
{
    struct place *p = *state;
    char command[128];
    place_close(p);
    arena_free(p->arena);
    snprintf(command, sizeof(command), "rm -rf '%s'", p->folder);
    int rc = system(command);
    free(p);
    return rc;
}

/* The change list that @json tells, with ' for ". */
static inline struct change_list *changes(struct place *p, const char *json)
{
    char *text = arena_strdup(p->arena, json);
    for (char *c = text; *c; c++) {
        *c = *c == '\'' ? '"' : *c;
    }
    struct change_list *list = ARENA_NEW(p->arena, struct change_list);
    json_t *doc = NULL;
    OK(doc_parse(p->arena, str_of(text), JSON_DEPTH_MAX, &doc, err));
    OK(change_list_decode(p->arena, doc, list, err));
    return list;
}

static inline struct plan *preview(struct place *p, const char *json)
{
    struct plan *plan = NULL;
    OK(migrate_preview(&p->target, changes(p, json), p->arena, &plan, err));
    return plan;
}

static inline struct change_record run(struct place *p, const char *json)
{
    struct change_record r = {0};
    struct migrate_confirm all = {(const char *const[]){"all"}, 1};
    OK(migrate_run(&p->target, changes(p, json), &all, p->arena, &r, err));
    return r;
}

static inline void drop_catalog(void *c)
{
    catalog_unref(c);
}

static inline struct catalog *live(struct place *p)
{
    struct catalog *c = NULL;
    OK(migrate_catalog(&p->target, &c, err));
    arena_defer(p->arena, drop_catalog, c);
    return c;
}

static inline const char *fingerprint(struct place *p)
{
    return catalog_fingerprint(p->arena, live(p));
}

struct insert {
    struct table *table;
    const char *const *columns;
    const struct value *values;
    size_t n;
};

static inline enum errcode insert_fn(struct session *s, void *arg, struct error *err)
{
    const struct insert *i = arg;
    const struct column *columns[16];
    for (size_t k = 0; k < i->n; k++) {
        columns[k] = table_find_column(i->table, str_of(i->columns[k]));
        assert_non_null(columns[k]);
    }
    struct write w = {.kind = WRITE_INSERT, .table = i->table, .columns = columns};
    w.values = i->values;
    w.n_columns = i->n;
    struct write_result result = {0};
    return engine_write(s, &w, &result, err);
}

/* One row into a table of the tenant. */
#define INSERT(p, table_, columns_, ...)                                                       \
    do {                                                                                       \
        static const char *const insert_columns_[] = {columns_};                               \
        struct value insert_values_[] = {__VA_ARGS__};                                         \
        struct insert insert_ = {catalog_find_table(live(p), str_of(table_)), insert_columns_, \
                                 insert_values_, ARRAY_LEN(insert_values_)};                   \
        assert_non_null(insert_.table);                                                        \
        OK(engine_transact((p)->engine, (p)->target.ns, insert_fn, &insert_, err));            \
    } while (0)
#define COLUMNS(...) __VA_ARGS__

/* All values of a column as "a|b|NULL", in the order of @by. */
static inline const char *values(struct place *p, const char *table, const char *column,
                                 const char *by)
{
    const struct table *t = catalog_find_table(live(p), str_of(table));
    assert_non_null(t);
    const struct column *c = table_find_column(t, str_of(column));
    assert_non_null(c);
    struct order order = {.column = table_find_column(t, str_of(by))};
    struct query q = {.table = t, .columns = &c, .n_columns = 1, .limit = -1};
    q.order = &order;
    q.n_order = 1;
    struct buf b;
    buf_init(&b, BUF_MAX_DEFAULT);
    struct session *s = NULL;
    struct cursor *cursor = NULL;
    const struct value *row = NULL;
    OK(engine_session_begin(p->engine, p->target.ns, ACCESS_READ, &s, err));
    OK(engine_select(s, &q, &cursor, err));
    for (;;) {
        OK(engine_cursor_next(cursor, &row, err));
        if (!row) {
            break;
        }
        buf_adds(&b, b.n ? "|" : "");
        if (row[0].kind == VALUE_INT) {
            buf_add_int64(&b, row[0].i);
        } else if (row[0].kind == VALUE_TEXT) {
            buf_add_str(&b, row[0].s);
        } else {
            buf_adds(&b, "NULL");
        }
    }
    engine_cursor_close(cursor);
    engine_session_end(s);
    const char *text = arena_str(p->arena, buf_str(&b));
    buf_release(&b);
    return text;
}

#define PEOPLE                                                                    \
    "[{'op': 'CREATE_TABLE', 'table': {'name': 'people', 'columns': ["            \
    "{'name': 'id', 'type': 'int64', 'primaryKey': true, 'autoIncrement': true}," \
    "{'name': 'name', 'type': 'text', 'nullable': false},"                        \
    "{'name': 'mail', 'type': 'text'}]}}]"
