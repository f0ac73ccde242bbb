#include "api/editor/bodies_json.h"
#include "app/changes.h"
#include "catalog/table_json.h"

#define TABLES_MAX   1000
#define CHANGE_QUERY "dryRun confirm source"

/* ---- lists ------------------------------------------------------------------------------- */

static bool is_wanted(const struct app_table *t, struct str search)
{
    const char *texts[] = {t->table->name, t->table->display_name, t->table->description};
    bool found = search.n == 0;
    for (size_t i = 0; i < ARRAY_LEN(texts) && !found; i++) {
        struct str rest = str_of(texts[i]);
        while (rest.n >= search.n && !found) {
            found = str_eq_nocase((struct str){rest.p, search.n}, search);
            rest = str_sub(rest, 1);
        }
    }
    return found;
}

/* The first table behind the one that the cursor names; the list is in the order of names. */
static size_t start_of(const struct app_table *tables, size_t n, struct str cursor)
{
    size_t i = 0;
    while (cursor.n > 0 && i < n && !str_eq(str_of(tables[i].table->name), cursor)) {
        i++;
    }
    return cursor.n > 0 ? i + 1 : 0;
}

static enum errcode list_tables(struct call *c, struct error *err)
{
    struct app_table *tables = NULL;
    size_t n = 0;
    int64_t limit = 0, n_written = 0;
    struct answer a;
    const char *next = NULL, *last = NULL;
    TRY(editor_source(c, err));
    TRY(editor_integer(c, "limit", TABLES_MAX, 1, TABLES_MAX, &limit, err));
    TRY(app_tables_list(c->caller, &tables, &n, err));
    answer_begin(c, &a, 200);
    jsonw_begin_object(&a.json);
    jsonw_key(&a.json, "tables");
    jsonw_begin_array(&a.json);
    for (size_t i = start_of(tables, n, call_query(c, "cursor")); i < n && !next; i++) {
        if (!is_wanted(&tables[i], call_query(c, "search"))) {
            continue;
        }
        if (n_written == limit) {
            next = last;
            break;
        }
        jsonw_begin_object(&a.json);
        table_members(&a.json, &tables[i]);
        jsonw_end_object(&a.json);
        last = tables[i].table->name;
        n_written++;
    }
    jsonw_end_array(&a.json);
    jsonw_end_object(&a.json);
    return answer_end(c, &a, editor_meta(c, next), err);
}

static enum errcode get_table(struct call *c, struct error *err)
{
    struct app_table t;
    struct answer a;
    TRY(editor_source(c, err));
    TRY(app_table_get(c->caller, call_param(c, "table"), &t, err));
    answer_begin(c, &a, 200);
    jsonw_begin_object(&a.json);
    table_members(&a.json, &t);
    jsonw_end_object(&a.json);
    return answer_end(c, &a, NULL, err);
}

/* ---- changes ----------------------------------------------------------------------------- */

/* One change as a route makes it; @part is where the body stands in the operation. */
struct made {
    struct change_list list;
    struct change_record record;
    const char *part;
    bool is_now;      /* what comes after it waits for it: no job */
    bool is_answered; /* with the plan, or with the job that does it */
};

static enum errcode run_change(struct call *c, struct made *m, struct error *err)
{
    struct migrate_confirm confirm = editor_confirm(c);
    struct app_begun begun;
    struct plan *plan = NULL;
    bool is_dry = false;
    TRY(editor_is_dry(c, &is_dry, err));
    m->is_answered = is_dry;
    if (is_dry) {
        enum errcode code = app_change_preview(c->caller, &m->list, false, &plan, err);
        TRY(editor_where(err, code, m->part));
        return editor_answer_plan(c, plan, err);
    }
    begun.is_job = false;
    enum errcode code = m->is_now
                            ? app_change_run(c->caller, &m->list, &confirm, &begun.record, err)
                            : app_change_begin(c->caller, &m->list, &confirm, &begun, err);
    TRY(editor_where(err, code, m->part));
    m->record = begun.record;
    m->is_answered = begun.is_job;
    return begun.is_job ? editor_answer_job(c, &begun.job, err) : ERR_OK;
}

static void set_location(struct call *c, const char *table, const char *below, const char *name)
{
    const char *path = arena_printf(c->arena, "/api/db-editor/tables/%s%s%s", table, below, name);
    response_header(c->request, "Location", path);
}

static enum errcode create_table(struct call *c, struct error *err)
{
    struct made m = {.part = "/table"};
    struct app_table t;
    struct answer a;
    TRY(editor_source(c, err));
    TRY(body_create_table(c, &m.list, err));
    TRY(run_change(c, &m, err));
    if (m.is_answered) {
        return ERR_OK;
    }
    const char *name = m.list.items[0].create_table.table->name;
    TRY(app_table_get(c->caller, name, &t, err));
    set_location(c, name, "", "");
    editor_begin_change(c, &a, 201, &m.record);
    table_members(&a.json, &t);
    jsonw_end_object(&a.json);
    return answer_end(c, &a, NULL, err);
}

/* One operation that only names things. */
static struct made one_change(struct call *c, struct change change)
{
    struct change *items = ARENA_NEW(c->arena, struct change);
    *items = change;
    return (struct made){
        .list = {.items = items, .n = 1, .arena = c->arena},
        .part = "",
    };
}

static enum errcode answer_names(struct call *c, const struct made *m, const char *key,
                                 const char *name, struct error *err)
{
    struct answer a;
    editor_begin_change(c, &a, 200, &m->record);
    jsonw_kv_text(&a.json, "tableName", call_param(c, "table"));
    if (key) {
        jsonw_kv_text(&a.json, key, name);
    }
    jsonw_end_object(&a.json);
    return answer_end(c, &a, NULL, err);
}

static enum errcode drop_table(struct call *c, struct error *err)
{
    struct made m = one_change(c, (struct change){.kind = CHANGE_DROP_TABLE,
                                                  .drop_table = {.table = call_param(c, "table")}});
    TRY(editor_source(c, err));
    TRY(run_change(c, &m, err));
    return m.is_answered ? ERR_OK : answer_names(c, &m, NULL, NULL, err);
}

/* ---- how a table is called and shown ------------------------------------------------------- */

static bool renames(const struct app_table *t, const char *name)
{
    const char *own = t->table->name;
    return name && !text_eq(name, own) &&
           !(t->is_managed && str_is(str_sub(str_of(own), sizeof("custom_") - 1), name));
}

static enum errcode update_table(struct call *c, struct error *err)
{
    struct app_table_set set;
    struct app_table t;
    struct answer a;
    const char *name = NULL;
    bool is_dry = false;
    TRY(editor_source(c, err));
    TRY(editor_is_dry(c, &is_dry, err));
    TRY(body_table(c, &set, &name, err));
    TRY(app_table_get(c->caller, call_param(c, "table"), &t, err));
    TRY(app_table_set_check(c->caller, &set, err));
    struct made m =
        one_change(c, (struct change){.kind = CHANGE_RENAME_TABLE,
                                      .rename_table = {.table = t.table->name, .new_name = name}});
    m.part = "/newName";
    m.is_now = true;
    bool is_renamed = renames(&t, name);
    if (is_dry && !is_renamed) {
        return editor_answer_plan(c, NULL, err);
    }
    if (is_renamed) {
        TRY(run_change(c, &m, err));
    }
    if (m.is_answered) {
        return ERR_OK;
    }
    const char *now = is_renamed ? m.list.items[0].rename_table.new_name : t.table->name;
    TRY(app_table_set(c->caller, now, &set, err));
    TRY(app_table_get(c->caller, now, &t, err));
    editor_begin_change(c, &a, 200, is_renamed ? &m.record : NULL);
    table_members(&a.json, &t);
    jsonw_end_object(&a.json);
    return answer_end(c, &a, NULL, err);
}

/* ---- columns ----------------------------------------------------------------------------- */

static enum errcode answer_column(struct call *c, int status, const struct change_record *r,
                                  const char *table, const char *name, struct error *err)
{
    struct app_table t;
    struct answer a;
    TRY(app_table_get(c->caller, table, &t, err));
    editor_begin_change(c, &a, status, r);
    jsonw_kv_text(&a.json, "tableName", t.table->name);
    for (size_t i = 0; i < t.table->n_columns; i++) {
        if (str_eq_nocase(str_of(t.columns[i]->name), str_of(name))) {
            column_members(&a.json, &t, t.columns[i]);
        }
    }
    jsonw_end_object(&a.json);
    return answer_end(c, &a, NULL, err);
}

static enum errcode create_column(struct call *c, struct error *err)
{
    struct made m = {.part = "/column"};
    const char *table = call_param(c, "table");
    TRY(editor_source(c, err));
    TRY(body_create_column(c, table, &m.list, err));
    TRY(run_change(c, &m, err));
    if (m.is_answered) {
        return ERR_OK;
    }
    const char *name = m.list.items[0].create_column.column.name;
    set_location(c, table, "/columns/", name);
    return answer_column(c, 201, &m.record, table, name, err);
}

static enum errcode drop_column(struct call *c, struct error *err)
{
    const char *column = call_param(c, "column");
    struct made m = one_change(
        c, (struct change){.kind = CHANGE_DROP_COLUMN,
                           .drop_column = {.table = call_param(c, "table"), .column = column}});
    TRY(editor_source(c, err));
    TRY(run_change(c, &m, err));
    return m.is_answered ? ERR_OK : answer_names(c, &m, "name", column, err);
}

/* The index that alone makes @column unique and can be dropped. */
static const char *unique_index(const struct table *t, const char *column)
{
    for (size_t i = 0; i < t->n_indexes; i++) {
        if (!t->indexes[i].is_constraint && index_is_single_unique(&t->indexes[i], column)) {
            return t->indexes[i].name;
        }
    }
    return NULL;
}

static void add_change(struct call *c, struct made *m, struct change change)
{
    ARENA_PUSH(c->arena, m->list.items, m->list.n, change);
}

/* SQL says something else of the rules than it did: what the table itself holds has to change. */
static bool changes_check(struct call *c, const struct column *was, const struct column *now)
{
    const struct expr *a = column_rules_check(c->arena, was);
    const struct expr *b = now ? column_rules_check(c->arena, now) : a;
    return a != b && (!a || !b || !expr_equal(a, b));
}

/* Of a table that the registry does not know only structure can be changed: judged before anything
 * is, since the two are written one after the other. */
static enum errcode check_presentation(struct call *c, const struct app_table *t,
                                       const struct column *column, const struct column_body *body,
                                       struct error *err)
{
    bool is_rules = body->set.shown && changes_check(c, column, body->set.shown);
    bool is_shown = body->set.order > 0 || (body->set.shown && !is_rules);
    if (t->view->registry || !is_shown) {
        return ERR_OK;
    }
    ERROR(err, ERR_UNSUPPORTED, "table \"%s\" was not made here", t->table->name);
    return error_hint(err, "how its columns are shown cannot be kept");
}

static enum errcode column_changes(struct call *c, const struct app_table *t,
                                   const struct column *column, const struct column_body *body,
                                   struct made *m, struct error *err)
{
    const char *table = t->table->name;
    const char *index = unique_index(t->table, column->name);
    *m = (struct made){.part = "", .list.arena = c->arena, .is_now = true};
    if (body->is_unique == 0 && !index) {
        ERROR(err, ERR_UNSUPPORTED, "\"%s\" is unique by the table's own text", column->name);
        return error_where(err, "/unique");
    }
    if (body->is_unique == 0) {
        add_change(c, m,
                   (struct change){.kind = CHANGE_DROP_INDEX,
                                   .drop_index = {.table = table, .index = index}});
    }
    if (changes_check(c, column, body->set.shown)) {
        add_change(c, m,
                   (struct change){.kind = CHANGE_MODIFY_COLUMN,
                                   .modify_column = {.table = table,
                                                     .column = column->name,
                                                     .rules = body->set.shown->rules}});
    }
    const char *name = body->new_name ? body->new_name : column->name;
    if (!text_eq(name, column->name)) {
        add_change(c, m,
                   (struct change){.kind = CHANGE_RENAME_COLUMN,
                                   .rename_column = {
                                       .table = table, .column = column->name, .new_name = name}});
    }
    if (body->is_unique == 1) {
        struct index_key *key = ARENA_NEW(c->arena, struct index_key);
        key->column = name;
        add_change(c, m,
                   (struct change){
                       .kind = CHANGE_CREATE_INDEX,
                       .create_index = {.table = table,
                                        .index = {.is_unique = true, .keys = key, .n_keys = 1}}});
    }
    return ERR_OK;
}

static enum errcode update_column(struct call *c, struct error *err)
{
    struct app_table t;
    struct column_body body;
    struct made m;
    bool is_dry = false;
    TRY(editor_source(c, err));
    TRY(editor_is_dry(c, &is_dry, err));
    TRY(app_table_get(c->caller, call_param(c, "table"), &t, err));
    const char *given = call_param(c, "column");
    const struct column *column = table_find_column(t.table, str_of(given));
    if (!column) {
        return ERROR(err, ERR_NOT_FOUND, "table \"%s\" has no column \"%s\"", t.table->name, given);
    }
    TRY(body_column(c, &t, column, &body, err));
    TRY(check_presentation(c, &t, column, &body, err));
    TRY(column_changes(c, &t, column, &body, &m, err));
    if (is_dry && m.list.n == 0) {
        return editor_answer_plan(c, NULL, err);
    }
    size_t n_changes = m.list.n;
    if (n_changes > 0) {
        TRY(run_change(c, &m, err));
    }
    if (m.is_answered) {
        return ERR_OK;
    }
    const char *name = body.new_name ? body.new_name : column->name;
    if (t.view->registry && (body.set.shown || body.set.order > 0)) {
        TRY(app_table_set_column(c->caller, t.table->name, name, &body.set, err));
    }
    return answer_column(c, 200, n_changes > 0 ? &m.record : NULL, t.table->name, name, err);
}

/* ---- indexes ----------------------------------------------------------------------------- */

static enum errcode create_index(struct call *c, struct error *err)
{
    struct made m = {.part = "/index"};
    struct app_table t;
    struct answer a;
    const char *table = call_param(c, "table");
    TRY(editor_source(c, err));
    TRY(body_create_index(c, table, &m.list, err));
    TRY(run_change(c, &m, err));
    if (m.is_answered) {
        return ERR_OK;
    }
    const struct index *made = &m.list.items[0].create_index.index;
    TRY(app_table_get(c->caller, table, &t, err));
    set_location(c, t.table->name, "/indexes/", made->name);
    editor_begin_change(c, &a, 201, &m.record);
    jsonw_kv_text(&a.json, "tableName", t.table->name);
    jsonw_kv_text(&a.json, "name", made->name);
    jsonw_kv_bool(&a.json, "unique", made->is_unique);
    jsonw_key(&a.json, "index");
    index_encode(&a.json, made);
    jsonw_end_object(&a.json);
    return answer_end(c, &a, NULL, err);
}

static enum errcode drop_index(struct call *c, struct error *err)
{
    const char *index = call_param(c, "index");
    struct made m = one_change(
        c, (struct change){.kind = CHANGE_DROP_INDEX,
                           .drop_index = {.table = call_param(c, "table"), .index = index}});
    TRY(editor_source(c, err));
    TRY(run_change(c, &m, err));
    return m.is_answered ? ERR_OK : answer_names(c, &m, "name", index, err);
}

#define TABLES "/api/db-editor/tables"
#define TABLE  TABLES "/{table}"

const struct route routes_tables[] = {
    {"GET", TABLES, ACTION_TABLES_READ, BODY_NONE, list_tables, "limit cursor search source",
     "List the tables"},
    {"POST", TABLES, ACTION_TABLES_CREATE, BODY_JSON, create_table, CHANGE_QUERY, "Make a table"},
    {"GET", TABLE, ACTION_TABLES_READ, BODY_NONE, get_table, "source", "Show a table"},
    {"PUT", TABLE, ACTION_TABLES_ALTER, BODY_JSON, update_table, CHANGE_QUERY,
     "Rename a table, change how it is shown and who may use it"},
    {"DELETE", TABLE, ACTION_TABLES_DROP, BODY_NONE, drop_table, CHANGE_QUERY,
     "Drop a table into the trash"},
    {"POST", TABLE "/columns", ACTION_COLUMNS_ADD, BODY_JSON, create_column, CHANGE_QUERY,
     "Add a column"},
    {"PUT", TABLE "/columns/{column}", ACTION_COLUMNS_ALTER, BODY_JSON, update_column, CHANGE_QUERY,
     "Rename a column, change its place, its rules and how it is shown"},
    {"DELETE", TABLE "/columns/{column}", ACTION_COLUMNS_DROP, BODY_NONE, drop_column, CHANGE_QUERY,
     "Drop a column, keeping its data for the undo"},
    {"POST", TABLE "/indexes", ACTION_INDEXES_CREATE, BODY_JSON, create_index, CHANGE_QUERY,
     "Make an index"},
    {"DELETE", TABLE "/indexes/{index}", ACTION_INDEXES_DROP, BODY_NONE, drop_index, CHANGE_QUERY,
     "Drop an index"},
    {0},
};
