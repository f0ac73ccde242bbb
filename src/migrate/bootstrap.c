#include "migrate/bootstrap.h"

#include "base/attr.h"
#include "base/time.h"
#include "migrate/file_json.h"
#include "migrate/packed.h"

#define BOOTSTRAP_TAG "bootstrap"

static void keep_missing_indexes(struct arena *a, const struct table *live, struct table *wanted,
                                 struct change_list *out)
{
    for (size_t i = 0; i < wanted->n_indexes; i++) {
        const struct index *ix = &wanted->indexes[i];
        if (ix->name && !table_find_index(live, str_of(ix->name))) {
            struct change c = {.kind = CHANGE_CREATE_INDEX,
                               .create_index = {.table = wanted->name, .index = *ix}};
            ARENA_PUSH(a, out->items, out->n, c);
        }
    }
}

/* What a newer program keeps of a step may be a column more. */
static void keep_missing_columns(struct arena *a, const struct table *live, struct table *wanted,
                                 struct change_list *out)
{
    for (size_t i = 0; i < wanted->n_columns; i++) {
        const struct column *column = &wanted->columns[i];
        if (!table_find_column(live, str_of(column->name))) {
            struct change c = {.kind = CHANGE_CREATE_COLUMN,
                               .create_column = {.table = wanted->name, .column = *column}};
            ARENA_PUSH(a, out->items, out->n, c);
        }
    }
}

/* Of @all, what is not there: whole tables, else their columns and indexes. */
static struct change_list missing(struct arena *a, const struct change_list *all,
                                  const struct catalog *live)
{
    struct change_list list = {0};
    for (size_t i = 0; i < all->n; i++) {
        BUG_ON(all->items[i].kind != CHANGE_CREATE_TABLE);
        struct table *wanted = all->items[i].create_table.table;
        const struct table *there = catalog_find_table(live, str_of(wanted->name));
        if (there) {
            keep_missing_columns(a, there, wanted, &list);
            keep_missing_indexes(a, there, wanted, &list);
        } else {
            ARENA_PUSH(a, list.items, list.n, all->items[i]);
        }
    }
    return list;
}

static enum errcode run_group(struct session *s, const struct plan *plan, size_t group,
                              struct error *err)
{
    const struct plan_group *g = &plan->groups[group];
    TRY(engine_group_begin(s, g, err));
    for (size_t i = 0; i < plan->n_steps; i++) {
        int64_t n_rows = 0;
        if (plan->steps[i].group != group) {
            continue;
        }
        enum errcode code = engine_run_step(s, &plan->steps[i], &n_rows, err);
        if (code != ERR_OK) {
            struct error ignored = ERROR_INIT;
            enum errcode back = engine_group_end(s, g, false, &ignored);
            (void)back; /* the first failure is the one to tell */
            error_release(&ignored);
            return code;
        }
    }
    return engine_group_end(s, g, true, err);
}

static enum errcode make_missing(struct engine *e, struct str ns, struct arena *a,
                                 const struct change_list *all, struct catalog **out,
                                 struct error *err)
{
    AUTO(engine_session_endp) struct session *s = NULL;
    TRY(engine_session_begin(e, ns, ACCESS_SCHEMA, &s, err));
    AUTO(catalog_unrefp) struct catalog *live = NULL;
    TRY(engine_inspect(s, &live, err));
    struct change_list *list = ARENA_NEW(a, struct change_list);
    *list = missing(a, all, live);
    list->arena = a;
    AUTO(catalog_unrefp) struct catalog *wanted = NULL;
    TRY(change_list_apply(list, live, &wanted, err)); /* completes the list too */
    struct plan *plan = plan_new(a, list, BOOTSTRAP_TAG);
    TRY(engine_plan(e, live, plan, err));
    for (size_t g = 0; g < plan->n_groups; g++) {
        TRY(run_group(s, plan, g, err));
    }
    return engine_inspect(s, out, err);
}

static enum errcode look(struct engine *e, struct str ns, struct catalog **out, struct error *err)
{
    AUTO(engine_session_endp) struct session *s = NULL;
    TRY(engine_session_begin(e, ns, ACCESS_READ, &s, err));
    return engine_inspect(s, out, err);
}

/* The bootstrap's own row, once. */
static enum errcode write_applied(const struct record_place *p, const struct file_doc *doc,
                                  struct error *err)
{
    AUTO(arena_freep) struct arena *a = arena_new();
    struct record_term term = {"name", FILTER_EQ, value_text(journal_files[0].name)};
    struct record_query q = {.terms = &term, .n_terms = 1};
    int64_t n = 0;
    TRY(record_count(p, &applied_file_type, &q, &n, err));
    if (n > 0) {
        return ERR_OK;
    }
    struct applied_file row = {
        .name = journal_files[0].name,
        .ns = arena_str(a, p->ns),
        .file_hash = doc->hash,
        .applied_at = time_now_us(),
    };
    return record_insert(p, &applied_file_type, &row, err);
}

enum errcode journal_bootstrap(struct engine *e, struct str ns, struct catalog **out,
                               struct error *err)
{
    BUG_ON(journal_files_n != 1);
    AUTO(arena_freep) struct arena *a = arena_new();
    struct file_doc doc = {0};
    TRY(migration_decode(a, &journal_files[0], &doc, err));
    AUTO(catalog_unrefp) struct catalog *live = NULL;
    TRY(look(e, ns, &live, err));
    if (missing(a, &doc.up.changes, live).n > 0) {
        live = catalog_unref(live);
        TRY(make_missing(e, ns, a, &doc.up.changes, &live, err));
    }
    struct record_place p = {.engine = e, .ns = ns, .catalog = live};
    TRY(write_applied(&p, &doc, err));
    *out = live;
    live = NULL;
    return ERR_OK;
}
