/*
 * telaio-conformance: runs the cases of tests/conformance/cases on one engine and prints TAP.
 *
 *     telaio-conformance --engine=NAME [--faults[=STRIDE]] [--filter=TEXT] CASES.json…
 *     telaio-conformance --engine=NAME --random=N
 *
 * The names are those of support/test_engine.h: null, sqlite, postgresql, mariadb, mongodb.
 * A case is {name, before: [tables], operations: […], then either after: [tables] or
 * error: {code, where?}, and optionally steps: {engine: [text, …]}, undo: class, irreversible}.
 * The tables of `before` are made first; the operations run as a plan; the structure must then be
 * that of `after` made afresh; the inverse, through its JSON form, must give the first
 * fingerprint again. `rows` {table: [[…]]} are put in before and must be there after the undo;
 * `rowsAfter` are those after the operations. With --faults each change runs again and again, and
 * the first, second, third … call of the engine fails: then the structure must be the one before.
 * With a stride only each STRIDE-th call fails, from another one on for each case.
 *
 * `needs` [ability, …]: an engine that lacks one must refuse the change as unsupported and leave
 * everything as it was, or with `without`: "nothing" the case says nothing about it. Either way it
 * is not counted as passed.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/fs.h"
#include "base/json.h"
#include "catalog/table_json.h"
#include "change/change_json.h"
#include "engine/engine.h"
#include "fault_engine.h"
#include "random_changes.h"
#include "rows.h"
#include "test_engine.h"
#include "witness.h"

struct run {
    struct engine *engine;
    const char *engine_name; /* the one behind a fault engine */
    int n_cases, n_failed, n_lacking;
    int stride; /* of faults; 0 = none */
    const char *filter;
    const char *skip; /* why there is no such engine here */
};

struct one_case {
    struct arena *arena;
    const json_t *doc;
    const char *name;
    struct str ns;
    struct buf report;          /* lines that tell what is wrong */
    const char *outcome;        /* of random changes */
    const char *rows_before[8]; /* of each table in `rows`, in its order */
};

static void blame(struct one_case *c, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void blame(struct one_case *c, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    buf_adds(&c->report, "# ");
    buf_vprintf(&c->report, fmt, ap);
    buf_addc(&c->report, '\n');
    va_end(ap);
}

static void blame_error(struct one_case *c, const char *what, const struct error *err)
{
    blame(c, "%s: %s: %s (at %s)%s%s", what, errcode_row(err->code)->wire, err->message,
          err->where ? err->where : "-", err->detail ? " " : "", err->detail ? err->detail : "");
}

static enum errcode inspect(struct run *r, struct str ns, struct catalog **out, struct error *err)
{
    struct session *s AUTO(engine_session_endp) = NULL;
    TRY(engine_session_begin(r->engine, ns, ACCESS_READ, &s, err));
    return engine_inspect(s, out, err);
}

static enum errcode run_group(struct session *s, struct str ns, const struct plan *plan,
                              size_t group, struct error *err)
{
    TRY(engine_group_begin(s, &plan->groups[group], err));
    enum errcode code = ERR_OK;
    for (size_t i = 0; i < plan->n_steps && code == ERR_OK; i++) {
        int64_t n_rows = 0;
        if (plan->steps[i].group != group) {
            continue;
        }
        code = engine_run_step(s, &plan->steps[i], &n_rows, err);
        if (code == ERR_OK && plan->steps[i].kind == STEP_CHECK && n_rows > 0) {
            code = ERROR(err, ERR_CONFLICT, "a check found rows: %s", plan->steps[i].text);
        }
        if (code != ERR_OK) {
            error_detail(err, "in step: %s", plan->steps[i].text);
        }
    }
    if (code == ERR_OK && witness_is_part(s->engine, plan, group)) {
        code = witness_write(s, ns, plan->tag, err);
    }
    if (code != ERR_OK) {
        struct error ignored = ERROR_INIT;
        (void)!engine_group_end(s, &plan->groups[group], false, &ignored);
        error_release(&ignored);
        return code;
    }
    return engine_group_end(s, &plan->groups[group], true, err);
}

static enum errcode run_plan(struct run *r, struct str ns, const struct plan *plan,
                             struct error *err)
{
    struct session *s AUTO(engine_session_endp) = NULL;
    TRY(engine_session_begin(r->engine, ns, ACCESS_SCHEMA, &s, err));
    for (size_t g = 0; g < plan->n_groups; g++) {
        TRY(run_group(s, ns, plan, g, err));
    }
    return ERR_OK;
}

static enum errcode rehearse(struct run *r, struct str ns, struct plan *plan, struct error *err)
{
    struct session *s AUTO(engine_session_endp) = NULL;
    if (!r->engine->caps.rehearse) {
        return ERR_OK;
    }
    TRY(engine_session_begin(r->engine, ns, ACCESS_READ, &s, err));
    return engine_rehearse(s, plan, err);
}

/* What the rehearsal foretold is what came. */
static enum errcode check_rehearsal(struct run *r, struct one_case *c, struct str ns,
                                    const struct plan *plan, struct error *err)
{
    struct catalog *is AUTO(catalog_unrefp) = NULL;
    if (!r->engine->caps.rehearse || r->stride) {
        return ERR_OK;
    }
    TRY(inspect(r, ns, &is, err));
    if (!text_eq(plan->fingerprint_after, catalog_fingerprint(c->arena, is))) {
        blame(c, "the rehearsal foretold another structure");
    }
    return ERR_OK;
}

/* What is written with a change is there as the change is. */
static enum errcode check_witness(struct run *r, struct one_case *c, struct str ns,
                                  const char *wanted, struct error *err)
{
    const char *tag = NULL;
    TRY(witness_tag(r->engine, ns, c->arena, &tag, err));
    if (!text_eq(tag, wanted)) {
        blame(c, "the row beside the change is of \"%s\", not \"%s\"", tag, wanted);
    }
    return ERR_OK;
}

/* Prepares, checks, plans, rehearses and runs @list; *@plan is what ran. */
static enum errcode change_schema(struct run *r, struct one_case *c, struct str ns,
                                  struct change_list *list, const char *tag, struct plan **plan,
                                  struct error *err)
{
    struct catalog *before AUTO(catalog_unrefp) = NULL;
    struct catalog *wanted AUTO(catalog_unrefp) = NULL;
    TRY(inspect(r, ns, &before, err));
    change_list_prepare(c->arena, list, tag);
    TRY(change_list_apply(list, before, &wanted, err));
    *plan = plan_new(c->arena, list, tag);
    TRY(engine_plan(r->engine, before, *plan, err));
    TRY(rehearse(r, ns, *plan, err));
    TRY(run_plan(r, ns, *plan, err));
    if (!r->stride && (*plan)->n_groups > 0 &&
        witness_is_part(r->engine, *plan, (*plan)->n_groups - 1)) {
        TRY(check_witness(r, c, ns, tag, err));
    }
    return check_rehearsal(r, c, ns, *plan, err);
}

static enum errcode make_tables(struct run *r, struct one_case *c, struct str ns,
                                const json_t *tables, struct error *err)
{
    TRY(engine_namespace_create(r->engine, ns, err));
    size_t n = json_array_size(tables);
    for (size_t i = 0; i < n; i++) {
        struct change *change = ARENA_NEW(c->arena, struct change);
        struct table *t = ARENA_NEW(c->arena, struct table);
        TRY(table_decode(c->arena, json_array_get(tables, i), t, err));
        change->kind = CHANGE_CREATE_TABLE;
        change->create_table.table = t;
        struct change_list list = {.items = change, .n = 1};
        struct plan *plan = NULL;
        TRY(change_schema(r, c, ns, &list, arena_printf(c->arena, "b%zu", i), &plan, err));
    }
    return ERR_OK;
}

static const char *catalog_text(struct arena *a, const struct catalog *catalog)
{
    struct buf b;
    struct json_writer w;
    buf_init(&b, BUF_MAX_DEFAULT);
    jsonw_init(&w, &b);
    catalog_encode(&w, catalog);
    const char *text = arena_str(a, buf_str(&b));
    buf_release(&b);
    return text;
}

static void compare(struct one_case *c, const char *what, const struct catalog *is,
                    const struct catalog *wanted)
{
    if (text_eq(catalog_fingerprint(c->arena, is), catalog_fingerprint(c->arena, wanted))) {
        return;
    }
    blame(c, "%s: the structure differs", what);
    blame(c, "  is:     %s", catalog_text(c->arena, is));
    blame(c, "  wanted: %s", catalog_text(c->arena, wanted));
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const struct column *)a)->name, ((const struct column *)b)->name);
}

static const char *fingerprint_by_name(struct arena *a, const struct catalog *catalog)
{
    size_t n = 0;
    const char *all = "";
    struct table **tables = catalog_sorted_tables(a, catalog, &n);
    for (size_t i = 0; i < n; i++) {
        struct table t = *tables[i];
        t.columns = arena_memdup(a, t.columns, t.n_columns * sizeof *t.columns);
        qsort(t.columns, t.n_columns, sizeof *t.columns, compare_names);
        all = arena_printf(a, "%s%s", all, table_fingerprint(a, &t));
    }
    return all;
}

/* A column that comes back is the last one where the engine knows no place for it. */
static void compare_undone(struct run *r, struct one_case *c, const char *what,
                           const struct catalog *is, const struct catalog *wanted)
{
    bool has_place = r->engine->caps.column_position;
    if (has_place ||
        !text_eq(fingerprint_by_name(c->arena, is), fingerprint_by_name(c->arena, wanted))) {
        compare(c, what, is, wanted);
    }
}

static bool has_rows(const struct run *r, const struct one_case *c)
{
    return c->doc && json_object_get(c->doc, "rows") && !text_eq(r->engine_name, "null");
}

/* Each table of @wanted must hold its rows, no more and no less. */
static void check_rows(struct run *r, struct one_case *c, const char *when, const json_t *wanted)
{
    const char *table = NULL;
    json_t *rows = NULL;
    json_object_foreach((json_t *)wanted, table, rows)
    {
        struct error err = ERROR_INIT;
        const char *is = NULL;
        const char *must = rows_wanted(c->arena, rows);
        if (rows_text(r->engine, c->ns, table, false, c->arena, &is, &err) != ERR_OK) {
            blame_error(c, when, &err);
        } else if (!text_eq(is, must)) {
            blame(c, "%s: rows of %s are %s, not %s", when, table, is, must);
        }
        error_release(&err);
    }
}

/* What is there before the operations must be there after the undo. */
static void keep_rows(struct run *r, struct one_case *c, bool is_after)
{
    const char *table = NULL;
    json_t *rows = NULL;
    size_t n = 0;
    json_object_foreach((json_t *)json_object_get(c->doc, "rows"), table, rows)
    {
        struct error err = ERROR_INIT;
        const char *is = NULL;
        BUG_ON(n == ARRAY_LEN(c->rows_before));
        if (rows_text(r->engine, c->ns, table, true, c->arena, &is, &err) != ERR_OK) {
            blame_error(c, "reading rows", &err);
        } else if (is_after && !text_eq(is, c->rows_before[n])) {
            blame(c, "after the undo: rows of %s are %s, not %s", table, is, c->rows_before[n]);
        }
        c->rows_before[n++] = is;
        error_release(&err);
    }
}

/* What was made is dropped again, also after a failure: the server is not the run's own. */
static void drop_namespace(struct run *r, struct one_case *c, struct str ns)
{
    struct error err = ERROR_INIT;
    if (engine_namespace_exists(r->engine, ns) &&
        engine_namespace_drop(r->engine, ns, &err) != ERR_OK) {
        blame_error(c, "dropping the namespace", &err);
    }
    error_release(&err);
}

static void check_after(struct run *r, struct one_case *c, const json_t *after)
{
    struct error err = ERROR_INIT;
    struct str ns = str_of(arena_printf(c->arena, "%.*s_after", (int)c->ns.n, c->ns.p));
    struct catalog *is AUTO(catalog_unrefp) = NULL;
    struct catalog *wanted AUTO(catalog_unrefp) = NULL;
    if (make_tables(r, c, ns, after, &err) != ERR_OK || inspect(r, ns, &wanted, &err) != ERR_OK ||
        inspect(r, c->ns, &is, &err) != ERR_OK) {
        blame_error(c, "making `after`", &err);
    } else {
        compare(c, "after", is, wanted);
    }
    error_release(&err);
    drop_namespace(r, c, ns);
}

static void check_steps(struct run *r, struct one_case *c, const struct plan *plan)
{
    const json_t *all = json_object_get(c->doc, "steps");
    const json_t *steps = json_object_get(all, r->engine_name);
    if (!steps) {
        return;
    }
    if (json_array_size(steps) != plan->n_steps) {
        blame(c, "%zu steps, not %zu", plan->n_steps, json_array_size(steps));
    }
    for (size_t i = 0; i < plan->n_steps; i++) {
        const char *wanted = json_string_value(json_array_get(steps, i));
        if (!text_eq(plan->steps[i].text, wanted)) {
            blame(c, "step %zu is %s", i, plan->steps[i].text);
        }
    }
}

static const char *list_text(struct arena *a, const struct change_list *list)
{
    struct buf b;
    struct json_writer w;
    buf_init(&b, BUF_MAX_DEFAULT);
    jsonw_init(&w, &b);
    change_list_encode(&w, list);
    const char *text = arena_str(a, buf_str(&b));
    buf_release(&b);
    return text;
}

/* The inverse as the journal keeps it: written, read back, then run. */
static enum errcode undo(struct run *r, struct one_case *c, const struct change_list *list,
                         const struct catalog *before, struct error *err)
{
    struct change_list inverse = {0};
    struct change_list back = {0};
    json_t *doc = NULL;
    change_list_inverse(c->arena, list, before, &inverse);
    const char *text = list_text(c->arena, &inverse);
    TRY(doc_parse(c->arena, str_of(text), JSON_DEPTH_MAX, &doc, err));
    TRY(change_list_decode_stored(c->arena, doc, &back, err));
    struct plan *plan = NULL;
    return change_schema(r, c, c->ns, &back, "u", &plan, err);
}

static void check_undo(struct run *r, struct one_case *c, const struct change_list *list,
                       const struct catalog *before)
{
    struct error err = ERROR_INIT;
    struct catalog *is AUTO(catalog_unrefp) = NULL;
    if (undo(r, c, list, before, &err) != ERR_OK || inspect(r, c->ns, &is, &err) != ERR_OK) {
        blame_error(c, "undo", &err);
    } else {
        compare_undone(r, c, "undo", is, before);
        if (has_rows(r, c)) {
            keep_rows(r, c, true);
        }
    }
    error_release(&err);
}

static enum errcode run_operations(struct run *r, struct one_case *c, struct change_list *list,
                                   struct plan **plan, struct error *err)
{
    TRY(change_list_decode(c->arena, json_object_get(c->doc, "operations"), list, err));
    return change_schema(r, c, c->ns, list, "t", plan, err);
}

static void check_error(struct run *r, struct one_case *c, const json_t *wanted,
                        const struct catalog *before)
{
    struct error err = ERROR_INIT;
    struct change_list list = {0};
    struct plan *plan = NULL;
    if (run_operations(r, c, &list, &plan, &err) == ERR_OK) {
        blame(c, "it must fail");
        error_release(&err);
        return;
    }
    const char *code = json_string_value(json_object_get(wanted, "code"));
    const char *where = json_string_value(json_object_get(wanted, "where"));
    if (!text_eq(errcode_row(err.code)->wire, code) || (where && !text_eq(err.where, where))) {
        blame_error(c, "another error", &err);
    }
    error_release(&err);
    struct catalog *is AUTO(catalog_unrefp) = NULL;
    if (inspect(r, c->ns, &is, &err) != ERR_OK) {
        blame_error(c, "inspect", &err);
    } else {
        compare(c, "a refused change", is, before);
    }
    error_release(&err);
}

static void check_change(struct run *r, struct one_case *c, const struct catalog *before)
{
    struct error err = ERROR_INIT;
    struct change_list list = {0};
    struct plan *plan = NULL;
    if (has_rows(r, c)) {
        keep_rows(r, c, false);
    }
    if (run_operations(r, c, &list, &plan, &err) != ERR_OK) {
        blame_error(c, "operations", &err);
        error_release(&err);
        return;
    }
    check_steps(r, c, plan);
    const char *class = json_string_value(json_object_get(c->doc, "undo"));
    if (class && !text_eq(undo_class_name(plan->undo), class)) {
        blame(c, "the undo class is %s", undo_class_name(plan->undo));
    }
    const json_t *after = json_object_get(c->doc, "after");
    if (after) {
        check_after(r, c, after);
    }
    if (has_rows(r, c)) {
        check_rows(r, c, "after", json_object_get(c->doc, "rowsAfter"));
    }
    if (!json_is_true(json_object_get(c->doc, "irreversible"))) {
        check_undo(r, c, &list, before);
    }
}

static void run_case(struct run *r, struct one_case *c)
{
    struct error err = ERROR_INIT;
    struct catalog *before AUTO(catalog_unrefp) = NULL;
    const json_t *tables = json_object_get(c->doc, "before");
    const json_t *error = json_object_get(c->doc, "error");
    if (!error && !json_object_get(c->doc, "after")) {
        blame(c, "a case has `after` or `error`");
    }
    if (make_tables(r, c, c->ns, tables, &err) != ERR_OK ||
        inspect(r, c->ns, &before, &err) != ERR_OK) {
        blame_error(c, "making `before`", &err);
    } else if (has_rows(r, c) &&
               rows_insert(r->engine, c->ns, json_object_get(c->doc, "rows"), &err) != ERR_OK) {
        blame_error(c, "making `rows`", &err);
    } else if (error) {
        check_error(r, c, error, before);
    } else {
        check_change(r, c, before);
    }
    error_release(&err);
}

/* One change with a fault in its @n-th call; false when there is no such call. */
static bool fail_once(struct run *r, struct one_case *c, int n)
{
    struct error err = ERROR_INIT;
    struct change_list list = {0};
    struct plan *plan = NULL;
    struct catalog *before AUTO(catalog_unrefp) = NULL;
    struct catalog *is AUTO(catalog_unrefp) = NULL;
    const char *tag = NULL;
    c->ns = str_of(arena_printf(c->arena, "tenants/c%d_f%d", r->n_cases, n));
    if (make_tables(r, c, c->ns, json_object_get(c->doc, "before"), &err) != ERR_OK ||
        witness_tag(r->engine, c->ns, c->arena, &tag, &err) != ERR_OK ||
        inspect(r, c->ns, &before, &err) != ERR_OK) {
        blame_error(c, "making `before`", &err);
        error_release(&err);
        drop_namespace(r, c, c->ns);
        return false;
    }
    fault_engine_arm(r->engine, &(struct fault){.kind = FAULT_BEFORE, .n = n});
    enum errcode code = run_operations(r, c, &list, &plan, &err);
    bool fired = fault_engine_fired(r->engine);
    fault_engine_arm(r->engine, NULL);
    if (fired && code != ERR_IO) {
        blame(c, "fault %d: it must fail with io_error", n);
    }
    if (!fired && code != ERR_OK) {
        blame_error(c, "without a fault", &err);
    }
    /* several groups, and what no transaction holds, are put in order by who runs the plan */
    bool is_whole = fired && (!plan || (plan->n_groups <= 1 && r->engine->caps.transactional_ddl));
    if (inspect(r, c->ns, &is, &err) != ERR_OK) {
        blame_error(c, "inspect after a fault", &err);
    } else if (is_whole) {
        compare(c, arena_printf(c->arena, "fault %d: %s", n, err.message), is, before);
        if (check_witness(r, c, c->ns, tag, &err) != ERR_OK) {
            blame_error(c, "the row beside the change after a fault", &err);
        }
    }
    error_release(&err);
    drop_namespace(r, c, c->ns);
    return fired;
}

static void run_faults(struct run *r, struct one_case *c)
{
    int n = 1 + r->n_cases % r->stride;
    while (c->report.n == 0 && fail_once(r, c, n)) {
        n += r->stride;
    }
    if (c->report.n == 0 && n < 5) {
        blame(c, "a change makes more than %d calls", n - 1);
    }
}

/* The first ability of `needs` that the engine has not, NULL when it has all. */
static const char *lacked_ability(const struct run *r, const json_t *doc)
{
    const json_t *needs = json_object_get(doc, "needs");
    for (size_t i = 0; i < json_array_size(needs); i++) {
        const char *name = json_string_value(json_array_get(needs, i));
        if (!engine_has(&r->engine->caps, name)) {
            return name;
        }
    }
    return NULL;
}

/* An engine that cannot do it says so, and nothing has changed. */
static void check_lack(struct run *r, struct one_case *c)
{
    struct error err = ERROR_INIT;
    struct change_list list = {0};
    struct plan *plan = NULL;
    struct catalog *before AUTO(catalog_unrefp) = NULL;
    struct catalog *is AUTO(catalog_unrefp) = NULL;
    const char *without = json_string_value(json_object_get(c->doc, "without"));
    if (text_eq(without, "nothing")) {
        return;
    }
    enum errcode code = make_tables(r, c, c->ns, json_object_get(c->doc, "before"), &err);
    if (code == ERR_OK) {
        code = inspect(r, c->ns, &before, &err);
    }
    if (code == ERR_OK) {
        code = run_operations(r, c, &list, &plan, &err);
    }
    if (code == ERR_OK) {
        blame(c, "an engine without the ability must refuse it");
    } else if (code != ERR_UNSUPPORTED) {
        blame_error(c, "it must be unsupported", &err);
    } else if (before && inspect(r, c->ns, &is, &err) == ERR_OK) {
        compare(c, "what is unsupported", is, before);
    }
    error_release(&err);
}

static bool is_for(const json_t *doc, const char *engine)
{
    const json_t *engines = json_object_get(doc, "engines");
    size_t n = json_array_size(engines);
    for (size_t i = 0; i < n; i++) {
        if (text_eq(json_string_value(json_array_get(engines, i)), engine)) {
            return true;
        }
    }
    return !engines;
}

static void run_one(struct run *r, const json_t *doc)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    const char *name = json_string_value(json_object_get(doc, "name"));
    bool is_chosen = !r->filter || (name && strstr(name, r->filter));
    /* what is refused calls nothing of the engine that could fail */
    bool is_refusal = json_object_get(doc, "error") != NULL;
    if (!is_chosen || !is_for(doc, r->engine_name) || (r->stride && is_refusal)) {
        return;
    }
    r->n_cases++;
    struct one_case c = {.arena = a, .doc = doc, .name = name ? name : "(no name)"};
    if (r->skip) {
        printf("ok %d - %s # SKIP %s\n", r->n_cases, c.name, r->skip);
        return;
    }
    const char *lacked = lacked_ability(r, doc);
    c.ns = str_of(arena_printf(a, "tenants/c%d", r->n_cases));
    buf_init(&c.report, BUF_MAX_DEFAULT);
    if (lacked) {
        check_lack(r, &c);
    } else if (!r->stride) {
        run_case(r, &c);
    } else {
        run_faults(r, &c);
    }
    drop_namespace(r, &c, c.ns);
    const char *skipped = lacked ? arena_printf(a, " # SKIP it has no %s", lacked) : "";
    printf("%sok %d - %s%s\n%s", c.report.n ? "not " : "", r->n_cases, c.name,
           c.report.n ? "" : skipped, buf_text(&c.report));
    fflush(stdout);
    r->n_failed += c.report.n > 0;
    r->n_lacking += lacked != NULL;
    buf_release(&c.report);
}

static enum errcode make_random(struct run *r, struct one_case *c, struct random *random,
                                struct error *err)
{
    struct catalog *empty AUTO(catalog_unrefp) = catalog_new();
    struct change_list list = {0};
    struct plan *plan = NULL;
    random->now = empty;
    for (int i = 0; i < 8; i++) {
        struct change change = {.kind = CHANGE_CREATE_TABLE};
        change.create_table.table = random_table(random);
        random_extend(random, &list, change);
    }
    random->now = NULL;
    TRY(engine_namespace_create(r->engine, c->ns, err));
    return change_schema(r, c, c->ns, &list, "b", &plan, err);
}

/* What rows may break, or the engine cannot do; then the change must have left everything as it
 * was, unless it came half through what no transaction holds. */
static bool is_refusal(enum errcode code)
{
    return code == ERR_UNSUPPORTED || code == ERR_NOT_NULL_VIOLATION ||
           code == ERR_UNIQUE_VIOLATION || code == ERR_CHECK_VIOLATION ||
           code == ERR_FOREIGN_KEY_VIOLATION;
}

static void compare_rows(struct run *r, struct one_case *c, const char *before)
{
    struct error err = ERROR_INIT;
    const char *is = NULL;
    if (rows_all_text(r->engine, c->ns, c->arena, &is, &err) != ERR_OK) {
        blame_error(c, "reading rows", &err);
    } else if (!text_eq(is, before)) {
        blame(c, "rows are\n#   %s\n# not\n#   %s", is, before);
    }
    error_release(&err);
}

static void change_and_undo(struct run *r, struct one_case *c, struct change_list *list,
                            const struct catalog *before)
{
    struct error err = ERROR_INIT;
    struct plan *plan = NULL;
    struct catalog *is AUTO(catalog_unrefp) = NULL;
    bool with_rows = !text_eq(r->engine_name, "null");
    bool is_half = false;
    const char *rows = NULL;
    if (with_rows && (rows_fill(r->engine, c->ns, 5, &err) != ERR_OK ||
                      rows_all_text(r->engine, c->ns, c->arena, &rows, &err) != ERR_OK)) {
        blame_error(c, "making rows", &err);
    } else if (change_schema(r, c, c->ns, list, "p", &plan, &err) == ERR_OK) {
        c->outcome = "undone";
        check_undo(r, c, list, before);
    } else if (!is_refusal(err.code)) {
        blame_error(c, "changes", &err);
    } else {
        c->outcome = arena_printf(c->arena, "refused: %s", errcode_row(err.code)->wire);
        is_half = !r->engine->caps.transactional_ddl && err.code != ERR_UNSUPPORTED;
        if (!is_half && inspect(r, c->ns, &is, NULL) == ERR_OK) {
            compare(c, "a refused change", is, before);
        }
    }
    if (with_rows && !is_half && c->report.n == 0) {
        compare_rows(r, c, rows);
        c->outcome = arena_printf(c->arena, "%s, %zu bytes of rows", c->outcome, strlen(rows));
    }
    error_release(&err);
}

static void run_seed(struct run *r, uint32_t seed)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    struct error err = ERROR_INIT;
    struct catalog *before AUTO(catalog_unrefp) = NULL;
    struct random random = {.arena = a, .seed = seed};
    struct one_case c = {.arena = a, .name = arena_printf(a, "seed %u", seed)};
    struct change_list list = {0};
    r->n_cases++;
    if (r->skip) {
        printf("ok %d - %s # SKIP %s\n", r->n_cases, c.name, r->skip);
        return;
    }
    random.caps = &r->engine->caps;
    random.is_strict = !text_eq(r->engine_name, "null") && !text_eq(r->engine_name, "sqlite");
    random.takes_text = !text_eq(r->engine_name, "mongodb");
    c.ns = str_of(arena_printf(a, "tenants/s%u", seed));
    buf_init(&c.report, BUF_MAX_DEFAULT);
    if (make_random(r, &c, &random, &err) != ERR_OK || inspect(r, c.ns, &before, &err) != ERR_OK) {
        blame_error(&c, "making tables", &err);
    } else {
        random.now = before;
        for (int i = 0; i < 30; i++) {
            random_extend(&random, &list, random_change(&random));
        }
        change_and_undo(r, &c, &list, before);
    }
    catalog_unref(random.latest);
    if (c.report.n > 0) {
        blame(&c, "  tables:  %s", before ? catalog_text(a, before) : "");
        blame(&c, "  changes: %s", list_text(a, &list));
    }
    error_release(&err);
    drop_namespace(r, &c, c.ns);
    r->n_failed += c.report.n > 0;
    printf("%sok %d - %s: %zu changes %s\n%s", c.report.n ? "not " : "", r->n_cases, c.name, list.n,
           c.outcome ? c.outcome : "", buf_text(&c.report));
    fflush(stdout);
    buf_release(&c.report);
}

static bool run_file(struct run *r, const char *path)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    struct error err = ERROR_INIT;
    struct str text = {0};
    json_t *doc = NULL;
    if (fs_read_file(a, path, 16 << 20, &text, &err) != ERR_OK ||
        doc_parse(a, text, JSON_DEPTH_MAX, &doc, &err) != ERR_OK || !json_is_array(doc)) {
        fprintf(stderr, "%s: %s\n", path, err.message ? err.message : "not an array");
        error_release(&err);
        return false;
    }
    for (size_t i = 0; i < json_array_size(doc); i++) {
        run_one(r, json_array_get(doc, i));
    }
    return true;
}

static bool read_options(int argc, char **argv, const char **name, uint32_t *n_seeds, struct run *r)
{
    static const struct option options[] = {
        {"engine", required_argument, NULL, 'e'},
        {"filter", required_argument, NULL, 'f'},
        {"faults", optional_argument, NULL, 'x'},
        {"random", required_argument, NULL, 'r'},
        {NULL, 0, NULL, 0},
    };
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option == 'e') {
            *name = optarg;
        } else if (option == 'f') {
            r->filter = optarg;
        } else if (option == 'r') {
            *n_seeds = (uint32_t)strtoul(optarg, NULL, 10);
        } else if (option == 'x') {
            r->stride = optarg ? (int)strtol(optarg, NULL, 10) : 1;
        } else {
            return false;
        }
    }
    return r->stride >= 0;
}

static bool begin_witness(struct engine *e)
{
    struct error err AUTO(error_release) = ERROR_INIT;
    if (witness_open(e, &err) != ERR_OK) {
        fprintf(stderr, "the row beside the changes: %s\n", err.message);
        return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    const char *name = "null";
    struct run r = {0};
    struct test_engine t = {0};
    uint32_t n_seeds = 0;
    if (!read_options(argc, argv, &name, &n_seeds, &r)) {
        return 2;
    }
    r.engine_name = name;
    r.skip = test_engine_skip(name);
    if (!r.skip && !test_engine_open(name, &t)) {
        return 2;
    }
    if (!r.skip && r.stride) {
        t.engine = fault_engine_open(t.engine);
    }
    r.engine = t.engine;
    if (!r.skip && !begin_witness(r.engine)) {
        return 2;
    }
    bool readable = true;
    for (int i = optind; i < argc; i++) {
        readable = run_file(&r, argv[i]) && readable;
    }
    for (uint32_t seed = 1; seed <= n_seeds; seed++) {
        run_seed(&r, seed);
    }
    printf("1..%d\n", r.n_cases);
    const char *kind = r.stride ? ", faults" : n_seeds ? ", random" : "";
    printf("# %s%s: %d cases, %d not for its abilities\n", name, kind, r.n_cases, r.n_lacking);
    if (!r.skip) {
        (void)!witness_close(r.engine, NULL);
        test_engine_close(&t);
    }
    return r.n_failed > 0 || !readable ? 1 : 0;
}
