#include "base/attr.h"
#include "base/buf.h"
#include "engine/mariadb/core.h"
#include "engine/mariadb/inspect.h"
#include "engine/mariadb/structure.h"

/*
 * information_schema knows characters of three bytes at most and has a "?" for longer ones. Of
 * tables and triggers in whose texts there is one, SHOW CREATE tells the whole text, with each
 * column and constraint on a line of its own. Comments are kept without such characters.
 */
static const char *key_of(struct arena *a, const char *table, const char *what, const char *name)
{
    return arena_printf(a, "%s\x1f%s\x1f%s", what, table, name);
}

const char *my_whole(struct my_reading *r, const char *table, const char *what, const char *name,
                     const char *cell)
{
    if (!cell || !strchr(cell, '?')) {
        return cell;
    }
    const char *whole = map_get(&r->whole, str_of(key_of(r->arena, table, what, name)));
    return whole ? whole : cell;
}

static void put(struct my_reading *r, const char *table, const char *what, const char *name,
                struct str text)
{
    const char *key = key_of(r->arena, table, what, name);
    (void)map_put(&r->whole, str_of(key), arena_str(r->arena, text));
}

/* Behind the literal or the name in quotes that begins at @i. */
static size_t skip_quoted(struct str s, size_t i)
{
    char quote = s.p[i++];
    while (i < s.n && s.p[i] != quote) {
        i += quote == '\'' && s.p[i] == '\\' ? 2 : 1;
    }
    return i < s.n ? i + 1 : s.n;
}

/* Behind one piece: a literal, a name, what stands in brackets, or a byte. A doubled quote is two
 * pieces, which comes to the same. */
static size_t skip_piece(struct str s, size_t i)
{
    if (s.p[i] == '\'' || s.p[i] == '`') {
        return skip_quoted(s, i);
    }
    if (s.p[i] != '(') {
        return i + 1;
    }
    for (i++; i < s.n && s.p[i] != ')';) {
        i = skip_piece(s, i);
    }
    return i < s.n ? i + 1 : s.n;
}

/* Where @word stands outside of literals and brackets, or s.n. */
static size_t find_word(struct str s, const char *word)
{
    for (size_t i = 0; i < s.n; i = skip_piece(s, i)) {
        if (str_starts(str_sub(s, i), str_of(word))) {
            return i;
        }
    }
    return s.n;
}

/* What follows @word: in brackets without them, else up to the next of the words behind it. */
static bool part_behind(struct str line, const char *word, struct str *out)
{
    static const char *const ends[] = {" COMMENT ", " CHECK ", " ON UPDATE "};
    size_t at = find_word(line, word);
    if (at == line.n) {
        return false;
    }
    struct str rest = str_sub(line, at + strlen(word));
    if (rest.n && rest.p[0] == '(') {
        size_t end = skip_piece(rest, 0);
        *out = (struct str){rest.p + 1, end >= 2 ? end - 2 : 0};
        return true;
    }
    size_t end = rest.n;
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        size_t here = find_word(rest, ends[i]);
        end = here < end ? here : end;
    }
    *out = (struct str){rest.p, end};
    return true;
}

static void take_column(struct my_reading *r, const char *table, const char *name, struct str line)
{
    struct str part;
    size_t end = 0;
    while (end < line.n && line.p[end] != ' ') {
        end = skip_piece(line, end);
    }
    put(r, table, "type", name, (struct str){line.p, end});
    if (part_behind(line, " DEFAULT ", &part)) {
        put(r, table, "default", name, part);
    }
    if (part_behind(line, " GENERATED ALWAYS AS ", &part)) {
        put(r, table, "generated", name, part);
    }
    if (part_behind(line, " CHECK ", &part)) {
        put(r, table, "check", name, part);
    }
}

/* "`name` rest" */
static const char *take_name(struct arena *a, struct str *line)
{
    size_t n = line->n && line->p[0] == '`' ? skip_quoted(*line, 0) : 0;
    while (n && n < line->n && line->p[n] == '`') {
        n = skip_quoted(*line, n);
    }
    struct token t = {.kind = TOKEN_QUOTED, .text = {line->p, n}};
    const char *name = n ? token_name(a, &t) : NULL;
    *line = str_trim(str_sub(*line, n));
    return name;
}

static void take_line(struct my_reading *r, const char *table, struct str line)
{
    struct str part;
    bool is_column = str_starts(line, STR("`"));
    if (str_starts(line, STR("CONSTRAINT "))) {
        line = str_sub(line, 11);
    } else if (!is_column) {
        return;
    }
    if (line.n && line.p[line.n - 1] == ',') {
        line.n--;
    }
    const char *name = take_name(r->arena, &line);
    if (name && is_column) {
        take_column(r, table, name, line);
    } else if (name && str_starts(line, STR("CHECK (")) &&
               part_behind((struct str){line.p - 1, line.n + 1}, " CHECK ", &part)) {
        put(r, table, "check", name, part);
    }
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

static enum errcode show_table(struct my_conn *c, struct my_reading *r, const char *table,
                               struct error *err)
{
    MYSQL_RES *res = NULL;
    const char *sql = arena_printf(r->arena, "SHOW CREATE TABLE %s", quoted(r->arena, table));
    TRY(my_ask(c, sql, NULL, 0, &res, err));
    MYSQL_ROW row = mysql_fetch_row(res);
    struct str rest = str_of(row && row[1] ? arena_strdup(r->arena, row[1]) : "");
    struct str line;
    while (str_split(&rest, '\n', &line)) {
        take_line(r, table, str_trim(line));
    }
    mysql_free_result(res);
    return ERR_OK;
}

/* What stands behind FOR EACH ROW; the name of a trigger may not hold that. */
static enum errcode show_trigger(struct my_conn *c, struct my_reading *r, const char *table,
                                 const char *trigger, struct error *err)
{
    MYSQL_RES *res = NULL;
    const char *sql = arena_printf(r->arena, "SHOW CREATE TRIGGER %s", quoted(r->arena, trigger));
    TRY(my_ask(c, sql, NULL, 0, &res, err));
    MYSQL_ROW row = mysql_fetch_row(res);
    const char *body = row && row[2] ? strcasestr(row[2], "for each row") : NULL;
    if (body) {
        put(r, table, "trigger", trigger, str_trim(str_of(body + 12)));
    }
    mysql_free_result(res);
    return ERR_OK;
}

static bool has_mark(MYSQL_ROW row, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        if (row[i] && strchr(row[i], '?')) {
            return true;
        }
    }
    return false;
}

enum errcode my_read_whole(struct my_conn *c, struct my_reading *r, struct error *err)
{
    static const enum my_section sections[] = {MY_COLUMNS, MY_CHECKS, MY_TRIGGERS};
    struct map shown;
    map_init(&shown, r->arena, false);
    for (size_t i = 0; i < ARRAY_LEN(sections); i++) {
        MYSQL_RES *res = r->results[sections[i]];
        for (MYSQL_ROW row; (row = mysql_fetch_row(res));) {
            if (!has_mark(row, mysql_num_fields(res))) {
                continue;
            }
            if (sections[i] == MY_TRIGGERS) {
                TRY(show_trigger(c, r, row[0], row[1], err));
            } else if (!map_put(&shown, str_of(arena_strdup(r->arena, row[0])), r)) {
                TRY(show_table(c, r, row[0], err));
            }
        }
        mysql_data_seek(res, 0);
    }
    return ERR_OK;
}
