#include "engine/postgres/types.h"

#include "base/attr.h"
#include "base/buf.h"
#include "change/change.h"
#include "engine/postgres/pg_token.h"

/*
 * Types both ways. Texts that we declare compare and sort by bytes (COLLATE "C"), as every other
 * engine's do, so indexes, keys and uniqueness agree with the order of lists; what somebody else
 * declared keeps its collation, and its native text says so by not naming one.
 */
#define BYTES_ORDER  " COLLATE \"C\""
#define VARCHAR_MAX  10485760 /* characters; a longer limit is a check */
#define DECIMAL_MAX  1000
#define TYPE_CHECKED "__telaio_type"

/* format_type()'s words without parameters. The first of a kind is what new columns get. */
static const struct declared {
    const char *text;
    enum type_kind kind;
} declared_types[] = {
    {"boolean", TYPE_BOOLEAN},
    {"smallint", TYPE_INT16},
    {"integer", TYPE_INT32},
    {"bigint", TYPE_INT64},
    {"numeric", TYPE_DECIMAL},
    {"real", TYPE_FLOAT32},
    {"double precision", TYPE_FLOAT64},
    {"text", TYPE_TEXT},
    {"character varying", TYPE_TEXT},
    {"character", TYPE_CHAR},
    {"bytea", TYPE_BYTES},
    {"date", TYPE_DATE},
    {"time without time zone", TYPE_TIME},
    {"timestamp without time zone", TYPE_DATETIME},
    {"timestamp with time zone", TYPE_INSTANT},
    {"interval", TYPE_INTERVAL},
    {"uuid", TYPE_UUID},
    {"jsonb", TYPE_JSON},
    {"text", TYPE_ENUM},      /* and a check that names the labels */
    {"text", TYPE_OBJECT_ID}, /* and a check of its form */
    /* what others declare */
    {"json", TYPE_JSON},
    {"bpchar", TYPE_TEXT},
    {"name", TYPE_TEXT},
    {"citext", TYPE_TEXT},
    /* what people write */
    {"bool", TYPE_BOOLEAN},
    {"int2", TYPE_INT16},
    {"int4", TYPE_INT32},
    {"int", TYPE_INT32},
    {"int8", TYPE_INT64},
    {"decimal", TYPE_DECIMAL},
    {"float4", TYPE_FLOAT32},
    {"float8", TYPE_FLOAT64},
    {"varchar", TYPE_TEXT},
    {"char", TYPE_CHAR},
    {"time", TYPE_TIME},
    {"timestamp", TYPE_DATETIME},
    {"timestamptz", TYPE_INSTANT},
};

static const char *first_word(enum type_kind kind)
{
    for (size_t i = 0; i < ARRAY_LEN(declared_types); i++) {
        if (declared_types[i].kind == kind) {
            return declared_types[i].text;
        }
    }
    return NULL;
}

static enum type_kind kind_of_words(const char *words)
{
    for (size_t i = 0; i < ARRAY_LEN(declared_types); i++) {
        if (str_eq_nocase(str_of(words), str_of(declared_types[i].text))) {
            return declared_types[i].kind;
        }
    }
    return TYPE_NATIVE;
}

/* "(10,2)", "(120)" or nothing. */
static const char *parameters(struct arena *a, const struct type *t)
{
    if (t->kind == TYPE_DECIMAL && t->precision > 0) {
        return arena_printf(a, "(%d,%d)", t->precision, t->scale);
    }
    if ((t->kind == TYPE_TEXT || t->kind == TYPE_CHAR) && t->length > 0) {
        return arena_printf(a, "(%d)", t->length);
    }
    return "";
}

static bool is_varchar(const struct type *t)
{
    return t->kind == TYPE_TEXT && t->length > 0 && t->length <= VARCHAR_MAX;
}

static const char *declare_plain(struct arena *a, const struct type *t)
{
    struct type plain = *t;
    if (t->kind == TYPE_TEXT && t->length > VARCHAR_MAX) {
        plain.length = 0;
    }
    const char *word = is_varchar(t) ? "character varying" : first_word(t->kind);
    return arena_printf(a, "%s%s", word ? word : "", parameters(a, &plain));
}

static bool is_textual(enum type_kind kind)
{
    return kind == TYPE_TEXT || kind == TYPE_CHAR || kind == TYPE_ENUM || kind == TYPE_OBJECT_ID;
}

static const char *declare_new(struct arena *a, const struct type *t)
{
    if (t->kind == TYPE_ARRAY) {
        const struct type *e = t->element;
        bool has_array = e && e->kind != TYPE_ARRAY && e->kind != TYPE_NATIVE &&
                         e->kind != TYPE_ENUM && e->kind != TYPE_OBJECT_ID;
        return has_array ? arena_printf(a, "%s[]", declare_plain(a, e)) : "jsonb";
    }
    const char *plain = declare_plain(a, t);
    return is_textual(t->kind) ? arena_printf(a, "%s" BYTES_ORDER, plain) : plain;
}

/* Words behind a type that say more of a column than its type. */
static bool says_more(const struct pg_token *t)
{
    static const char *const words[] = {"not",   "null",       "primary",   "unique", "references",
                                        "check", "constraint", "generated", "default"};
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (t->kind == PG_WORD && pg_token_is(t, words[i])) {
            return true;
        }
    }
    return false;
}

/* What format_type() may say and a collation: it goes into a statement as it is. */
static bool is_declarable(struct arena *a, const char *native)
{
    struct pg_tokens k = pg_tokens_read(a, str_of(native));
    int depth = 0;
    for (size_t i = 0; i < k.n; i++) {
        const struct pg_token *t = &k.items[i];
        bool fits =
            (pg_token_is_name(t) && !says_more(t)) || pg_token_is(t, ".") || pg_token_is(t, "[") ||
            pg_token_is(t, "]") ||
            (depth == 1 && (t->kind == PG_NUMBER || pg_token_is(t, ",") || pg_token_is(t, "-")));
        depth += pg_token_is(t, "(") - pg_token_is(t, ")");
        if (depth < 0 || depth > 1 ||
            !(fits || (i > 0 && (pg_token_is(t, "(") || pg_token_is(t, ")"))))) {
            return false;
        }
    }
    return k.n > 0 && depth == 0;
}

/* A type that a schema made (an enum, a domain): one name, perhaps with its schema. */
static bool is_own_name(struct arena *a, const char *native)
{
    struct pg_tokens k = pg_tokens_read(a, str_of(native));
    size_t n = k.n > 2 && pg_token_is(&k.items[1], ".") ? 3 : 1;
    const struct pg_token *t = &k.items[n - 1];
    if (k.n < n || !pg_token_is_name(t) || !pg_token_is_name(&k.items[0])) {
        return false;
    }
    bool has_array = k.n == n + 2 && pg_token_is(t + 1, "[") && pg_token_is(t + 2, "]");
    bool lower = t->kind == PG_QUOTED || str_is(t->text, pg_token_name(a, t));
    return (k.n == n || has_array) && lower;
}

/* The kinds that are declared as text and told apart by their check. */
static bool is_checked_text(const struct type *t, const struct type *declared)
{
    bool is_text = declared->kind == TYPE_TEXT && declared->length == 0;
    return is_text && (t->kind == TYPE_ENUM || t->kind == TYPE_OBJECT_ID ||
                       (t->kind == TYPE_TEXT && t->length > VARCHAR_MAX));
}

static bool still_means(struct arena *a, const struct type *t)
{
    struct type back = postgres_type_of(a, t->native);
    if (t->kind == TYPE_NATIVE || is_checked_text(t, &back)) {
        return true;
    }
    if (back.kind == TYPE_NATIVE) {
        return is_own_name(a, t->native);
    }
    back.is_unsigned = t->is_unsigned;
    if (t->kind == TYPE_ARRAY && !t->element && back.kind == TYPE_JSON) {
        return true;
    }
    return type_equal(&back, t);
}

const char *postgres_declare(struct arena *a, const struct type *t)
{
    if (t->native && is_declarable(a, t->native) && still_means(a, t)) {
        return t->native;
    }
    struct type fresh = *t;
    fresh.native = NULL;
    return declare_new(a, &fresh);
}

const char *postgres_declare_bare(struct arena *a, const struct type *t)
{
    const char *text = postgres_declare(a, t);
    const char *end = strstr(text, " COLLATE ");
    return end ? arena_strndup(a, text, (size_t)(end - text)) : text;
}

bool postgres_sorts_by_bytes(const struct column *c)
{
    const char *native = c->type.native;
    if (c->collation || !is_textual(c->type.kind) || !native || text_eq(native, "name")) {
        return true; /* as somebody asked, or as we declare it */
    }
    size_t n = strlen(native);
    size_t tail = sizeof BYTES_ORDER - 1;
    bool says_so = n > tail && text_eq(native + n - tail, BYTES_ORDER);
    bool is_made = c->type.kind == TYPE_ENUM && kind_of_words(native) == TYPE_NATIVE;
    return says_so || is_made; /* the labels of an enum type have an order of their own */
}

/* format_type()'s text taken apart: words, parameters, dimensions. */
struct parts {
    const char *words;
    int parameters[2];
    size_t n_parameters;
    bool is_array;
    bool is_odd; /* something that a logical type cannot say */
};

static void read_parameters(struct parts *p, const struct pg_token **at)
{
    for ((*at)++; (*at)->kind != PG_END && !pg_token_is(*at, ")"); (*at)++) {
        int64_t number = 0;
        if (pg_token_is(*at, ",")) {
            continue;
        }
        if ((*at)->kind == PG_NUMBER && p->n_parameters < 2 && str_int64((*at)->text, &number) &&
            number <= INT32_MAX) {
            p->parameters[p->n_parameters++] = (int)number;
        } else {
            p->is_odd = true;
        }
    }
}

static struct parts split(struct arena *a, const char *declared)
{
    struct pg_tokens k = pg_tokens_read(a, str_of(declared));
    struct parts p = {0};
    struct buf b;
    buf_init(&b, 4096);
    for (const struct pg_token *at = k.items; at->kind != PG_END; at++) {
        if (pg_token_is(at, "collate")) {
            break;
        }
        if (pg_token_is(at, "(")) {
            read_parameters(&p, &at);
            if (at->kind == PG_END) {
                break;
            }
        } else if (pg_token_is(at, "[")) {
            p.is_array = true;
        } else if (at->kind == PG_WORD) {
            buf_adds(&b, b.n ? " " : "");
            buf_add_str(&b, at->text);
        } else if (!pg_token_is(at, "]")) {
            p.is_odd = true; /* a quoted or qualified name is nobody's type but its schema's */
        }
    }
    p.words = arena_str(a, buf_str(&b));
    buf_release(&b);
    return p;
}

static void set_parameters(struct type *t, const struct parts *p)
{
    if (t->kind == TYPE_DECIMAL && p->n_parameters > 0) {
        t->precision = p->parameters[0];
        t->scale = p->n_parameters > 1 ? p->parameters[1] : 0;
    }
    if (t->kind == TYPE_CHAR || t->kind == TYPE_TEXT) {
        t->length = p->n_parameters == 1 ? p->parameters[0] : 0;
    }
    if (t->kind == TYPE_CHAR && t->length == 0) {
        t->length = 1; /* character without a length is one */
    }
}

struct type postgres_type_of(struct arena *a, const char *declared)
{
    struct parts p = split(a, declared);
    struct type t = {.native = declared, .kind = p.is_odd ? TYPE_NATIVE : kind_of_words(p.words)};
    set_parameters(&t, &p);
    if (t.kind == TYPE_DECIMAL && (t.scale > t.precision || t.precision > DECIMAL_MAX)) {
        t = (struct type){.native = declared, .kind = TYPE_NATIVE};
    }
    if (p.is_array && t.kind != TYPE_NATIVE) {
        struct type *element = arena_memdup(a, &t, sizeof t);
        element->native = NULL;
        return (struct type){.native = declared, .kind = TYPE_ARRAY, .element = element};
    }
    return t;
}

static const struct expr *compare(struct arena *a, const char *op, const struct expr *left,
                                  int64_t right)
{
    const struct expr *args[] = {left, expr_literal(a, value_int(right))};
    return expr_make(a, EXPR_COMPARE, op, args, ARRAY_LEN(args));
}

static const struct expr *one_of(struct arena *a, const struct expr *column, const struct type *t)
{
    const struct expr **args = ARENA_ARRAY(a, t->n_values + 1, const struct expr *);
    args[0] = column;
    for (size_t i = 0; i < t->n_values; i++) {
        args[i + 1] = expr_literal(a, value_text(t->values[i]));
    }
    return expr_make(a, EXPR_IN, NULL, args, t->n_values + 1);
}

static const struct expr *form_of_id(struct arena *a, const char *column)
{
    struct buf b;
    buf_init(&b, 4096);
    sql_quote_ident(&b, '"', str_of(column));
    buf_adds(&b, " ~ '^[0-9a-f]{24}$'");
    const struct expr *e = expr_raw(a, buf_text(&b));
    buf_release(&b);
    return e;
}

/* Types with a native text of their own (an enum type) hold their values by themselves. */
static bool is_ours(struct arena *a, const struct type *t)
{
    struct type back = t->native ? postgres_type_of(a, t->native) : (struct type){0};
    return !t->native || !still_means(a, t) || is_checked_text(t, &back);
}

const struct expr *postgres_type_check(struct arena *a, const struct column *c)
{
    const struct expr *column = expr_column(a, c->name);
    const struct type *t = &c->type;
    if (t->is_unsigned && type_is_number(t)) {
        return compare(a, ">=", column, 0);
    }
    if (!is_ours(a, t)) {
        return NULL;
    }
    if (t->kind == TYPE_ENUM && t->n_values) {
        return one_of(a, column, t);
    }
    if (t->kind == TYPE_OBJECT_ID) {
        return form_of_id(a, c->name);
    }
    if (t->kind == TYPE_TEXT && t->length > VARCHAR_MAX) {
        return compare(a, "<=", expr_make(a, EXPR_CALL, "length", &column, 1), t->length);
    }
    return NULL;
}

const char *postgres_type_check_name(struct arena *a, const char *column)
{
    return name_generate(a, TYPE_CHECKED, column, NULL, 0);
}

bool postgres_is_type_check(const char *name)
{
    return name && str_starts(str_of(name), STR(TYPE_CHECKED "_"));
}

static bool read_labels(struct arena *a, struct column *c, const struct expr *e)
{
    bool is_single = e->kind == EXPR_COMPARE && text_eq(e->name, "=");
    if ((e->kind != EXPR_IN && !is_single) || e->args[0]->kind != EXPR_COLUMN) {
        return false;
    }
    const char **labels = NULL;
    size_t n = 0;
    for (size_t i = 1; i < e->n_args; i++) {
        if (e->args[i]->kind != EXPR_LITERAL || e->args[i]->value.kind != VALUE_TEXT) {
            return false;
        }
        const char *label = arena_str(a, e->args[i]->value.s);
        ARENA_PUSH(a, labels, n, label);
    }
    c->type.kind = TYPE_ENUM;
    c->type.length = 0;
    c->type.values = labels;
    c->type.n_values = n;
    return true;
}

static bool is_bound(const struct expr *e, const char *op)
{
    return e->kind == EXPR_COMPARE && text_eq(e->name, op) && e->args[1]->kind == EXPR_LITERAL &&
           e->args[1]->value.kind == VALUE_INT;
}

bool postgres_read_type_check(struct arena *a, struct column *c, const struct expr *e)
{
    if (type_is_number(&c->type) && is_bound(e, ">=") && e->args[1]->value.i == 0) {
        c->type.is_unsigned = true;
        return true;
    }
    if (c->type.kind != TYPE_TEXT || c->type.length) {
        return false;
    }
    if (is_bound(e, "<=") && e->args[1]->value.i <= INT32_MAX) {
        c->type.length = (int)e->args[1]->value.i;
        return true;
    }
    if (e->kind == EXPR_RAW && strstr(e->name, "'^[0-9a-f]{24}$'")) {
        c->type.kind = TYPE_OBJECT_ID;
        return true;
    }
    return read_labels(a, c, e);
}
