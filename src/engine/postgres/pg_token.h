#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/str.h"

/*
 * The words of PostgreSQL's SQL, as its deparser writes them and as a person may write them. White
 * space separates. What the deparser never writes (comments, dollar quotes, texts with escapes,
 * parameters) is PG_BAD: such a text is carried, not understood.
 */
enum pg_token_kind {
    PG_END = 0,
    PG_WORD,   /* a bare word: keyword or name */
    PG_QUOTED, /* "name" */
    PG_STRING, /* 'text' */
    PG_NUMBER,
    PG_MARK, /* one mark of punctuation, "::", or a whole operator */
    PG_BAD,
};

struct pg_token {
    enum pg_token_kind kind;
    struct str text; /* points into what was read */
};

struct pg_tokens {
    struct pg_token *items; /* the one behind the last is PG_END */
    size_t n;
};

/** pg_tokens_read() - the tokens of @text, in @a; what follows a PG_BAD is not read. */
struct pg_tokens pg_tokens_read(struct arena *a, struct str text);

/** pg_token_is() - a bare word equal to @word in any case, or a mark equal to @word. */
bool pg_token_is(const struct pg_token *t, const char *word);
/** pg_token_name() - what the name or text says, unquoted (a bare word in lower case), in @a. */
const char *pg_token_name(struct arena *a, const struct pg_token *t);
/** pg_token_is_name() - a bare word or a quoted name. */
bool pg_token_is_name(const struct pg_token *t);

/**
 * pg_is_closed() - may @text stand where one expression is expected?
 *
 * Brackets balance, quotes end, no statement and no comment is in it, and it calls nothing that
 * reaches beyond rows (files, other servers, settings of the server).
 */
bool pg_is_closed(struct arena *a, struct str text);
