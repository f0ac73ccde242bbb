#include "engine/mariadb/emit.h"

#include "base/attr.h"
#include "engine/mariadb/types.h"

#define KEY_BYTES    3072
#define PREFIX_CHARS 255

static bool same(const char *a, const char *b)
{
    return a && b && str_eq_nocase(str_of(a), str_of(b));
}

/* Without a limit, and declared by us: as a key it gets one. */
static bool is_unlimited(const struct column *c)
{
    bool is_long = c && (c->type.kind == TYPE_TEXT || c->type.kind == TYPE_JSON ||
                         c->type.kind == TYPE_ARRAY || c->type.kind == TYPE_BYTES);
    return is_long && c->type.length == 0 && !c->type.native;
}

static size_t count_unlimited(const struct table *t, const char *const *columns, size_t n)
{
    size_t found = 0;
    for (size_t i = 0; i < n; i++) {
        found += is_unlimited(table_find_column(t, str_of(columns[i])));
    }
    return found;
}

static bool names(const char *const *columns, size_t n, const char *column)
{
    for (size_t i = 0; i < n; i++) {
        if (same(columns[i], column)) {
            return true;
        }
    }
    return false;
}

/* The shortest that one of its keys asks for. */
static int key_length_of(const struct table *t, const struct column *c)
{
    size_t most = 0;
    if (table_in_primary_key(t, c->name)) {
        most = count_unlimited(t, t->primary_key, t->n_primary_key);
    }
    for (size_t i = 0; i < t->n_foreign_keys; i++) {
        const struct foreign_key *f = &t->foreign_keys[i];
        size_t n = names(f->columns, f->n_columns, c->name)
                       ? count_unlimited(t, f->columns, f->n_columns)
                       : 0;
        most = n > most ? n : most;
    }
    for (size_t i = 0; i < t->n_indexes; i++) {
        most = most == 0 && index_is_single_unique(&t->indexes[i], c->name) ? 1 : most;
    }
    return most ? my_key_length(most) : 0;
}

/* Columns of a foreign key and what they refer to have one collation. */
static const char *parent_collation(const struct table *t, const struct column *c,
                                    const struct catalog *parents)
{
    for (size_t i = 0; parents && i < t->n_foreign_keys; i++) {
        const struct foreign_key *f = &t->foreign_keys[i];
        const struct table *parent = catalog_find_table(parents, str_of(f->referenced_table));
        for (size_t k = 0; parent && f->referenced_columns && k < f->n_columns; k++) {
            const struct column *to = table_find_column(parent, str_of(f->referenced_columns[k]));
            if (same(f->columns[k], c->name) && to && to->collation) {
                return to->collation;
            }
        }
    }
    return NULL;
}

struct my_place my_place_of(const struct table *t, const struct column *c,
                            const struct catalog *parents)
{
    struct my_place p = {.collation = parent_collation(t, c, parents)};
    if (is_unlimited(c)) {
        p.key_length = key_length_of(t, c);
    }
    return p;
}

static bool has_collation(const struct type *t)
{
    return type_is_text(t) || t->kind == TYPE_JSON || t->kind == TYPE_ARRAY;
}

static void write_type(struct sql_writer *w, const struct column *c, const struct my_place *place)
{
    const char *type = my_declare(w->arena, &c->type, my_is_mysql(w));
    if (place->key_length) {
        const char *word = c->type.kind == TYPE_BYTES ? "varbinary" : "varchar";
        type = arena_printf(w->arena, "%s(%d)", word, place->key_length);
    }
    if (!type) {
        w->broken = c->type.kind == TYPE_DECIMAL
                        ? "a decimal without precision, or with more than 65 digits or 38 places"
                        : "a type that the engine does not have";
        return;
    }
    buf_adds(w->out, type);
    const char *collation = c->collation ? c->collation : place->collation;
    if (collation && has_collation(&c->type)) {
        sql_text(w, " COLLATE ");
        sql_ident(w, collation);
    }
}

static bool takes_bare_now(const char *type)
{
    size_t n = type ? strlen(type) : 0;
    return n >= 11 && strcmp(type + n - 11, "datetime(6)") == 0;
}

static bool has_long_characters(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if ((unsigned char)s.p[i] >= 0xF0) {
            return true;
        }
    }
    return false;
}

/*
 * A literal as it is stored; what is computed in brackets. MariaDB never tells a literal with
 * characters of four bytes right, but tells an expression.
 */
static void write_default(struct sql_writer *w, const struct column *c)
{
    const struct expr *e = c->default_value;
    const char *type = my_declare(w->arena, &c->type, my_is_mysql(w));
    bool is_now = e->kind == EXPR_CALL && text_eq(e->name, "now") && takes_bare_now(type);
    bool is_literal = e->kind == EXPR_LITERAL;
    bool is_long = type && (strstr(type, "text") || strstr(type, "blob") || text_eq(type, "json"));
    bool is_told = !is_literal || e->value.kind != VALUE_TEXT || !has_long_characters(e->value.s);
    bool is_bare = is_now || (is_literal && is_told && !(is_long && my_is_mysql(w)));
    sql_text(w, is_bare ? " DEFAULT " : is_told ? " DEFAULT (" : " DEFAULT (concat(");
    if (is_literal) {
        bool is_boolean = c->type.kind == TYPE_BOOLEAN;
        struct value v = is_boolean ? e->value : mariadb_encode(w->arena, c, e->value);
        sql_literal(w, &v);
    } else {
        sql_expr(w, e);
    }
    sql_text(w, is_bare ? "" : is_told ? ")" : "))");
}

static void write_generated(struct sql_writer *w, const struct column *c)
{
    if (!c->is_nullable) {
        w->broken = "a generated column that is never NULL";
    }
    sql_text(w, " GENERATED ALWAYS AS (");
    sql_expr(w, c->generated_as);
    sql_text(w, c->generated == GENERATED_STORED ? ") STORED" : ") VIRTUAL");
}

static void write_comment(struct sql_writer *w, const char *before, const char *comment)
{
    if (comment && *comment) {
        struct value v = value_text(comment);
        if (has_long_characters(v.s)) { /* they would be kept as "?" */
            w->broken = "a comment with a character of four bytes";
        }
        sql_text(w, before);
        sql_literal(w, &v);
    }
}

/* timestamp is NOT NULL where nothing is said, on older servers. */
static void write_null(struct sql_writer *w, const struct column *c)
{
    bool is_timestamp = c->type.native && strncasecmp(c->type.native, "timestamp", 9) == 0;
    if (!c->is_nullable || is_timestamp) {
        sql_text(w, c->is_nullable ? " NULL" : " NOT NULL");
    }
}

void my_emit_column(struct sql_writer *w, const struct column *c, const struct my_place *place)
{
    static const struct my_place anywhere = {0};
    place = place ? place : &anywhere;
    sql_ident(w, c->name);
    sql_text(w, " ");
    write_type(w, c, place);
    if (c->generated != GENERATED_NONE) {
        write_generated(w, c);
    } else if (!place->is_bare) {
        write_null(w, c);
        if (c->default_value) {
            write_default(w, c);
        }
    }
    if (c->is_auto_increment) {
        sql_text(w, " AUTO_INCREMENT");
    }
    write_comment(w, " COMMENT ", c->comment);
    const struct expr *check = place->is_bare ? NULL : my_type_check(w->arena, c, my_is_mysql(w));
    if (check) {
        sql_text(w, " CHECK (");
        sql_expr(w, check);
        sql_text(w, ")");
    }
}

static void write_constraint(struct sql_writer *w, const char *name)
{
    if (name && *name) {
        sql_text(w, "CONSTRAINT ");
        sql_ident(w, name);
        sql_text(w, " ");
    }
}

void my_emit_check(struct sql_writer *w, const struct check *c)
{
    write_constraint(w, c->name);
    sql_text(w, "CHECK (");
    sql_expr(w, c->expr);
    sql_text(w, ")");
}

static void write_action(struct sql_writer *w, const char *when, enum fk_action action)
{
    if (action == FK_SET_DEFAULT) {
        w->broken = "SET DEFAULT: it is accepted and then ignored";
    }
    sql_text(w, when);
    sql_text(w, fk_action_text(action));
}

void my_emit_foreign_key(struct sql_writer *w, const struct foreign_key *f, const char *guard)
{
    write_constraint(w, f->name);
    sql_text(w, "FOREIGN KEY ");
    sql_text(w, guard);
    sql_text(w, "(");
    sql_ident_list(w, f->columns, f->n_columns);
    sql_text(w, ") REFERENCES ");
    sql_ident(w, f->referenced_table);
    sql_text(w, " (");
    if (f->referenced_columns) {
        sql_ident_list(w, f->referenced_columns, f->n_columns);
    } else {
        w->broken = "a foreign key without the columns it refers to";
    }
    sql_text(w, ")");
    write_action(w, " ON DELETE ", f->on_delete);
    write_action(w, " ON UPDATE ", f->on_update);
    if (f->is_deferred) {
        w->broken = "a foreign key that is checked at the end of a transaction";
    }
}

/* How many characters of a key column an index can hold: 0 = all. */
static int prefix_of(const struct index *i, const struct table *t, const struct column *c,
                     size_t n_long)
{
    const struct type *type = &c->type;
    const char *native = type->native ? type->native : "";
    bool is_blob = strcasestr(native, "blob") || (type->kind == TYPE_BYTES && !*native);
    bool is_text = strcasestr(native, "text") != NULL;
    bool is_long = is_text || is_blob || type->kind == TYPE_JSON || type->kind == TYPE_ARRAY;
    if (is_unlimited(c)) {
        is_long = my_place_of(t, c, NULL).key_length == 0;
    }
    int most = KEY_BYTES / 4 / (int)(n_long ? n_long : 1);
    if (i->is_unique || (!is_long && type->length <= most)) {
        return 0;
    }
    return most < PREFIX_CHARS ? most : PREFIX_CHARS;
}

static size_t count_long(const struct index *i, const struct table *t)
{
    size_t n = 0;
    for (size_t k = 0; k < i->n_keys; k++) {
        const struct column *c =
            i->keys[k].column ? table_find_column(t, str_of(i->keys[k].column)) : NULL;
        n += c && (type_is_text(&c->type) || c->type.kind == TYPE_JSON ||
                   c->type.kind == TYPE_ARRAY || c->type.kind == TYPE_BYTES);
    }
    return n;
}

/* "`a`(10)": a part of a column, as it is read of a unique index. */
static bool is_part(struct arena *a, const char *text)
{
    struct tokens k = tokens_read(a, str_of(text));
    return k.n == 4 && k.items[0].kind == TOKEN_QUOTED && token_is(&k.items[1], "(") &&
           k.items[2].kind == TOKEN_NUMBER && token_is(&k.items[3], ")");
}

static void write_key(struct sql_writer *w, const struct index *i, const struct index_key *key,
                      const struct table *t)
{
    const struct column *c = key->column ? table_find_column(t, str_of(key->column)) : NULL;
    int prefix = c ? prefix_of(i, t, c, count_long(i, t)) : 0;
    if (key->column) {
        sql_ident(w, key->column);
    } else if (key->expr && key->expr->kind == EXPR_RAW && is_part(w->arena, key->expr->name)) {
        buf_adds(w->out, key->expr->name);
    } else {
        w->broken = "an index over an expression";
    }
    if (prefix) {
        buf_printf(w->out, "(%d)", prefix);
    }
    sql_text(w, key->is_descending ? " DESC" : "");
}

/* The keys as they were read, "(`a`(20),`b` DESC)", when they are still those of @i. */
static bool is_native_keys(struct arena *a, const struct index *i)
{
    struct tokens k = tokens_read(a, str_of(i->native));
    size_t at = 0;
    if (!i->native || k.n < 3 || !token_is(&k.items[at++], "(")) {
        return false;
    }
    for (size_t n = 0; n < i->n_keys; n++) {
        if (k.items[at].kind != TOKEN_QUOTED ||
            !same(token_name(a, &k.items[at++]), i->keys[n].column)) {
            return false;
        }
        if (token_is(&k.items[at], "(") && k.items[at + 1].kind == TOKEN_NUMBER &&
            token_is(&k.items[at + 2], ")")) {
            at += 3;
        }
        at += token_is(&k.items[at], "desc");
        if (!token_is(&k.items[at++], n + 1 < i->n_keys ? "," : ")")) {
            return false;
        }
    }
    return at == k.n;
}

static void write_index_kind(struct sql_writer *w, const struct index *i)
{
    static const char *const methods[][2] = {{"btree", "KEY "},
                                             {"hash", "KEY "},
                                             {"fulltext", "FULLTEXT KEY "},
                                             {"spatial", "SPATIAL KEY "}};
    const char *words = i->method ? NULL : "KEY ";
    for (size_t n = 0; i->method && n < ARRAY_LEN(methods); n++) {
        words = same(i->method, methods[n][0]) ? methods[n][1] : words;
    }
    if (!words || (i->is_unique && words[0] != 'K')) {
        w->broken = "an index of such a type";
        return;
    }
    sql_text(w, i->is_unique ? "UNIQUE " : "");
    sql_text(w, words);
}

void my_emit_index(struct sql_writer *w, const struct index *i, const struct table *t,
                   const char *guard)
{
    if (i->where) {
        w->broken = "an index over some of the rows";
    } else if (my_is_mysql(w) && my_is_hashed(i, t)) {
        w->broken = "a unique index over a text without a limit";
    }
    write_index_kind(w, i);
    sql_text(w, guard);
    sql_ident(w, i->name);
    sql_text(w, " ");
    if (is_native_keys(w->arena, i)) {
        buf_adds(w->out, i->native);
        return;
    }
    sql_text(w, "(");
    for (size_t k = 0; k < i->n_keys; k++) {
        sql_text(w, k ? ", " : "");
        write_key(w, i, &i->keys[k], t);
    }
    sql_text(w, ")");
}

bool my_is_hashed(const struct index *i, const struct table *t)
{
    for (size_t k = 0; i->is_unique && k < i->n_keys; k++) {
        const struct column *c =
            i->keys[k].column ? table_find_column(t, str_of(i->keys[k].column)) : NULL;
        struct index plain = *i;
        plain.is_unique = false;
        if (c && prefix_of(&plain, t, c, count_long(i, t))) {
            return true;
        }
    }
    return false;
}

/* A table without a key of its own gets one that nobody sees, so that its rows can be found again
 * (and servers that copy rows to others want one). */
static void write_row_key(struct sql_writer *w, const struct table *t)
{
    for (size_t i = 0; i < t->n_columns; i++) {
        if (t->columns[i].is_auto_increment) {
            w->broken = "a column that counts and is no key";
        }
    }
    sql_text(w, ",\n    `" MY_ROW
                "` bigint NOT NULL AUTO_INCREMENT INVISIBLE,\n    PRIMARY KEY (`" MY_ROW "`)");
}

void my_emit_table(struct sql_writer *w, const struct table *t, const char *name,
                   const struct catalog *parents)
{
    sql_text(w, "CREATE TABLE ");
    sql_ident(w, name);
    sql_text(w, " (");
    for (size_t i = 0; i < t->n_columns; i++) {
        struct my_place place = my_place_of(t, &t->columns[i], parents);
        sql_text(w, i ? ",\n    " : "\n    ");
        my_emit_column(w, &t->columns[i], &place);
    }
    if (t->n_primary_key) {
        sql_text(w, ",\n    PRIMARY KEY (");
        sql_ident_list(w, t->primary_key, t->n_primary_key);
        sql_text(w, ")");
    } else {
        write_row_key(w, t);
    }
    for (size_t i = 0; i < t->n_indexes; i++) {
        if (t->indexes[i].name) {
            sql_text(w, ",\n    ");
            my_emit_index(w, &t->indexes[i], t, "");
        }
    }
    for (size_t i = 0; i < t->n_checks; i++) {
        sql_text(w, ",\n    ");
        my_emit_check(w, &t->checks[i]);
    }
    for (size_t i = 0; i < t->n_foreign_keys; i++) {
        sql_text(w, ",\n    ");
        my_emit_foreign_key(w, &t->foreign_keys[i], "");
    }
    sql_text(w, "\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=");
    sql_text(w, my_is_mysql(w) ? "utf8mb4_0900_bin" : "utf8mb4_nopad_bin");
    write_comment(w, " COMMENT=", t->comment);
}

/* SET STATEMENT sql_mode='…' FOR CREATE [OR REPLACE] [DEFINER=…] TRIGGER `name` … ON `table` … */
bool my_emit_is_trigger(struct arena *a, const struct trigger *trigger, const char *table)
{
    static const char *const start[] = {"set", "statement", "sql_mode", "=", "?", "for", "create"};
    struct tokens k = tokens_read(a, str_of(trigger->native));
    size_t at = 0;
    if (k.n < 14 || k.items[k.n - 1].kind == TOKEN_BAD) {
        return false;
    }
    for (; at < ARRAY_LEN(start); at++) {
        bool fits = start[at][0] == '?' ? k.items[at].kind == TOKEN_STRING
                                        : token_is(&k.items[at], start[at]);
        if (!fits) {
            return false;
        }
    }
    while (at < k.n && !token_is(&k.items[at], "trigger")) {
        at++;
    }
    bool is_named = at + 5 < k.n && same(token_name(a, &k.items[at + 1]), trigger->name);
    return is_named && token_is(&k.items[at + 4], "on") &&
           same(token_name(a, &k.items[at + 5]), table);
}

const char *my_emit_trigger(struct arena *a, const struct sql_dialect *d, const char *native,
                            bool replaces)
{
    static const char words[] = " FOR CREATE ";
    const char *at = strstr(native, words);
    if (!at) {
        return native;
    }
    const char *rest = at + sizeof words - 1;
    if (d == &mysql_dialect) {
        return arena_printf(a, "CREATE %s", rest);
    }
    struct buf b;
    buf_init(&b, BUF_MAX_DEFAULT);
    buf_add(&b, native, (size_t)(at - native));
    buf_adds(&b, " FOR EXECUTE IMMEDIATE ");
    const char *create = arena_printf(a, "CREATE %s%s", replaces ? "OR REPLACE " : "", rest);
    sql_quote_text(&b, str_of(create), false);
    const char *text = arena_str(a, buf_str(&b));
    buf_release(&b);
    return text;
}
