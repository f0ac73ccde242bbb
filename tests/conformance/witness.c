#include "witness.h"

#include "base/attr.h"
#include "change/change.h"

#define WITNESS STR("tenants/witness")

static struct column columns[] = {
    {.name = "name", .type = {.kind = TYPE_TEXT}},
    {.name = "tag", .type = {.kind = TYPE_TEXT}},
};
static const char *key[] = {"name"};
static struct table table = {.name = "witness",
                             .kind = TABLE_BASE,
                             .columns = columns,
                             .n_columns = 2,
                             .primary_key = key,
                             .n_primary_key = 1,
                             .row_estimate = -1};
static const struct column *const both[] = {&columns[0], &columns[1]};

static enum errcode run_plan(struct session *s, const struct plan *plan, struct error *err)
{
    TRY(engine_group_begin(s, &plan->groups[0], err));
    for (size_t i = 0; i < plan->n_steps; i++) {
        int64_t n_rows = 0;
        TRY(engine_run_step(s, &plan->steps[i], &n_rows, err));
    }
    return engine_group_end(s, &plan->groups[0], true, err);
}

enum errcode witness_open(struct engine *e, struct error *err)
{
    if (!e->caps.ddl_with_registry) {
        return ERR_OK;
    }
    struct arena *a AUTO(arena_freep) = arena_new();
    struct catalog *empty AUTO(catalog_unrefp) = catalog_new();
    struct session *s AUTO(engine_session_endp) = NULL;
    struct change change = {.kind = CHANGE_CREATE_TABLE, .create_table = {.table = &table}};
    struct change_list list = {.items = &change, .n = 1};
    struct plan *plan = plan_new(a, &list, "w");
    TRY(engine_namespace_create(e, WITNESS, err));
    TRY(engine_plan(e, empty, plan, err));
    TRY(engine_session_begin(e, WITNESS, ACCESS_SCHEMA, &s, err));
    return run_plan(s, plan, err);
}

enum errcode witness_close(struct engine *e, struct error *err)
{
    return e->caps.ddl_with_registry && engine_namespace_exists(e, WITNESS)
               ? engine_namespace_drop(e, WITNESS, err)
               : ERR_OK;
}

bool witness_is_part(const struct engine *e, const struct plan *plan, size_t group)
{
    return e->caps.ddl_with_registry && group + 1 == plan->n_groups &&
           plan->groups[group].is_transaction;
}

struct words {
    struct str ns;
    const char *tag;
};

static enum errcode write_row(struct session *s, void *arg, struct error *err)
{
    const struct words *words = arg;
    struct arena *a AUTO(arena_freep) = arena_new();
    const struct value values[] = {value_str(words->ns), value_text(words->tag)};
    const struct write gone = {.kind = WRITE_DELETE,
                               .table = &table,
                               .where =
                                   filter_compare(a, FILTER_EQ, &columns[0], value_str(words->ns))};
    const struct write come = {
        .kind = WRITE_INSERT, .table = &table, .columns = both, .values = values, .n_columns = 2};
    TRY(engine_write(s, &gone, NULL, err));
    return engine_write(s, &come, NULL, err);
}

enum errcode witness_write(struct session *s, struct str ns, const char *tag, struct error *err)
{
    struct words words = {ns, tag};
    return engine_group_transact(s, WITNESS, write_row, &words, err);
}

enum errcode witness_tag(struct engine *e, struct str ns, struct arena *a, const char **out,
                         struct error *err)
{
    const struct query q = {.table = &table,
                            .columns = both,
                            .n_columns = 2,
                            .where = filter_compare(a, FILTER_EQ, &columns[0], value_str(ns)),
                            .limit = 1};
    struct session *s AUTO(engine_session_endp) = NULL;
    const struct value *row = NULL;
    *out = "";
    if (!e->caps.ddl_with_registry) {
        return ERR_OK;
    }
    TRY(engine_session_begin(e, WITNESS, ACCESS_READ, &s, err));
    TRY(engine_query_one(s, &q, a, &row, err));
    if (row) {
        *out = arena_str(a, row[1].s);
    }
    return ERR_OK;
}
