#include "engine/mariadb/types.h"

#include "base/attr.h"
#include "base/buf.h"
#include "engine/mariadb/structure.h"
#include "engine/sqlcommon/token.h"

/*
 * Types both ways. What MariaDB has no type for is told by a CHECK beside the column, which follows
 * it wherever it goes, renames and dumps included: a real condition where there is one to hold
 * (a boolean is 0 or 1, JSON is valid), else a mark, 'interval' <> '', that is true for ever.
 */
#define VARCHAR_MAX 16383 /* four bytes a character, and a row has 65,535 */
#define CHAR_MAX    255
#define DIGITS_MAX  65
#define SCALE_MAX   38

/* COLUMN_TYPE's first words. The first of a kind is what new columns get. */
static const struct declared {
    const char *word;
    enum type_kind kind;
} declared_types[] = {
    {"tinyint(1)", TYPE_BOOLEAN},
    {"smallint", TYPE_INT16},
    {"int", TYPE_INT32},
    {"bigint", TYPE_INT64},
    {"decimal", TYPE_DECIMAL},
    {"float", TYPE_FLOAT32},
    {"double", TYPE_FLOAT64},
    {"longtext", TYPE_TEXT},
    {"varchar", TYPE_TEXT},
    {"char", TYPE_CHAR},
    {"longblob", TYPE_BYTES},
    {"date", TYPE_DATE},
    {"time(6)", TYPE_TIME},
    {"datetime(6)", TYPE_INSTANT},
    {"uuid", TYPE_UUID},
    {"json", TYPE_JSON},
    {"enum", TYPE_ENUM},
    /* carried by another type and a mark */
    {"datetime(6)", TYPE_DATETIME},
    {"bigint", TYPE_INTERVAL},
    {"longtext", TYPE_ARRAY},
    {"char(24)", TYPE_OBJECT_ID},
    /* of other programs */
    {"tinyint", TYPE_INT16},
    {"mediumint", TYPE_INT32},
    {"tinytext", TYPE_TEXT},
    {"text", TYPE_TEXT},
    {"mediumtext", TYPE_TEXT},
    {"binary", TYPE_BYTES},
    {"varbinary", TYPE_BYTES},
    {"tinyblob", TYPE_BYTES},
    {"blob", TYPE_BYTES},
    {"mediumblob", TYPE_BYTES},
    {"time", TYPE_TIME},
    {"datetime", TYPE_DATETIME},
    {"timestamp", TYPE_INSTANT},
};

/*
 * A text without a limit cannot be a key, so one that is gets the most that fits, by the number of
 * texts in the key; a column of exactly such a length reads as one without a limit.
 */
static const int key_lengths[] = {747, 373, 248, 187};

int my_key_length(size_t n_texts)
{
    size_t n = ARRAY_LEN(key_lengths);
    return key_lengths[n_texts == 0 ? 0 : n_texts > n ? n - 1 : n_texts - 1];
}

static bool is_key_length(int length)
{
    for (size_t i = 0; i < ARRAY_LEN(key_lengths); i++) {
        if (length == key_lengths[i]) {
            return true;
        }
    }
    return false;
}

static const char *first_word(enum type_kind kind)
{
    for (size_t i = 0; i < ARRAY_LEN(declared_types); i++) {
        if (declared_types[i].kind == kind) {
            return declared_types[i].word;
        }
    }
    return NULL;
}

static const char *declare_decimal(struct arena *a, const struct type *t)
{
    bool fits = t->precision > 0 && t->precision <= DIGITS_MAX && t->scale <= SCALE_MAX;
    return fits ? arena_printf(a, "decimal(%d,%d)", t->precision, t->scale) : NULL;
}

static int label_length(const struct type *t)
{
    size_t longest = 1;
    for (size_t i = 0; i < t->n_values; i++) {
        size_t n = 0;
        for (const char *p = t->values[i]; *p; p++) {
            n += ((unsigned char)*p & 0xC0) != 0x80;
        }
        longest = n > longest ? n : longest;
    }
    return (int)longest;
}

/* Not an enum of MariaDB's: that sorts by place, trims its labels and takes '2' for the second. */
static const char *declare_enum(struct arena *a, const struct type *t)
{
    int n = label_length(t);
    return n <= VARCHAR_MAX ? arena_printf(a, "varchar(%d)", n) : "longtext";
}

static const char *declare_text(struct arena *a, const struct type *t)
{
    bool is_char = t->kind == TYPE_CHAR && t->length > 0 && t->length <= CHAR_MAX;
    bool is_short = t->length > 0 && t->length <= VARCHAR_MAX && !is_key_length(t->length);
    if (!is_short) {
        return "longtext";
    }
    return arena_printf(a, "%s(%d)", is_char ? "char" : "varchar", t->length);
}

static const char *declare_new(struct arena *a, const struct type *t, bool is_mysql)
{
    switch (t->kind) {
    case TYPE_DECIMAL:
        return declare_decimal(a, t);
    case TYPE_TEXT:
    case TYPE_CHAR:
        return declare_text(a, t);
    case TYPE_ENUM:
        return declare_enum(a, t);
    case TYPE_UUID:
        return is_mysql ? "char(36)" : "uuid";
    case TYPE_JSON:
        return is_mysql ? "json" : "longtext";
    case TYPE_NATIVE:
        return NULL;
    default:
        break;
    }
    const char *word = first_word(t->kind);
    return word && t->is_unsigned && type_is_number(t) ? arena_printf(a, "%s unsigned", word)
                                                       : word;
}

/* Words, and what stands in the brackets behind some: what we would print into a statement. */
static bool is_declarable(struct arena *a, const char *native)
{
    struct tokens k = tokens_read(a, str_of(native));
    bool inside = false;
    for (size_t i = 0; i < k.n; i++) {
        const struct token *t = &k.items[i];
        bool is_item = t->kind == TOKEN_NUMBER || t->kind == TOKEN_STRING || token_is(t, ",");
        if (inside && token_is(t, ")")) {
            inside = false;
        } else if (!inside && i && k.items[i - 1].kind == TOKEN_WORD && token_is(t, "(")) {
            inside = true;
        } else if (inside ? !is_item : t->kind != TOKEN_WORD) {
            return false;
        }
    }
    return k.n > 0 && !inside && my_is_closed(a, str_of(native));
}

/* A type that is told by a CHECK keeps the text of what carries it. */
static bool is_carrier(const struct type *t, const struct type *back)
{
    return (t->kind == TYPE_JSON || t->kind == TYPE_BOOLEAN) && back->kind != t->kind &&
           (back->kind == TYPE_TEXT || back->kind == TYPE_INT16);
}

const char *my_declare(struct arena *a, const struct type *t, bool is_mysql)
{
    if (t->native && is_declarable(a, t->native)) {
        struct type back = mariadb_type_of(a, t->native);
        if (t->kind == TYPE_NATIVE || type_equal(&back, t) || is_carrier(t, &back)) {
            return t->native;
        }
    }
    return declare_new(a, t, is_mysql);
}

const char *mariadb_declare(struct arena *a, const struct type *t)
{
    return my_declare(a, t, false);
}

static struct str first_token(struct arena *a, const char *declared, struct tokens *k)
{
    *k = tokens_read(a, str_of(declared));
    return k->n ? k->items[0].text : (struct str){NULL, 0};
}

static enum type_kind kind_of(struct str word, const char *declared)
{
    enum type_kind kind = TYPE_NATIVE;
    for (size_t i = 0; i < ARRAY_LEN(declared_types); i++) {
        const struct declared *d = &declared_types[i];
        if (strcasecmp(declared, d->word) == 0) {
            return d->kind;
        }
        if (kind == TYPE_NATIVE && str_eq_nocase(word, str_of(d->word))) {
            kind = d->kind;
        }
    }
    return kind;
}

static void read_labels(struct arena *a, struct type *t, const struct tokens *k)
{
    const char **labels = NULL;
    for (size_t i = 0; i < k->n; i++) {
        if (k->items[i].kind == TOKEN_STRING) {
            ARENA_PUSH(a, labels, t->n_values, token_name(a, &k->items[i]));
        }
    }
    t->values = labels;
}

static void read_parameters(struct type *t, const struct tokens *k)
{
    int64_t numbers[2] = {0};
    size_t n = 0;
    for (size_t i = 1; i < k->n; i++) {
        if (k->items[i].kind == TOKEN_NUMBER && n < 2 && str_int64(k->items[i].text, &numbers[n]) &&
            numbers[n] <= INT32_MAX) {
            n++;
        }
        t->is_unsigned = t->is_unsigned || token_is(&k->items[i], "unsigned");
    }
    if (t->kind == TYPE_DECIMAL) {
        t->precision = n > 0 ? (int)numbers[0] : 10;
        t->scale = (int)numbers[1];
    } else if ((t->kind == TYPE_TEXT || t->kind == TYPE_CHAR) && n == 1 &&
               !is_key_length((int)numbers[0])) {
        t->length = (int)numbers[0];
    }
}

struct type mariadb_type_of(struct arena *a, const char *declared)
{
    struct tokens k;
    struct str word = first_token(a, declared, &k);
    struct type t = {.native = declared, .kind = kind_of(word, declared)};
    if (t.kind == TYPE_ENUM) {
        read_labels(a, &t, &k);
    } else {
        read_parameters(&t, &k);
    }
    bool is_limit = t.kind == TYPE_TEXT && !str_eq_nocase(word, STR("varchar"));
    t.length = is_limit ? 0 : t.length; /* text(100) is a number of bytes */
    return t;
}

static const struct expr *call(struct arena *a, const char *name, const struct expr *arg)
{
    return expr_make(a, EXPR_CALL, name, &arg, 1);
}

static const struct expr *compare(struct arena *a, const char *op, const struct expr *left,
                                  struct value right)
{
    const struct expr *args[] = {left, expr_literal(a, right)};
    return expr_make(a, EXPR_COMPARE, op, args, ARRAY_LEN(args));
}

/* MySQL does not know beside which column a CHECK stood, so its mark names it. */
static const struct expr *mark(struct arena *a, const struct expr *column, const struct type *t,
                               bool is_mysql)
{
    const char *text = type_logical_text(a, t);
    const struct expr *parts[] = {
        compare(a, "!=", expr_literal(a, value_text(text)), value_text("")),
        expr_make(a, EXPR_IS_NULL, NULL, &column, 1),
    };
    return is_mysql ? expr_make(a, EXPR_OR, NULL, parts, 2) : parts[0];
}

static const struct expr *one_of(struct arena *a, const struct expr *column,
                                 const struct value *values, size_t n)
{
    const struct expr **args = ARENA_ARRAY(a, n + 1, const struct expr *);
    args[0] = column;
    for (size_t i = 0; i < n; i++) {
        args[i + 1] = expr_literal(a, values[i]);
    }
    return n ? expr_make(a, EXPR_IN, NULL, args, n + 1) : NULL;
}

static const struct expr *check_enum(struct arena *a, const struct expr *column,
                                     const struct type *t, bool is_mysql)
{
    struct value *labels = ARENA_ARRAY(a, t->n_values, struct value);
    for (size_t i = 0; i < t->n_values; i++) {
        labels[i] = value_text(t->values[i]);
    }
    const struct expr *list = one_of(a, column, labels, t->n_values);
    /* MariaDB keeps IN with one value as =, so a mark tells it from a rule */
    const struct expr *parts[] = {list,
                                  mark(a, column, &(struct type){.kind = TYPE_ENUM}, is_mysql)};
    return t->n_values > 1 ? list : list ? expr_make(a, EXPR_AND, NULL, parts, 2) : parts[1];
}

static const struct expr *check_array(struct arena *a, const struct expr *column,
                                      const struct type *t, bool is_mysql)
{
    const struct expr *parts[] = {call(a, "json_valid", column), mark(a, column, t, is_mysql)};
    return expr_make(a, EXPR_AND, NULL, parts, ARRAY_LEN(parts));
}

/* A length that the declared text does not say; n is 0 for "char" without one. */
static const struct expr *check_length(struct arena *a, const struct expr *column,
                                       const struct type *t, bool is_mysql)
{
    bool is_char = t->kind == TYPE_CHAR;
    bool is_said = t->length > 0 && t->length <= (is_char ? CHAR_MAX : VARCHAR_MAX) &&
                   (is_char || !is_key_length(t->length));
    if (is_said || (t->length == 0 && !is_char)) {
        return NULL;
    }
    const struct expr *fits =
        t->length ? compare(a, "<=", call(a, "length", column), value_int(t->length)) : NULL;
    const struct expr *parts[] = {fits, is_char ? mark(a, column, t, is_mysql) : NULL};
    if (!parts[0] || !parts[1]) {
        return parts[0] ? parts[0] : parts[1];
    }
    return expr_make(a, EXPR_AND, NULL, parts, ARRAY_LEN(parts));
}

const struct expr *my_type_check(struct arena *a, const struct column *c, bool is_mysql)
{
    static const struct value bits[] = {{.kind = VALUE_INT, .i = 0}, {.kind = VALUE_INT, .i = 1}};
    const struct expr *column = expr_column(a, c->name);
    const struct type *t = &c->type;
    if (t->native) {
        return NULL; /* it is there already, or is not part of the type */
    }
    switch (t->kind) {
    case TYPE_BOOLEAN:
        return one_of(a, column, bits, ARRAY_LEN(bits));
    case TYPE_TEXT:
    case TYPE_CHAR:
        return check_length(a, column, t, is_mysql);
    case TYPE_DATETIME:
    case TYPE_INTERVAL:
    case TYPE_OBJECT_ID:
        return mark(a, column, t, is_mysql);
    case TYPE_UUID:
        return is_mysql ? mark(a, column, t, true) : NULL;
    case TYPE_JSON:
        return is_mysql ? NULL : call(a, "json_valid", column);
    case TYPE_ARRAY:
        return check_array(a, column, t, is_mysql);
    case TYPE_ENUM:
        return check_enum(a, column, t, is_mysql);
    default:
        return NULL;
    }
}

const struct expr *mariadb_type_check(struct arena *a, const struct column *c)
{
    return my_type_check(a, c, false);
}

/* The mark of @e, or among its parts. */
static const char *find_mark(const struct expr *e)
{
    if (e->kind == EXPR_AND || e->kind == EXPR_OR) {
        const char *found = NULL;
        for (size_t i = 0; i < e->n_args && !found; i++) {
            found = find_mark(e->args[i]);
        }
        return found;
    }
    bool is_mark = e->kind == EXPR_COMPARE && text_eq(e->name, "!=") &&
                   e->args[0]->kind == EXPR_LITERAL && e->args[1]->kind == EXPR_LITERAL &&
                   e->args[0]->value.kind == VALUE_TEXT && e->args[1]->value.kind == VALUE_TEXT &&
                   e->args[1]->value.s.n == 0;
    return is_mark ? e->args[0]->value.s.p : NULL;
}

/* The values of an IN, or of the = that MariaDB makes of one with a single value. */
static bool find_labels(struct arena *a, const struct expr *e, struct type *t)
{
    if (e->kind == EXPR_AND && e->n_args > 0) {
        e = e->args[0];
    }
    bool is_list = e->kind == EXPR_IN || (e->kind == EXPR_COMPARE && text_eq(e->name, "="));
    const char **labels = NULL;
    size_t n = 0;
    for (size_t i = 1; is_list && i < e->n_args; i++) {
        if (e->args[i]->kind != EXPR_LITERAL || e->args[i]->value.kind != VALUE_TEXT) {
            return false;
        }
        ARENA_PUSH(a, labels, n, arena_str(a, e->args[i]->value.s));
    }
    t->values = labels;
    t->n_values = n;
    return is_list;
}

/* What type would be declared as @declared and bring @check? Its native text is not known then. */
static struct type guess(struct arena *a, const struct type *declared, const struct expr *check)
{
    struct type t = *declared;
    const char *said = find_mark(check);
    t.native = NULL;
    if (said && type_parse(a, said, &t, NULL) == ERR_OK) {
        (void)(t.kind == TYPE_ENUM && find_labels(a, check, &t));
        return t;
    }
    bool is_text = declared->kind == TYPE_TEXT;
    if (is_text && check->kind == EXPR_CALL && text_eq(check->name, "json_valid")) {
        return (struct type){.kind = TYPE_JSON};
    }
    if (is_text && check->kind == EXPR_COMPARE && text_eq(check->name, "<=") &&
        check->args[1]->kind == EXPR_LITERAL && check->args[1]->value.kind == VALUE_INT &&
        check->args[1]->value.i > 0 && check->args[1]->value.i <= INT32_MAX) {
        t.length = (int)check->args[1]->value.i;
    } else if (is_text && check->kind == EXPR_IN) {
        t = (struct type){.kind = TYPE_ENUM};
        (void)find_labels(a, check, &t);
    }
    return t;
}

/* As it comes back: an IN with one value is =. */
static bool same_check(struct arena *a, const struct expr *made, const struct expr *read)
{
    if (expr_equal(made, read)) {
        return true;
    }
    if (made->kind != EXPR_AND || made->args[0]->kind != EXPR_IN || made->args[0]->n_args != 2) {
        return false;
    }
    const struct expr *parts[] = {
        expr_make(a, EXPR_COMPARE, "=", made->args[0]->args, 2),
        made->args[1],
    };
    return expr_equal(expr_make(a, EXPR_AND, NULL, parts, 2), read);
}

bool my_type_refine(struct arena *a, struct column *c, const struct expr *check, bool is_mysql)
{
    struct column as = *c;
    as.type = guess(a, &c->type, check);
    const struct expr *made = my_type_check(a, &as, is_mysql);
    const char *declared = declare_new(a, &as.type, is_mysql);
    if (!made || !declared || !same_check(a, made, check)) {
        return false;
    }
    struct type carrier = mariadb_type_of(a, declared);
    if (carrier.kind != c->type.kind || (carrier.length != c->type.length && c->type.length)) {
        return false;
    }
    c->type = as.type;
    return true;
}
