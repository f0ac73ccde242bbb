#include "authz/authz.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/fs.h"
#include "base/json.h"

#define CASE_BYTES_MAX ((size_t)1 << 20)

/* ---- the cases of tests/authz ------------------------------------------------------------ */

static const json_t *read_cases(struct arena *a, const char *file)
{
    const char *folder = getenv("TELAIO_TEST_AUTHZ");
    struct str text;
    json_t *doc;
    assert_non_null(folder);
    const char *path = arena_printf(a, "%s/%s", folder, file);
    assert_int_equal(fs_read_file(a, path, CASE_BYTES_MAX, &text, NULL), ERR_OK);
    assert_int_equal(doc_parse(a, text, JSON_DEPTH_MAX, &doc, NULL), ERR_OK);
    return json_object_get(doc, "cases");
}

static const char *text_of(const json_t *obj, const char *key)
{
    return json_string_value(json_object_get(obj, key));
}

static int64_t int_of(const json_t *obj, const char *key)
{
    return json_integer_value(json_object_get(obj, key));
}

static enum authz_role role_of(const json_t *obj)
{
    const char *name = text_of(obj, "role");
    return name ? authz_role_by_name(str_of(name)) : AUTHZ_ROLE_NONE;
}

static struct subject read_subject(struct arena *a, const json_t *doc)
{
    if (!json_is_object(doc)) {
        return (struct subject){0};
    }
    const char *level = text_of(doc, "level");
    const json_t *tenants = json_object_get(doc, "tenants");
    const json_t *allow = json_object_get(doc, "allow");
    struct subject_tenant *list = ARENA_ARRAY(a, json_array_size(tenants), struct subject_tenant);
    const char **entries = ARENA_ARRAY(a, json_array_size(allow), const char *);
    for (size_t i = 0; i < json_array_size(tenants); i++) {
        const json_t *one = json_array_get(tenants, i);
        list[i] = (struct subject_tenant){int_of(one, "tenant"), role_of(one)};
    }
    for (size_t i = 0; i < json_array_size(allow); i++) {
        entries[i] = json_string_value(json_array_get(allow, i));
    }
    return (struct subject){
        .is_known = !json_is_true(json_object_get(doc, "system")),
        .is_system = json_is_true(json_object_get(doc, "system")),
        .user_id = 7,
        .role = role_of(doc),
        .level = level ? authz_level_by_name(str_of(level)) : AUTHZ_LEVEL_NONE,
        .tenant_id = int_of(doc, "tenant"),
        .tenants = list,
        .n_tenants = json_array_size(tenants),
        .has_allow = allow != NULL,
        .allow = entries,
        .n_allow = json_array_size(allow),
    };
}

static struct resource read_resource(struct arena *a, const json_t *doc)
{
    const json_t *policy = json_object_get(doc, "policy");
    struct table_policy *parsed = policy ? ARENA_NEW(a, struct table_policy) : NULL;
    if (policy) {
        assert_int_equal(table_policy_parse(doc_dump(a, policy, false), parsed, NULL), ERR_OK);
    }
    return (struct resource){
        .tenant_id = int_of(doc, "tenant"),
        .tenant_slug = text_of(doc, "slug"),
        .source = text_of(doc, "source"),
        .table = text_of(doc, "table"),
        .table_alias = text_of(doc, "alias"),
        .policy = parsed,
        .is_engine_table = json_is_true(json_object_get(doc, "engineTable")),
    };
}

static enum action read_action(const char *name)
{
    return text_eq(name, "public")      ? ACTION_PUBLIC
           : text_eq(name, "signed-in") ? ACTION_SIGNED_IN
                                        : action_by_slug(str_of(name));
}

static void check_case(struct arena *a, const json_t *c)
{
    struct subject subject = read_subject(a, json_object_get(c, "subject"));
    const json_t *restrict_to = json_object_get(c, "restrictTo");
    enum authz_level *levels =
        restrict_to ? ARENA_ARRAY(a, json_array_size(restrict_to) + 1, enum authz_level) : NULL;
    for (size_t i = 0; i < json_array_size(restrict_to); i++) {
        levels[i] = authz_level_by_name(str_of(json_string_value(json_array_get(restrict_to, i))));
    }
    struct authz_request request = {
        .subject = &subject,
        .action = read_action(text_of(c, "action")),
        .resource = read_resource(a, json_object_get(c, "resource")),
        .is_coarse = json_is_true(json_object_get(c, "coarse")),
        .restrict_to = levels,
        .n_restrict_to = json_array_size(restrict_to),
    };
    struct authz_decision d;
    const char *effect = authz_decide(&request, &d) ? "allow" : "deny";
    const char *reason = text_of(c, "reason");
    if (!text_eq(effect, text_of(c, "effect")) || !text_eq(d.rule, text_of(c, "rule")) ||
        !text_eq(d.pattern, text_of(c, "pattern")) ||
        !text_eq(authz_reason_name(d.reason), reason ? reason : "")) {
        fail_msg("%s: %s by %s %s %s", text_of(c, "name"), effect, d.rule,
                 d.pattern ? d.pattern : "", authz_reason_name(d.reason));
    }
    assert_int_equal(d.allowed, text_eq(effect, "allow"));
    assert_true(d.text && *d.text);
}

static void every_case_is_decided_by_the_rule_it_names(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *a = arena_new();
    const json_t *cases = read_cases(a, "cases.json");
    assert_true(json_array_size(cases) > 40);
    for (size_t i = 0; i < json_array_size(cases); i++) {
        check_case(a, json_array_get(cases, i));
    }
}

static bool lists(const json_t *array, const char *text)
{
    for (size_t i = 0; i < json_array_size(array); i++) {
        if (text_eq(json_string_value(json_array_get(array, i)), text)) {
            return true;
        }
    }
    return false;
}

/* A-02, B-72, B-75: roles of one specification and levels of another, in one table */
static void the_matrix_says_exactly_what_each_role_and_level_may(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *a = arena_new();
    const json_t *cases = read_cases(a, "matrix.json");
    assert_true(json_array_size(cases) > 20);
    for (size_t i = 0; i < json_array_size(cases); i++) {
        const json_t *c = json_array_get(cases, i);
        struct subject subject = read_subject(a, json_object_get(c, "subject"));
        size_t n_allowed = 0;
        for (int action = ACTION_SIGNED_IN + 1; action < ACTION_N; action++) {
            struct authz_request request = {
                .subject = &subject, .action = (enum action)action, .resource = {.tenant_id = 1}};
            struct authz_decision d;
            const char *slug = action_row((enum action)action)->slug;
            bool expected = lists(json_object_get(c, "allowed"), slug);
            if (authz_decide(&request, &d) != expected) {
                fail_msg("%s: %s is %s by %s", text_of(c, "name"), slug,
                         d.allowed ? "allowed" : "denied", d.rule);
            }
            n_allowed += expected;
        }
        assert_int_equal(n_allowed, json_array_size(json_object_get(c, "allowed")));
    }
}

/* ---- properties -------------------------------------------------------------------------- */

/* Every combination of these, so that a property is tried on all of them. */
struct world {
    struct subject subject;
    struct table_policy policy;
    struct authz_request request;
};

static const char *const some_patterns[] = {"data.*", "*.read@table:t", "tables.*@tenant:a"};

static void make_world(struct world *w, unsigned n)
{
    w->subject = (struct subject){
        .is_known = true,
        .role = (enum authz_role)(n % AUTHZ_ROLE_N),
        .level = (enum authz_level)(n / 5 % AUTHZ_LEVEL_N),
        .tenant_id = n / 25 % 2 ? 1 : 2,
        .has_allow = n / 50 % 2,
        .allow = some_patterns,
        .n_allow = n / 100 % 4,
    };
    for (int v = 0; v < POLICY_VERB_N; v++) {
        w->policy.weakest[v] = (enum authz_role)(n / 400 % AUTHZ_ROLE_N);
    }
    w->request = (struct authz_request){
        .subject = &w->subject,
        .resource = {.tenant_id = 1,
                     .tenant_slug = "a",
                     .table = n / 2000 % 2 ? "t" : NULL,
                     .policy = n / 4000 % 2 ? &w->policy : NULL},
        .is_coarse = n / 8000 % 2,
    };
}

#define N_WORLDS 16000

static bool ask(struct authz_request r, int action)
{
    struct authz_decision d;
    r.action = (enum action)action;
    return authz_decide(&r, &d);
}

static void taking_something_away_never_opens_anything(void **state)
{
    (void)state;
    for (unsigned n = 0; n < N_WORLDS; n++) {
        struct world w;
        make_world(&w, n);
        for (int action = ACTION_SIGNED_IN + 1; action < ACTION_N; action++) {
            bool before = ask(w.request, action);
            struct authz_request less = w.request;
            less.resource.is_engine_table = true;
            assert_true(before || !ask(less, action));
            assert_false(ask(less, action));
            struct subject limited = w.subject;
            limited.has_allow = true;
            limited.n_allow = w.subject.has_allow && w.subject.n_allow ? w.subject.n_allow - 1 : 0;
            less = w.request;
            less.subject = &limited;
            assert_true(before || !ask(less, action));
            less = w.request;
            less.restrict_to = (const enum authz_level[]){AUTHZ_LEVEL_ADMIN};
            less.n_restrict_to = 1;
            assert_true(before || !ask(less, action));
        }
    }
}

static void a_fine_yes_is_also_a_coarse_yes(void **state)
{
    (void)state;
    for (unsigned n = 0; n < N_WORLDS; n++) {
        struct world w;
        make_world(&w, n);
        struct authz_request coarse = w.request;
        coarse.is_coarse = true;
        coarse.resource.table = NULL;
        coarse.resource.policy = NULL;
        w.request.is_coarse = false;
        for (int action = ACTION_SIGNED_IN + 1; action < ACTION_N; action++) {
            assert_true(!ask(w.request, action) || ask(coarse, action));
        }
    }
}

static void a_stronger_role_may_whatever_a_weaker_one_may(void **state)
{
    (void)state;
    for (unsigned n = 0; n < N_WORLDS; n++) {
        struct world w;
        make_world(&w, n);
        if (w.subject.role <= AUTHZ_OWNER) {
            continue;
        }
        struct subject stronger = w.subject;
        stronger.role--;
        struct authz_request up = w.request;
        up.subject = &stronger;
        for (int action = ACTION_SIGNED_IN + 1; action < ACTION_N; action++) {
            assert_true(!ask(w.request, action) || ask(up, action));
        }
    }
}

/* ---- the rest ---------------------------------------------------------------------------- */

static void a_check_answers_with_the_code_of_its_reason(void **state)
{
    (void)state;
    struct subject nobody = {0};
    struct subject user = {.is_known = true, .role = AUTHZ_USER, .tenant_id = 1};
    struct error err = ERROR_INIT;
    struct authz_request r = {
        .subject = &nobody, .action = ACTION_TABLES_READ, .resource = {.tenant_id = 1}};
    assert_int_equal(authz_check(&r, &err), ERR_UNAUTHENTICATED);
    r.subject = &user;
    assert_int_equal(authz_check(&r, NULL), ERR_OK);
    r.action = ACTION_TABLES_CREATE;
    assert_int_equal(authz_check(&r, &err), ERR_FORBIDDEN);
    assert_non_null(strstr(err.message, "tables.create"));
    assert_non_null(strstr(err.detail, "GUARD:restrict-to"));
    assert_int_equal(authz_check(&r, NULL), ERR_FORBIDDEN);
    r.resource.tenant_id = 2;
    assert_int_equal(authz_check(&r, &err), ERR_NOT_FOUND);
    r.action = ACTION_NONE;
    assert_int_equal(authz_check(&r, &err), ERR_FORBIDDEN);
    error_release(&err);
}

static void nobody_gives_a_role_above_their_own(void **state)
{
    (void)state;
    for (int own = AUTHZ_ROLE_NONE; own < AUTHZ_ROLE_N; own++) {
        struct subject s = {.is_known = true, .role = (enum authz_role)own, .tenant_id = 1};
        for (int given = AUTHZ_OWNER; given < AUTHZ_ROLE_N; given++) {
            bool expected = own != AUTHZ_ROLE_NONE && own <= AUTHZ_TENANT_ADMIN && given >= own;
            assert_int_equal(authz_may_give_role(&s, (enum authz_role)given, 1), expected);
            bool elsewhere = expected && own <= AUTHZ_PLATFORM_ADMIN;
            assert_int_equal(authz_may_give_role(&s, (enum authz_role)given, 2), elsewhere);
        }
        assert_false(authz_may_give_role(&s, AUTHZ_ROLE_NONE, 1));
    }
    struct subject nobody = {.role = AUTHZ_OWNER};
    assert_false(authz_may_give_role(&nobody, AUTHZ_USER, 1));
    struct subject system = {.is_system = true};
    assert_true(authz_may_give_role(&system, AUTHZ_OWNER, 0));
}

static void every_action_has_a_valid_and_unique_slug(void **state)
{
    (void)state;
    for (int i = ACTION_SIGNED_IN + 1; i < ACTION_N; i++) {
        const struct action_row *row = action_row((enum action)i);
        assert_true(slug_valid(str_of(row->slug)));
        assert_int_equal(action_by_slug(str_of(row->slug)), i);
        assert_true(*row->meaning);
    }
    assert_int_equal(action_by_slug(STR("")), ACTION_NONE);
    assert_int_equal(action_by_slug(STR("public")), ACTION_NONE);
    assert_string_equal(action_row(ACTION_N)->slug, "");
}

static void every_pattern_of_a_template_matches_something(void **state)
{
    (void)state;
    size_t n;
    const struct authz_template *templates = authz_templates(&n);
    assert_int_equal(n, 8);
    for (size_t i = 0; i < n; i++) {
        for (size_t p = 0; p < templates[i].n; p++) {
            assert_int_equal(allow_check(str_of(templates[i].patterns[p]), NULL), ERR_OK);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_is_decided_by_the_rule_it_names),
        cmocka_unit_test(the_matrix_says_exactly_what_each_role_and_level_may),
        cmocka_unit_test(taking_something_away_never_opens_anything),
        cmocka_unit_test(a_fine_yes_is_also_a_coarse_yes),
        cmocka_unit_test(a_stronger_role_may_whatever_a_weaker_one_may),
        cmocka_unit_test(a_check_answers_with_the_code_of_its_reason),
        cmocka_unit_test(nobody_gives_a_role_above_their_own),
        cmocka_unit_test(every_action_has_a_valid_and_unique_slug),
        cmocka_unit_test(every_pattern_of_a_template_matches_something),
    };
    return cmocka_run_group_tests_name("authz/authz", tests, NULL, NULL);
}
