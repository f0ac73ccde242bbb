#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/str.h"

/*
 * The words of SQL. Comments and white space separate and are not tokens; a token's view
 * points into the text, so its place is known and edits can be made there.
 */
enum token_kind {
    TOKEN_END = 0,
    TOKEN_WORD,   /* a bare word: keyword or name */
    TOKEN_QUOTED, /* "name", `name`, [name] */
    TOKEN_STRING, /* 'text' */
    TOKEN_BLOB,   /* x'00ff' */
    TOKEN_NUMBER,
    TOKEN_MARK, /* punctuation, one or two characters */
    TOKEN_BAD,  /* an open quote or comment, a byte that no token begins with */
};

struct token {
    enum token_kind kind;
    struct str text;
};

struct tokens {
    const char *text;
    struct token *items; /* followed by one TOKEN_END */
    size_t n;
};

/** tokens_read() - all tokens of @text, in @a. A TOKEN_BAD ends the list. */
struct tokens tokens_read(struct arena *a, struct str text);

/** tokens_closed() - @text can stand between brackets: its own are paired, no quote or comment is
 *  open, no statement ends in it. */
bool tokens_closed(struct arena *a, struct str text);

/** token_is() - a bare word equal to @word in any case, or a mark equal to @word. */
bool token_is(const struct token *t, const char *word);
/** token_same() - both mean the same: words in any case, anything else byte for byte. */
bool token_same(const struct token *x, const struct token *y);
/** token_name() - what the name or string says, unquoted, in @a. */
const char *token_name(struct arena *a, const struct token *t);
/** token_is_name() - may stand where a name is expected. */
bool token_is_name(const struct token *t);
