#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <mongoc/mongoc.h>

#include "change/change.h"
#include "engine/engine.h"
#include "engine/mongodb/mongodb_engine.h"
#include "engine/plan.h"

/* An engine on the server that TELAIO_TEST_MONGODB_URI names, with the namespace "store" under a
 * prefix of its own, and a client beside it that is some other program. */
struct fixture {
    struct arena *arena;
    const char *uri, *prefix, *database; /* database of "store" */
    struct engine *engine;
    mongoc_client_t *other;
    struct error err;
};

struct fixture *fixture_open(void);
void fixture_close(struct fixture *f);
/* The same database as an attached one. */
struct engine *fixture_attach(struct fixture *f, bool is_read_only);
/* One more process on the same data. */
struct engine *fixture_again(struct fixture *f);

/* The other program's command, as extended JSON, and what it got back: relaxed extended JSON. */
const char *fixture_command(struct fixture *f, const char *json);
/* The only document of a collection that meets @filter, "" when there is none. */
const char *fixture_document(struct fixture *f, const char *collection, const char *filter);

/* The catalog of now. The caller unrefs. */
struct catalog *fixture_catalog(struct fixture *f, struct engine *e, struct str ns);
/* Decode, prepare, complete, plan and run a list of operations; the first error's code. *@plan may
 * be NULL. */
enum errcode fixture_change(struct fixture *f, struct engine *e, struct str ns, const char *json,
                            struct plan **plan);
enum errcode fixture_run(struct fixture *f, struct engine *e, struct str ns, struct plan *plan,
                         struct error *err);

/* Rows as JSON arrays by the names in @columns ("a,b"), each in a transaction of its own. */
enum errcode fixture_insert(struct fixture *f, struct engine *e, struct str ns, const char *table,
                            const char *columns, const char *rows);
/* All rows that meet @filter (the filter's JSON tree, NULL = all), ordered by @order ("a,-b"), as
 * "1|x|-; 2|y|true; ". */
const char *fixture_rows(struct fixture *f, struct engine *e, struct str ns, const char *table,
                         const char *columns, const char *filter, const char *order);
/* UPDATE or DELETE of the rows that meet @filter. */
enum errcode fixture_write(struct fixture *f, struct engine *e, struct str ns, enum write_kind kind,
                           const char *table, const char *columns, const char *row,
                           const char *filter, struct write_result *out);

#define assert_ok(f, call)                                                            \
    do {                                                                              \
        enum errcode code_ = (call);                                                  \
        if (code_ != ERR_OK) {                                                        \
            fail_msg("%s: %s (%s)", #call, (f)->err.message ? (f)->err.message : "?", \
                     (f)->err.detail ? (f)->err.detail : "");                         \
        }                                                                             \
    } while (0)
