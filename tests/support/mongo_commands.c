#include "mongo_commands.h"

#include <endian.h>
#include <libpq-fe.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mongo_codes.h"

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

enum { SESSION_BYTES = 16, DATABASE_MAX = 64, CURSORS_MAX = 100, VERSION_MAX = 17 };

struct cursor {
    int64_t id; /* 0 = free */
    bson_t *rest;
    bool is_in_transaction;
};

struct mongo_client {
    const char *conninfo;
    PGconn *plain;
    PGconn *transaction; /* NULL = none is open */
    uint8_t session[SESSION_BYTES];
    struct cursor cursors[CURSORS_MAX];
};

/* One command on its way. */
struct call {
    struct mongo_client *client;
    const char *name;
    char database[DATABASE_MAX];
    const char *collection; /* the command's first value when it is a text, else "" */
    bson_t command;         /* without what only concerns the gateway */
    PGconn *backend;
    bool is_in_transaction;
    bson_t *answer;
};

/* ---- answers --------------------------------------------------------------------------------- */

static void answer_ok(struct call *c)
{
    bson_reinit(c->answer);
    BSON_APPEND_DOUBLE(c->answer, "ok", 1);
}

/* A transaction that met one of these may be tried again as a whole. */
static bool is_transient(int32_t code)
{
    return code == 112 || code == 251;
}

static void answer_error(struct call *c, int32_t code, const char *name, const char *message)
{
    bson_reinit(c->answer);
    BSON_APPEND_DOUBLE(c->answer, "ok", 0);
    bson_append_utf8(c->answer, "errmsg", -1, message, (int)strcspn(message, "\n"));
    BSON_APPEND_INT32(c->answer, "code", code);
    BSON_APPEND_UTF8(c->answer, "codeName", name);
    if (c->is_in_transaction && is_transient(code)) {
        bson_t labels;
        BSON_APPEND_ARRAY_BEGIN(c->answer, "errorLabels", &labels);
        BSON_APPEND_UTF8(&labels, "0", "TransientTransactionError");
        bson_append_array_end(c->answer, &labels);
    }
}

static bool read_bson(const PGresult *r, int column, bson_t *out)
{
    return PQntuples(r) > 0 && !PQgetisnull(r, 0, column) &&
           bson_init_static(out, (const uint8_t *)PQgetvalue(r, 0, column),
                            (size_t)PQgetlength(r, 0, column));
}

/* The extension puts packed SQLSTATEs where MongoDB has its numbers. */
static void number_write_errors(bson_t *answer)
{
    bson_iter_t found, list, one;
    if (!bson_iter_init_find(&found, answer, "writeErrors") || !bson_iter_recurse(&found, &list)) {
        return;
    }
    while (bson_iter_next(&list)) {
        if (!bson_iter_recurse(&list, &one) || !bson_iter_find(&one, "code") ||
            !BSON_ITER_HOLDS_INT32(&one) || bson_iter_int32(&one) < 1 << 18) {
            continue;
        }
        char state[6];
        mongo_code_unpack(bson_iter_int32(&one), state);
        bson_iter_overwrite_int32(&one, mongo_code_of(state)->code);
    }
}

static void answer_bson(struct call *c, const PGresult *r, int column)
{
    bson_t document;
    if (!read_bson(r, column, &document)) {
        answer_ok(c);
        return;
    }
    bson_reinit(c->answer);
    bson_concat(c->answer, &document);
    number_write_errors(c->answer);
}

/* ---- backends -------------------------------------------------------------------------------- */

static PGconn *open_backend(struct call *c)
{
    static const char settings[] = "SET client_min_messages = error;"
                                   "SET documentdb.useFileBasedPersistedCursors = on;"
                                   "SET documentdb_core.enableCollation = on";
    PGconn *pg = PQconnectdb(c->client->conninfo);
    if (PQstatus(pg) == CONNECTION_OK) {
        PGresult *r = PQexec(pg, settings);
        bool is_ready = PQresultStatus(r) == PGRES_COMMAND_OK;
        PQclear(r);
        if (is_ready) {
            return pg;
        }
    }
    answer_error(c, 6, "HostUnreachable", PQerrorMessage(pg));
    PQfinish(pg);
    return NULL;
}

struct parameter {
    const char *text;   /* or */
    const bson_t *bson; /* sent as it is */
};

/* NULL: the error has been answered. */
static PGresult *query(struct call *c, const char *sql, const struct parameter *p, int n)
{
    const char *values[4];
    int lengths[4], formats[4];
    for (int i = 0; i < n; i++) {
        values[i] = p[i].bson ? (const char *)bson_get_data(p[i].bson) : p[i].text;
        lengths[i] = p[i].bson ? (int)p[i].bson->len : 0;
        formats[i] = p[i].bson != NULL;
    }
    PGresult *r = PQexecParams(c->backend, sql, n, NULL, values, lengths, formats, 1);
    if (PQresultStatus(r) == PGRES_TUPLES_OK || PQresultStatus(r) == PGRES_COMMAND_OK) {
        return r;
    }
    const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
    const char *message = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
    const struct mongo_code *code = mongo_code_of(state);
    if (code->code == 1) {
        fprintf(stderr, "%s: state %s: %s", c->name, state ? state : "-",
                PQerrorMessage(c->backend));
    }
    answer_error(c, code->code, code->name, message ? message : PQerrorMessage(c->backend));
    PQclear(r);
    return NULL;
}

/* ---- cursors --------------------------------------------------------------------------------- */

static struct cursor *find_cursor(struct mongo_client *client, int64_t id)
{
    for (size_t i = 0; i < CURSORS_MAX; i++) {
        if (client->cursors[i].id == id) {
            return &client->cursors[i];
        }
    }
    return NULL;
}

static void free_cursor(struct cursor *cursor)
{
    if (cursor->rest) {
        bson_destroy(cursor->rest);
    }
    *cursor = (struct cursor){0};
}

static void end_transaction(struct mongo_client *client)
{
    PQfinish(client->transaction);
    client->transaction = NULL;
    for (size_t i = 0; i < CURSORS_MAX; i++) {
        if (client->cursors[i].is_in_transaction) {
            free_cursor(&client->cursors[i]);
        }
    }
}

/* What the next page begins with, kept until it is asked for. */
static bool keep_rest(struct cursor *cursor, const PGresult *r, int column)
{
    bson_t rest;
    if (cursor->rest) {
        bson_destroy(cursor->rest);
        cursor->rest = NULL;
    }
    if (!read_bson(r, column, &rest)) {
        return false;
    }
    cursor->rest = bson_copy(&rest);
    return true;
}

static void run_cursor(struct call *c, const char *sql)
{
    static _Atomic int64_t last_id = 1000;
    char id[24];
    struct cursor *cursor = find_cursor(c->client, 0);
    if (!cursor) {
        answer_error(c, 261, "TooManyLogicalSessions", "too many open cursors of one connection");
        return;
    }
    snprintf(id, sizeof id, "%lld", (long long)atomic_fetch_add(&last_id, 1) + 1);
    const struct parameter parameters[] = {{c->database, NULL}, {NULL, &c->command}, {id, NULL}};
    PGresult *r = query(c, sql, parameters, 3);
    if (!r) {
        return;
    }
    answer_bson(c, r, 0);
    if (keep_rest(cursor, r, 1)) {
        uint64_t chosen = 0;
        memcpy(&chosen, PQgetvalue(r, 0, 2), PQgetisnull(r, 0, 2) ? 0 : sizeof chosen);
        cursor->id = chosen ? (int64_t)be64toh(chosen) : strtoll(id, NULL, 10);
        cursor->is_in_transaction = c->is_in_transaction;
    }
    PQclear(r);
}

static int64_t first_number(const bson_t *command)
{
    bson_iter_t it;
    return bson_iter_init(&it, command) && bson_iter_next(&it) ? bson_iter_as_int64(&it) : 0;
}

static void run_get_more(struct call *c, const char *sql)
{
    int64_t id = first_number(&c->command);
    struct cursor *cursor = id ? find_cursor(c->client, id) : NULL;
    if (!cursor) {
        answer_error(c, 43, "CursorNotFound", "there is no such cursor on this connection");
        return;
    }
    const struct parameter parameters[] = {
        {c->database, NULL}, {NULL, &c->command}, {NULL, cursor->rest}};
    PGresult *r = query(c, sql, parameters, 3);
    if (r) {
        answer_bson(c, r, 0);
    }
    if (!r || !keep_rest(cursor, r, 1)) {
        free_cursor(cursor);
    }
    PQclear(r);
}

static void add_id(bson_t *list, uint32_t *n, int64_t id)
{
    const char *key;
    char room[16];
    size_t length = bson_uint32_to_string((*n)++, &key, room, sizeof room);
    bson_append_int64(list, key, (int)length, id);
}

static void run_kill_cursors(struct call *c, const char *sql)
{
    bson_iter_t found, ids;
    uint32_t n_killed = 0, n_unknown = 0;
    bson_t killed = BSON_INITIALIZER, unknown = BSON_INITIALIZER, none = BSON_INITIALIZER;
    (void)sql;
    if (bson_iter_init_find(&found, &c->command, "cursors") && bson_iter_recurse(&found, &ids)) {
        while (bson_iter_next(&ids)) {
            int64_t id = bson_iter_as_int64(&ids);
            struct cursor *cursor = id ? find_cursor(c->client, id) : NULL;
            if (cursor) {
                free_cursor(cursor);
                add_id(&killed, &n_killed, id);
            } else {
                add_id(&unknown, &n_unknown, id);
            }
        }
    }
    bson_reinit(c->answer);
    BSON_APPEND_ARRAY(c->answer, "cursorsKilled", &killed);
    BSON_APPEND_ARRAY(c->answer, "cursorsNotFound", &unknown);
    BSON_APPEND_ARRAY(c->answer, "cursorsAlive", &none);
    BSON_APPEND_ARRAY(c->answer, "cursorsUnknown", &none);
    BSON_APPEND_DOUBLE(c->answer, "ok", 1);
    bson_destroy(&killed);
    bson_destroy(&unknown);
}

/* ---- the other commands ------------------------------------------------------------------------
 */

static void run_query(struct call *c, const char *sql, const struct parameter *p, int n)
{
    PGresult *r = query(c, sql, p, n);
    if (r) {
        answer_bson(c, r, 0);
    }
    PQclear(r);
}

/* $1 = database, $2 = command */
static void run_database_command(struct call *c, const char *sql)
{
    run_query(c, sql, (struct parameter[]){{c->database, NULL}, {NULL, &c->command}}, 2);
}

/* $1 = command */
static void run_command(struct call *c, const char *sql)
{
    run_query(c, sql, (struct parameter[]){{NULL, &c->command}}, 1);
}

/* $1 = database, $2 = collection, $3 = command */
static void run_collection_command(struct call *c, const char *sql)
{
    const struct parameter p[] = {{c->database, NULL}, {c->collection, NULL}, {NULL, &c->command}};
    run_query(c, sql, p, 3);
}

/* $1 = database, $2 = collection */
static void run_collection(struct call *c, const char *sql)
{
    run_query(c, sql, (struct parameter[]){{c->database, NULL}, {c->collection, NULL}}, 2);
}

/* $1 = database */
static void run_database(struct call *c, const char *sql)
{
    run_query(c, sql, (struct parameter[]){{c->database, NULL}}, 1);
}

static void run_drop(struct call *c, const char *sql)
{
    PGresult *r =
        query(c, sql, (struct parameter[]){{c->database, NULL}, {c->collection, NULL}}, 2);
    if (!r) {
        return;
    }
    if (PQntuples(r) > 0 && *PQgetvalue(r, 0, 0)) {
        answer_ok(c);
    } else {
        answer_error(c, 26, "NamespaceNotFound", "ns not found");
    }
    PQclear(r);
}

static void run_drop_database(struct call *c, const char *sql)
{
    PGresult *r = query(c, sql, (struct parameter[]){{c->database, NULL}}, 1);
    if (r) {
        bson_reinit(c->answer);
        BSON_APPEND_UTF8(c->answer, "dropped", c->database);
        BSON_APPEND_DOUBLE(c->answer, "ok", 1);
    }
    PQclear(r);
}

static void run_ok(struct call *c, const char *sql)
{
    (void)sql;
    answer_ok(c);
}

static void run_hello(struct call *c, const char *sql)
{
    (void)sql;
    bson_t *a = c->answer;
    bson_reinit(a);
    BSON_APPEND_BOOL(a, "ismaster", true);
    BSON_APPEND_BOOL(a, "isWritablePrimary", true);
    BSON_APPEND_UTF8(a, "msg", "isdbgrid"); /* so that clients use sessions without a replica set */
    BSON_APPEND_INT32(a, "maxBsonObjectSize", 16 << 20);
    BSON_APPEND_INT32(a, "maxMessageSizeBytes", 48000000);
    BSON_APPEND_INT32(a, "maxWriteBatchSize", 100000);
    BSON_APPEND_DATE_TIME(a, "localTime", (int64_t)time(NULL) * 1000);
    BSON_APPEND_INT32(a, "logicalSessionTimeoutMinutes", 30);
    BSON_APPEND_INT32(a, "minWireVersion", 0);
    BSON_APPEND_INT32(a, "maxWireVersion", VERSION_MAX);
    BSON_APPEND_BOOL(a, "readOnly", false);
    BSON_APPEND_DOUBLE(a, "ok", 1);
}

static void run_build_info(struct call *c, const char *sql)
{
    (void)sql;
    bson_reinit(c->answer);
    BSON_APPEND_UTF8(c->answer, "version", "6.0.0");
    BSON_APPEND_UTF8(c->answer, "gitVersion", "documentdb");
    BSON_APPEND_INT32(c->answer, "bits", 64);
    BSON_APPEND_INT32(c->answer, "maxBsonObjectSize", 16 << 20);
    BSON_APPEND_DOUBLE(c->answer, "ok", 1);
}

static void run_end(struct call *c, const char *sql)
{
    if (!c->is_in_transaction) {
        answer_error(c, 251, "NoSuchTransaction", "there is no such transaction");
        return;
    }
    PGresult *r = query(c, sql, NULL, 0);
    if (r && strcmp(PQcmdStatus(r), sql) != 0) { /* PostgreSQL rolls back what had failed */
        answer_error(c, 251, "NoSuchTransaction", "the transaction has been aborted");
    } else if (r) {
        answer_ok(c);
    }
    PQclear(r);
    end_transaction(c->client);
}

#define API      "documentdb_api."
#define PAGE(fn) "SELECT cursorpage, continuation, cursorid FROM " API fn "($1, $2, $3::bigint)"

static const struct command {
    const char *name;
    void (*run)(struct call *c, const char *sql);
    const char *sql;
    bool is_local; /* needs no backend */
} commands[] = {
    {"hello", run_hello, NULL, true},
    {"isMaster", run_hello, NULL, true},
    {"ping", run_ok, NULL, true},
    {"endSessions", run_ok, NULL, true},
    {"buildInfo", run_build_info, NULL, true},
    {"commitTransaction", run_end, "COMMIT", false},
    {"abortTransaction", run_end, "ROLLBACK", false},
    {"find", run_cursor, PAGE("find_cursor_first_page"), false},
    {"aggregate", run_cursor, PAGE("aggregate_cursor_first_page"), false},
    {"listCollections", run_cursor, PAGE("list_collections_cursor_first_page"), false},
    {"listIndexes", run_cursor, PAGE("list_indexes_cursor_first_page"), false},
    {"getMore", run_get_more,
     "SELECT cursorpage, continuation FROM " API "cursor_get_more($1, $2, $3)", false},
    {"killCursors", run_kill_cursors, NULL, true},
    {"insert", run_database_command, "SELECT p_result FROM " API "insert($1, $2)", false},
    {"update", run_database_command, "SELECT p_result FROM " API "update($1, $2)", false},
    {"delete", run_database_command, "SELECT p_result FROM " API "delete($1, $2)", false},
    {"findAndModify", run_database_command, "SELECT p_result FROM " API "find_and_modify($1, $2)",
     false},
    {"count", run_database_command, "SELECT document FROM " API "count_query($1, $2)", false},
    {"distinct", run_database_command, "SELECT document FROM " API "distinct_query($1, $2)", false},
    {"create", run_database_command, "SELECT " API "create_collection_view($1, $2)", false},
    {"collMod", run_collection_command, "SELECT " API "coll_mod($1, $2, $3)", false},
    {"collStats", run_collection, "SELECT " API "coll_stats($1, $2)", false},
    {"drop", run_drop, "SELECT " API "drop_collection($1, $2)", false},
    {"renameCollection", run_command, "SELECT " API "rename_collection($1::documentdb_core.bson)",
     false},
    {"createIndexes", run_database_command,
     "SELECT documentdb_api_internal.create_indexes_non_concurrently($1, $2, true)", false},
    {"dropIndexes", run_database_command, "CALL " API "drop_indexes($1, $2, NULL)", false},
    {"validate", run_database_command, "SELECT document FROM " API "validate($1, $2)", false},
    {"listDatabases", run_command, "SELECT " API "list_databases($1)", false},
    {"dropDatabase", run_drop_database, "SELECT " API "drop_database($1)", false},
    {"dbStats", run_database, "SELECT " API "db_stats($1)", false},
    {"connectionStatus", run_command, "SELECT " API "connection_status($1)", false},
    {"currentOp", run_command, "SELECT document FROM " API "current_op_command($1)", false},
    {"killOp", run_command, "SELECT " API "kill_op($1)", false},
};

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < N_OF(commands); i++) {
        if (strcasecmp(commands[i].name, name) == 0) {
            return &commands[i];
        }
    }
    return NULL;
}

/* ---- one call -------------------------------------------------------------------------------- */

static bool is_set(const bson_t *command, const char *name, bool wanted)
{
    bson_iter_t it;
    return bson_iter_init_find(&it, command, name) && bson_iter_as_bool(&it) == wanted;
}

static const uint8_t *session_of(const bson_t *command)
{
    bson_iter_t found, id;
    uint32_t n = 0;
    const uint8_t *bytes = NULL;
    if (bson_iter_init_find(&found, command, "lsid") && BSON_ITER_HOLDS_DOCUMENT(&found) &&
        bson_iter_recurse(&found, &id) && bson_iter_find(&id, "id") &&
        BSON_ITER_HOLDS_BINARY(&id)) {
        bson_iter_binary(&id, NULL, &n, &bytes);
    }
    return n == SESSION_BYTES ? bytes : NULL;
}

static bool begin_transaction(struct call *c, const uint8_t *session)
{
    struct mongo_client *client = c->client;
    if (client->transaction) { /* the one before was given up without a word */
        end_transaction(client);
    }
    client->transaction = open_backend(c);
    if (!client->transaction) {
        return false;
    }
    memcpy(client->session, session, SESSION_BYTES);
    c->backend = client->transaction;
    PGresult *r = query(c, "BEGIN ISOLATION LEVEL REPEATABLE READ", NULL, 0);
    PQclear(r);
    return r != NULL;
}

/* `autocommit: false` marks what belongs to a transaction. */
static bool choose_backend(struct call *c, const bson_t *full)
{
    struct mongo_client *client = c->client;
    const uint8_t *session = session_of(full);
    if (session && is_set(full, "autocommit", false)) {
        c->is_in_transaction = true;
        if (is_set(full, "startTransaction", true)) {
            return begin_transaction(c, session);
        }
        if (!client->transaction || memcmp(client->session, session, SESSION_BYTES) != 0) {
            answer_error(c, 251, "NoSuchTransaction", "there is no such transaction");
            return false;
        }
        c->backend = client->transaction;
        return true;
    }
    if (client->plain && PQstatus(client->plain) != CONNECTION_OK) {
        PQfinish(client->plain);
        client->plain = NULL;
    }
    if (!client->plain) {
        client->plain = open_backend(c);
    }
    c->backend = client->plain;
    return c->backend != NULL;
}

static void run_known(struct call *c, const struct command *command, const bson_t *full)
{
    if (!command->is_local && !choose_backend(c, full)) {
        return;
    }
    bson_init(&c->command);
    bson_copy_to_excluding_noinit(full, &c->command, "$db", "lsid", "txnNumber", "startTransaction",
                                  "autocommit", "$clusterTime", "$readPreference", "writeConcern",
                                  "readConcern", "apiVersion", "apiStrict", NULL);
    command->run(c, command->sql);
    bson_destroy(&c->command);
}

void mongo_client_run(struct mongo_client *client, const bson_t *command, bson_t *answer)
{
    struct call c = {.client = client, .database = "admin", .collection = "", .answer = answer};
    bson_iter_t first, database;
    if (!bson_iter_init(&first, command) || !bson_iter_next(&first)) {
        answer_error(&c, 9, "FailedToParse", "the command is empty");
        return;
    }
    c.name = bson_iter_key(&first);
    if (BSON_ITER_HOLDS_UTF8(&first)) {
        c.collection = bson_iter_utf8(&first, NULL);
    }
    if (bson_iter_init_find(&database, command, "$db") && BSON_ITER_HOLDS_UTF8(&database)) {
        uint32_t n = 0;
        const char *name = bson_iter_utf8(&database, &n);
        if (n >= DATABASE_MAX) {
            answer_error(&c, 73, "InvalidNamespace", "the name of the database is too long");
            return;
        }
        memcpy(c.database, name, n + 1);
    }
    const struct command *known = find_command(c.name);
    if (!known) {
        answer_error(&c, 59, "CommandNotFound", "there is no such command");
        return;
    }
    run_known(&c, known, command);
}

struct mongo_client *mongo_client_new(const char *conninfo)
{
    struct mongo_client *client = calloc(1, sizeof *client);
    if (client) {
        client->conninfo = conninfo;
    }
    return client;
}

void mongo_client_free(struct mongo_client *client)
{
    for (size_t i = 0; i < CURSORS_MAX; i++) {
        free_cursor(&client->cursors[i]);
    }
    PQfinish(client->plain);
    PQfinish(client->transaction);
    free(client);
}
