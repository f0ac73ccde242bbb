#include "fixture.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/postgres/postgres_engine.h"

static const struct engine_kind *const kinds[] = {&postgres_kind};

const struct engine_kind *fixture_kind(void)
{
    return &postgres_kind;
}

static void read_address(struct fixture *f)
{
    const struct engine_kinds all = {kinds, 1};
    const struct engine_kind *kind = NULL;
    const char *address = getenv("TELAIO_TEST_POSTGRES");
    if (!address || !*address) {
        fail_msg("TELAIO_TEST_POSTGRES names no server; tests/support/servers starts one");
    }
    assert_ok(f, engine_address_parse(&all, f->arena, address, &kind, &f->options, &f->err));
}

static void add_limits(struct engine_options *o, const struct engine_options *base)
{
    o->connections = base->connections;
    o->statement_ms = base->statement_ms;
    o->lock_ms = base->lock_ms;
    o->is_read_only = base->is_read_only;
    o->is_distributed = base->is_distributed;
    o->application_name = base->application_name;
}

static void connect_beside(struct fixture *f)
{
    char port[16];
    (void)snprintf(port, sizeof port, "%d", f->options.port ? f->options.port : 5432);
    const char *names[] = {"host", "port", "dbname", "user", "password", NULL};
    const char *values[] = {f->options.host,     port, f->options.database, f->options.user,
                            f->options.password, NULL};
    f->beside = PQconnectdbParams(names, values, 0);
    if (PQstatus(f->beside) != CONNECTION_OK) {
        fail_msg("%s", PQerrorMessage(f->beside));
    }
    fixture_sql(f, "SET client_min_messages = error");
}

struct fixture *fixture_open(const struct engine_options *base)
{
    static int n_opened;
    struct arena *a = arena_new();
    struct fixture *f = ARENA_NEW(a, struct fixture);
    f->arena = a;
    read_address(f);
    if (base) {
        add_limits(&f->options, base);
    }
    f->options.prefix = arena_printf(a, "pgt_%d_%d_", (int)getpid(), n_opened++);
    f->store = arena_printf(a, "%sstore", f->options.prefix);
    f->tenant = arena_printf(a, "%stenant_main", f->options.prefix);
    connect_beside(f);
    assert_ok(f, postgres_kind.open(&f->options, &f->engine, &f->err));
    if (!f->options.is_read_only) {
        assert_ok(f, engine_namespace_create(f->engine, STR("store"), &f->err));
        assert_ok(f, engine_namespace_create(f->engine, STR("tenants/main"), &f->err));
    }
    return f;
}

void fixture_close(struct fixture *f)
{
    static const char *const all[] = {"store", "tenants/main"};
    for (size_t i = 0; !f->options.is_read_only && i < 2; i++) {
        if (engine_namespace_exists(f->engine, str_of(all[i]))) {
            assert_ok(f, engine_namespace_drop(f->engine, str_of(all[i]), &f->err));
        }
    }
    engine_close(f->engine);
    PQfinish(f->beside);
    error_release(&f->err);
    arena_free(f->arena);
}

static PGresult *run(struct fixture *f, const char *format, va_list ap)
{
    const char *text = arena_vprintf(f->arena, format, ap);
    PGresult *r = PQexec(f->beside, text);
    ExecStatusType status = PQresultStatus(r);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
        fail_msg("%s: %s", text, PQerrorMessage(f->beside));
    }
    return r;
}

void fixture_sql(struct fixture *f, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    PQclear(run(f, format, ap));
    va_end(ap);
}

const char *fixture_text(struct fixture *f, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    PGresult *r = run(f, format, ap);
    va_end(ap);
    const char *text = PQntuples(r) > 0 ? arena_strdup(f->arena, PQgetvalue(r, 0, 0)) : "";
    PQclear(r);
    return text;
}
