#include "store/audit.h"

#include <string.h>

#include "base/map.h"
#include "migrate/change_run.h"
#include "store/record.h"

#define AUDIT_LIMIT 100

static const struct record_field audit_fields[] = {
    RECORD_IDENTITY(struct audit_entry, id),
    RECORD_FIELD(struct audit_entry, tenant_id, REF),
    RECORD_FIELD(struct audit_entry, user_id, REF),
    RECORD_FIELD(struct audit_entry, user_name, TEXT),
    RECORD_FIELD(struct audit_entry, action, TEXT),
    RECORD_FIELD(struct audit_entry, object_type, TEXT),
    RECORD_FIELD(struct audit_entry, object, TEXT),
    RECORD_FIELD(struct audit_entry, change_id, TEXT),
    RECORD_FIELD(struct audit_entry, detail, TEXT),
    RECORD_FIELD(struct audit_entry, ip_address, TEXT),
    RECORD_FIELD(struct audit_entry, user_agent, TEXT),
    RECORD_FIELD(struct audit_entry, request_id, TEXT),
    RECORD_FIELD(struct audit_entry, created_at, TIME),
};
RECORD_TYPE(store_audit_type, "audit_log", struct audit_entry, audit_fields, "id");

enum errcode store_audit_append_in(struct session *session, struct store *s, struct audit_entry *e,
                                   struct error *err)
{
    struct record_place p = store_place(s);
    e->id = 0;
    e->created_at = store_now();
    return record_insert_in(session, &p, &store_audit_type, e, err);
}

enum errcode store_audit_append(struct store *s, struct audit_entry *e, struct error *err)
{
    e->id = 0;
    e->created_at = store_now();
    return store_insert(s, &store_audit_type, e, err);
}

/* "user.*" as a LIKE pattern. */
static const char *prefix_pattern(struct arena *a, const char *action)
{
    struct buf b;
    buf_init(&b, BUF_MAX_DEFAULT);
    for (const char *p = action; p[0] && p[1]; p++) {
        if (strchr("%_\\", *p)) {
            buf_addc(&b, '\\');
        }
        buf_addc(&b, *p);
    }
    buf_addc(&b, '%');
    const char *text = arena_str(a, buf_str(&b));
    buf_release(&b);
    return text;
}

static struct record_term action_term(struct arena *a, const char *action)
{
    size_t n = strlen(action);
    if (n > 0 && action[n - 1] == '*') {
        return TERM("action", LIKE, value_text(prefix_pattern(a, action)));
    }
    return TERM("action", EQ, value_text(action));
}

enum errcode store_audit_list(struct store *s, struct arena *a, const struct audit_filter *f,
                              struct audit_entry **out, size_t *n, struct error *err)
{
    struct record_term terms[8];
    size_t n_terms = 0;
    if (f->tenant_id) {
        terms[n_terms++] = TERM("tenant_id", EQ, value_int(f->tenant_id));
    }
    if (f->user_id) {
        terms[n_terms++] = TERM("user_id", EQ, value_int(f->user_id));
    }
    if (f->action) {
        terms[n_terms++] = action_term(a, f->action);
    }
    if (f->object) {
        terms[n_terms++] = TERM("object", EQ, value_text(f->object));
    }
    if (f->since) {
        terms[n_terms++] = TERM("created_at", GTE, value_int(f->since));
    }
    if (f->until) {
        terms[n_terms++] = TERM("created_at", LT, value_int(f->until));
    }
    if (f->before_id) {
        terms[n_terms++] = TERM("id", LT, value_int(f->before_id));
    }
    struct record_query q = {.terms = terms,
                             .n_terms = n_terms,
                             .is_descending = true,
                             .limit = f->limit > 0 ? f->limit : AUDIT_LIMIT};
    void *found = NULL;
    TRY(store_all(s, a, &store_audit_type, &q, &found, n, err));
    *out = found;
    return ERR_OK;
}

/* The audit entry of a change, for where it came from; none is fine. */
static enum errcode find_entry(struct store *s, struct arena *a, const char *change_id,
                               struct audit_entry *out, struct error *err)
{
    struct record_term term = TERM("change_id", EQ, value_text(change_id));
    struct record_query q = {.terms = &term, .n_terms = 1, .limit = 1};
    void *found = NULL;
    size_t n = 0;
    TRY(store_all(s, a, &store_audit_type, &q, &found, &n, err));
    if (n > 0) {
        *out = *(struct audit_entry *)found;
    }
    return ERR_OK;
}

enum errcode store_settings_audit(struct store *s, struct arena *a, int64_t tenant_id,
                                  int64_t limit, const char *before_id, struct settings_audit **out,
                                  size_t *n, struct error *err)
{
    struct migrate_filter f = {.tenant_id = tenant_id, .before_id = before_id, .limit = limit};
    struct change_record *records = NULL;
    size_t n_records = 0;
    TRY(migrate_list(s->journal, &f, a, &records, &n_records, err));
    struct settings_audit *rows = ARENA_ARRAY(a, n_records, struct settings_audit);
    for (size_t i = 0; i < n_records; i++) {
        const struct change_record *r = &records[i];
        struct audit_entry entry = {0};
        TRY(find_entry(s, a, r->id, &entry, err));
        rows[i] = (struct settings_audit){
            .change_id = r->id,
            .tenant_id = r->tenant_id,
            .source = r->source,
            .user_id = r->actor_id,
            .user_name = r->actor_name,
            .kind = r->kind,
            .state = r->state,
            .title = r->title,
            .tables = r->tables,
            .operations = r->operations,
            .created_at = r->created_at,
            .finished_at = r->finished_at,
            .error = r->error,
            .ip_address = entry.ip_address,
            .request_id = entry.request_id,
        };
    }
    *out = rows;
    *n = n_records;
    return ERR_OK;
}
