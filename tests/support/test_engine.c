#include "test_engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/attr.h"
#include "engine/mariadb/mariadb_engine.h"
#include "engine/mongodb/mongodb_engine.h"
#include "engine/null.h"
#include "engine/postgres/postgres_engine.h"
#include "engine/sqlite/sqlite_engine.h"

struct server {
    const struct engine_kind *kind;
    const char *variable; /* of the environment: its address */
};

static const struct server servers[] = {
    {&postgres_kind, "TELAIO_TEST_POSTGRES"},
    {&mariadb_kind, "TELAIO_TEST_MARIADB"},
    {&mongodb_kind, "TELAIO_TEST_MONGODB_URI"},
};

static const struct server *server_of(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(servers); i++) {
        if (text_eq(servers[i].kind->name, name)) {
            return &servers[i];
        }
    }
    return NULL;
}

const char *test_engine_skip(const char *name)
{
    return text_eq(name, "mongodb") ? getenv("TELAIO_TEST_MONGODB_SKIP") : NULL;
}

static bool make_folder(struct test_engine *t)
{
    snprintf(t->folder, sizeof t->folder, "/tmp/telaio-test-engine-XXXXXX");
    return mkdtemp(t->folder) != NULL;
}

/* In the folder that is there, or in a new one. */
static enum errcode open_sqlite(struct test_engine *t, struct error *err)
{
    if (!t->folder[0] && !make_folder(t)) {
        return ERROR(err, ERR_IO, "no folder can be made in /tmp");
    }
    struct sqlite_settings settings = {.folder = t->folder, .no_group_commit = true};
    return sqlite_engine_open(&settings, &t->engine, err);
}

static enum errcode open_server(const struct server *server, struct test_engine *t,
                                struct error *err)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    struct engine_options o = {0};
    const char *address = getenv(server->variable);
    if (!address || !*address) {
        return ERROR(err, ERR_INVALID, "%s is not set: see tests/support/servers",
                     server->variable);
    }
    const struct engine_kind *kinds[] = {server->kind};
    const struct engine_kind *kind = NULL;
    TRY(engine_address_parse(&(struct engine_kinds){kinds, 1}, a, address, &kind, &o, err));
    if (!t->prefix[0]) {
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        snprintf(t->prefix, sizeof t->prefix, "t%x_%x_", (unsigned)getpid(),
                 (unsigned)now.tv_nsec >> 10);
    }
    o.prefix = t->prefix;
    o.application_name = "telaio-test";
    return server->kind->open(&o, &t->engine, err);
}

static bool open_engine(const char *name, struct test_engine *out)
{
    struct error err = ERROR_INIT;
    const struct server *server = server_of(name);
    out->name = name;
    enum errcode code = ERR_OK;
    if (text_eq(name, "null")) {
        out->engine = null_engine_open();
    } else if (text_eq(name, "sqlite")) {
        code = open_sqlite(out, &err);
    } else if (server) {
        code = open_server(server, out, &err);
    } else {
        code = ERROR(&err, ERR_NOT_FOUND, "there is no such engine");
    }
    if (code != ERR_OK) {
        fprintf(stderr, "# %s: %s %s\n", name, err.message, err.detail ? err.detail : "");
    }
    error_release(&err);
    return code == ERR_OK;
}

bool test_engine_open(const char *name, struct test_engine *out)
{
    *out = (struct test_engine){0};
    return open_engine(name, out);
}

bool test_engine_again(const struct test_engine *first, struct test_engine *out)
{
    *out = *first;
    out->is_again = true;
    return open_engine(first->name, out);
}

void test_engine_close(struct test_engine *t)
{
    engine_close(t->engine);
    if (t->folder[0] && !t->is_again) {
        char command[128];
        snprintf(command, sizeof command, "rm -r %s", t->folder);
        if (system(command) != 0) {
            fprintf(stderr, "# %s is left\n", t->folder);
        }
    }
}
