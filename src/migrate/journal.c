#include "migrate/journal.h"

#include <string.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/time.h"
#include "base/uuid.h"
#include "migrate/bootstrap.h"

static const struct record_field change_fields[] = {
    RECORD_FIELD(struct change_record, id, TEXT),
    RECORD_FIELD(struct change_record, ns, TEXT),
    RECORD_FIELD(struct change_record, tenant_id, INT),
    RECORD_FIELD(struct change_record, source, TEXT),
    RECORD_FIELD(struct change_record, kind, TEXT),
    RECORD_FIELD(struct change_record, state, TEXT),
    RECORD_FIELD(struct change_record, title, TEXT),
    RECORD_FIELD(struct change_record, tables, TEXT),
    RECORD_FIELD(struct change_record, operations, TEXT),
    RECORD_FIELD(struct change_record, inverse, TEXT),
    RECORD_FIELD(struct change_record, undo_class, TEXT),
    RECORD_FIELD(struct change_record, undo_of, TEXT),
    RECORD_FIELD(struct change_record, undone_by, TEXT),
    RECORD_FIELD(struct change_record, actor_id, REF),
    RECORD_FIELD(struct change_record, actor_name, TEXT),
    RECORD_FIELD(struct change_record, fp_before, TEXT),
    RECORD_FIELD(struct change_record, fp_after, TEXT),
    RECORD_FIELD(struct change_record, plan_hash, TEXT),
    RECORD_FIELD(struct change_record, prev_hash, TEXT),
    RECORD_FIELD(struct change_record, created_at, TIME),
    RECORD_FIELD(struct change_record, finished_at, TIME),
    RECORD_FIELD(struct change_record, undo_until, TIME),
    RECORD_FIELD(struct change_record, error, TEXT),
};

const struct record_type change_record_type = {
    .table = "change",
    .size = sizeof(struct change_record),
    .fields = change_fields,
    .n_fields = ARRAY_LEN(change_fields),
    .key = "id",
};

static const struct record_field step_fields[] = {
    RECORD_IDENTITY(struct change_step, id),
    RECORD_FIELD(struct change_step, change_id, TEXT),
    RECORD_FIELD(struct change_step, n, INT),
    RECORD_FIELD(struct change_step, operation, INT),
    RECORD_FIELD(struct change_step, text, TEXT),
    RECORD_FIELD(struct change_step, state, TEXT),
    RECORD_FIELD(struct change_step, started_at, TIME),
    RECORD_FIELD(struct change_step, finished_at, TIME),
    RECORD_FIELD(struct change_step, n_rows, INT),
    RECORD_FIELD(struct change_step, error, TEXT),
    RECORD_FIELD(struct change_step, undo, TEXT),
};

const struct record_type change_step_type = {
    .table = "step",
    .size = sizeof(struct change_step),
    .fields = step_fields,
    .n_fields = ARRAY_LEN(step_fields),
    .key = "id",
};

static const struct record_field trash_fields[] = {
    RECORD_IDENTITY(struct trash_item, id),
    RECORD_FIELD(struct trash_item, change_id, TEXT),
    RECORD_FIELD(struct trash_item, ns, TEXT),
    RECORD_FIELD(struct trash_item, tenant_id, INT),
    RECORD_FIELD(struct trash_item, kind, TEXT),
    RECORD_FIELD(struct trash_item, table_name, TEXT),
    RECORD_FIELD(struct trash_item, column_name, TEXT),
    RECORD_FIELD(struct trash_item, object, TEXT),
    RECORD_FIELD(struct trash_item, n_rows, INT),
    RECORD_FIELD(struct trash_item, created_at, TIME),
    RECORD_FIELD(struct trash_item, expires_at, TIME),
    RECORD_FIELD(struct trash_item, restored_at, TIME),
    RECORD_FIELD(struct trash_item, purged_at, TIME),
};

const struct record_type trash_item_type = {
    .table = "undo_item",
    .size = sizeof(struct trash_item),
    .fields = trash_fields,
    .n_fields = ARRAY_LEN(trash_fields),
    .key = "id",
};

static const struct record_field applied_fields[] = {
    RECORD_FIELD(struct applied_file, name, TEXT),
    RECORD_FIELD(struct applied_file, ns, TEXT),
    RECORD_FIELD(struct applied_file, number, INT),
    RECORD_FIELD(struct applied_file, file_hash, TEXT),
    RECORD_FIELD(struct applied_file, change_id, TEXT),
    RECORD_FIELD(struct applied_file, inverse, TEXT),
    RECORD_FIELD(struct applied_file, applied_at, TIME),
};

const struct record_type applied_file_type = {
    .table = "applied",
    .size = sizeof(struct applied_file),
    .fields = applied_fields,
    .n_fields = ARRAY_LEN(applied_fields),
    .key = "name",
};

enum errcode journal_open(struct engine *engine, struct str ns, struct journal **out,
                          struct error *err)
{
    struct catalog *catalog = NULL;
    TRY(journal_bootstrap(engine, ns, &catalog, err));
    struct journal *j = mem_alloc(sizeof(*j) + ns.n + 1);
    char *name = (char *)(j + 1);
    memcpy(name, ns.p, ns.n);
    *j = (struct journal){.engine = engine, .ns = {name, ns.n}, .catalog = catalog};
    *out = j;
    return ERR_OK;
}

void journal_close(struct journal *j)
{
    if (j) {
        catalog_unref(j->catalog);
        mem_free(j);
    }
}

struct record_place journal_place(const struct journal *j)
{
    return (struct record_place){.engine = j->engine, .ns = j->ns, .catalog = j->catalog};
}

enum errcode journal_claim(const struct journal *j, const char *id, struct engine_lock **out,
                           struct error *err)
{
    AUTO(arena_freep) struct arena *a = arena_new();
    const char *name = arena_printf(a, "change/%s", id);
    return engine_lock(j->engine, str_of(name), LOCK_ALONE, out, err);
}

/*
 * Ten digits of milliseconds (enough until the year 4200 and more) and six of chance, in an
 * alphabet whose order is the order of its values. Ids made by one process never go back.
 */
void journal_id(char out[CHANGE_ID_TEXT + 1])
{
    static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";
    static int64_t last;
    int64_t now = time_now_us() / 1000;
    int64_t seen = __atomic_load_n(&last, __ATOMIC_RELAXED);
    do {
        now = now > seen ? now : seen + 1;
    } while (
        !__atomic_compare_exchange_n(&last, &seen, now, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
    unsigned char chance[6];
    random_bytes(chance, sizeof(chance));
    for (int i = 9; i >= 0; i--) {
        out[i] = digits[now & 31];
        now >>= 5;
    }
    for (int i = 0; i < 6; i++) {
        out[10 + i] = digits[chance[i] & 31];
    }
    out[CHANGE_ID_TEXT] = '\0';
}
