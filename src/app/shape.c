#include "app/shape.h"

#include "app/attributes.h"
#include "app/names.h"
#include "app/tables.h"
#include "base/attr.h"
#include "base/map.h"
#include "catalog/where.h"
#include "data/managed.h"

#define KEPT_BEFORE 2
#define KEPT_AFTER  3

/* The very text tells a column that was added here from one that somebody called the same. */
static const char id_name[] = "id";

/* The names of tables as the list goes on: what each is, NULL once it is gone. */
enum known { GONE = 0, PLAIN, MANAGED };

static int known_marks[] = {[GONE] = GONE, [PLAIN] = PLAIN, [MANAGED] = MANAGED};

struct shaping {
    const struct caller *caller;
    const struct tenant_view *view;
    struct arena *arena;
    struct map known; /* folded name -> mark */
};

static void mark(struct shaping *s, const char *name, enum known what)
{
    (void)map_put(&s->known, str_of(name), &known_marks[what]);
}

static enum known known_as(const struct shaping *s, const char *name)
{
    const int *found = name ? map_get(&s->known, str_of(name)) : NULL;
    return found ? (enum known) * found : GONE;
}

static bool index_is_there(const struct catalog *c, const char *name)
{
    for (size_t i = 0; i < c->n_tables; i++) {
        if (table_find_index(c->tables[i], str_of(name))) {
            return true;
        }
    }
    return false;
}

/* Another table than @name has its API at @prefix, NULL = where @name's would be. */
static bool prefix_is_taken(const struct shaping *s, const char *name, const char *prefix)
{
    prefix = prefix ? prefix : store_api_prefix(s->arena, name);
    for (size_t i = 0; i < s->view->n_tables; i++) {
        const struct tenant_table *t = &s->view->tables[i];
        bool is_itself = str_eq_nocase(str_of(t->table->name), str_of(name));
        if (!is_itself && t->registry && text_eq(t->registry->api_prefix, prefix)) {
            return true;
        }
    }
    return false;
}

static bool is_taken(const char *name, void *arg)
{
    const struct shaping *s = arg;
    return known_as(s, name) != GONE || index_is_there(s->view->catalog, name) ||
           catalog_find_table(s->view->catalog, str_of(name)) || prefix_is_taken(s, name, NULL);
}

static enum errcode refuse(struct error *err, enum errcode code, const char *where,
                           const char *message)
{
    ERROR(err, code, "%s", message);
    return error_where(err, "%s", where);
}

/* ---- the columns that the server keeps ------------------------------------------------------ */

static const struct expr *call(struct arena *a, const char *name)
{
    return expr_make(a, EXPR_CALL, name, NULL, 0);
}

static void keep_before(struct arena *a, int64_t tenant_id, struct column *out)
{
    out[0] = (struct column){
        .name = id_name, .type = {.kind = TYPE_UUID}, .default_value = call(a, "uuid")};
    out[1] = (struct column){
        .name = "tenant_id",
        .type = {.kind = TYPE_INT64},
        .default_value = expr_literal(a, value_int(tenant_id)),
    };
}

static void keep_after(struct arena *a, struct column *out)
{
    struct column instant = {.type = {.kind = TYPE_INSTANT}, .default_value = call(a, "now")};
    out[0] = out[1] = instant;
    out[0].name = "created_at";
    out[1].name = "updated_at";
    /* 0 is the system: rows that come without a person */
    out[2] = (struct column){
        .name = "created_by",
        .type = {.kind = TYPE_INT64},
        .default_value = expr_literal(a, value_int(0)),
    };
}

static struct check tenant_check(struct arena *a, int64_t tenant_id)
{
    const struct expr *args[] = {expr_column(a, "tenant_id"),
                                 expr_literal(a, value_int(tenant_id))};
    return (struct check){
        .expr = expr_make(a, EXPR_COMPARE, "=", args, ARRAY_LEN(args)),
        .column = "tenant_id",
    };
}

/* The default order of rows, read backwards. */
static struct index order_index(struct arena *a)
{
    struct index_key *keys = ARENA_ARRAY(a, 2, struct index_key);
    keys[0].column = "created_at";
    keys[1].column = "id";
    return (struct index){.keys = keys, .n_keys = 2};
}

static bool is_kept_name(const char *name)
{
    struct column before[KEPT_BEFORE], after[KEPT_AFTER];
    AUTO(arena_freep) struct arena *tmp = arena_new();
    keep_before(tmp, 0, before);
    keep_after(tmp, after);
    for (size_t i = 0; i < KEPT_BEFORE; i++) {
        if (str_eq_nocase(str_of(before[i].name), str_of(name))) {
            return true;
        }
    }
    for (size_t i = 0; i < KEPT_AFTER; i++) {
        if (str_eq_nocase(str_of(after[i].name), str_of(name))) {
            return true;
        }
    }
    return false;
}

static enum errcode check_own_names(const struct table *t, struct error *err)
{
    for (size_t i = 0; i < t->n_columns; i++) {
        if (is_kept_name(t->columns[i].name)) {
            enum errcode code =
                ERROR(err, ERR_INVALID, "every table has a column \"%s\" that the server keeps",
                      t->columns[i].name);
            return where_prefix(err, code, "/table/columns/%zu/name", i);
        }
    }
    return ERR_OK;
}

static void add_kept(struct shaping *s, struct table *t)
{
    struct arena *a = s->arena;
    size_t n = t->n_columns + KEPT_BEFORE + KEPT_AFTER;
    struct column *columns = ARENA_ARRAY(a, n, struct column);
    keep_before(a, s->caller->tenant.id, columns);
    for (size_t i = 0; i < t->n_columns; i++) {
        columns[KEPT_BEFORE + i] = t->columns[i];
    }
    keep_after(a, columns + KEPT_BEFORE + t->n_columns);
    t->columns = columns;
    t->n_columns = n;
    t->primary_key = ARENA_ARRAY(a, 1, const char *);
    t->primary_key[0] = "id";
    t->n_primary_key = 1;
    t->checks = arena_grow(a, t->checks, t->n_checks, t->n_checks + 1, sizeof *t->checks);
    t->checks[t->n_checks++] = tenant_check(a, s->caller->tenant.id);
    t->indexes = arena_grow(a, t->indexes, t->n_indexes, t->n_indexes + 1, sizeof *t->indexes);
    t->indexes[t->n_indexes++] = order_index(a);
}

/* ---- one operation -------------------------------------------------------------------------- */

/* Somebody who sends the same again does not want two tables. */
static enum errcode check_display_name(const struct shaping *s, const struct table *t,
                                       struct error *err)
{
    for (size_t i = 0; i < s->view->n_tables; i++) {
        const struct registry_table *row = s->view->tables[i].registry;
        bool is_same = row && text_eq(row->display_name, t->display_name);
        if (is_same && app_table_sees(s->caller, row->table_name)) {
            ERROR(err, ERR_CONFLICT, "a table called \"%s\" is there already", t->display_name);
            error_hint(err, "a second one of that name needs a tableName");
            return error_where(err, "/table/displayName");
        }
    }
    return ERR_OK;
}

static enum errcode name_table(struct shaping *s, struct table *t, bool is_managed,
                               struct error *err)
{
    if (!t->name && !t->display_name) {
        return refuse(err, ERR_INVALID, "/table/displayName", "a table needs a name");
    }
    if (t->name) {
        t->name = is_managed ? name_managed(s->arena, t->name) : t->name;
        TRY(where_prefix(err, name_check("table", t->name, err), "/table/tableName"));
        return !t->is_foreign && prefix_is_taken(s, t->name, NULL)
                   ? refuse(err, ERR_CONFLICT, "/table/tableName",
                            "another table has its API under this name")
                   : ERR_OK;
    }
    if (t->is_foreign) { /* in somebody else's database a name is a name */
        t->name = name_slug(s->arena, t->display_name);
        return ERR_OK;
    }
    TRY(check_display_name(s, t, err));
    t->name = name_for_table(s->arena, t->display_name, is_taken, s);
    return ERR_OK;
}

static enum errcode place_api(const struct shaping *s, struct table *t, struct error *err)
{
    if (!t->api_prefix) {
        return ERR_OK;
    }
    enum errcode code = app_api_prefix(s->arena, t->api_prefix, &t->api_prefix, err);
    TRY(where_prefix(err, code, "/table"));
    return prefix_is_taken(s, t->name, t->api_prefix)
               ? refuse(err, ERR_CONFLICT, "/table/apiPrefix", "another table has its API there")
               : ERR_OK;
}

static bool has_own_key(const struct table *t)
{
    return t->n_primary_key > 0 || t->is_without_rowid;
}

static enum errcode shape_create(struct shaping *s, struct change *change, struct error *err)
{
    struct table *t = table_copy(s->arena, change->create_table.table);
    bool is_managed = !has_own_key(t) && !s->caller->source;
    t->is_foreign = s->caller->source != NULL;
    if (t->n_columns == 0) {
        return refuse(err, ERR_INVALID, "/table/columns", "a table has a column");
    }
    TRY(where_prefix(err, attributes_check_table(t, err), "/table"));
    TRY(name_table(s, t, is_managed, err));
    enum errcode code = table_policy_complete(s->arena, t->permissions, &t->permissions, err);
    TRY(where_prefix(err, code, "/table/permissions"));
    TRY(place_api(s, t, err));
    if (!t->display_name) {
        t->display_name = t->name;
    }
    if (is_managed) {
        TRY(check_own_names(t, err));
        add_kept(s, t);
    }
    change->create_table.table = t;
    mark(s, t->name, is_managed || table_is_managed(t) ? MANAGED : PLAIN);
    return ERR_OK;
}

static enum errcode shape_rename(struct shaping *s, struct change *change, struct error *err)
{
    enum known what = known_as(s, change->rename_table.table);
    if (what == MANAGED) {
        change->rename_table.new_name = name_managed(s->arena, change->rename_table.new_name);
    }
    if (prefix_is_taken(s, change->rename_table.new_name, NULL)) {
        return refuse(err, ERR_CONFLICT, "/newName", "another table has its API under this name");
    }
    mark(s, change->rename_table.table, GONE);
    mark(s, change->rename_table.new_name, what == GONE ? PLAIN : what);
    return ERR_OK;
}

static enum errcode shape_drop(struct shaping *s, struct change *change, struct error *err)
{
    (void)err;
    mark(s, change->drop_table.table, GONE);
    return ERR_OK;
}

static enum errcode check_kept(const struct shaping *s, const char *table, const char *column,
                               struct error *err)
{
    if (known_as(s, table) != MANAGED || !is_kept_name(column)) {
        return ERR_OK;
    }
    ERROR(err, ERR_READ_ONLY_FIELD, "column \"%s\" is kept by the server", column);
    return error_where(err, "/column");
}

static enum errcode shape_create_column(struct shaping *s, struct change *change, struct error *err)
{
    (void)s;
    const struct column *column = &change->create_column.column;
    return where_prefix(err, attributes_check_column(column, err), "/column");
}

static enum errcode shape_rename_column(struct shaping *s, struct change *change, struct error *err)
{
    return check_kept(s, change->rename_column.table, change->rename_column.column, err);
}

static enum errcode shape_modify_column(struct shaping *s, struct change *change, struct error *err)
{
    return check_kept(s, change->modify_column.table, change->modify_column.column, err);
}

static enum errcode shape_drop_column(struct shaping *s, struct change *change, struct error *err)
{
    return check_kept(s, change->drop_column.table, change->drop_column.column, err);
}

/* ---- names as they are ----------------------------------------------------------------------- */

/* Where a change names what is there already; NULL where it does not. */
struct named {
    const char **table, **column, **index;
};

static struct named names_of(struct change *c)
{
    switch (c->kind) {
    case CHANGE_DROP_TABLE:
        return (struct named){.table = &c->drop_table.table};
    case CHANGE_RENAME_TABLE:
        return (struct named){.table = &c->rename_table.table};
    case CHANGE_CREATE_COLUMN:
        return (struct named){.table = &c->create_column.table};
    case CHANGE_DROP_COLUMN:
        return (struct named){.table = &c->drop_column.table, .column = &c->drop_column.column};
    case CHANGE_RENAME_COLUMN:
        return (struct named){.table = &c->rename_column.table, .column = &c->rename_column.column};
    case CHANGE_CREATE_INDEX:
        return (struct named){.table = &c->create_index.table};
    case CHANGE_DROP_INDEX:
        return (struct named){.table = &c->drop_index.table, .index = &c->drop_index.index};
    case CHANGE_MODIFY_COLUMN:
        return (struct named){.table = &c->modify_column.table, .column = &c->modify_column.column};
    default:
        return (struct named){0};
    }
}

/* Any case finds a table; journal and history call it what it is called. */
static void spell(const struct shaping *s, struct change *change)
{
    struct named n = names_of(change);
    const struct tenant_table *found =
        n.table ? map_get(&s->view->by_name, str_of(*n.table)) : NULL;
    if (!found) {
        return;
    }
    *n.table = found->table->name;
    const struct column *column =
        n.column ? table_find_column(found->table, str_of(*n.column)) : NULL;
    const struct index *index = n.index ? table_find_index(found->table, str_of(*n.index)) : NULL;
    if (column) {
        *n.column = column->name;
    }
    if (index) {
        *n.index = index->name;
    }
}

typedef enum errcode shape_fn(struct shaping *s, struct change *change, struct error *err);

static shape_fn *const shapers[CHANGE_N] = {
    [CHANGE_CREATE_TABLE] = shape_create,
    [CHANGE_RENAME_TABLE] = shape_rename,
    [CHANGE_DROP_TABLE] = shape_drop,
    [CHANGE_CREATE_COLUMN] = shape_create_column,
    [CHANGE_RENAME_COLUMN] = shape_rename_column,
    [CHANGE_DROP_COLUMN] = shape_drop_column,
    [CHANGE_MODIFY_COLUMN] = shape_modify_column,
};

enum errcode shape_where(const struct change_list *list, struct error *err, enum errcode code)
{
    const struct str head = STR("/operations/"), middle = STR("/table/columns/");
    struct str rest = code != ERR_OK && err ? str_of(err->where) : (struct str){0};
    int64_t operation = -1, column = -1;
    if (!str_starts(rest, head)) {
        return code;
    }
    rest = str_sub(rest, head.n);
    struct str number = {rest.p, str_find(rest, '/')};
    rest = str_sub(rest, number.n);
    if (!str_int64(number, &operation) || operation >= (int64_t)list->n ||
        !str_starts(rest, middle)) {
        return code;
    }
    rest = str_sub(rest, middle.n);
    number.p = rest.p;
    number.n = str_find(rest, '/');
    const struct change *c = &list->items[operation];
    bool is_shaped = c->kind == CHANGE_CREATE_TABLE && c->create_table.table->n_columns > 0 &&
                     c->create_table.table->columns[0].name == id_name;
    if (!is_shaped || !str_int64(number, &column) || column < KEPT_BEFORE) {
        return code;
    }
    AUTO(arena_freep) struct arena *tmp = arena_new();
    const char *behind = arena_str(tmp, str_sub(rest, number.n));
    return error_where(err, "/operations/%lld/table/columns/%lld%s", (long long)operation,
                       (long long)(column - KEPT_BEFORE), behind);
}

enum errcode shape_complete(const struct caller *c, const struct tenant_view *v,
                            struct change_list *list, struct error *err)
{
    struct shaping s = {.caller = c, .view = v, .arena = c->arena};
    map_init(&s.known, c->arena, true);
    for (size_t i = 0; i < v->n_tables; i++) {
        const struct table *t = v->tables[i].table;
        mark(&s, t->name, table_is_managed(t) ? MANAGED : PLAIN);
    }
    for (size_t i = 0; i < list->n; i++) {
        shape_fn *fn = shapers[list->items[i].kind];
        spell(&s, &list->items[i]);
        enum errcode code = fn ? fn(&s, &list->items[i], err) : ERR_OK;
        TRY(where_prefix(err, code, "/operations/%zu", i));
    }
    return ERR_OK;
}
