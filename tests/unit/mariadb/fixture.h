#pragma once

/* cmocka needs these before its own header */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <mysql.h>

#include "engine/engine.h"
#include "engine/kind.h"
#include "engine/mariadb/mariadb_engine.h"

/*
 * A managed engine on the server that TELAIO_TEST_MARIADB names, with a prefix of its own, a
 * namespace "store" and a plain connection beside it. Without the variable the test fails.
 */
struct fixture {
    struct arena *arena;
    struct engine_options options; /* what the engine was opened with */
    struct engine *engine;
    struct error err;
    MYSQL *beside; /* the database of "store" is selected */
    const char *database;
};

struct fixture *fixture_open(const struct engine_options *more);
void fixture_close(struct fixture *f);
/** fixture_reconnect() - the connection beside anew: the server was away. */
void fixture_reconnect(struct fixture *f);
/** fixture_options() - the server's address, and nothing else. */
struct engine_options fixture_options(struct arena *a);
/** fixture_sql() - statements on the connection beside, one per text, up to NULL. */
void fixture_sql(struct fixture *f, ...);
/** fixture_text() - the first cell of an answer, "" for none. */
const char *fixture_text(struct fixture *f, const char *sql);
/** fixture_table() - a table as the catalog would have it, from its columns "name kind", where a
 *  "?" behind the kind means nullable and a "+" numbered by itself; the first is the key. */
const struct table *fixture_table(struct fixture *f, const char *name, ...);

#define assert_ok(f, call)                                                     \
    do {                                                                       \
        enum errcode code_ = (call);                                           \
        if (code_ != ERR_OK) {                                                 \
            fail_msg("%s: %s (%s)", #call, (f)->err.message, (f)->err.detail); \
        }                                                                      \
    } while (0)
