/* Tenants' schemas on a distributed PostgreSQL: the statements as text, which is all that is tested
 * of it. */
#include "engine/postgres/making.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/attr.h"

static const char *const with_role[] = {
    "SET LOCAL citus.enable_schema_based_sharding TO on",
    "CREATE SCHEMA IF NOT EXISTS \"telaio_tenant_a-b\"",
    "CREATE ROLE \"telaio_tenant_a-b\" NOLOGIN",
    "GRANT \"telaio_tenant_a-b\" TO CURRENT_USER",
    "GRANT USAGE ON SCHEMA \"telaio_tenant_a-b\" TO \"telaio_tenant_a-b\"",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA \"telaio_tenant_a-b\" GRANT SELECT, INSERT, UPDATE, DELETE "
    "ON TABLES TO \"telaio_tenant_a-b\"",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA \"telaio_tenant_a-b\" GRANT USAGE, SELECT, UPDATE ON "
    "SEQUENCES TO \"telaio_tenant_a-b\"",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA \"telaio_tenant_a-b\" TO "
    "\"telaio_tenant_a-b\"",
    "GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA \"telaio_tenant_a-b\" TO "
    "\"telaio_tenant_a-b\"",
};

/* @m gives exactly @wanted. */
static void gives(struct pg_making m, const char *const *wanted, size_t n_wanted)
{
    AUTO(arena_freep) struct arena *a = arena_new();
    size_t n = 0;
    const char **texts = pg_making_texts(a, &m, &n);
    assert_int_equal(n, n_wanted);
    for (size_t i = 0; i < n; i++) {
        assert_string_equal(texts[i], wanted[i]);
    }
}

static void a_distributed_schema_is_switched_on_before_it_is_made(void **state)
{
    (void)state;
    struct pg_making m = {.schema = "telaio_tenant_a-b", .has_role = true, .is_distributed = true};
    gives(m, with_role, ARRAY_LEN(with_role));
    m.has_role = false;
    gives(m, with_role, 2);
}

static void any_other_is_as_ever(void **state)
{
    (void)state;
    struct pg_making m = {.schema = "telaio_tenant_a-b", .has_role = true};
    gives(m, with_role + 1, ARRAY_LEN(with_role) - 1);
    const char *there[ARRAY_LEN(with_role) - 2] = {with_role[1]};
    for (size_t i = 1; i < ARRAY_LEN(there); i++) {
        there[i] = with_role[i + 2];
    }
    m.is_role_there = true;
    gives(m, there, ARRAY_LEN(there));
}

static void names_stay_names(void **state)
{
    (void)state;
    static const char *const wanted[] = {"CREATE SCHEMA IF NOT EXISTS \"a\"\"b$\""};
    gives((struct pg_making){.schema = "a\"b$"}, wanted, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_distributed_schema_is_switched_on_before_it_is_made),
        cmocka_unit_test(any_other_is_as_ever),
        cmocka_unit_test(names_stay_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
