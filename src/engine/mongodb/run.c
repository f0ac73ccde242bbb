#include "base/attr.h"
#include "base/time.h"
#include "engine/mongodb/core.h"
#include "engine/mongodb/errors.h"
#include "engine/mongodb/planner.h"
#include "engine/mongodb/room.h"

/*
 * Running a plan. MongoDB has no transaction over structure: when a step of a group fails, what the
 * plan says takes back the steps before it is run, newest first (group_end with commit false). A
 * process that dies in between leaves what it had done; every step may be run again.
 */
#define PORTION 1000 /* documents that one update changes at a time */

struct undo_step {
    const char *text;
    struct undo_step *next;
};

struct job {
    struct mongo_session *session;
    const struct plan_step *step;
    int64_t n_rows;
    struct error *err;
    enum errcode code;
};

static struct arena *arena_of(struct job *j)
{
    return j->session->base.arena;
}

static const char *text_in(const bson_t *doc, const char *key)
{
    bson_iter_t it;
    return bson_iter_init_find(&it, doc, key) && BSON_ITER_HOLDS_UTF8(&it)
               ? bson_iter_utf8(&it, NULL)
               : "";
}

static const char *database_of(struct job *j)
{
    return j->session->room->database;
}

static enum errcode command_once(struct job *j, const char *database, const bson_t *command,
                                 struct error *err)
{
    bson_t reply AUTO(mongo_reply_destroyp) = BSON_INITIALIZER;
    bson_iter_t it;
    TRY(mongo_command(j->session->client, database, command, &reply, err));
    if (bson_iter_init_find(&it, &reply, "n") && BSON_ITER_HOLDS_NUMBER(&it)) {
        j->n_rows = bson_iter_as_int64(&it);
    }
    return ERR_OK;
}

struct options {
    struct arena *arena;
    bson_t *found; /* of the collection; NULL: it is not there */
};

static enum errcode keep_options(const bson_t *doc, void *arg, struct error *err)
{
    struct options *o = arg;
    bson_iter_t it;
    (void)err;
    o->found = bson_iter_init_find(&it, doc, "options") ? mongo_doc_copy(o->arena, &it)
                                                        : mongo_doc(o->arena);
    return ERR_OK;
}

static enum errcode read_options(struct job *j, const char *collection, bson_t **out,
                                 struct error *err)
{
    struct options o = {.arena = arena_of(j)};
    bson_t *list AUTO(mongo_doc_destroyp) = BCON_NEW("listCollections", BCON_INT32(1), "filter",
                                                     "{", "name", BCON_UTF8(collection), "}");
    TRY(mongo_cursor_each(j->session->client, database_of(j), list, keep_options, &o, err));
    *out = o.found;
    return ERR_OK;
}

static bool same_member(const bson_t *x, const bson_t *y, const char *key)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    bson_iter_t i, k;
    bool in_x = bson_iter_init_find(&i, x, key);
    bool in_y = bson_iter_init_find(&k, y, key);
    if (!in_x || !in_y) {
        return in_x == in_y;
    }
    return text_eq(mongo_text(a, mongo_doc_copy(a, &i)), mongo_text(a, mongo_doc_copy(a, &k)));
}

/* A collection made by a run of the same step before. */
static enum errcode run_create(struct job *j, const bson_t *command)
{
    struct error why = ERROR_INIT;
    bson_t *options = NULL;
    enum errcode code = command_once(j, database_of(j), command, &why);
    if (code == ERR_CONFLICT &&
        read_options(j, text_in(command, "create"), &options, NULL) == ERR_OK && options &&
        same_member(options, command, "validator")) {
        error_release(&why);
        return ERR_OK;
    }
    return code == ERR_OK ? code : error_move(j->err, &why);
}

static const bson_t *qualified(struct job *j, const bson_t *command)
{
    struct arena *a = arena_of(j);
    const char *from =
        arena_printf(a, "%s.%s", database_of(j), text_in(command, "renameCollection"));
    const char *to = arena_printf(a, "%s.%s", database_of(j), text_in(command, "to"));
    return mongo_doc_tie(a, BCON_NEW("renameCollection", BCON_UTF8(from), "to", BCON_UTF8(to),
                                     "dropTarget", BCON_BOOL(false)));
}

/* Renamed by a run of the same step before: the old name is free and the new one taken. */
static enum errcode run_rename(struct job *j, const bson_t *command)
{
    struct error why = ERROR_INIT;
    bson_t *options = NULL;
    enum errcode code = command_once(j, "admin", qualified(j, command), &why);
    if (code == ERR_SCHEMA_MOVED &&
        read_options(j, text_in(command, "to"), &options, NULL) == ERR_OK && options) {
        error_release(&why);
        return ERR_OK;
    }
    return code == ERR_OK ? code : error_move(j->err, &why);
}

/* Gone by a run of the same step before. */
static enum errcode run_drop(struct job *j, const bson_t *command)
{
    struct error why = ERROR_INIT;
    enum errcode code = command_once(j, database_of(j), command, &why);
    if (code == ERR_SCHEMA_MOVED || code == ERR_NOT_FOUND) {
        error_release(&why);
        return ERR_OK;
    }
    return code == ERR_OK ? code : error_move(j->err, &why);
}

static enum errcode run_plainly(struct job *j, const bson_t *command)
{
    return command_once(j, database_of(j), command, j->err);
}

/* The next documents that @filter meets, as {"_id": {"$in": […]}}. */
struct portion {
    bson_t *ids; /* an array */
    uint32_t n;
};

static enum errcode add_id(const bson_t *doc, void *arg, struct error *err)
{
    struct portion *p = arg;
    bson_iter_t it;
    char room[16];
    const char *at = NULL;
    (void)err;
    if (bson_iter_init_find(&it, doc, "_id")) {
        bson_uint32_to_string(p->n++, &at, room, sizeof room);
        BSON_APPEND_VALUE(p->ids, at, bson_iter_value(&it));
    }
    return ERR_OK;
}

static enum errcode next_portion(struct job *j, struct arena *a, const char *collection,
                                 const bson_t *filter, struct portion *out)
{
    *out = (struct portion){.ids = mongo_doc(a)};
    bson_t *find = mongo_doc(a);
    BCON_APPEND(find, "find", BCON_UTF8(collection), "filter", BCON_DOCUMENT(filter), "projection",
                "{", "_id", BCON_INT32(1), "}", "limit", BCON_INT32(PORTION), "singleBatch",
                BCON_BOOL(true));
    return mongo_cursor_each(j->session->client, database_of(j), find, add_id, out, j->err);
}

/*
 * An update of a step changes what its own condition asks for, so that a document that was changed
 * does not meet it any more. It runs for so many documents at a time: others get their turn in
 * between, and one that is cut short goes on where it was.
 */
static enum errcode run_update(struct job *j, const bson_t *command)
{
    bson_iter_t it, list, one;
    int64_t n_rows = 0;
    const char *collection = text_in(command, "update");
    if (!bson_iter_init_find(&it, command, "updates") || !bson_iter_recurse(&it, &list) ||
        !bson_iter_next(&list) || !bson_iter_recurse(&list, &one) || !bson_iter_find(&one, "q")) {
        return ERROR(j->err, ERR_INVALID, "the step is no update of a plan: %s", j->step->text);
    }
    const bson_t *filter = mongo_doc_copy(arena_of(j), &one);
    const bson_t *change =
        bson_iter_find(&one, "u") ? mongo_doc_copy(arena_of(j), &one) : mongo_doc(arena_of(j));
    for (;;) {
        struct arena *a AUTO(arena_freep) = arena_new();
        struct portion p;
        bson_t *update = mongo_doc(a);
        TRY(next_portion(j, a, collection, filter, &p));
        if (p.n == 0) {
            j->n_rows = n_rows;
            return ERR_OK;
        }
        BCON_APPEND(update, "update", BCON_UTF8(collection), "updates", "[", "{", "q", "{", "_id",
                    "{", "$in", BCON_ARRAY(p.ids), "}", "}", "u", BCON_DOCUMENT(change), "multi",
                    BCON_BOOL(true), "}", "]");
        TRY(command_once(j, database_of(j), update, j->err));
        n_rows += j->n_rows;
    }
}

static const struct finding_code {
    const char *comment;
    enum errcode code;
} findings[] = {
    {CHECK_NO_VALUE, ERR_NOT_NULL_VIOLATION},
    {CHECK_BROKEN, ERR_CHECK_VIOLATION},
    {CHECK_NAME, ERR_CONFLICT},
    {CHECK_UUID, ERR_UNSUPPORTED},
};

static enum errcode refuse_document(const bson_t *doc, void *arg, struct error *err)
{
    struct job *j = arg;
    (void)doc;
    for (size_t i = 0; i < ARRAY_LEN(findings); i++) {
        if (text_eq(findings[i].comment, j->step->comment)) {
            return ERROR(err, findings[i].code, "%s", findings[i].comment);
        }
    }
    return ERROR(err, ERR_CONFLICT, "a check of the change failed: %s", j->step->text);
}

static enum errcode run_find(struct job *j, const bson_t *command)
{
    return mongo_cursor_each(j->session->client, database_of(j), command, refuse_document, j,
                             j->err);
}

static const struct verb {
    const char *name;
    enum errcode (*run)(struct job *j, const bson_t *command);
    bool is_check;
    bool is_partial; /* one that fails may have done a part */
} verbs[] = {
    {"create", run_create, false, false},    {"renameCollection", run_rename, false, false},
    {"collMod", run_plainly, false, false},  {"createIndexes", run_plainly, false, true},
    {"dropIndexes", run_drop, false, false}, {"drop", run_drop, false, false},
    {"update", run_update, false, true},     {"aggregate", run_plainly, false, true},
    {"find", run_find, true, false},
};

static const struct verb *find_verb(const bson_t *command)
{
    bson_iter_t it;
    bool has = command && bson_iter_init(&it, command) && bson_iter_next(&it);
    for (size_t i = 0; has && i < ARRAY_LEN(verbs); i++) {
        if (text_eq(verbs[i].name, bson_iter_key(&it))) {
            return &verbs[i];
        }
    }
    return NULL;
}

static void push_undo(struct job *j)
{
    if (j->step->undo && j->session->in_group) {
        struct undo_step *u = ARENA_NEW(arena_of(j), struct undo_step);
        *u = (struct undo_step){arena_strdup(arena_of(j), j->step->undo), j->session->undo};
        j->session->undo = u;
    }
}

static enum errcode run(struct job *j)
{
    const bson_t *command = mongo_doc_json(arena_of(j), j->step->text, j->err);
    const struct verb *verb = find_verb(command);
    if (!verb) {
        return ERROR(j->err, ERR_INVALID, "the step is no command of a plan: %s", j->step->text);
    }
    if (verb->is_check != (j->step->kind == STEP_CHECK)) {
        return ERROR(j->err, ERR_INTERNAL, "a check may not write: %s", j->step->text);
    }
    enum errcode code = verb->run(j, command);
    if (code == ERR_OK || verb->is_partial) {
        push_undo(j);
    }
    return code;
}

static void run_job(void *arg)
{
    struct job *j = arg;
    j->code = run(j);
}

enum errcode mongo_group_begin(struct session *base, const struct plan_group *g, struct error *err)
{
    struct mongo_session *s = mongo_session_of(base);
    (void)g;
    if (s->in_group) {
        return ERROR(err, ERR_INTERNAL, "a group of steps is open already");
    }
    TRY(mongo_hold(s, err));
    s->in_group = true;
    s->undo = NULL;
    return ERR_OK;
}

enum errcode mongo_run_step(struct session *base, const struct plan_step *step, int64_t *n_rows,
                            struct error *err)
{
    struct mongo_session *s = mongo_session_of(base);
    struct job j = {.session = s, .step = step, .err = err};
    TRY(mongo_hold(s, err)); /* outside of a group too: what a crash left is taken back so */
    loop_run_blocking(run_job, &j);
    mongo_let(s);
    if (j.code == ERR_OK && n_rows) {
        *n_rows = j.n_rows;
    }
    return j.code;
}

struct taking_back {
    struct mongo_session *session;
    struct error *err;
    enum errcode code; /* the first failure */
};

/* All that can be taken back is, also behind one that cannot. */
static void take_back(void *arg)
{
    struct taking_back *t = arg;
    for (struct undo_step *u = t->session->undo; u; u = u->next) {
        struct error why = ERROR_INIT;
        struct plan_step step = {.kind = STEP_RUN, .text = u->text};
        struct job j = {.session = t->session, .step = &step, .err = &why};
        enum errcode code = run(&j);
        if (code == ERR_OK || t->code != ERR_OK) {
            error_release(&why);
        } else {
            t->code = error_move(t->err, &why);
        }
    }
}

enum errcode mongo_group_end(struct session *base, const struct plan_group *g, bool commit,
                             struct error *err)
{
    struct mongo_session *s = mongo_session_of(base);
    struct taking_back t = {.session = s, .err = err};
    (void)g;
    if (!s->in_group) {
        return ERROR(err, ERR_INTERNAL, "no group of steps is open");
    }
    if (!commit && s->undo) {
        loop_run_blocking(take_back, &t);
    }
    s->undo = NULL;
    s->in_group = false;
    mongo_let(s);
    room_changed(s->room);
    return t.code;
}
