#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "app/app.h"
#include "app/source_policy.h"
#include "engine/kind.h"
#include "store/source.h"

/*
 * A database that a tenant has attached, opened: one engine for the whole process, shared by all
 * requests, made when somebody first asks for it, closed when it is changed or removed and when
 * nobody has asked for long. A request holds what it uses; it never changes.
 *
 * The row in the store is looked at again four times a second, so that what another process
 * changes is seen here.
 */
struct source_op {
    const char *op; /* "CREATE_TABLE" */
    bool is_supported;
    const char *reason; /* of a no; NULL */
};

struct source {
    struct source_record record;    /* texts are the source's own */
    const struct engine_kind *kind; /* NULL: this program has none of that name */
    struct engine *engine;          /* NULL when kind is */
    struct engine_options options;  /* without the password */
    bool is_trusted;                /* attached by who operates the platform */
    struct source_policy policy;
    bool has_allow;
    struct source_names allow, forbid; /* patterns: "orders", "log_*" */
    const struct source_op *ops;
    size_t n_ops;
    uint64_t serial; /* another one for every opening */
    struct arena *arena;
    atomic_int refs;
    pthread_mutex_t lock; /* of view, never held across a read */
    void *view;           /* tenant_view.c's, with a reference of the source */
    void (*free_view)(void *view);
};

/**
 * source_use() - the source @name of @tenant_id, open; it is held until @a is freed
 *
 * Errors: ERR_NOT_FOUND, ERR_UNSUPPORTED for a kind this program does not have, those of
 * source_place_judge() and of the kind's open(). A source that could not be reached is not tried
 * again for two seconds: everybody gets the same answer.
 */
enum errcode source_use(struct app *app, struct arena *a, int64_t tenant_id, struct str name,
                        const struct source **out, struct error *err) MUST_CHECK;
/** source_use_room() - the same by what the journal calls it (source_room()). */
enum errcode source_use_room(struct app *app, struct arena *a, struct str room,
                             const struct source **out, struct error *err) MUST_CHECK;
/** source_open_new() - an engine for @r, kept by nobody but @a: to test it. @password: p NULL = the
 *  sealed one. Errors: as source_use(). */
enum errcode source_open_new(struct app *app, struct arena *a, const struct source_record *r,
                             struct str password, const struct source **out,
                             struct error *err) MUST_CHECK;
/** source_peek() - what is open now, without opening anything; NULL when it is not. *@problem (may
 *  be NULL) = why it could not be opened lately, in @a, NULL = no reason known. */
const struct source *source_peek(struct app *app, struct arena *a, const struct source_record *r,
                                 const char **problem);
/** source_read() - what the row @r says, without an engine; texts in @a. Errors: ERR_CORRUPT. */
enum errcode source_read(struct app *app, struct arena *a, const struct source_record *r,
                         struct source *out, struct error *err) MUST_CHECK;
/** source_seal() - @password as it is kept for the source @id, in @a. */
enum errcode source_seal(struct app *app, struct arena *a, const char *id, struct str password,
                         const char **out, struct error *err) MUST_CHECK;

/** source_hold() - @s stays open until @a is freed too. */
void source_hold(struct arena *a, const struct source *s);

/** source_forget() - the next request opens @name anew; it closes once nobody uses it. */
void source_forget(struct app *app, int64_t tenant_id, const char *name);
/** sources_sweep() - close those that nobody has used for long. */
void sources_sweep(struct app *app);
/** sources_free() - all of them; called once by app_close(). */
void sources_free(struct app *app);

/** source_shows() - the source's lists let the table @name be there. */
bool source_shows(const struct source *s, const char *name);
/** source_room() - what the journal calls its namespace, in @a. */
struct str source_room(struct arena *a, const struct source *s);
bool source_is_room(const char *room);
