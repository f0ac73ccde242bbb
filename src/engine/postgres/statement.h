#pragma once

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"
#include "catalog/value.h"

/*
 * The prepared statements of one connection, found by place and text. Texts are shapes (values are
 * parameters), so few of them do most of the work; the one that was not used for longest leaves.
 * A number names a statement on the server and is never used twice on a connection.
 */
#define STATEMENTS_MAX     200
#define STATEMENT_NAME_MAX 24

struct pg_place;

struct pg_statement {
    struct pg_statement *next;          /* of its bucket */
    struct pg_statement *older, *newer; /* by use */
    const struct pg_place *place;
    uint64_t hash;
    bool is_made; /* the server has said so */
    bool is_old;  /* its plan does not fit any more: prepared anew when it is used */
    uint64_t number;
    char name[STATEMENT_NAME_MAX];
    struct str text; /* behind the struct */
};

#define STATEMENT_BUCKETS 64
#define STATEMENTS_SEEN   512

struct pg_statements {
    struct pg_statement *buckets[STATEMENT_BUCKETS];
    struct pg_statement *oldest, *newest;
    int n;
    uint64_t last_number;
    uint32_t seen[STATEMENTS_SEEN]; /* by hash: asked for once */
};

/** pg_text_hash() - of a statement's text, eight bytes at a time; never 0. */
uint64_t pg_text_hash(struct str text);
/** pg_statement_find() - that one (@text_hash is pg_text_hash() of the text), now the newest; NULL
 *  when it is not prepared. */
struct pg_statement *pg_statement_find(struct pg_statements *all, const struct pg_place *place,
                                       struct str text, uint64_t text_hash);
/** pg_statement_add() - one to be prepared under its name. */
struct pg_statement *pg_statement_add(struct pg_statements *all, const struct pg_place *place,
                                      struct str text, uint64_t text_hash);
/** pg_statement_is_worth() - it was asked for before, not long ago: preparing it may pay. */
bool pg_statement_is_worth(struct pg_statements *all, const struct pg_place *place,
                           uint64_t text_hash);
/** pg_statement_spare() - one that should make room, NULL while there is some. */
struct pg_statement *pg_statement_spare(struct pg_statements *all);
/** pg_statement_forget() - it is not prepared (any more). */
void pg_statement_forget(struct pg_statements *all, struct pg_statement *s);
void pg_statements_clear(struct pg_statements *all);
/** pg_statement_breaks() - the failure @r says that the statement does not fit the tables. */
bool pg_statement_breaks(const PGresult *r);

/* Parameters as libpq takes them: texts, and bytes as they are. */
struct pg_params {
    int n;
    const char **values;
    int *lengths, *formats;
};

/** pg_params_make() - in @a, bytes borrowed. Errors: ERR_INVALID_VALUE for
 *  a text with a NUL inside, which PostgreSQL cannot keep. */
enum errcode pg_params_make(struct arena *a, const struct value *values, size_t n,
                            struct pg_params *out, struct error *err) MUST_CHECK;
