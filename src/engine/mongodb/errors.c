#include "engine/mongodb/errors.h"

#include <mongoc/mongoc.h>

#include "base/attr.h"
#include "base/str.h"
#include "engine/breach.h"

/* The server's numbers; the texts of its messages change, these do not. */
static const struct meaning {
    int number;
    enum errcode code;
    const char *message;
} meanings[] = {
    {6, ERR_UNAVAILABLE, "the database server cannot be reached"},
    {7, ERR_UNAVAILABLE, "the database server cannot be reached"},
    {13, ERR_FORBIDDEN, "the database user may not do this"},
    {18, ERR_SOURCE_REFUSED, "the database refused the credentials"},
    {20, ERR_UNSUPPORTED, "this MongoDB server cannot do this"},
    {24, ERR_BUSY, "a lock was not free in time"},
    {26, ERR_SCHEMA_MOVED, "the collection is not there any more"},
    {27, ERR_NOT_FOUND, "the index is not there"},
    {46, ERR_BUSY, "a lock was not free in time"},
    {48, ERR_CONFLICT, "a collection of this name is there already"},
    {50, ERR_TIMEOUT, "the statement took too long"},
    {59, ERR_UNSUPPORTED, "this MongoDB server does not know the command"},
    {66, ERR_INVALID, "the key of a document cannot be changed in place"},
    {67, ERR_UNSUPPORTED, "this MongoDB server cannot make such an index"},
    {68, ERR_CONFLICT, "an index with these keys is there already"},
    {73, ERR_INVALID, "MongoDB does not take the name"},
    {85, ERR_CONFLICT, "an index with these keys is there already"},
    {86, ERR_CONFLICT, "an index of this name is there already"},
    {89, ERR_UNAVAILABLE, "the database server did not answer in time"},
    {91, ERR_UNAVAILABLE, "the database server is shutting down"},
    {112, ERR_BUSY, "another transaction changed the row at the same time"},
    {117, ERR_BUSY, "the collection is busy with another operation"},
    {121, ERR_CHECK_VIOLATION, "a value breaks a rule of its table"},
    {166, ERR_UNSUPPORTED, "MongoDB cannot do this to a view"},
    {189, ERR_UNAVAILABLE, "the database has no primary at the moment"},
    {225, ERR_BUSY, "the transaction is too old"},
    {246, ERR_BUSY, "the snapshot is not available"},
    {251, ERR_BUSY, "the transaction is not there any more"},
    {262, ERR_TIMEOUT, "the statement took too long"},
    {263, ERR_UNSUPPORTED, "MongoDB cannot do this inside a transaction"},
    {10107, ERR_UNAVAILABLE, "the database has no primary at the moment"},
    {10334, ERR_TOO_LARGE, "the row is larger than a document may be"},
    {11000, ERR_UNIQUE_VIOLATION, "a value that must be unique is there already"},
    {11001, ERR_UNIQUE_VIOLATION, "a value that must be unique is there already"},
    {11600, ERR_UNAVAILABLE, "the database server is shutting down"},
    {11602, ERR_UNAVAILABLE, "the database server is stepping down"},
    {13297, ERR_CONFLICT, "a database whose name differs only in case is there already"},
    {13435, ERR_UNAVAILABLE, "the database has no primary at the moment"},
    {13436, ERR_UNAVAILABLE, "the database has no primary at the moment"},
    {17280, ERR_TOO_LARGE, "a value is too long for its index"},
};

static const struct meaning *find_meaning(int number)
{
    for (size_t i = 0; i < ARRAY_LEN(meanings); i++) {
        if (meanings[i].number == number) {
            return &meanings[i];
        }
    }
    return NULL;
}

enum errcode mongo_broken(enum errcode code, const struct table *t, const char *const *columns,
                          size_t n, const char *constraint, struct error *err)
{
    struct breach b = {.table = str_of(t ? t->name : NULL), .constraint = str_of(constraint)};
    struct buf names;
    while (b.n < n && b.n < BREACH_COLUMNS_MAX) {
        b.columns[b.n] = str_of(columns[b.n]);
        b.n++;
    }
    buf_init(&names, 1 << 16);
    breach_names(&names, &b);
    const char *who = n ? buf_text(&names) : "a column";
    if (code == ERR_UNIQUE_VIOLATION && n) {
        (void)ERROR(err, code, "the value of %s is there already", who);
    } else if (code == ERR_UNIQUE_VIOLATION) {
        (void)ERROR(err, code, "a value that must be unique is there already");
    } else if (code == ERR_NOT_NULL_VIOLATION) {
        (void)ERROR(err, code, "%s needs a value", who);
    } else if (constraint) {
        (void)ERROR(err, code, "a value breaks the check \"%s\"", constraint);
    } else {
        (void)ERROR(err, code, "a value breaks a rule of its table");
    }
    buf_release(&names);
    breach_tell(err, &b);
    return code;
}

/* The name of an index in a message: "index: NAME dup key", "Index 'NAME'". */
static struct str index_in(struct str message)
{
    static const struct {
        const char *before;
        char end;
    } forms[] = {{"index: ", ' '}, {"Index '", '\''}};
    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        const char *at =
            message.n ? memmem(message.p, message.n, forms[i].before, strlen(forms[i].before))
                      : NULL;
        if (at) {
            struct str name = str_sub(message, (size_t)(at - message.p) + strlen(forms[i].before));
            name.n = str_find(name, forms[i].end);
            return name;
        }
    }
    return (struct str){NULL, 0};
}

static size_t columns_of_index(const struct index *index, const char **columns)
{
    size_t n = 0;
    for (size_t i = 0; i < index->n_keys && n < BREACH_COLUMNS_MAX; i++) {
        if (index->keys[i].column) {
            columns[n++] = index->keys[i].column;
        }
    }
    return n;
}

static size_t columns_of_reply(struct arena *a, const bson_t *item, const char **columns)
{
    bson_iter_t it, key;
    size_t n = 0;
    if (!item || !bson_iter_init_find(&it, item, "keyPattern") || !BSON_ITER_HOLDS_DOCUMENT(&it) ||
        !bson_iter_recurse(&it, &key)) {
        return 0;
    }
    while (n < BREACH_COLUMNS_MAX && bson_iter_next(&key)) {
        columns[n++] = arena_strdup(a, bson_iter_key(&key));
    }
    return n;
}

/* The columns of the key: by the index of the table, else as the server names the fields. */
static enum errcode raise_unique(const bson_t *item, struct str message, const struct table *t,
                                 struct error *err)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    const char *columns[BREACH_COLUMNS_MAX];
    struct str name = index_in(message);
    const struct index *index = t && name.n ? table_find_index(t, name) : NULL;
    const struct column *single = t ? table_single_key(t) : NULL;
    size_t n = index ? columns_of_index(index, columns) : columns_of_reply(a, item, columns);
    if (n == 0 && str_is(name, "_id_")) {
        columns[n++] = "_id";
    }
    for (size_t i = 0; single && i < n; i++) {
        columns[i] = text_eq(columns[i], "_id") ? single->name : columns[i];
    }
    const char *constraint = index ? index->name : NULL;
    return mongo_broken(ERR_UNIQUE_VIOLATION, t, columns, n, constraint, err);
}

static enum errcode raise(int number, struct str message, const bson_t *item, const struct table *t,
                          const char *doing, struct error *err)
{
    const struct meaning *m = find_meaning(number);
    enum errcode code = m ? m->code : ERR_INTERNAL;
    if (code == ERR_UNIQUE_VIOLATION) {
        (void)raise_unique(item, message, t, err);
    } else if (code == ERR_CHECK_VIOLATION) {
        (void)mongo_broken(code, t, NULL, 0, NULL, err);
    } else if (m) {
        (void)ERROR(err, code, "%s", m->message);
    } else if (number == 2 || number == 9 || number == 14 || number == 72) {
        code = ERROR(err, ERR_INVALID, "MongoDB refuses: %.*s", (int)message.n,
                     message.n ? message.p : "");
    } else {
        (void)ERROR(err, code, "%s failed", doing);
    }
    if (err) {
        err->engine_code = number;
        (void)error_detail(err, "%s: %.*s", doing, (int)message.n, message.n ? message.p : "");
    }
    return code;
}

static struct str text_of(const bson_t *doc, const char *key)
{
    bson_iter_t it;
    if (!doc || !bson_iter_init_find(&it, doc, key) || !BSON_ITER_HOLDS_UTF8(&it)) {
        return (struct str){NULL, 0};
    }
    uint32_t n = 0;
    const char *p = bson_iter_utf8(&it, &n);
    return (struct str){p, n};
}

static int number_of(const bson_t *doc, const char *key)
{
    bson_iter_t it;
    if (!doc || !bson_iter_init_find(&it, doc, key) || !BSON_ITER_HOLDS_NUMBER(&it)) {
        return 0;
    }
    return (int)bson_iter_as_int64(&it);
}

/* The first document of the array @key. */
static bool first_of(const bson_t *doc, const char *key, bson_t *out)
{
    bson_iter_t it, item;
    if (!doc || !bson_iter_init_find(&it, doc, key) || !BSON_ITER_HOLDS_ARRAY(&it) ||
        !bson_iter_recurse(&it, &item) || !bson_iter_next(&item) ||
        !BSON_ITER_HOLDS_DOCUMENT(&item)) {
        return false;
    }
    uint32_t n = 0;
    const uint8_t *data = NULL;
    bson_iter_document(&item, &n, &data);
    return bson_init_static(out, data, n);
}

enum errcode mongo_reply_error(const bson_t *reply, const struct table *t, const char *doing,
                               struct error *err)
{
    bson_t item;
    bson_iter_t it;
    if (first_of(reply, "writeErrors", &item)) {
        return raise(number_of(&item, "code"), text_of(&item, "errmsg"), &item, t, doing, err);
    }
    if (number_of(reply, "code")) {
        return raise(number_of(reply, "code"), text_of(reply, "errmsg"), reply, t, doing, err);
    }
    if (first_of(reply, "writeConcernErrors", &item)) {
        return raise(number_of(&item, "code"), text_of(&item, "errmsg"), &item, t, doing, err);
    }
    if (reply && bson_iter_init_find(&it, reply, "ok") && !bson_iter_as_bool(&it)) {
        return raise(0, text_of(reply, "errmsg"), reply, t, doing, err);
    }
    return ERR_OK;
}

/* What libmongoc itself says, before a server could. */
static enum errcode raise_of_client(const bson_error_t *why, const char *doing, struct error *err)
{
    enum errcode code = ERR_INTERNAL;
    if (why->domain == MONGOC_ERROR_CLIENT && why->code == MONGOC_ERROR_CLIENT_AUTHENTICATE) {
        code = ERROR(err, ERR_SOURCE_REFUSED, "the database refused the credentials");
    } else if (why->domain == MONGOC_ERROR_STREAM || why->domain == MONGOC_ERROR_SERVER_SELECTION) {
        code = ERROR(err, ERR_UNAVAILABLE, "the database server cannot be reached");
    } else if (why->domain == MONGOC_ERROR_BSON) {
        code = ERROR(err, ERR_TOO_LARGE, "the row is larger than a document may be");
    } else if (why->domain == MONGOC_ERROR_TRANSACTION) {
        code = ERROR(err, ERR_INTERNAL, "the transaction is in a wrong state");
    } else {
        code = ERROR(err, ERR_INTERNAL, "%s failed", doing);
    }
    if (err) {
        err->engine_code = (int)why->code;
        (void)error_detail(err, "%s: %s", doing, why->message);
    }
    return code;
}

enum errcode mongo_error(const bson_t *reply, const bson_error_t *why, const struct table *t,
                         const char *doing, struct error *err)
{
    TRY(mongo_reply_error(reply, t, doing, err));
    if (!why || why->code == 0) {
        return ERROR(err, ERR_INTERNAL, "%s failed", doing);
    }
    static const uint32_t of_server[] = {MONGOC_ERROR_SERVER, MONGOC_ERROR_QUERY,
                                         MONGOC_ERROR_COMMAND, MONGOC_ERROR_COLLECTION,
                                         MONGOC_ERROR_WRITE_CONCERN};
    bool is_server = false;
    for (size_t i = 0; i < ARRAY_LEN(of_server); i++) {
        is_server = is_server || why->domain == of_server[i];
    }
    if (is_server) {
        return raise((int)why->code, str_of(why->message), NULL, t, doing, err);
    }
    return raise_of_client(why, doing, err);
}

bool mongo_is_transient(const bson_t *reply)
{
    return mongoc_error_has_label(reply, "TransientTransactionError");
}

bool mongo_is_unknown_commit(const bson_t *reply)
{
    return mongoc_error_has_label(reply, "UnknownTransactionCommitResult");
}
