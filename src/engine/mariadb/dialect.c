#include "engine/mariadb/structure.h"
#include "engine/mariadb/types.h"
#include "engine/sqlcommon/sql_parse.h"
#include "engine/sqlcommon/sql_view.h"

/*
 * How MariaDB says it, in a session with NO_BACKSLASH_ESCAPES and without ANSI_QUOTES. Texts are
 * compared byte by byte whatever collation their column has: our own columns have that one, and of
 * an attached database the answers must be the same as everywhere.
 */
static const char *bytewise(const struct sql_writer *w)
{
    return my_is_mysql(w) ? "utf8mb4_0900_bin" : "utf8mb4_nopad_bin";
}

static void write_bytes(struct buf *out, struct str bytes)
{
    buf_adds(out, "x'");
    for (size_t i = 0; i < bytes.n; i++) {
        buf_printf(out, "%02x", (unsigned char)bytes.p[i]);
    }
    buf_addc(out, '\'');
}

static void write_collation(struct sql_writer *w)
{
    sql_text(w, " COLLATE ");
    sql_text(w, bytewise(w));
}

static bool is_utf8mb4(const struct column *column)
{
    return !column->collation || strncmp(column->collation, "utf8mb4_", 8) == 0;
}

/* @column as a text of utf8mb4. */
static void write_as_text(struct sql_writer *w, const struct column *column)
{
    if (type_is_text(&column->type) && is_utf8mb4(column)) {
        sql_ident(w, column->name);
        return;
    }
    sql_text(w, "CAST(");
    sql_ident(w, column->name);
    sql_text(w, " AS CHAR CHARACTER SET utf8mb4)");
}

static bool is_bytewise(const struct sql_writer *w, const struct column *column)
{
    return !column->collation || text_eq(column->collation, bytewise(w));
}

static void write_same_operand(struct sql_writer *w, const struct column *column)
{
    if (type_is_text(&column->type) && !is_bytewise(w, column)) {
        write_as_text(w, column);
        write_collation(w);
    } else {
        sql_ident(w, column->name);
    }
}

/* An enum of MariaDB's is sorted by the places of its labels and a uuid by its parts, the last one
 * first; as texts they sort as everywhere. */
static void write_operand(struct sql_writer *w, const struct column *column)
{
    bool is_enum = column->type.kind == TYPE_ENUM && column->type.native;
    if (is_enum || column->type.kind == TYPE_UUID) {
        write_as_text(w, column);
        write_collation(w);
    } else {
        write_same_operand(w, column);
    }
}

static void write_folded(struct sql_writer *w, const struct column *column, bool fold)
{
    sql_text(w, fold ? "lcase(" : "");
    write_as_text(w, column);
    write_collation(w);
    sql_text(w, fold ? ")" : "");
}

static void write_folded_param(struct sql_writer *w, const struct value *v, bool fold)
{
    sql_text(w, fold ? "lcase(" : "");
    sql_param(w, NULL, *v);
    write_collation(w);
    sql_text(w, fold ? ")" : "");
}

static void write_like(struct sql_writer *w, const struct column *column,
                       const struct value *pattern, bool fold)
{
    write_folded(w, column, fold);
    sql_text(w, " LIKE ");
    write_folded_param(w, pattern, fold);
    sql_text(w, " ESCAPE '\\'");
}

static void write_search(struct sql_writer *w, const struct filter *f)
{
    sql_text(w, "(");
    for (size_t i = 0; i < f->n_columns; i++) {
        sql_text(w, i ? " OR coalesce(locate(" : "coalesce(locate(");
        write_folded_param(w, &f->values[0], true);
        sql_text(w, ", ");
        write_folded(w, f->columns[i], true);
        sql_text(w, "), 0) > 0");
    }
    sql_text(w, ")");
}

static void write_template(struct sql_writer *w, const char *text, const struct expr *e)
{
    const char *arg;
    bool is_literal = false;
    for (arg = text; *arg; arg++) {
        is_literal = is_literal != (*arg == '\'');
        if (*arg == '?' && !is_literal) {
            sql_expr(w, e->args[0]);
        } else {
            buf_addc(w->out, *arg);
        }
    }
}

static bool write_call(struct sql_writer *w, const struct expr *e)
{
    size_t n = 0;
    const struct sql_function *functions = my_functions(&n);
    for (size_t i = 0; i < n; i++) {
        const struct sql_function *f = &functions[i];
        if (!text_eq(f->name, e->name) || (f->n_args >= 0 && (size_t)f->n_args != e->n_args)) {
            continue;
        }
        if (f->n_args >= 0) {
            write_template(w, f->text, e);
            return true;
        }
        sql_text(w, f->text);
        sql_text(w, "(");
        for (size_t k = 0; k < e->n_args; k++) {
            sql_text(w, k ? ", " : "");
            sql_expr(w, e->args[k]);
        }
        sql_text(w, ")");
        return true;
    }
    return false;
}

static void write_expr_like(struct sql_writer *w, const struct expr *text,
                            const struct expr *pattern)
{
    sql_text(w, "(");
    sql_expr(w, text);
    sql_text(w, " LIKE ");
    sql_expr(w, pattern);
    sql_text(w, " ESCAPE '\\')");
}

#define DIALECT                                                                             \
    .quote = '`', .empty_lists = true, .is_distinct = {NULL, " <=> "}, .concat = "concat",  \
    .unlimited = "18446744073709551615", .bytes = write_bytes, .literal_true = "TRUE",      \
    .literal_false = "FALSE", .operand = write_operand, .same_operand = write_same_operand, \
    .list_texts = sql_list_group_concat, .like = write_like, .search = write_search,        \
    .call = write_call, .is_closed = my_is_closed, .expr_like = write_expr_like,            \
    .encode = mariadb_encode

const struct sql_dialect mariadb_dialect = {DIALECT};
const struct sql_dialect mysql_dialect = {DIALECT};
