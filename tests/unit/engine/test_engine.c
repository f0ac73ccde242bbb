#include "engine/engine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/attr.h"

/* A driver with only the required slots, and one that counts what reaches it. */
struct fake {
    struct engine base;
    int n_open;
    int n_written;
    int fail_at; /* the write that fails, 0 = none */
    struct arena *arena;
    struct value seen[8]; /* first value of each written row */
};

static void fake_close(struct engine *e)
{
    assert_int_equal(((struct fake *)e)->n_open, 0);
}

static enum errcode fake_namespace_create(struct engine *e, struct str ns, struct error *err)
{
    (void)e;
    (void)ns;
    (void)err;
    return ERR_OK;
}

static bool fake_namespace_exists(struct engine *e, struct str ns)
{
    (void)e;
    return str_is(ns, "there");
}

static enum errcode fake_session_begin(struct engine *e, struct str ns, enum access access,
                                       struct session **out, struct error *err)
{
    (void)access;
    if (!fake_namespace_exists(e, ns)) {
        return ERROR(err, ERR_NOT_FOUND, "no namespace");
    }
    struct arena *a = arena_new();
    *out = ARENA_NEW(a, struct session);
    (*out)->arena = a; /* the session lives in its own arena */
    ((struct fake *)e)->n_open++;
    return ERR_OK;
}

static void fake_session_end(struct session *s)
{
    ((struct fake *)s->engine)->n_open--;
}

static enum errcode fake_transact(struct engine *e, struct str ns, transact_fn *fn, void *arg,
                                  struct error *err)
{
    struct session *s AUTO(engine_session_endp) = NULL;
    TRY(engine_session_begin(e, ns, ACCESS_SCHEMA, &s, err));
    return fn(s, arg, err);
}

static enum errcode fake_generation(struct engine *e, struct str ns, uint64_t *out,
                                    struct error *err)
{
    (void)e;
    (void)ns;
    (void)err;
    *out = 3;
    return ERR_OK;
}

static enum errcode fake_inspect(struct session *s, struct catalog **out, struct error *err)
{
    (void)s;
    (void)err;
    *out = catalog_new();
    return ERR_OK;
}

static enum errcode fake_plan(struct engine *e, const struct catalog *before, struct plan *plan,
                              struct error *err)
{
    (void)e;
    (void)before;
    (void)plan;
    (void)err;
    return ERR_OK;
}

static enum errcode fake_write(struct session *s, const struct write *w, struct write_result *out,
                               struct error *err)
{
    struct fake *f = (struct fake *)s->engine;
    if (f->n_written + 1 == f->fail_at) {
        return ERROR(err, ERR_UNIQUE_VIOLATION, "twice");
    }
    f->seen[f->n_written] = value_copy(f->arena, w->values[0]);
    *out = (struct write_result){.n_rows = 1, .n_inserted = 1, .last_id = ++f->n_written};
    return ERR_OK;
}

struct fake_cursor {
    struct cursor base;
    struct value row[2];
    char text[4];
    bool is_done, is_empty;
};

static int n_cursors;

static enum errcode fake_select(struct session *s, const struct query *q, struct cursor **out,
                                struct error *err)
{
    (void)err;
    struct fake_cursor *c = ARENA_NEW(s->arena, struct fake_cursor);
    c->is_empty = q->limit == 0;
    *out = &c->base;
    n_cursors++;
    return ERR_OK;
}

static enum errcode fake_cursor_next(struct cursor *cursor, const struct value **row,
                                     struct error *err)
{
    (void)err;
    struct fake_cursor *c = (struct fake_cursor *)cursor;
    if (c->is_done || c->is_empty) {
        *row = NULL;
        return ERR_OK;
    }
    memcpy(c->text, "abc", 4);
    c->row[0] = value_int(7);
    c->row[1] = value_text(c->text);
    c->is_done = true;
    *row = c->row;
    return ERR_OK;
}

static void fake_cursor_close(struct cursor *c)
{
    memset(((struct fake_cursor *)c)->text, 'z', 3); /* what was borrowed is gone */
    n_cursors--;
}

#define REQUIRED                                                                               \
    .name = "fake", .close = fake_close, .namespace_create = fake_namespace_create,            \
    .namespace_exists = fake_namespace_exists, .session_begin = fake_session_begin,            \
    .session_end = fake_session_end, .transact = fake_transact, .generation = fake_generation, \
    .inspect = fake_inspect, .plan = fake_plan

static struct engine_ops bare_ops = {REQUIRED};
static struct engine_ops row_ops = {
    REQUIRED,
    .write = fake_write,
    .select = fake_select,
    .cursor_next = fake_cursor_next,
    .cursor_close = fake_cursor_close,
};

/* what a driver lacks is said, not missing */
static void gaps_of_a_driver_are_unsupported(void **state)
{
    (void)state;
    struct fake f = {0};
    struct table t = {.name = "t", .row_estimate = 12};
    struct query q = {.table = &t};
    struct write w = {.kind = WRITE_INSERT, .table = &t};
    struct write_result result;
    struct cursor *c = NULL;
    struct plan plan = {0};
    bool sound = false;
    engine_register(&f.base, &bare_ops);
    struct session *s = NULL;
    assert_int_equal(engine_session_begin(&f.base, STR("there"), ACCESS_SCHEMA, &s, NULL), ERR_OK);
    assert_ptr_equal(s->engine, &f.base);
    assert_int_equal(s->access, ACCESS_SCHEMA);
    assert_int_equal(engine_ping(&f.base, NULL), ERR_OK);
    assert_int_equal(engine_namespace_drop(&f.base, STR("there"), NULL), ERR_UNSUPPORTED);
    assert_int_equal(engine_rehearse(s, &plan, NULL), ERR_UNSUPPORTED);
    assert_int_equal(engine_group_begin(s, NULL, NULL), ERR_UNSUPPORTED);
    assert_int_equal(engine_run_step(s, NULL, NULL, NULL), ERR_UNSUPPORTED);
    assert_int_equal(engine_group_end(s, NULL, true, NULL), ERR_UNSUPPORTED);
    assert_int_equal(engine_select(s, &q, &c, NULL), ERR_UNSUPPORTED);
    assert_int_equal(engine_write(s, &w, &result, NULL), ERR_UNSUPPORTED);
    assert_int_equal(engine_backup(&f.base, STR("there"), "/x", NULL), ERR_UNSUPPORTED);
    assert_int_equal(engine_verify(&f.base, STR("there"), NULL, &sound, NULL), ERR_UNSUPPORTED);
    assert_int_equal(engine_row_estimate(s, &t), 12);
    struct error err = ERROR_INIT;
    assert_int_equal(engine_select(s, &q, &c, &err), ERR_UNSUPPORTED);
    assert_string_equal(err.message, "engine fake cannot read rows");
    error_release(&err);
    engine_session_end(s);
    engine_session_end(NULL);
    engine_close(&f.base);
    engine_close(NULL);
}

static void structure_needs_a_schema_session(void **state)
{
    (void)state;
    struct fake f = {0};
    engine_register(&f.base, &bare_ops);
    struct session *s AUTO(engine_session_endp) = NULL;
    assert_int_equal(engine_session_begin(&f.base, STR("there"), ACCESS_READ, &s, NULL), ERR_OK);
    assert_int_equal(engine_group_begin(s, NULL, NULL), ERR_INTERNAL);
    assert_int_equal(engine_run_step(s, NULL, NULL, NULL), ERR_INTERNAL);
    assert_int_equal(engine_group_end(s, NULL, false, NULL), ERR_INTERNAL);
    struct write w = {.kind = WRITE_INSERT};
    assert_int_equal(engine_write(s, &w, NULL, NULL), ERR_INTERNAL);
}

static void a_change_of_all_rows_must_say_so(void **state)
{
    (void)state;
    struct fake f = {.arena = arena_new()};
    engine_register(&f.base, &row_ops);
    struct session *s = NULL;
    struct table t = {.name = "t"};
    struct value v = value_int(1);
    struct write w = {.kind = WRITE_DELETE, .table = &t, .values = &v, .n_columns = 1};
    struct write_result result;
    assert_int_equal(engine_session_begin(&f.base, STR("there"), ACCESS_SCHEMA, &s, NULL), ERR_OK);
    assert_int_equal(engine_write(s, &w, &result, NULL), ERR_INVALID);
    w.kind = WRITE_UPDATE;
    assert_int_equal(engine_write(s, &w, &result, NULL), ERR_INVALID);
    w.all_rows = true;
    assert_int_equal(engine_write(s, &w, &result, NULL), ERR_OK);
    engine_session_end(s);
    arena_free(f.arena);
}

static void one_row_is_copied_out_of_its_cursor(void **state)
{
    (void)state;
    struct arena *a AUTO(arena_freep) = arena_new();
    struct fake f = {0};
    engine_register(&f.base, &row_ops);
    struct session *s = NULL;
    struct query q = {.n_columns = 2, .limit = 1};
    const struct value *row = NULL;
    assert_int_equal(engine_session_begin(&f.base, STR("there"), ACCESS_READ, &s, NULL), ERR_OK);
    assert_int_equal(engine_query_one(s, &q, a, &row, NULL), ERR_OK);
    assert_int_equal(n_cursors, 0);
    engine_session_end(s);
    assert_int_equal(row[0].i, 7);
    assert_true(str_is(row[1].s, "abc"));
}

static void no_row_is_null(void **state)
{
    (void)state;
    struct arena *a AUTO(arena_freep) = arena_new();
    struct fake f = {0};
    engine_register(&f.base, &row_ops);
    struct session *s AUTO(engine_session_endp) = NULL;
    struct query q = {.n_columns = 2, .limit = 0};
    const struct value *row = (const struct value *)&f;
    assert_int_equal(engine_session_begin(&f.base, STR("there"), ACCESS_READ, &s, NULL), ERR_OK);
    assert_int_equal(engine_query_one(s, &q, a, &row, NULL), ERR_OK);
    assert_null(row);
}

static enum errcode load(struct fake *f, bool commit, struct write_result *result)
{
    struct table t = {.name = "t"};
    struct write shape = {.kind = WRITE_INSERT, .table = &t, .n_columns = 1};
    struct bulk *b = NULL;
    char text[] = "x";
    assert_int_equal(engine_bulk_begin(&f->base, STR("there"), &shape, &b, NULL), ERR_OK);
    for (int i = 0; i < 3; i++) {
        text[0] = (char)('a' + i); /* values are borrowed for the call only */
        struct value v = value_text(text);
        assert_int_equal(engine_bulk_row(b, &v, NULL), ERR_OK);
    }
    return engine_bulk_end(b, commit, result, NULL);
}

static void a_bulk_load_goes_in_together(void **state)
{
    (void)state;
    struct fake f = {.arena = arena_new()};
    struct write_result result = {0};
    engine_register(&f.base, &row_ops);
    assert_int_equal(load(&f, false, &result), ERR_OK);
    assert_int_equal(f.n_written, 0);
    assert_int_equal(load(&f, true, &result), ERR_OK);
    assert_int_equal(f.n_written, 3);
    assert_int_equal(result.n_rows, 3);
    assert_int_equal(result.last_id, 3);
    assert_true(str_is(f.seen[0].s, "a"));
    assert_true(str_is(f.seen[2].s, "c"));
    arena_free(f.arena);
}

static void a_bulk_load_that_fails_says_so(void **state)
{
    (void)state;
    struct fake f = {.arena = arena_new(), .fail_at = 2};
    struct write_result result = {.n_rows = -1};
    engine_register(&f.base, &row_ops);
    assert_int_equal(load(&f, true, &result), ERR_UNIQUE_VIOLATION);
    assert_int_equal(result.n_rows, -1);
    assert_int_equal(f.n_open, 0);
    arena_free(f.arena);
}

static void a_plan_keeps_steps_in_groups(void **state)
{
    (void)state;
    struct arena *a AUTO(arena_freep) = arena_new();
    struct change items[] = {{.kind = CHANGE_DROP_TABLE, .drop_table = {.table = "t"}}};
    struct change_list list = {.items = items, .n = 1};
    struct plan *plan = plan_new(a, &list, "tag");
    assert_int_equal(plan->undo, UNDO_TRASH);
    assert_int_equal(plan_add_group(plan, true, false), 0);
    plan_add_step(plan, STEP_RUN, 0, "one");
    assert_int_equal(plan_add_group(plan, true, true), 1);
    plan_add_step(plan, STEP_CHECK, 0, "two")->is_rewrite = true;
    struct finding *f = plan_add_finding(plan, "DL001", SEVERITY_DANGER, 0, "drops a table");
    assert_string_equal(f->id, "DL001:0");
    assert_int_equal(f->n_rows, -1);
    assert_int_equal(plan->n_steps, 2);
    assert_int_equal(plan->steps[0].group, 0);
    assert_int_equal(plan->steps[1].group, 1);
    assert_string_equal(plan->steps[1].text, "two");
    assert_string_equal(plan->steps[1].lock, "none");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gaps_of_a_driver_are_unsupported),
        cmocka_unit_test(structure_needs_a_schema_session),
        cmocka_unit_test(a_change_of_all_rows_must_say_so),
        cmocka_unit_test(one_row_is_copied_out_of_its_cursor),
        cmocka_unit_test(no_row_is_null),
        cmocka_unit_test(a_bulk_load_goes_in_together),
        cmocka_unit_test(a_bulk_load_that_fails_says_so),
        cmocka_unit_test(a_plan_keeps_steps_in_groups),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
