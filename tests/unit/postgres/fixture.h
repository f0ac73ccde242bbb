#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <libpq-fe.h>

#include "engine/engine.h"
#include "engine/kind.h"

/*
 * A managed engine on the server that TELAIO_TEST_POSTGRES names, with a prefix of its own and the
 * namespaces "store" and "tenants/main"; beside it a plain connection for looking from outside.
 */
struct fixture {
    struct arena *arena;
    struct engine_options options; /* as given to open() */
    struct engine *engine;
    PGconn *beside;
    const char *store, *tenant; /* names of the schemas */
    struct error err;
};

/* @base: connections, limits and the like; NULL = defaults. */
struct fixture *fixture_open(const struct engine_options *base);
void fixture_close(struct fixture *f);

const struct engine_kind *fixture_kind(void);

/* Run statements outside of the engine; printf. */
void fixture_sql(struct fixture *f, const char *format, ...) PRINTF_LIKE(2, 3);
/* First column of the first row, "" when none or NULL. */
const char *fixture_text(struct fixture *f, const char *format, ...) PRINTF_LIKE(2, 3);

#define assert_ok(f, call)                                                            \
    do {                                                                              \
        enum errcode code_ = (call);                                                  \
        if (code_ != ERR_OK) {                                                        \
            fail_msg("%s: %s (%s)", #call, (f)->err.message ? (f)->err.message : "?", \
                     (f)->err.detail ? (f)->err.detail : "");                         \
        }                                                                             \
    } while (0)
