#pragma once

#include "engine/kind.h"

/*
 * One engine of each name for tests: "null", "sqlite" (in a folder of its own), "postgresql",
 * "mariadb" and "mongodb" (the servers that TELAIO_TEST_POSTGRES, TELAIO_TEST_MARIADB and
 * TELAIO_TEST_MONGODB_URI name; see tests/support/servers). Managed, with a prefix of its own, so
 * that two runs on one server do not meet. Whoever makes a namespace drops it.
 */
struct test_engine {
    struct engine *engine;
    const char *name;
    char folder[64]; /* of SQLite */
    char prefix[32];
    bool is_again;
};

/** test_engine_open() - says on stderr why it cannot. */
bool test_engine_open(const char *name, struct test_engine *out);
/** test_engine_again() - what another process would open: the same data; closed before @first. */
bool test_engine_again(const struct test_engine *first, struct test_engine *out);
void test_engine_close(struct test_engine *t);

/** test_engine_skip() - why there is no server of the kind @name and none can be had, NULL when its
 *  tests must run. Only tests/support/servers says so, and for MongoDB only. */
const char *test_engine_skip(const char *name);
