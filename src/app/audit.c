#include "app/audit.h"

#include "base/buf.h"
#include "migrate/change_run.h"

static const char *join_steps(struct arena *a, const struct change_step *steps, size_t n)
{
    struct buf b;
    buf_init(&b, BUF_MAX_DEFAULT);
    for (size_t i = 0; i < n; i++) {
        buf_printf(&b, "%s%s;", i ? "\n" : "", steps[i].text);
    }
    const char *text = buf_failed(&b) ? NULL : arena_str(a, buf_str(&b));
    buf_release(&b);
    return text;
}

/* What the journal knows of the change that @out is about; it may have forgotten it. */
static enum errcode add_change(const struct caller *c, struct app_audit_entry *out,
                               struct error *err)
{
    const struct journal *j = c->app->store->journal;
    struct change_record r = {0};
    struct change_step *steps = NULL;
    size_t n = 0;
    enum errcode code = migrate_get(j, c->tenant.id, out->entry.change_id, c->arena, &r, err);
    if (code == ERR_NOT_FOUND) {
        error_release(err);
        return ERR_OK;
    }
    TRY(code);
    TRY(migrate_steps(j, r.id, c->arena, &steps, &n, err));
    out->statement = join_steps(c->arena, steps, n);
    out->outcome = r.state;
    return ERR_OK;
}

enum errcode app_audit_list(const struct caller *c, const struct app_audit_filter *f,
                            struct app_audit_entry **out, size_t *n, struct error *err)
{
    struct audit_filter filter = {
        .tenant_id = c->tenant.id,
        .user_id = f->user_id,
        .action = f->action,
        .object = f->object,
        .since = f->since,
        .until = f->until,
        .before_id = f->before_id,
        .limit = f->limit,
    };
    struct audit_entry *entries = NULL;
    TRY(caller_check(c, ACTION_AUDIT_READ, err));
    TRY(store_audit_list(c->app->store, c->arena, &filter, &entries, n, err));
    struct app_audit_entry *list = ARENA_ARRAY(c->arena, *n, struct app_audit_entry);
    for (size_t i = 0; i < *n; i++) {
        list[i] = (struct app_audit_entry){.entry = entries[i], .outcome = "done"};
        if (entries[i].change_id) {
            TRY(add_change(c, &list[i], err));
        }
    }
    *out = list;
    return ERR_OK;
}
