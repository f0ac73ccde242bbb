#include "engine/sqlite/ddl.h"

#include "base/attr.h"

/*
 * A reader over tokens. Functions return false when the text is something else; the public
 * functions turn that into one error.
 */
struct reader {
    struct arena *arena;
    const char *text;
    const struct token *first;
    const struct token *at;
};

static size_t start_of(const struct reader *r, const struct token *t)
{
    return (size_t)(t->text.p - r->text);
}

/* Where the token before the current one ends. */
static size_t end_before(const struct reader *r)
{
    const struct token *t = r->at > r->first ? r->at - 1 : r->at;
    return start_of(r, t) + t->text.n;
}

static bool take(struct reader *r, const char *word)
{
    if (!token_is(r->at, word)) {
        return false;
    }
    r->at++;
    return true;
}

static bool take2(struct reader *r, const char *first, const char *second)
{
    if (!token_is(r->at, first) || !token_is(r->at + 1, second)) {
        return false;
    }
    r->at += 2;
    return true;
}

static bool take_name(struct reader *r, const char **out)
{
    if (!token_is_name(r->at)) {
        return false;
    }
    *out = token_name(r->arena, r->at++);
    return true;
}

/* "[schema.]name" */
static bool take_object(struct reader *r, const char **out, struct span *span)
{
    span->from = start_of(r, r->at);
    if (!take_name(r, out)) {
        return false;
    }
    if (take(r, ".") && !take_name(r, out)) {
        return false;
    }
    span->to = end_before(r);
    return true;
}

/* Step over a bracketed part with all that is nested in it; *inside is between the brackets. */
static bool take_brackets(struct reader *r, struct str *inside)
{
    if (!token_is(r->at, "(")) {
        return false;
    }
    const char *from = r->at->text.p + 1;
    int depth = 0;
    for (; r->at->kind != TOKEN_END && r->at->kind != TOKEN_BAD; r->at++) {
        depth += token_is(r->at, "(") ? 1 : token_is(r->at, ")") ? -1 : 0;
        if (depth == 0) {
            *inside = (struct str){from, (size_t)(r->at->text.p - from)};
            r->at++;
            return true;
        }
    }
    return false;
}

/* Tokens up to a comma or closing bracket of this level. */
static struct str take_operand(struct reader *r)
{
    const char *from = r->at->text.p;
    const struct token *first = r->at;
    while (r->at->kind != TOKEN_END && !token_is(r->at, ",") && !token_is(r->at, ")") &&
           !token_is(r->at, "collate") && !token_is(r->at, "asc") && !token_is(r->at, "desc")) {
        struct str inside;
        if (!token_is(r->at, "(")) {
            r->at++;
        } else if (!take_brackets(r, &inside)) {
            break;
        }
    }
    if (r->at == first) {
        return (struct str){from, 0};
    }
    const struct token *last = r->at - 1;
    return (struct str){from, (size_t)(last->text.p + last->text.n - from)};
}

static bool take_key(struct reader *r, struct key_text *key)
{
    const struct token *first = r->at;
    key->expr = take_operand(r);
    if (key->expr.n == 0) {
        return false;
    }
    if (r->at == first + 1 && token_is_name(first)) {
        key->column = token_name(r->arena, first);
    }
    if (take(r, "collate") && !take_name(r, &key->collation)) {
        return false;
    }
    if (!take(r, "asc")) {
        key->is_descending = take(r, "desc");
    }
    return true;
}

/* "(key, key)" */
static bool take_keys(struct reader *r, struct key_text **keys, size_t *n)
{
    if (!take(r, "(")) {
        return false;
    }
    do {
        struct key_text key = {0};
        if (!take_key(r, &key)) {
            return false;
        }
        ARENA_PUSH(r->arena, *keys, *n, key);
    } while (take(r, ","));
    return take(r, ")");
}

static bool take_conflict(struct reader *r)
{
    const char *word = NULL;
    return !take2(r, "on", "conflict") || take_name(r, &word);
}

static const char *take_action(struct reader *r)
{
    static const char *const pairs[][2] = {{"set", "null"}, {"set", "default"}, {"no", "action"}};
    static const char *const texts[] = {"SET NULL", "SET DEFAULT", "NO ACTION"};
    for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
        if (take2(r, pairs[i][0], pairs[i][1])) {
            return texts[i];
        }
    }
    const char *word = NULL;
    return take_name(r, &word) ? word : NULL;
}

/* What may follow REFERENCES table (columns). */
static bool take_reference_tail(struct reader *r, struct clause *c)
{
    for (;;) {
        const char *word = NULL;
        if (take2(r, "on", "delete")) {
            c->on_delete = take_action(r);
        } else if (take2(r, "on", "update")) {
            c->on_update = take_action(r);
        } else if (take(r, "match")) {
            if (!take_name(r, &word)) {
                return false;
            }
        } else if (take2(r, "not", "deferrable") || take(r, "deferrable")) {
            bool deferrable = !token_is(r->at - 2, "not");
            if (take(r, "initially")) {
                if (!take_name(r, &word)) {
                    return false;
                }
                c->is_deferred = deferrable && str_eq_nocase(str_of(word), STR("deferred"));
            }
        } else {
            return true;
        }
    }
}

static bool take_references(struct reader *r, struct clause *c)
{
    struct span span;
    c->kind = CLAUSE_FOREIGN_KEY;
    if (!take_object(r, &c->parent, &span)) {
        return false;
    }
    struct key_text *keys = NULL;
    size_t n = 0;
    if (token_is(r->at, "(") && !take_keys(r, &keys, &n)) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        ARENA_PUSH(r->arena, c->parent_columns, c->n_parent_columns, keys[i].column);
    }
    return take_reference_tail(r, c);
}

static bool take_default(struct reader *r, struct clause *c)
{
    c->kind = CLAUSE_DEFAULT;
    if (token_is(r->at, "(")) {
        const char *from = r->at->text.p;
        struct str inside;
        bool ok = take_brackets(r, &inside);
        c->text = (struct str){from, inside.n + 2};
        return ok;
    }
    const char *from = r->at->text.p;
    if (token_is(r->at, "-") || token_is(r->at, "+")) {
        r->at++;
    }
    if (r->at->kind == TOKEN_END || token_is(r->at, ",") || token_is(r->at, ")")) {
        return false;
    }
    r->at++;
    c->text = (struct str){from, (size_t)(r->text + end_before(r) - from)};
    return true;
}

static bool take_generated(struct reader *r, struct clause *c)
{
    c->kind = CLAUSE_GENERATED;
    if (!take_brackets(r, &c->text)) {
        return false;
    }
    c->is_stored = take(r, "stored");
    if (!c->is_stored) {
        (void)take(r, "virtual");
    }
    return true;
}

static bool take_column_key(struct reader *r, struct clause *c)
{
    c->kind = CLAUSE_PRIMARY_KEY;
    if (!take(r, "asc")) {
        c->is_descending = take(r, "desc");
    }
    if (!take_conflict(r)) {
        return false;
    }
    c->is_autoincrement = take(r, "autoincrement");
    return true;
}

/* One constraint of a column; CLAUSE_NONE when there is none here. */
static bool take_column_clause(struct reader *r, struct clause *c)
{
    c->span.from = start_of(r, r->at);
    if (take(r, "constraint") && !take_name(r, &c->name)) {
        return false;
    }
    bool ok = true;
    if (take2(r, "not", "null")) {
        c->kind = CLAUSE_NOT_NULL;
        ok = take_conflict(r);
    } else if (take(r, "null")) {
        c->kind = CLAUSE_NULL;
        ok = take_conflict(r);
    } else if (take2(r, "primary", "key")) {
        ok = take_column_key(r, c);
    } else if (take(r, "unique")) {
        c->kind = CLAUSE_UNIQUE;
        ok = take_conflict(r);
    } else if (take(r, "check")) {
        c->kind = CLAUSE_CHECK;
        ok = take_brackets(r, &c->text) && take_conflict(r);
    } else if (take(r, "default")) {
        ok = take_default(r, c);
    } else if (take(r, "collate")) {
        c->kind = CLAUSE_COLLATE;
        c->text = r->at->text;
        ok = take_name(r, &c->name);
    } else if (take(r, "references")) {
        ok = take_references(r, c);
    } else if (take2(r, "generated", "always")) {
        ok = take(r, "as") && take_generated(r, c);
    } else if (take(r, "as")) {
        ok = take_generated(r, c);
    }
    c->span.to = end_before(r);
    return ok;
}

static bool is_clause_word(const struct token *t)
{
    static const char *const words[] = {"constraint", "not",   "null",     "primary",
                                        "unique",     "check", "default",  "collate",
                                        "references", "as",    "generated"};
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (token_is(t, words[i])) {
            return true;
        }
    }
    return false;
}

/* The declared type: names, and one bracketed part. */
static bool take_type(struct reader *r, const char **out)
{
    const char *from = r->at->text.p;
    const struct token *first = r->at;
    while (token_is_name(r->at) && !is_clause_word(r->at)) {
        r->at++;
    }
    struct str inside;
    if (r->at > first && token_is(r->at, "(") && !take_brackets(r, &inside)) {
        return false;
    }
    size_t n = r->at > first ? (size_t)(r->text + end_before(r) - from) : 0;
    *out = arena_strndup(r->arena, from, n);
    return true;
}

/* The text of the first comment in [from, to), without its marks; NULL when there is none. Only
 * called for the gaps between tokens of a parsed text. */
static const char *find_comment(struct reader *r, const char *from, const char *to)
{
    for (const char *p = from; p + 1 < to; p++) {
        if (p[0] == '/' && p[1] == '*') {
            const char *end = memmem(p + 2, (size_t)(to - p - 2), "*/", 2);
            struct str inside = {p + 2, (size_t)((end ? end : to) - p - 2)};
            return arena_str(r->arena, str_trim(inside));
        }
        if (p[0] == '-' && p[1] == '-') {
            const char *end = memchr(p, '\n', (size_t)(to - p));
            struct str inside = {p + 2, (size_t)((end ? end : to) - p - 2)};
            return arena_str(r->arena, str_trim(inside));
        }
    }
    return NULL;
}

/* A comment between the tokens first … last, both included. */
static const char *comment_between(struct reader *r, const struct token *first,
                                   const struct token *last)
{
    for (const struct token *t = first; t < last; t++) {
        const char *found = find_comment(r, t->text.p + t->text.n, t[1].text.p);
        if (found) {
            return found;
        }
    }
    return NULL;
}

static bool take_column(struct reader *r, struct column_text *c)
{
    const struct token *first = r->at;
    c->span.from = start_of(r, r->at);
    if (!take_name(r, &c->name) || !take_type(r, &c->type)) {
        return false;
    }
    while (!token_is(r->at, ",") && !token_is(r->at, ")")) {
        struct clause clause = {0};
        if (!take_column_clause(r, &clause) || clause.kind == CLAUSE_NONE) {
            return false;
        }
        ARENA_PUSH(r->arena, c->clauses, c->n_clauses, clause);
    }
    c->span.to = end_before(r);
    c->comment = comment_between(r, first, r->at);
    return true;
}

static bool is_table_clause(const struct reader *r)
{
    static const struct {
        const char *word, *next;
    } starts[] = {{"constraint", NULL},
                  {"primary", "key"},
                  {"unique", "("},
                  {"check", "("},
                  {"foreign", "key"}};
    for (size_t i = 0; i < ARRAY_LEN(starts); i++) {
        if (token_is(r->at, starts[i].word) &&
            (!starts[i].next || token_is(r->at + 1, starts[i].next))) {
            return true;
        }
    }
    return false;
}

static bool take_table_clause(struct reader *r, struct clause *c)
{
    c->span.from = start_of(r, r->at);
    if (take(r, "constraint") && !take_name(r, &c->name)) {
        return false;
    }
    bool ok = false;
    if (take2(r, "primary", "key")) {
        c->kind = CLAUSE_PRIMARY_KEY;
        ok = take_keys(r, &c->keys, &c->n_keys) && take_conflict(r);
    } else if (take(r, "unique")) {
        c->kind = CLAUSE_UNIQUE;
        ok = take_keys(r, &c->keys, &c->n_keys) && take_conflict(r);
    } else if (take(r, "check")) {
        c->kind = CLAUSE_CHECK;
        ok = take_brackets(r, &c->text) && take_conflict(r);
    } else if (take2(r, "foreign", "key")) {
        ok = take_keys(r, &c->keys, &c->n_keys) && take(r, "references") && take_references(r, c);
    }
    c->span.to = end_before(r);
    return ok;
}

static bool take_options(struct reader *r, struct table_text *t)
{
    while (r->at->kind != TOKEN_END && !token_is(r->at, ";")) {
        if (take(r, "strict")) {
            t->is_strict = true;
        } else if (take2(r, "without", "rowid")) {
            t->is_without_rowid = true;
        } else if (!take(r, ",")) {
            return false;
        }
    }
    return true;
}

static bool take_body(struct reader *r, struct table_text *t)
{
    const struct token *open = r->at;
    if (!take(r, "(")) {
        return false;
    }
    t->body.from = end_before(r);
    t->comment = find_comment(r, open->text.p + 1, r->at->text.p);
    do {
        struct clause clause = {0};
        struct column_text column = {0};
        bool is_clause = is_table_clause(r);
        /* SQLite lets the comma between table constraints be left out */
        if (is_clause && !take_table_clause(r, &clause)) {
            return false;
        }
        if (!is_clause && (t->n_clauses || !take_column(r, &column))) {
            return false; /* columns come first */
        }
        if (is_clause) {
            ARENA_PUSH(r->arena, t->clauses, t->n_clauses, clause);
        } else {
            ARENA_PUSH(r->arena, t->columns, t->n_columns, column);
        }
    } while (take(r, ",") || is_table_clause(r));
    t->body.to = start_of(r, r->at);
    return take(r, ")");
}

enum errcode ddl_read_table(struct arena *a, struct str text, struct table_text *out,
                            struct error *err)
{
    struct tokens tokens = tokens_read(a, text);
    struct reader r = {.arena = a, .text = tokens.text, .first = tokens.items, .at = tokens.items};
    struct table_text t = {.text = text};
    bool ok = take(&r, "create");
    if (!take(&r, "temp")) {
        (void)take(&r, "temporary");
    }
    ok = ok && take(&r, "table");
    if (ok && token_is(r.at, "if")) {
        ok = take2(&r, "if", "not") && take(&r, "exists");
    }
    ok = ok && take_object(&r, &t.name, &t.name_span) && take_body(&r, &t) && take_options(&r, &t);
    if (!ok || t.n_columns == 0) {
        return ERROR(err, ERR_UNSUPPORTED, "the text of table \"%s\" cannot be read",
                     t.name ? t.name : "?");
    }
    *out = t;
    return ERR_OK;
}

enum errcode ddl_read_index(struct arena *a, struct str text, struct index_text *out,
                            struct error *err)
{
    struct tokens tokens = tokens_read(a, text);
    struct reader r = {.arena = a, .text = tokens.text, .first = tokens.items, .at = tokens.items};
    struct index_text i = {0};
    struct span span;
    bool ok = take(&r, "create");
    i.is_unique = ok && take(&r, "unique");
    ok = ok && take(&r, "index");
    if (ok && token_is(r.at, "if")) {
        ok = take2(&r, "if", "not") && take(&r, "exists");
    }
    ok = ok && take_object(&r, &i.name, &span) && take(&r, "on") && take_name(&r, &i.table) &&
         take_keys(&r, &i.keys, &i.n_keys);
    if (ok && take(&r, "where")) {
        i.where = str_trim(str_sub(text, (size_t)(r.at->text.p - text.p)));
    } else {
        ok = ok && (r.at->kind == TOKEN_END || token_is(r.at, ";"));
    }
    if (!ok) {
        return ERROR(err, ERR_UNSUPPORTED, "the text of index \"%s\" cannot be read",
                     i.name ? i.name : "?");
    }
    *out = i;
    return ERR_OK;
}
