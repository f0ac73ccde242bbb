#include "migrate/change_run.h"

#include <string.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/map.h"
#include "base/time.h"
#include "migrate/file_json.h"
#include "migrate/lint.h"
#include "migrate/run.h"

struct str migrate_room(const struct migrate_target *t)
{
    return t->room.p ? t->room : t->ns;
}

enum errcode run_decorate(const struct migrate_target *t, struct catalog *c, struct error *err)
{
    return t->hooks.decorate ? t->hooks.decorate(t->hooks.arg, c, err) : ERR_OK;
}

enum errcode migrate_catalog(const struct migrate_target *t, struct catalog **out,
                             struct error *err)
{
    AUTO(catalog_unrefp) struct catalog *c = NULL;
    AUTO(engine_session_endp) struct session *s = NULL;
    TRY(engine_session_begin(t->engine, t->ns, ACCESS_READ, &s, err));
    TRY(engine_inspect(s, &c, err));
    TRY(run_decorate(t, c, err));
    *out = c;
    c = NULL;
    return ERR_OK;
}

const char *change_subject(const struct change *c)
{
    switch (c->kind) {
    case CHANGE_CREATE_TABLE:
        return c->create_table.table->name;
    case CHANGE_DROP_TABLE:
        return c->drop_table.table;
    case CHANGE_RENAME_TABLE:
        return c->rename_table.table;
    case CHANGE_RESTORE_TABLE:
        return c->restore_table.table->name;
    case CHANGE_CREATE_COLUMN:
        return c->create_column.table;
    case CHANGE_DROP_COLUMN:
        return c->drop_column.table;
    case CHANGE_RENAME_COLUMN:
        return c->rename_column.table;
    case CHANGE_CREATE_INDEX:
        return c->create_index.table;
    case CHANGE_DROP_INDEX:
        return c->drop_index.table;
    case CHANGE_MODIFY_COLUMN:
        return c->modify_column.table;
    default:
        BUG_ON(true);
    }
}

const char *run_plan_hash(struct arena *a, const struct plan *plan)
{
    struct sha256 h;
    sha256_init(&h);
    for (size_t i = 0; i < plan->n_steps; i++) {
        sha256_add(&h, plan->steps[i].text, strlen(plan->steps[i].text) + 1);
    }
    unsigned char digest[SHA256_BYTES];
    sha256_end(&h, digest);
    char *hex = arena_alloc(a, SHA256_HEX + 1);
    hex_encode(hex, digest, SHA256_BYTES);
    return hex;
}

const char *run_title(struct arena *a, const struct change_list *list)
{
    const char *first = change_ops(list->items[0].kind)->summary(a, &list->items[0]);
    if (list->n == 1) {
        return first;
    }
    return arena_printf(a, "%s, and %zu more", first, list->n - 1);
}

const char *run_tables(struct arena *a, const struct change_list *list)
{
    struct map seen;
    map_init(&seen, a, true);
    for (size_t i = 0; i < list->n; i++) {
        const struct change *c = &list->items[i];
        map_put(&seen, str_of(change_subject(c)), NULL);
        if (c->kind == CHANGE_RENAME_TABLE) {
            map_put(&seen, str_of(c->rename_table.new_name), NULL);
        }
    }
    struct buf b;
    buf_init(&b, BUF_MAX_DEFAULT);
    struct json_writer w;
    jsonw_init(&w, &b);
    jsonw_begin_array(&w);
    for (size_t i = 0; i < seen.n; i++) {
        jsonw_str(&w, seen.entries[i].key);
    }
    jsonw_end_array(&w);
    const char *text = arena_str(a, buf_str(&b));
    buf_release(&b);
    return text;
}

struct change_record run_record(struct arena *a, const struct migrate_target *t,
                                const struct plan *plan, const char *kind)
{
    return (struct change_record){
        .id = plan->tag,
        .ns = arena_str(a, migrate_room(t)),
        .tenant_id = t->tenant_id,
        .source = t->source ? t->source : "main",
        .kind = kind,
        .state = "planned",
        .title = run_title(a, plan->changes),
        .tables = run_tables(a, plan->changes),
        .operations = change_list_text(a, plan->changes),
        .undo_class = undo_class_name(plan->undo),
        .actor_id = t->actor_id,
        .actor_name = t->actor_name,
        .fp_before = plan->fingerprint_before,
        .fp_after = plan->fingerprint_after,
        .plan_hash = run_plan_hash(a, plan),
        .created_at = time_now_us(),
    };
}

/* A list whose destructive changes know their place in the trash. */
static struct change_list *prepared(struct arena *a, const struct change_list *list,
                                    const char *tag)
{
    struct change_list *own = ARENA_NEW(a, struct change_list);
    own->n = list->n;
    own->items = arena_memdup(a, list->items, list->n * sizeof(*list->items));
    change_list_prepare(a, own, tag);
    return own;
}

enum errcode run_preview(const struct migrate_target *t, const struct change_list *list,
                         const char *tag, struct arena *a, struct plan **out, struct error *err)
{
    if (list->n == 0) {
        ERROR(err, ERR_INVALID, "there is nothing to change");
        return error_where(err, "/operations");
    }
    AUTO(catalog_unrefp) struct catalog *before = NULL;
    AUTO(catalog_unrefp) struct catalog *after = NULL;
    AUTO(engine_session_endp) struct session *s = NULL;
    TRY(engine_session_begin(t->engine, t->ns, ACCESS_READ, &s, err));
    TRY(engine_inspect(s, &before, err));
    TRY(run_decorate(t, before, err));
    const struct change_list *own = prepared(a, list, tag);
    TRY(change_list_apply(own, before, &after, err));
    struct plan *plan = plan_new(a, own, tag);
    plan->fingerprint_before = catalog_fingerprint(a, before);
    TRY(engine_plan(t->engine, before, plan, err));
    if (t->engine->caps.rehearse) {
        TRY(engine_rehearse(s, plan, err));
    }
    TRY(lint_run(s, before, after, plan, err));
    *out = plan;
    return ERR_OK;
}

enum errcode migrate_preview(const struct migrate_target *t, const struct change_list *list,
                             struct arena *a, struct plan **out, struct error *err)
{
    char id[CHANGE_ID_TEXT + 1];
    journal_id(id);
    return run_preview(t, list, id, a, out, err);
}

enum errcode migrate_plan_keep(const struct migrate_target *t, const struct plan *plan,
                               struct error *err)
{
    AUTO(arena_freep) struct arena *a = arena_new();
    struct change_record r = run_record(a, t, plan, "change");
    struct record_place p = journal_place(t->journal);
    return record_insert(&p, &change_record_type, &r, err);
}

static enum errcode stale(struct error *err)
{
    ERROR(err, ERR_STALE_PLAN, "the schema changed since the preview");
    return error_hint(err, "preview again");
}

enum errcode migrate_plan_load(const struct migrate_target *t, const char *id, struct arena *a,
                               struct plan **out, struct error *err)
{
    struct change_record r = {0};
    TRY(migrate_get(t->journal, t->tenant_id, id, a, &r, err));
    if (!text_eq(r.state, "planned") || !str_is(migrate_room(t), r.ns)) {
        return ERROR(err, ERR_NOT_FOUND, "no plan \"%s\"", id);
    }
    struct change_list *list = ARENA_NEW(a, struct change_list);
    TRY(change_list_parse(a, r.operations, list, err));
    struct error why = ERROR_INIT;
    struct plan *plan = NULL;
    if (run_preview(t, list, r.id, a, &plan, &why) != ERR_OK) {
        /* it was valid when it was planned: whatever is wrong now is a schema that moved */
        if (why.code == ERR_INVALID || why.code == ERR_NOT_FOUND || why.code == ERR_CONFLICT) {
            error_release(&why);
            return stale(err);
        }
        return error_move(err, &why);
    }
    if (!text_eq(plan->fingerprint_before, r.fp_before) ||
        !text_eq(run_plan_hash(a, plan), r.plan_hash)) {
        return stale(err);
    }
    *out = plan;
    return ERR_OK;
}
