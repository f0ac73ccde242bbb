#include "base/attr.h"
#include "base/buf.h"
#include "engine/mariadb/core.h"
#include "engine/mariadb/inspect.h"
#include "engine/mariadb/structure.h"
#include "engine/mariadb/types.h"

static bool same(const char *a, const char *b)
{
    return a && b && str_eq_nocase(str_of(a), str_of(b));
}

static struct table *table_of(struct my_reading *r, const char *name)
{
    return name ? catalog_find_table(r->catalog, str_of(name)) : NULL;
}

void my_take_table(struct my_reading *r, MYSQL_ROW row)
{
    bool is_view = text_eq(row[1], "VIEW");
    bool is_table = text_eq(row[1], "BASE TABLE") || text_eq(row[1], "SYSTEM VERSIONED");
    int64_t rows = -1;
    if ((!is_view && !is_table) || text_eq(row[0], MY_STATE)) {
        return; /* sequences and our own state */
    }
    struct table *t = ARENA_NEW(r->arena, struct table);
    t->name = arena_strdup(r->arena, row[0]);
    t->kind = is_view ? TABLE_VIEW : TABLE_BASE;
    t->is_internal = strncmp(t->name, TELAIO_PREFIX, strlen(TELAIO_PREFIX)) == 0;
    t->row_estimate = row[5] && str_int64(str_of(row[5]), &rows) ? rows : -1;
    if (is_table) {
        t->comment = row[3] && row[3][0] ? arena_strdup(r->arena, row[3]) : NULL;
        t->native = arena_printf(r->arena, "ENGINE=%s%s%s", row[2] ? row[2] : "",
                                 row[4] && row[4][0] ? " " : "", row[4] ? row[4] : "");
    }
    catalog_add_table(r->catalog, t);
}

/* A number as a decimal's canonical text, a whole one as a float's, and so on. */
static const struct expr *as_type_has_it(struct arena *a, const struct type *t,
                                         const struct expr *e, const char *text)
{
    struct value v = e->value;
    struct buf room;
    if (t->kind == TYPE_BOOLEAN && v.kind == VALUE_INT && (v.i == 0 || v.i == 1)) {
        return expr_literal(a, value_bool(v.i));
    }
    if ((t->kind == TYPE_FLOAT32 || t->kind == TYPE_FLOAT64) && v.kind == VALUE_INT) {
        return expr_literal(a, value_float((double)v.i));
    }
    if (t->kind == TYPE_DECIMAL && v.kind != VALUE_TEXT) {
        return expr_literal(a, value_text(arena_strdup(a, text)));
    }
    if (v.kind != VALUE_TEXT || type_is_number(t)) {
        return e;
    }
    buf_init(&room, BUF_MAX_DEFAULT);
    struct value canonical = value_copy(a, mariadb_decode(t, v.s, &room));
    buf_release(&room);
    return expr_literal(a, canonical);
}

/* MariaDB writes defaults as SQL, 'text' and NULL; MySQL bare, and says when it is an expression.
 */
static const struct expr *default_of(struct my_reading *r, const struct type *t, const char *text,
                                     const char *extra)
{
    if (!text || (!r->is_mysql && text_eq(text, "NULL"))) {
        return NULL;
    }
    const struct expr *e = NULL;
    bool is_bare = r->is_mysql && !strcasestr(extra, "DEFAULT_GENERATED");
    if (is_bare && !type_is_number(t) && t->kind != TYPE_BOOLEAN) {
        e = expr_literal(r->arena, value_text(arena_strdup(r->arena, text)));
    } else {
        e = my_expr_read(r->arena, str_of(text));
    }
    return e->kind == EXPR_LITERAL ? as_type_has_it(r->arena, t, e, text) : e;
}

/* What a column does besides holding values stays with its type's text. */
static const char *native_text(struct my_reading *r, const char *type, const char *extra)
{
    const char *text = my_unescape(r->arena, str_of(type));
    const char *update = strcasestr(extra, "on update ");
    if (update) {
        size_t n = strcspn(update + 10, " ,") + 10;
        text = arena_printf(r->arena, "%s %.*s", text, (int)n, update);
    }
    return strcasestr(extra, "INVISIBLE") ? arena_printf(r->arena, "%s INVISIBLE", text) : text;
}

static bool is_bytewise(const char *collation)
{
    return text_eq(collation, "utf8mb4_nopad_bin") || text_eq(collation, "utf8mb4_0900_bin");
}

void my_take_column(struct my_reading *r, MYSQL_ROW row)
{
    struct table *t = table_of(r, row[0]);
    if (t && text_eq(row[1], MY_ROW)) {
        t->native = arena_printf(r->arena, "%s " MY_ROW, t->native);
        return;
    }
    if (!t) {
        return;
    }
    const char *extra = row[5] ? row[5] : "";
    const char *type = my_whole(r, row[0], "type", row[1], row[2]);
    const char *standard = my_whole(r, row[0], "default", row[1], row[4]);
    const char *generated = my_whole(r, row[0], "generated", row[1], row[8]);
    struct column c = {.name = arena_strdup(r->arena, row[1]),
                       .is_nullable = text_eq(row[3], "YES"),
                       .is_auto_increment = strcasestr(extra, "auto_increment") != NULL};
    c.type = mariadb_type_of(r->arena, native_text(r, type, extra));
    c.collation = row[6] && !is_bytewise(row[6]) ? arena_strdup(r->arena, row[6]) : NULL;
    c.comment = row[7] && row[7][0] ? arena_strdup(r->arena, row[7]) : NULL;
    if (generated && generated[0]) {
        c.generated = strcasestr(extra, "STORED") || strcasestr(extra, "PERSISTENT")
                          ? GENERATED_STORED
                          : GENERATED_VIRTUAL;
        c.generated_as = my_expr_read(r->arena, str_of(generated));
    } else {
        c.default_value = default_of(r, &c.type, standard, extra);
    }
    ARENA_PUSH(r->arena, t->columns, t->n_columns, c);
}

static const char *quoted(struct arena *a, const char *name)
{
    struct buf b;
    buf_init(&b, 4096);
    sql_quote_ident(&b, '`', str_of(name));
    const char *text = arena_str(a, buf_str(&b));
    buf_release(&b);
    return text;
}

static struct index *index_of(struct my_reading *r, struct table *t, MYSQL_ROW row)
{
    if (t->n_indexes && text_eq(t->indexes[t->n_indexes - 1].name, row[1])) {
        return &t->indexes[t->n_indexes - 1];
    }
    struct index made = {.name = arena_strdup(r->arena, row[1]), .is_unique = text_eq(row[2], "0")};
    const char *type = row[6] ? row[6] : "BTREE";
    if (!text_eq(type, "BTREE") && !text_eq(type, "HASH")) {
        made.method = text_eq(type, "FULLTEXT") ? "fulltext" : "spatial";
    }
    ARENA_PUSH(r->arena, t->indexes, t->n_indexes, made);
    return &t->indexes[t->n_indexes - 1];
}

/* "(`a`(20),`b` DESC": the keys as they are, of an index that has only a part of some. */
static void add_native(struct my_reading *r, struct index *i, MYSQL_ROW row)
{
    const char *part = row[4] ? arena_printf(r->arena, "(%s)", row[4]) : "";
    struct str so_far = i->native ? str_of(i->native) : STR("(");
    if (so_far.n > 1) {
        so_far.n--; /* its closing bracket */
    }
    i->native =
        arena_printf(r->arena, "%.*s%s%s%s%s)", (int)so_far.n, so_far.p, i->n_keys ? "," : "",
                     quoted(r->arena, row[3]), part, text_eq(row[5], "D") ? " DESC" : "");
}

void my_take_index(struct my_reading *r, MYSQL_ROW row)
{
    struct table *t = table_of(r, row[0]);
    if (!t || !row[3] || text_eq(row[3], MY_ROW)) {
        return; /* an expression, of MySQL; our own key */
    }
    if (text_eq(row[1], "PRIMARY")) {
        const char *name = arena_strdup(r->arena, row[3]);
        ARENA_PUSH(r->arena, t->primary_key, t->n_primary_key, name);
        return;
    }
    struct index *i = index_of(r, t, row);
    struct index_key key = {.is_descending = text_eq(row[5], "D")};
    if (i->is_unique && row[4]) {
        key.expr =
            expr_raw(r->arena, arena_printf(r->arena, "%s(%s)", quoted(r->arena, row[3]), row[4]));
    } else {
        key.column = arena_strdup(r->arena, row[3]);
        if (!i->method) {
            add_native(r, i, row);
        }
    }
    ARENA_PUSH(r->arena, i->keys, i->n_keys, key);
}

/* The only column that @e reads, NULL when there are more. */
static struct column *only_column(const struct table *t, const struct expr *e)
{
    struct column *found = NULL;
    for (size_t i = 0; i < t->n_columns; i++) {
        if (expr_mentions(e, t->columns[i].name)) {
            if (found) {
                return NULL;
            }
            found = &t->columns[i];
        }
    }
    return found;
}

/* JSON by a condition of the table: the condition stays where it is. */
static void note_json(struct table *t, const struct expr *e)
{
    bool is_json = e->kind == EXPR_CALL && text_eq(e->name, "json_valid") && e->n_args == 1 &&
                   e->args[0]->kind == EXPR_COLUMN;
    struct column *c = is_json ? table_find_column(t, str_of(e->args[0]->name)) : NULL;
    if (c && text_eq(c->type.native, "longtext")) {
        c->type.kind = TYPE_JSON;
    }
}

/* A CHECK beside a column has the column's name. */
void my_take_check(struct my_reading *r, MYSQL_ROW row)
{
    struct table *t = table_of(r, row[0]);
    if (!t) {
        return;
    }
    struct check check = {
        .name = arena_strdup(r->arena, row[1]),
        .expr = my_expr_read(r->arena, str_of(my_whole(r, row[0], "check", row[1], row[3])))};
    if (text_eq(row[2], "Column")) {
        struct column *c = table_find_column(t, str_of(row[1]));
        if (c && my_type_refine(r->arena, c, check.expr, r->is_mysql)) {
            return;
        }
        check.column = check.name;
    } else {
        struct column *c = only_column(t, check.expr);
        if (c && r->is_mysql && my_type_refine(r->arena, c, check.expr, true)) {
            return;
        }
        check.column = c && !same(c->name, check.name) ? c->name : NULL;
        note_json(t, check.expr);
    }
    ARENA_PUSH(r->arena, t->checks, t->n_checks, check);
}

void my_take_key_column(struct my_reading *r, MYSQL_ROW row)
{
    struct table *t = table_of(r, row[0]);
    if (!t) {
        return;
    }
    struct foreign_key *f = t->n_foreign_keys ? &t->foreign_keys[t->n_foreign_keys - 1] : NULL;
    if (!f || !text_eq(f->name, row[1])) {
        struct foreign_key made = {.name = arena_strdup(r->arena, row[1]),
                                   .referenced_table = arena_strdup(r->arena, row[3])};
        ARENA_PUSH(r->arena, t->foreign_keys, t->n_foreign_keys, made);
        f = &t->foreign_keys[t->n_foreign_keys - 1];
    }
    const char *column = arena_strdup(r->arena, row[2]), *to = arena_strdup(r->arena, row[4]);
    size_t n = f->n_columns;
    ARENA_PUSH(r->arena, f->columns, n, column);
    ARENA_PUSH(r->arena, f->referenced_columns, f->n_columns, to);
}

void my_take_key_rule(struct my_reading *r, MYSQL_ROW row)
{
    struct table *t = table_of(r, row[0]);
    for (size_t i = 0; t && i < t->n_foreign_keys; i++) {
        struct foreign_key *f = &t->foreign_keys[i];
        if (text_eq(f->name, row[1])) {
            f->on_update = fk_action_parse(row[2]);
            f->on_delete = fk_action_parse(row[3]);
        }
    }
}

/* "root@localhost" as `root`@`localhost`. */
static const char *definer_text(struct arena *a, const char *definer)
{
    const char *at = strrchr(definer, '@');
    if (!at) {
        return quoted(a, definer);
    }
    return arena_printf(a, "%s@%s", quoted(a, arena_strndup(a, definer, (size_t)(at - definer))),
                        quoted(a, at + 1));
}

/* The text that makes it anew, under the sql_mode that it runs with. */
void my_take_trigger(struct my_reading *r, MYSQL_ROW row)
{
    struct table *t = table_of(r, row[0]);
    if (!t) {
        return;
    }
    struct arena *a = r->arena;
    struct trigger trigger = {.name = arena_strdup(a, row[1])};
    trigger.native = arena_printf(
        a,
        "SET STATEMENT sql_mode = '%s' FOR CREATE DEFINER=%s TRIGGER %s %s %s ON %s FOR EACH ROW %s",
        row[6] ? row[6] : "", definer_text(a, row[5] ? row[5] : "@"), quoted(a, row[1]), row[2],
        row[3], quoted(a, row[0]), my_whole(r, row[0], "trigger", row[1], row[4]));
    ARENA_PUSH(a, t->triggers, t->n_triggers, trigger);
}

/* Names are written with their database; without it the text means the same in a copy. */
static const char *without_database(struct my_reading *r, const char *text)
{
    struct str prefix = str_of(arena_printf(r->arena, "%s.", quoted(r->arena, r->database)));
    struct str s = str_of(text);
    struct buf b;
    buf_init(&b, BUF_MAX_DEFAULT);
    while (s.n) {
        size_t n = str_starts(s, prefix) ? prefix.n : 0;
        if (!n) {
            buf_addc(&b, s.p[0]);
        }
        s = str_sub(s, n ? n : 1);
    }
    const char *out = arena_str(r->arena, buf_str(&b));
    buf_release(&b);
    return out;
}

void my_take_view(struct my_reading *r, MYSQL_ROW row)
{
    struct table *t = table_of(r, row[0]);
    if (t && row[1]) {
        t->native = arena_printf(r->arena, "CREATE VIEW %s AS %s", quoted(r->arena, t->name),
                                 without_database(r, row[1]));
    }
}

static bool is_for(const struct index *i, const struct foreign_key *f)
{
    bool is_it = !i->is_unique && !i->method && same(i->name, f->name) && i->n_keys == f->n_columns;
    for (size_t k = 0; is_it && k < i->n_keys; k++) {
        is_it = same(i->keys[k].column, f->columns[k]);
    }
    return is_it;
}

void my_hide_key_indexes(struct table *t)
{
    size_t kept = 0;
    if (t->is_internal) {
        t->n_indexes = 0; /* they keep their names there, which are free for others */
        return;
    }
    for (size_t i = 0; i < t->n_indexes; i++) {
        bool is_hidden = false;
        for (size_t k = 0; k < t->n_foreign_keys; k++) {
            is_hidden = is_hidden || is_for(&t->indexes[i], &t->foreign_keys[k]);
        }
        if (!is_hidden) {
            t->indexes[kept++] = t->indexes[i];
        }
    }
    t->n_indexes = kept;
}
