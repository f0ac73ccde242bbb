#include "base/attr.h"
#include "engine/mongodb/core.h"
#include "engine/mongodb/errors.h"
#include "engine/mongodb/explain.h"
#include "engine/mongodb/filter.h"
#include "engine/mongodb/insert.h"
#include "engine/mongodb/room.h"
#include "engine/mongodb/single.h"
#include "engine/mongodb/upsert.h"
#include "engine/mongodb/values.h"

/* One write, made here and sent from a worker. */
struct job {
    struct mongo_session *session;
    const struct write *write;
    struct arena *arena;
    struct new_row row;     /* INSERT, UPSERT */
    const bson_t *filter;   /* UPDATE, DELETE, UPSERT */
    const bson_t *update;   /* UPDATE, UPSERT */
    const bson_iter_t *key; /* UPDATE that changes the key: the new one */
    bson_iter_t key_room;
    struct write_result result;
    struct error *err;
    enum errcode code;
};

static enum errcode send_command(struct job *j, bson_t *command, bson_t *reply)
{
    enum errcode code = mongo_write_command(j->session, command, j->write->table, reply, j->err);
    if (code == ERR_CHECK_VIOLATION) {
        explain_refusal(j->write, j->err);
    }
    return code;
}

static int64_t number_in(const bson_t *reply, const char *key)
{
    bson_iter_t it;
    return bson_iter_init_find(&it, reply, key) ? bson_iter_as_int64(&it) : 0;
}

/* A key that we counted and another process gave away: behind the largest that is there now. */
static bool count_again(struct job *j, enum errcode code)
{
    if (code != ERR_UNIQUE_VIOLATION || !j->row.is_counted) {
        return false;
    }
    insert_forget_count(j->session, j->write->table);
    j->session->is_transient = j->session->transaction != NULL;
    return !j->session->transaction;
}

static enum errcode insert_once(struct job *j)
{
    bson_t reply AUTO(mongo_reply_destroyp) = BSON_INITIALIZER;
    bson_t *command = mongo_doc(j->arena);
    BCON_APPEND(command, "insert", BCON_UTF8(j->write->table->name), "documents", "[",
                BCON_DOCUMENT(j->row.doc), "]");
    TRY(send_command(j, command, &reply));
    j->result = (struct write_result){.n_rows = 1, .n_inserted = 1, .last_id = j->row.number};
    single_inserted(j->session, j->write->table->name, j->row.doc);
    return ERR_OK;
}

static enum errcode run_insert(struct job *j)
{
    TRY(single_write(j->session, j->write, NULL, j->err));
    for (int i = 0;; i++) {
        struct error why = ERROR_INIT;
        struct error *err = j->err;
        TRY(insert_count(j->session, j->write->table, &j->row, j->err));
        j->err = &why;
        enum errcode code = insert_once(j);
        j->err = err;
        if (code == ERR_OK || !count_again(j, code) || i > 8) {
            return code == ERR_OK ? code : error_move(err, &why);
        }
        error_release(&why);
    }
}

static enum errcode send_update(struct job *j, bool is_upsert, bson_t *reply)
{
    bson_t *command = mongo_doc(j->arena);
    BCON_APPEND(command, "update", BCON_UTF8(j->write->table->name), "updates", "[", "{", "q",
                BCON_DOCUMENT(j->filter), "u", BCON_DOCUMENT(j->update),
                is_upsert ? "upsert" : "multi", BCON_BOOL(true), "}", "]");
    return send_command(j, command, reply);
}

static enum errcode run_update(struct job *j)
{
    bson_t reply AUTO(mongo_reply_destroyp) = BSON_INITIALIZER;
    TRY(single_write(j->session, j->write, j->filter, j->err));
    TRY(send_update(j, false, &reply));
    j->result.n_rows = number_in(&reply, "n");
    return ERR_OK;
}

static enum errcode run_delete(struct job *j)
{
    bson_t reply AUTO(mongo_reply_destroyp) = BSON_INITIALIZER;
    bson_t *command = mongo_doc(j->arena);
    TRY(single_write(j->session, j->write, j->filter, j->err));
    BCON_APPEND(command, "delete", BCON_UTF8(j->write->table->name), "deletes", "[", "{", "q",
                BCON_DOCUMENT(j->filter), "limit", BCON_INT32(0), "}", "]");
    TRY(send_command(j, command, &reply));
    j->result.n_rows = number_in(&reply, "n");
    return ERR_OK;
}

/* Somebody may insert the key at the same moment: then the row is there the second time. */
static enum errcode upsert_once(struct job *j, bool is_retry)
{
    bson_t reply AUTO(mongo_reply_destroyp) = BSON_INITIALIZER;
    struct error why = ERROR_INIT;
    struct error *err = j->err;
    j->err = &why;
    enum errcode code = send_update(j, true, &reply);
    j->err = err;
    if (code == ERR_UNIQUE_VIOLATION && !is_retry && !j->session->transaction) {
        error_release(&why);
        return upsert_once(j, true);
    }
    if (code != ERR_OK) {
        return error_move(err, &why);
    }
    bool is_new = bson_has_field(&reply, "upserted");
    bool changes = bson_has_field(j->update, "$set") || bson_has_field(j->update, "$unset");
    j->result = (struct write_result){
        .n_rows = is_new || changes, .n_inserted = is_new, .last_id = is_new ? j->row.number : 0};
    if (is_new) {
        single_inserted(j->session, j->write->table->name, j->row.doc);
    }
    return ERR_OK;
}

static enum errcode run_upsert(struct job *j)
{
    TRY(single_write(j->session, j->write, j->filter, j->err));
    if (j->row.counts) { /* a number that is not used is a gap */
        TRY(insert_count(j->session, j->write->table, &j->row, j->err));
        struct upsert u = upsert_of(j->arena, j->write, j->row.doc);
        j->filter = u.filter;
        j->update = u.update;
    }
    return upsert_once(j, false);
}

struct found {
    struct arena *arena;
    const bson_t **docs;
    size_t n;
};

static enum errcode fetch(struct job *j, struct found *f)
{
    bson_error_t why = {0};
    const bson_t *doc = NULL;
    const bson_t *said = NULL;
    mongoc_collection_t *c = mongoc_client_get_collection(
        j->session->client, j->session->room->database, j->write->table->name);
    bson_t *opts = mongo_doc(j->arena);
    if (j->session->transaction) {
        (void)mongoc_client_session_append(j->session->transaction, opts, &why);
    }
    mongoc_cursor_t *cursor = mongoc_collection_find_with_opts(c, j->filter, opts, NULL);
    while (f->n < 2 && mongoc_cursor_next(cursor, &doc)) {
        const bson_t *copy = mongo_doc_tie(f->arena, bson_copy(doc));
        ARENA_PUSH(f->arena, f->docs, f->n, copy);
    }
    enum errcode code = ERR_OK;
    if (mongoc_cursor_error_document(cursor, &why, &said)) {
        code = mongo_error(said, &why, j->write->table, "reading rows", j->err);
    }
    mongoc_cursor_destroy(cursor);
    mongoc_collection_destroy(c);
    return code;
}

/* @old with another "_id" and what @j sets. */
static const bson_t *moved(struct job *j, const bson_t *old)
{
    bson_t *doc = mongo_doc(j->arena);
    bson_iter_t it, set;
    BSON_APPEND_VALUE(doc, "_id", bson_iter_value((bson_iter_t *)j->key));
    bool sets = bson_iter_init_find(&it, j->update, "$set") && bson_iter_recurse(&it, &set);
    while (sets && bson_iter_next(&set)) {
        BSON_APPEND_VALUE(doc, bson_iter_key(&set), bson_iter_value(&set));
    }
    bson_t unset = BSON_INITIALIZER;
    if (bson_iter_init_find(&it, j->update, "$unset")) {
        bson_destroy(&unset);
        bson_copy_to(mongo_doc_copy(j->arena, &it), &unset);
    }
    bool has = bson_iter_init(&it, old);
    while (has && bson_iter_next(&it)) {
        const char *key = bson_iter_key(&it);
        if (!bson_has_field(doc, key) && !bson_has_field(&unset, key)) {
            BSON_APPEND_VALUE(doc, key, bson_iter_value(&it));
        }
    }
    bson_destroy(&unset);
    return doc;
}

/* "_id" cannot change in place: the row is taken out and put in under its new key. */
static enum errcode run_move(struct job *j)
{
    struct found f = {.arena = j->arena};
    bson_iter_t now;
    TRY(fetch(j, &f));
    if (f.n == 0) {
        return ERR_OK;
    }
    const struct column *key = table_single_key(j->write->table);
    if (f.n > 1) {
        return mongo_broken(ERR_UNIQUE_VIOLATION, j->write->table, &key->name, 1, NULL, j->err);
    }
    bool is_same =
        bson_iter_init_find(&now, f.docs[0], "_id") &&
        bson_iter_type(&now) == bson_iter_type(j->key) &&
        str_eq((struct str){(const char *)now.raw + now.d1, now.next_off - now.d1},
               (struct str){(const char *)j->key->raw + j->key->d1, j->key->next_off - j->key->d1});
    if (is_same) {
        return bson_empty(j->update) ? (j->result.n_rows = 1, ERR_OK) : run_update(j);
    }
    if (!j->session->transaction) {
        return ERROR(j->err, ERR_UNSUPPORTED,
                     "the key of a row changes in a transaction only, and "
                     "this MongoDB server has none");
    }
    j->row.doc = (bson_t *)moved(j, f.docs[0]);
    TRY(run_delete(j));
    TRY(insert_once(j));
    j->result = (struct write_result){.n_rows = 1};
    return ERR_OK;
}

static void run_job(void *arg)
{
    struct job *j = arg;
    static enum errcode (*const runs[])(struct job * j) = {
        [WRITE_INSERT] = run_insert,
        [WRITE_UPDATE] = run_update,
        [WRITE_DELETE] = run_delete,
        [WRITE_UPSERT] = run_upsert,
    };
    enum write_kind kind = j->write->kind;
    if (kind == WRITE_UPDATE && j->key) {
        j->code = run_move(j);
        return;
    }
    if (kind == WRITE_UPSERT && !j->filter) {
        kind = WRITE_INSERT; /* a NULL in the key collides with nothing */
    }
    j->code = runs[kind](j);
}

/* {"$set": {…}, "$unset": {…}}, without members that would be empty. */
static enum errcode make_update(struct job *j)
{
    const struct write *w = j->write;
    bson_t *doc = mongo_doc(j->arena);
    bson_t *set = mongo_doc(j->arena);
    bson_t *unset = mongo_doc(j->arena);
    bson_t *key = mongo_doc(j->arena);
    for (size_t i = 0; i < w->n_columns; i++) {
        const struct column *c = w->columns[i];
        const char *field = mongo_field(w->table, c);
        TRY(insert_check(w->table, c, w->values[i], j->err));
        if (w->values[i].kind == VALUE_NULL) {
            BSON_APPEND_UTF8(unset, field, "");
        } else {
            bson_t *into = text_eq(field, "_id") ? key : set;
            TRY(mongo_put(into, field, &c->type, w->values[i], c->name, j->err));
        }
    }
    if (!bson_empty(set)) {
        BSON_APPEND_DOCUMENT(doc, "$set", set);
    }
    if (!bson_empty(unset)) {
        BSON_APPEND_DOCUMENT(doc, "$unset", unset);
    }
    j->update = doc;
    if (bson_iter_init_find(&j->key_room, key, "_id")) {
        j->key = &j->key_room;
    }
    return ERR_OK;
}

static enum errcode prepare(struct job *j)
{
    const struct write *w = j->write;
    bool is_new = w->kind == WRITE_INSERT || w->kind == WRITE_UPSERT;
    if (is_new) {
        TRY(insert_row(j->arena, w, w->values, &j->row, j->err));
    } else {
        TRY(mongo_filter(j->arena, w->table, w->where, &j->filter, j->err));
    }
    if (w->kind == WRITE_UPSERT) {
        struct upsert u = upsert_of(j->arena, w, j->row.doc);
        j->filter = u.filter;
        j->update = u.update;
    } else if (w->kind == WRITE_UPDATE) {
        if (w->n_columns == 0) {
            return ERROR(j->err, ERR_INVALID, "an update that sets nothing");
        }
        TRY(make_update(j));
    }
    return ERR_OK;
}

enum errcode mongo_write(struct session *base, const struct write *w, struct write_result *out,
                         struct error *err)
{
    struct mongo_session *s = mongo_session_of(base);
    struct arena *a AUTO(arena_freep) = arena_new();
    struct job j = {.session = s, .write = w, .arena = a, .err = err};
    if (w->kind == WRITE_NONE) {
        return ERROR(err, ERR_INVALID, "a write of no kind");
    }
    TRY(prepare(&j));
    TRY(mongo_hold(s, err));
    loop_run_blocking(run_job, &j);
    mongo_let(s);
    if (j.code == ERR_OK && out) {
        *out = j.result;
    }
    return j.code;
}
