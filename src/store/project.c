#include <stdatomic.h>
#include <string.h>

#include "base/attr.h"
#include "base/time.h"
#include "base/uuid.h"
#include "store/audit.h"
#include "store/config_json.h"
#include "store/present.h"
#include "store/record.h"
#include "store/registry.h"

/*
 * The projection: after a schema change, the registry's rows are made to say what the live
 * catalogue says. Names are followed through renames by walking the change list.
 */
struct hooks {
    struct store *store;
    int64_t tenant_id;
    struct registry_origin origin;
};

/* One row on its way: where it came from and where it goes. */
struct entry {
    struct registry_table row;
    struct registry_table was;
    bool is_new;
    bool is_gone;
    const char **order; /* names of its columns as shown */
    size_t n_order;
};

struct projection {
    const struct hooks *hooks;
    const struct migrate_outcome *outcome;
    struct arena *arena;
    struct session *session;
    struct record_place place;
    struct entry *entries;
    size_t n_entries;
};

static struct entry *find_entry(struct projection *p, const char *table)
{
    for (size_t i = 0; i < p->n_entries; i++) {
        struct entry *e = &p->entries[i];
        if (!e->is_gone && str_eq_nocase(str_of(e->row.table_name), str_of(table))) {
            return e;
        }
    }
    return NULL;
}

static enum errcode load_entries(struct projection *p, struct error *err)
{
    struct record_term term = TERM("tenant_id", EQ, value_int(p->hooks->tenant_id));
    struct record_query q = {.terms = &term, .n_terms = 1};
    void *found = NULL;
    size_t n = 0;
    TRY(record_list_in(p->session, &p->place, p->arena, &store_registry_type, &q, &found, &n, err));
    const struct registry_table *rows = found;
    for (size_t i = 0; i < n; i++) {
        struct entry e = {.row = rows[i], .was = rows[i]};
        TRY(present_order(p->arena, &rows[i], &e.order, &e.n_order, err));
        ARENA_PUSH(p->arena, p->entries, p->n_entries, e);
    }
    return ERR_OK;
}

/* Where the API of a table that comes is: where it was, unless another one took the place. */
static const char *prefix_for(const struct projection *p, const struct table *t)
{
    for (size_t i = 0; t->api_prefix && i < p->n_entries; i++) {
        if (!p->entries[i].is_gone && text_eq(p->entries[i].row.api_prefix, t->api_prefix)) {
            return store_api_prefix(p->arena, t->name);
        }
    }
    return t->api_prefix ? t->api_prefix : store_api_prefix(p->arena, t->name);
}

static void add_entry(struct projection *p, const struct table *t)
{
    struct arena *a = p->arena;
    char *id = arena_alloc(a, UUID_TEXT + 1);
    uuid_make(id);
    struct entry e = {.is_new = true};
    e.row = (struct registry_table){
        .id = id,
        .tenant_id = p->hooks->tenant_id,
        .table_name = t->name,
        .display_name = t->display_name ? t->display_name : t->name,
        .description = t->description,
        .icon = t->icon,
        .color = t->color,
        .relationships = "[]",
        .permissions = t->permissions ? t->permissions : "{}",
        .api_enabled = !t->is_api_off,
        .api_prefix = prefix_for(p, t),
        .created_at = store_now(),
        .created_by = p->outcome->record->actor_id,
    };
    ARENA_PUSH(a, p->entries, p->n_entries, e);
}

static void rename_entry(struct projection *p, struct entry *e, const char *name)
{
    const char *old_prefix = store_api_prefix(p->arena, e->row.table_name);
    if (!e->row.api_prefix || text_eq(e->row.api_prefix, old_prefix)) {
        e->row.api_prefix = store_api_prefix(p->arena, name);
    }
    e->row.table_name = name;
}

/* Columns that a table ends with because the server keeps them. */
static bool is_tail(const char *name)
{
    static const char *const tail[] = {"created_at", "updated_at", "created_by"};
    for (size_t i = 0; i < ARRAY_LEN(tail); i++) {
        if (text_eq(tail[i], name)) {
            return true;
        }
    }
    return false;
}

/* The column that a new one is shown behind when the change does not say. */
static const char *last_of_order(const struct entry *e)
{
    size_t n = e->n_order;
    while (n > 0 && is_tail(e->order[n - 1])) {
        n--;
    }
    return n > 0 ? e->order[n - 1] : NULL;
}

/* A new column stands where the change says: behind `after`, first, or last. */
static void place_column(struct projection *p, struct entry *e, const char *name, const char *after)
{
    after = after ? after : last_of_order(e);
    const char **order = ARENA_ARRAY(p->arena, e->n_order + 1, const char *);
    size_t n = 0;
    bool is_placed = after && after[0] == '\0';
    if (is_placed) {
        order[n++] = name;
    }
    for (size_t i = 0; i < e->n_order; i++) {
        order[n++] = e->order[i];
        if (!is_placed && after && str_eq_nocase(str_of(e->order[i]), str_of(after))) {
            order[n++] = name;
            is_placed = true;
        }
    }
    if (!is_placed) {
        order[n++] = name;
    }
    e->order = order;
    e->n_order = n;
}

static void rename_in_order(struct entry *e, const char *from, const char *to)
{
    for (size_t i = 0; i < e->n_order; i++) {
        if (str_eq_nocase(str_of(e->order[i]), str_of(from))) {
            e->order[i] = to;
        }
    }
}

static void follow_table(struct projection *p, const struct change *c)
{
    struct entry *e = NULL;
    switch (c->kind) {
    case CHANGE_CREATE_TABLE:
        add_entry(p, c->create_table.table);
        break;
    case CHANGE_RESTORE_TABLE:
        add_entry(p, c->restore_table.table);
        break;
    case CHANGE_DROP_TABLE:
        e = find_entry(p, c->drop_table.table);
        if (e) {
            e->is_gone = true;
        }
        break;
    case CHANGE_RENAME_TABLE:
        e = find_entry(p, c->rename_table.table);
        if (e) {
            rename_entry(p, e, c->rename_table.new_name);
        }
        break;
    default:
        break;
    }
}

static void follow_column(struct projection *p, const struct change *c)
{
    struct entry *e = NULL;
    if (c->kind == CHANGE_RENAME_COLUMN) {
        e = find_entry(p, c->rename_column.table);
        if (e) {
            rename_in_order(e, c->rename_column.column, c->rename_column.new_name);
        }
    } else if (c->kind == CHANGE_CREATE_COLUMN) {
        e = find_entry(p, c->create_column.table);
        if (e) {
            place_column(p, e, c->create_column.column.name, c->create_column.after);
        }
    }
}

/* The live table with the presentation that the changes left. */
static struct table *merged_table(struct projection *p, const struct table *live)
{
    struct table *t = table_copy(p->arena, live);
    const struct table *wanted = catalog_find_table(p->outcome->wanted, str_of(live->name));
    if (!wanted) {
        return t;
    }
    t->display_name = wanted->display_name;
    for (size_t i = 0; i < t->n_columns; i++) {
        const struct column *c = table_find_column(wanted, str_of(t->columns[i].name));
        if (c) {
            present_column(p->arena, c, &t->columns[i]);
        }
    }
    return t;
}

static enum errcode write_entry(struct projection *p, struct entry *e, struct catalog *shown,
                                struct error *err)
{
    static const char *const fields[] = {"table_name", "schema_config", "relationships",
                                         "api_prefix", "updated_at",    "updated_by",
                                         NULL};
    const struct table *t = catalog_find_table(shown, str_of(e->row.table_name));
    if (e->is_gone || !t) {
        struct record_term term = TERM("id", EQ, value_text(e->row.id));
        struct record_query q = {.terms = &term, .n_terms = 1};
        return e->is_new
                   ? ERR_OK
                   : record_delete_in(p->session, &p->place, &store_registry_type, &q, NULL, err);
    }
    struct registry_table row = e->row;
    const struct registry_table *was = &e->was;
    row.schema_config = config_encode(p->arena, t, e->order, e->n_order);
    row.relationships = relationships_encode(p->arena, shown, t);
    row.updated_at = store_now();
    if (e->is_new) {
        return record_insert_in(p->session, &p->place, &store_registry_type, &row, err);
    }
    if (text_eq(row.schema_config, was->schema_config) &&
        text_eq(row.relationships, was->relationships) &&
        text_eq(row.table_name, was->table_name)) {
        return ERR_OK;
    }
    row.updated_by = p->outcome->record->actor_id;
    return record_update_in(p->session, &p->place, &store_registry_type, &row, fields, err);
}

/* Rows that go make room for rows that come under the same name. */
static enum errcode write_entries(struct projection *p, struct catalog *shown, struct error *err)
{
    for (int turn = 0; turn < 2; turn++) {
        for (size_t i = 0; i < p->n_entries; i++) {
            struct entry *e = &p->entries[i];
            if (e->is_gone == (turn == 0)) {
                TRY(write_entry(p, e, shown, err));
            }
        }
    }
    return ERR_OK;
}

static enum errcode append_audit(struct projection *p, struct error *err)
{
    const struct change_record *r = p->outcome->record;
    struct audit_entry e = {
        .tenant_id = p->hooks->tenant_id,
        .user_id = r->actor_id,
        .user_name = r->actor_name,
        .action = arena_printf(p->arena, "schema.%s", r->kind),
        .object_type = "table",
        .object = r->title,
        .change_id = r->id,
        .detail = arena_printf(p->arena, "{\"tables\":%s}", r->tables),
        .ip_address = p->hooks->origin.address,
        .user_agent = p->hooks->origin.agent,
        .request_id = p->hooks->origin.request_id,
    };
    return store_audit_append_in(p->session, p->hooks->store, &e, err);
}

static enum errcode project(struct session *s, void *arg, const struct migrate_outcome *o,
                            struct error *err)
{
    const struct hooks *h = arg;
    AUTO(arena_freep) struct arena *a = arena_new();
    struct projection p = {
        .hooks = h,
        .outcome = o,
        .arena = a,
        .session = s,
        .place = store_place(h->store),
    };
    store_touch(h->store, h->tenant_id);
    TRY(load_entries(&p, err));
    for (size_t i = 0; i < o->changes->n; i++) {
        follow_table(&p, &o->changes->items[i]);
        follow_column(&p, &o->changes->items[i]);
    }
    AUTO(catalog_unrefp) struct catalog *shown = catalog_new();
    for (size_t i = 0; i < o->after->n_tables; i++) {
        catalog_add_table(shown, merged_table(&p, o->after->tables[i]));
    }
    TRY(write_entries(&p, shown, err));
    return append_audit(&p, err);
}

static enum errcode decorate(void *arg, struct catalog *c, struct error *err)
{
    const struct hooks *h = arg;
    return store_registry_decorate(h->store, h->tenant_id, c, err);
}

struct migrate_hooks store_registry_hooks(struct store *s, int64_t tenant_id, struct arena *a)
{
    struct hooks *h = ARENA_NEW(a, struct hooks);
    *h = (struct hooks){.store = s, .tenant_id = tenant_id};
    return (struct migrate_hooks){.decorate = decorate, .project = project, .arg = h};
}

static enum errcode decorate_source(void *arg, struct catalog *c, struct error *err)
{
    (void)arg;
    (void)err;
    store_mark_foreign(c);
    return ERR_OK;
}

static enum errcode project_source(struct session *s, void *arg, const struct migrate_outcome *o,
                                   struct error *err)
{
    const struct hooks *h = arg;
    AUTO(arena_freep) struct arena *a = arena_new();
    struct projection p = {.hooks = h, .outcome = o, .arena = a, .session = s};
    return append_audit(&p, err);
}

void store_mark_foreign(struct catalog *c)
{
    for (size_t i = 0; i < c->n_tables; i++) {
        c->tables[i]->is_foreign = true;
    }
}

struct migrate_hooks store_source_hooks(struct store *s, int64_t tenant_id, struct arena *a)
{
    struct hooks *h = ARENA_NEW(a, struct hooks);
    *h = (struct hooks){.store = s, .tenant_id = tenant_id};
    return (struct migrate_hooks){.decorate = decorate_source, .project = project_source, .arg = h};
}

void store_registry_origin(const struct migrate_hooks *hooks, const struct registry_origin *origin)
{
    struct hooks *h = hooks->arg;
    h->origin = *origin;
}
