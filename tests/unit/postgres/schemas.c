#include "schemas.h"

#include "base/attr.h"
#include "base/json.h"
#include "catalog/table_json.h"
#include "change/change_json.h"

struct attached attached_open(struct fixture *f, bool is_read_only, const char *sql, ...)
{
    static int n;
    struct attached a = {.f = f};
    a.schema = arena_printf(f->arena, "%sodd%d", f->options.prefix, n++);
    fixture_sql(f, "CREATE SCHEMA \"%s\"", a.schema);
    fixture_sql(f, "SET search_path = \"%s\"", a.schema);
    va_list more;
    va_start(more, sql);
    for (; sql; sql = va_arg(more, const char *)) {
        fixture_sql(f, "%s", sql);
    }
    va_end(more);
    fixture_sql(f, "RESET search_path");
    struct engine_options o = f->options;
    o.is_attached = true;
    o.is_read_only = is_read_only;
    o.schema = a.schema;
    assert_ok(f, fixture_kind()->open(&o, &a.engine, &f->err));
    return a;
}

void attached_close(struct attached *a)
{
    engine_close(a->engine);
    fixture_sql(a->f, "DROP SCHEMA IF EXISTS \"%s\" CASCADE", a->schema);
}

struct catalog *catalog_of(struct fixture *f, struct engine *e, struct str ns)
{
    struct session *s AUTO(engine_session_endp) = NULL;
    struct catalog *c = NULL;
    assert_ok(f, engine_session_begin(e, ns, ACCESS_READ, &s, &f->err));
    assert_ok(f, engine_inspect(s, &c, &f->err));
    return c;
}

const struct table *table_of(const struct catalog *c, const char *name)
{
    const struct table *t = catalog_find_table(c, str_of(name));
    if (!t) {
        fail_msg("no table %s", name);
    }
    return t;
}

const struct column *column_of(const struct catalog *c, const char *table, const char *column)
{
    const struct column *found = table_find_column(table_of(c, table), str_of(column));
    if (!found) {
        fail_msg("no column %s.%s", table, column);
    }
    return found;
}

const struct index *index_of(const struct catalog *c, const char *table, const char *index)
{
    const struct index *found = table_find_index(table_of(c, table), str_of(index));
    if (!found) {
        fail_msg("no index %s of %s", index, table);
    }
    return found;
}

const char *expr_text(struct arena *a, const struct expr *e)
{
    struct buf b;
    struct json_writer w;
    if (!e) {
        return "none";
    }
    buf_init(&b, BUF_MAX_DEFAULT);
    jsonw_init(&w, &b);
    expr_encode(&w, e);
    const char *text = arena_str(a, buf_str(&b));
    buf_release(&b);
    return text;
}

const char *table_text(struct arena *a, const struct table *t)
{
    struct buf b;
    struct json_writer w;
    buf_init(&b, BUF_MAX_DEFAULT);
    jsonw_init(&w, &b);
    table_encode(&w, t);
    const char *text = arena_str(a, buf_str(&b));
    buf_release(&b);
    return text;
}

const char *index_text(struct arena *a, const struct index *i)
{
    struct buf b;
    buf_init(&b, BUF_MAX_DEFAULT);
    buf_printf(&b, "%s%s%s(", i->is_unique ? "unique " : "", i->is_constraint ? "constraint " : "",
               i->method ? i->method : "");
    for (size_t k = 0; k < i->n_keys; k++) {
        const struct index_key *key = &i->keys[k];
        buf_printf(&b, "%s%s%s", k ? ", " : "", key->column ? key->column : expr_text(a, key->expr),
                   key->is_descending ? " desc" : "");
    }
    buf_printf(&b, ")%s%s", i->where ? " where " : "", i->where ? expr_text(a, i->where) : "");
    const char *text = arena_str(a, buf_str(&b));
    buf_release(&b);
    return text;
}

struct change_list *changes_of(struct fixture *f, const char *json)
{
    json_t *doc = NULL;
    struct change_list *list = ARENA_NEW(f->arena, struct change_list);
    assert_ok(f, doc_parse(f->arena, str_of(json), JSON_DEPTH_MAX, &doc, &f->err));
    assert_ok(f, change_list_decode(f->arena, doc, list, &f->err));
    return list;
}

enum errcode plan_of(struct fixture *f, struct engine *e, struct str ns, struct change_list *list,
                     struct plan **out)
{
    static int n;
    struct catalog *before AUTO(catalog_unrefp) = catalog_of(f, e, ns);
    struct catalog *wanted AUTO(catalog_unrefp) = NULL;
    const char *tag = arena_printf(f->arena, "p%d", n++);
    change_list_prepare(f->arena, list, tag);
    TRY(change_list_apply(list, before, &wanted, &f->err));
    *out = plan_new(f->arena, list, tag);
    return engine_plan(e, before, *out, &f->err);
}

static enum errcode run_group(struct fixture *f, struct session *s, const struct plan *plan,
                              size_t group)
{
    TRY(engine_group_begin(s, &plan->groups[group], &f->err));
    for (size_t i = 0; i < plan->n_steps; i++) {
        int64_t n_rows = 0;
        if (plan->steps[i].group != group) {
            continue;
        }
        enum errcode code = engine_run_step(s, &plan->steps[i], &n_rows, &f->err);
        if (code != ERR_OK) {
            (void)!engine_group_end(s, &plan->groups[group], false, NULL);
            return code;
        }
    }
    return engine_group_end(s, &plan->groups[group], true, &f->err);
}

enum errcode run_plan(struct fixture *f, struct engine *e, struct str ns, const struct plan *plan)
{
    struct session *s AUTO(engine_session_endp) = NULL;
    TRY(engine_session_begin(e, ns, ACCESS_SCHEMA, &s, &f->err));
    for (size_t g = 0; g < plan->n_groups; g++) {
        TRY(run_group(f, s, plan, g));
    }
    return ERR_OK;
}

static struct change_list *inverse_of(struct fixture *f, const struct change_list *list,
                                      const struct catalog *before)
{
    struct change_list inverse = {0};
    struct change_list *back = ARENA_NEW(f->arena, struct change_list);
    struct buf b;
    struct json_writer w;
    json_t *doc = NULL;
    change_list_inverse(f->arena, list, before, &inverse);
    buf_init(&b, BUF_MAX_DEFAULT);
    jsonw_init(&w, &b);
    change_list_encode(&w, &inverse);
    assert_ok(f, doc_parse(f->arena, buf_str(&b), JSON_DEPTH_MAX, &doc, &f->err));
    buf_release(&b);
    assert_ok(f, change_list_decode_stored(f->arena, doc, back, &f->err));
    return back;
}

enum errcode change_schema(struct fixture *f, struct engine *e, struct str ns,
                           struct change_list *list, struct change_list **undo)
{
    struct catalog *before AUTO(catalog_unrefp) = catalog_of(f, e, ns);
    struct plan *plan = NULL;
    TRY(plan_of(f, e, ns, list, &plan));
    TRY(run_plan(f, e, ns, plan));
    if (undo) {
        *undo = inverse_of(f, list, before);
    }
    return ERR_OK;
}
