#include "app/trash.h"

#include "app/changes.h"
#include "app/tables.h"
#include "migrate/file_json.h"

/* How the thing was called: the change that brings it back knows. */
static const char *name_in(const struct change_list *inverse, const char *object)
{
    for (size_t i = 0; i < inverse->n; i++) {
        const struct change *c = &inverse->items[i];
        if (c->kind == CHANGE_RESTORE_TABLE && text_eq(c->restore_table.trash, object)) {
            return c->restore_table.table->display_name;
        }
        if (c->kind == CHANGE_CREATE_COLUMN && text_eq(c->create_column.restore.object, object)) {
            return c->create_column.column.display_name;
        }
    }
    return NULL;
}

static enum errcode describe(const struct caller *c, const struct trash_item *item,
                             struct app_trash_item *out, struct error *err)
{
    struct change_record r = {0};
    struct change_list inverse = {0};
    const struct journal *j = c->app->store->journal;
    TRY(migrate_get(j, c->tenant.id, item->change_id, c->arena, &r, err));
    if (r.inverse) {
        TRY(change_list_parse(c->arena, r.inverse, &inverse, err));
    }
    *out = (struct app_trash_item){
        .item = *item,
        .display_name = name_in(&inverse, item->object),
        .dropped_by = r.actor_id,
        .dropped_by_name = r.actor_name,
    };
    return ERR_OK;
}

enum errcode app_trash_list(const struct caller *c, struct app_trash_item **out, size_t *n,
                            struct error *err)
{
    struct trash_item *items = NULL;
    size_t n_items = 0, n_list = 0;
    TRY(migrate_trash_list(c->app->store->journal, c->tenant.id, c->arena, &items, &n_items, err));
    struct app_trash_item *list = ARENA_ARRAY(c->arena, n_items, struct app_trash_item);
    struct migrate_target t = caller_target(c);
    for (size_t i = 0; i < n_items; i++) {
        bool is_here = str_is(migrate_room(&t), items[i].ns);
        if (is_here && app_table_sees(c, items[i].table_name)) {
            TRY(describe(c, &items[i], &list[n_list++], err));
        }
    }
    *out = list;
    *n = n_list;
    return ERR_OK;
}

/* The item, after judging that @c may do @action on its table. */
static enum errcode open_item(const struct caller *c, int64_t id, enum action action,
                              struct trash_item *out, struct error *err)
{
    TRY(migrate_trash_get(c->app->store->journal, c->tenant.id, id, c->arena, out, err));
    struct migrate_target t = caller_target(c);
    if (!str_is(migrate_room(&t), out->ns) || !app_table_sees(c, out->table_name)) {
        return ERROR(err, ERR_NOT_FOUND, "nothing in the trash has the id %lld", (long long)id);
    }
    return caller_check_table(c, action, out->table_name, NULL, err);
}

enum errcode app_trash_get(const struct caller *c, int64_t id, struct app_trash_item *out,
                           struct error *err)
{
    struct trash_item item = {0};
    TRY(open_item(c, id, ACTION_TRASH_READ, &item, err));
    return describe(c, &item, out, err);
}

/* What brings it back is held to the policy of its source. */
static enum errcode check_policy(const struct caller *c, const char *change_id, bool is_run,
                                 struct error *err)
{
    struct change_record r = {0};
    struct change_list inverse = {0};
    TRY(migrate_get(c->app->store->journal, c->tenant.id, change_id, c->arena, &r, err));
    if (r.inverse) {
        TRY(change_list_parse(c->arena, r.inverse, &inverse, err));
    }
    return app_change_policy(c, &inverse, is_run, err);
}

enum errcode app_trash_restore_preview(const struct caller *c, int64_t id, struct plan **out,
                                       struct error *err)
{
    struct migrate_target t = app_change_target(c);
    struct trash_item item = {0};
    TRY(open_item(c, id, ACTION_TRASH_RESTORE, &item, err));
    TRY(check_policy(c, item.change_id, false, err));
    return migrate_undo_preview(&t, item.change_id, c->arena, out, err);
}

enum errcode app_trash_restore(const struct caller *c, int64_t id, struct change_record *out,
                               struct error *err)
{
    struct migrate_target t = app_change_target(c);
    struct trash_item item = {0};
    TRY(open_item(c, id, ACTION_TRASH_RESTORE, &item, err));
    TRY(check_policy(c, item.change_id, true, err));
    return migrate_trash_restore(&t, id, c->arena, out, err);
}

enum errcode app_trash_purge(const struct caller *c, int64_t id, struct error *err)
{
    struct migrate_target t = app_change_target(c);
    struct trash_item item = {0};
    TRY(open_item(c, id, ACTION_TRASH_PURGE, &item, err));
    TRY(migrate_trash_purge(&t, id, err));
    const char *object = item.column_name
                             ? arena_printf(c->arena, "%s.%s", item.table_name, item.column_name)
                             : item.table_name;
    const char *detail = arena_printf(c->arena, "{\"changeId\":\"%s\"}", item.change_id);
    return caller_audit(c, "trash.purge", item.kind, object, detail, err);
}
