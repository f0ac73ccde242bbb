#include "base/attr.h"
#include "engine/mariadb/planner.h"

/*
 * Columns come and go. What a dropped column held is copied beside the keys of its rows while
 * nobody can write, counted, and only then the column goes, with all that names it, in one ALTER.
 */
#define BACK "__telaio_back" /* a column on its way back, until its values are in it */

static bool same(const char *a, const char *b)
{
    return a && b && str_eq_nocase(str_of(a), str_of(b));
}

/* What stands and falls with a column. */
struct parts {
    struct index *indexes;
    size_t n_indexes;
    struct foreign_key *keys;
    size_t n_keys;
    struct check *checks;
    size_t n_checks;
    struct trigger *triggers;
    size_t n_triggers;
};

static bool index_says(const struct index *i, const char *column)
{
    for (size_t k = 0; k < i->n_keys; k++) {
        if (i->keys[k].column ? same(i->keys[k].column, column)
                              : expr_mentions(i->keys[k].expr, column)) {
            return true;
        }
    }
    return false;
}

static bool key_says(const struct foreign_key *f, const char *column)
{
    for (size_t i = 0; i < f->n_columns; i++) {
        if (same(f->columns[i], column)) {
            return true;
        }
    }
    return false;
}

static struct parts parts_of(struct arena *a, const struct table *t, const char *column)
{
    struct parts parts = {0};
    for (size_t i = 0; i < t->n_indexes; i++) {
        if (index_says(&t->indexes[i], column)) {
            ARENA_PUSH(a, parts.indexes, parts.n_indexes, t->indexes[i]);
        }
    }
    for (size_t i = 0; i < t->n_foreign_keys; i++) {
        if (key_says(&t->foreign_keys[i], column)) {
            ARENA_PUSH(a, parts.keys, parts.n_keys, t->foreign_keys[i]);
        }
    }
    for (size_t i = 0; i < t->n_checks; i++) {
        if (expr_mentions(t->checks[i].expr, column) || same(t->checks[i].column, column)) {
            ARENA_PUSH(a, parts.checks, parts.n_checks, t->checks[i]);
        }
    }
    for (size_t i = 0; i < t->n_triggers; i++) {
        if (raw_mentions(t->triggers[i].native, column)) {
            ARENA_PUSH(a, parts.triggers, parts.n_triggers, t->triggers[i]);
        }
    }
    return parts;
}

static void write_place(struct sql_writer *w, const char *after)
{
    if (after && *after) {
        sql_text(w, " AFTER ");
        sql_ident(w, after);
    } else if (after) {
        sql_text(w, " FIRST");
    }
}

static void write_add_parts(struct sql_planner *p, struct sql_writer *w, size_t *n,
                            const struct table *t, const struct parts *parts, bool guarded)
{
    const char *guard = guarded ? my_words(p, "IF NOT EXISTS ") : "";
    for (size_t i = 0; i < parts->n_indexes; i++) {
        my_part(w, n, "ADD ");
        my_emit_index(w, &parts->indexes[i], t, guard);
    }
    for (size_t i = 0; i < parts->n_checks; i++) {
        my_add_check(w, n, &parts->checks[i], guarded);
    }
    for (size_t i = 0; i < parts->n_keys; i++) {
        my_add_key(w, n, &parts->keys[i], guard);
    }
}

static void write_drop_parts(struct sql_planner *p, struct sql_writer *w, size_t *n,
                             const struct table *t, const struct parts *parts)
{
    const char *guard = my_words(p, "IF EXISTS ");
    for (size_t i = 0; i < parts->n_keys; i++) {
        my_drop_key(w, n, t, &parts->keys[i], guard);
    }
    for (size_t i = 0; i < parts->n_indexes; i++) {
        my_part(w, n, "DROP INDEX ");
        sql_text(w, guard);
        sql_ident(w, parts->indexes[i].name);
    }
    for (size_t i = 0; i < parts->n_checks; i++) {
        if (parts->checks[i].name) {
            my_part(w, n, "DROP CONSTRAINT ");
            sql_text(w, guard);
            sql_ident(w, parts->checks[i].name);
        }
    }
}

/* The table with the new column and its parts, for what their definitions depend on. */
static struct table *with_column(struct arena *a, const struct table *t, const struct column *c,
                                 const struct parts *parts)
{
    struct table *with = table_copy(a, t);
    struct column *columns = ARENA_ARRAY(a, t->n_columns + 1, struct column);
    struct index *indexes = ARENA_ARRAY(a, t->n_indexes + parts->n_indexes, struct index);
    struct foreign_key *keys =
        ARENA_ARRAY(a, t->n_foreign_keys + parts->n_keys, struct foreign_key);
    for (size_t i = 0; i < t->n_columns; i++) {
        columns[i] = with->columns[i];
    }
    columns[with->n_columns++] = *c;
    for (size_t i = 0; i < t->n_indexes + parts->n_indexes; i++) {
        indexes[i] = i < t->n_indexes ? with->indexes[i] : parts->indexes[i - t->n_indexes];
    }
    for (size_t i = 0; i < t->n_foreign_keys + parts->n_keys; i++) {
        keys[i] =
            i < t->n_foreign_keys ? with->foreign_keys[i] : parts->keys[i - t->n_foreign_keys];
    }
    with->columns = columns;
    with->indexes = indexes;
    with->n_indexes += parts->n_indexes;
    with->foreign_keys = keys;
    with->n_foreign_keys += parts->n_keys;
    return with;
}

static struct parts new_parts(struct sql_planner *p, const struct change *c)
{
    struct parts parts = {
        .indexes = c->create_column.indexes,
        .n_indexes = c->create_column.n_indexes,
        .checks = c->create_column.checks,
        .n_checks = c->create_column.n_checks,
        .n_keys = c->create_column.n_foreign_keys,
    };
    parts.keys = ARENA_ARRAY(p->arena, parts.n_keys, struct foreign_key);
    for (size_t i = 0; i < parts.n_keys; i++) {
        parts.keys[i] = c->create_column.foreign_keys[i];
        parts.keys[i].name = my_free_key_name(p, c->create_column.table, &parts.keys[i]);
    }
    return parts;
}

static bool is_instant_default(const struct column *c)
{
    const struct expr *e = c->default_value;
    return !e || e->kind == EXPR_LITERAL || (e->kind == EXPR_CALL && text_eq(e->name, "now"));
}

/* A new column that must have a value and has no default: MariaDB would put in '' or 0. The server
 * refuses with the words that it has for such a row. */
static void check_empty(struct sql_planner *p, const struct table *t, const struct column *c)
{
    if (c->is_nullable || c->default_value || c->generated != GENERATED_NONE ||
        p->dialect == &mysql_dialect) {
        return;
    }
    struct value why = value_text(arena_printf(p->arena, "Column '%s' cannot be null", c->name));
    struct sql_writer w = sql_planner_write(p);
    sql_text(&w, "BEGIN NOT ATOMIC IF EXISTS (SELECT 1 FROM ");
    sql_ident(&w, t->name);
    sql_text(&w, ") THEN SIGNAL SQLSTATE '23000' SET MYSQL_ERRNO = 1048, MESSAGE_TEXT = ");
    sql_literal(&w, &why);
    sql_text(&w, "; END IF; END");
    sql_planner_step(
        p, &w,
        &(struct sql_step_words){.comment = "no row may lack a value for it", .lock = "none"});
}

static const char *drop_column_text(struct sql_planner *p, const struct table *t,
                                    const struct column *c, const struct parts *parts)
{
    size_t n = 0;
    struct sql_writer w = my_alter(p, t->name);
    write_drop_parts(p, &w, &n, t, parts);
    my_part(&w, &n, "DROP COLUMN ");
    sql_text(&w, my_words(p, "IF EXISTS "));
    sql_ident(&w, c->name);
    return my_finish(p, &w);
}

/* ALTER TABLE … ADD COLUMN, with its parts when nothing has to be put in between. */
static void add_column(struct sql_planner *p, const struct table *with, const struct column *c,
                       const char *after, const struct parts *parts)
{
    static const struct parts none = {0};
    size_t n = 0;
    struct sql_step_words words = {.undo = drop_column_text(p, with, c, parts ? parts : &none)};
    struct my_place place = my_place(p, with, c);
    struct sql_writer w = my_alter(p, with->name);
    my_part(&w, &n, "ADD COLUMN ");
    my_emit_column(&w, c, &place);
    write_place(&w, after);
    if (parts) {
        write_add_parts(p, &w, &n, with, parts, false);
    }
    bool is_instant =
        n == 1 && is_instant_default(c) && c->generated != GENERATED_STORED && !place.key_length;
    const struct table *t = catalog_find_table(p->now, str_of(with->name));
    my_cheaply(&w, t, is_instant ? MY_INSTANT : MY_COPY, &words);
    sql_planner_step(p, &w, &words);
}

/* UPDATE t JOIN trash ON keys SET column = v; what sets itself on updates is held. */
static void write_fill(struct sql_writer *w, const struct table *t, const char *column,
                       const struct trash_ref *from)
{
    sql_text(w, "UPDATE ");
    sql_ident(w, t->name);
    sql_text(w, " AS t JOIN ");
    sql_ident(w, from->object);
    sql_text(w, " AS k ON ");
    for (size_t i = 0; i < from->n_keys; i++) {
        sql_text(w, i ? " AND t." : "t.");
        sql_ident(w, t->n_primary_key ? from->onto[i] : MY_ROW);
        sql_text(w, " = k.");
        sql_ident(w, from->keys[i]);
    }
    sql_text(w, " SET t.");
    sql_ident(w, column);
    sql_text(w, " = k.v");
    for (size_t i = 0; i < t->n_columns; i++) {
        const char *native = t->columns[i].type.native;
        if (native && strcasestr(native, "on update") && !same(t->columns[i].name, column)) {
            sql_text(w, ", t.");
            sql_ident(w, t->columns[i].name);
            sql_text(w, " = t.");
            sql_ident(w, t->columns[i].name);
        }
    }
}

/* Something that a row can be found by again. */
static bool is_by_key(const struct sql_planner *p, const struct table *t)
{
    return t->n_primary_key > 0 || my_has_row_key(p, t);
}

/* The values from the trash, then all that holds for them. */
static void fill_column(struct sql_planner *p, const struct change *c, const struct table *with,
                        const struct parts *parts)
{
    const struct column *column = &c->create_column.column;
    struct sql_writer w = sql_planner_write(p);
    size_t n = 0, n_undo = 0;
    write_fill(&w, with, column->name, &c->create_column.restore);
    sql_planner_step(p, &w, &(struct sql_step_words){.comment = "its values", .is_rewrite = true});
    struct sql_writer undo = my_alter(p, with->name);
    write_drop_parts(p, &undo, &n_undo, with, parts);
    const char *back = my_finish(p, &undo);
    struct sql_step_words words = {.undo = n_undo ? back : NULL, .is_rewrite = true};
    w = my_alter(p, with->name);
    if (!column->is_nullable) {
        struct my_place place = my_place(p, with, column);
        my_part(&w, &n, "MODIFY COLUMN ");
        my_emit_column(&w, column, &place);
    }
    write_add_parts(p, &w, &n, with, parts, false);
    if (n) {
        sql_planner_step(p, &w, &words);
    } else {
        buf_release(w.out);
    }
}

static void restore_column(struct sql_planner *p, const struct change *c, const struct table *t,
                           const struct table *with, const struct parts *parts)
{
    struct column nullable = c->create_column.column;
    nullable.is_nullable = true;
    for (size_t i = 0; i < t->n_triggers; i++) {
        if (my_is_on_update(p->arena, &t->triggers[i])) {
            my_drop_trigger(p, t, &t->triggers[i]);
        }
    }
    add_column(p, with, &nullable, c->create_column.after, NULL);
    fill_column(p, c, with, parts);
    for (size_t i = 0; i < t->n_triggers; i++) {
        if (my_is_on_update(p->arena, &t->triggers[i])) {
            my_create_trigger(p, t, &t->triggers[i]);
        }
    }
}

void my_plan_create_column(struct sql_planner *p, const struct change *c)
{
    const struct table *t = sql_planner_table(p, c->create_column.table);
    const struct column *column = &c->create_column.column;
    if (!t) {
        return;
    }
    struct parts parts = new_parts(p, c);
    const struct table *with = with_column(p->arena, t, column, &parts);
    if (c->create_column.restore.object && is_by_key(p, t)) {
        restore_column(p, c, t, with, &parts);
    } else {
        check_empty(p, t, column);
        add_column(p, with, column, c->create_column.after, &parts);
    }
    for (size_t i = 0; i < c->create_column.n_triggers; i++) {
        my_create_trigger(p, t, &c->create_column.triggers[i]);
    }
}

/* The type alone: the trash neither counts nor changes by itself. */
static struct column plain_column(struct sql_planner *p, const struct column *from,
                                  const char *name)
{
    struct column c = {.name = name, .type = from->type, .collation = from->collation};
    if (c.type.native) {
        char *native = arena_strdup(p->arena, c.type.native);
        char *end = strcasestr(native, " on update");
        end = end ? end : strcasestr(native, " invisible");
        if (end) {
            *end = 0;
        }
        c.type.native = native;
    }
    return c;
}

static struct trash_ref trash_of(struct sql_planner *p, const struct table *t, const char *object)
{
    size_t n = t->n_primary_key ? t->n_primary_key : 1;
    struct trash_ref ref = {.object = object, .n_keys = n, .onto = t->primary_key};
    ref.keys = ARENA_ARRAY(p->arena, n, const char *);
    for (size_t i = 0; i < n; i++) {
        ref.keys[i] = arena_printf(p->arena, "k%zu", i + 1);
    }
    return ref;
}

static void write_trash_column(struct sql_planner *p, struct sql_writer *w, const struct table *t,
                               const struct column *from, const char *name)
{
    struct column c = plain_column(p, from, name);
    struct my_place place = my_place_of(t, from, NULL);
    place.is_bare = true;
    my_emit_column(w, &c, &place);
}

static void make_trash(struct sql_planner *p, const struct table *t, const struct column *c,
                       const struct trash_ref *to)
{
    struct sql_writer undo = sql_planner_write(p);
    sql_text(&undo, "DROP TABLE IF EXISTS ");
    sql_ident(&undo, to->object);
    struct sql_step_words words = {.undo = my_finish(p, &undo), .lock = "none"};
    struct sql_writer w = sql_planner_write(p);
    sql_text(&w, "CREATE TABLE ");
    sql_ident(&w, to->object);
    sql_text(&w, " (");
    for (size_t i = 0; i < to->n_keys; i++) {
        const struct column *key =
            t->n_primary_key ? table_find_column(t, str_of(t->primary_key[i])) : NULL;
        if (key) {
            write_trash_column(p, &w, t, key, to->keys[i]);
            sql_text(&w, " NOT NULL, ");
        } else {
            sql_text(&w, "k1 bigint NOT NULL, ");
        }
    }
    write_trash_column(p, &w, t, c, "v");
    sql_text(&w, ", PRIMARY KEY (");
    sql_ident_list(&w, to->keys, to->n_keys);
    sql_text(&w, ")) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=");
    sql_text(&w, my_is_mysql(&w) ? "utf8mb4_0900_bin" : "utf8mb4_nopad_bin");
    sql_planner_step(p, &w, &words);
}

static void copy_values(struct sql_planner *p, const struct table *t, const struct column *c,
                        const struct trash_ref *to)
{
    struct sql_writer w = sql_planner_write(p);
    sql_text(&w, "INSERT INTO ");
    sql_ident(&w, to->object);
    sql_text(&w, " (");
    sql_ident_list(&w, to->keys, to->n_keys);
    sql_text(&w, ", v) SELECT ");
    if (t->n_primary_key) {
        sql_ident_list(&w, t->primary_key, t->n_primary_key);
    } else {
        sql_ident(&w, MY_ROW);
    }
    sql_text(&w, ", ");
    sql_ident(&w, c->name);
    sql_text(&w, " FROM ");
    sql_ident(&w, t->name);
    sql_planner_step(p, &w, &(struct sql_step_words){.comment = "every value beside its key"});
    w = sql_planner_write(p);
    sql_text(&w, "SELECT 'not every value was kept' FROM DUAL WHERE (SELECT count(*) FROM ");
    sql_ident(&w, t->name);
    sql_text(&w, ") <> (SELECT count(*) FROM ");
    sql_ident(&w, to->object);
    sql_text(&w, ")");
    sql_planner_step(p, &w, &(struct sql_step_words){.kind = STEP_CHECK});
}

/* Without a primary key there is nothing to find a row by. */
static void check_no_rows(struct sql_planner *p, const struct table *t)
{
    struct sql_writer w = sql_planner_write(p);
    sql_text(&w, "SELECT 'the values of a table without a primary key cannot be kept' FROM ");
    sql_ident(&w, t->name);
    sql_text(&w, " LIMIT 1");
    sql_planner_step(p, &w, &(struct sql_step_words){.kind = STEP_CHECK});
}

static void lock_tables(struct sql_planner *p, const struct table *t, const struct trash_ref *to)
{
    struct sql_writer w = sql_planner_write(p);
    sql_text(&w, "LOCK TABLES ");
    sql_ident(&w, t->name);
    sql_text(&w, " WRITE, ");
    sql_ident(&w, to->object);
    sql_text(&w, " WRITE");
    sql_planner_step(p, &w,
                     &(struct sql_step_words){.comment = "nobody writes while it is copied",
                                              .undo = "UNLOCK TABLES",
                                              .lock = "exclusive"});
}

static const char *column_before(const struct table *t, const struct column *c)
{
    size_t at = table_column_position(t, str_of(c->name));
    return at ? t->columns[at - 1].name : "";
}

/* Back with all that hung on it, where it is not there. */
static void write_back_plain(struct sql_planner *p, struct sql_writer *w, const struct table *t,
                             const struct column *c, const struct parts *parts)
{
    size_t n = 0;
    struct my_place place = my_place(p, t, c);
    sql_text(w, "ALTER TABLE ");
    sql_ident(w, t->name);
    my_part(w, &n, "ADD COLUMN ");
    sql_text(w, my_words(p, "IF NOT EXISTS "));
    my_emit_column(w, c, &place);
    write_place(w, column_before(t, c));
    write_add_parts(p, w, &n, t, parts, true);
}

/*
 * Back with its values: under another name until they are in it, so that a crash in between is
 * seen, and untouched where the column never went.
 */
static void write_back(struct sql_planner *p, struct sql_writer *w, const struct table *t,
                       const struct column *c, const struct parts *parts,
                       const struct trash_ref *from)
{
    struct column scratch = plain_column(p, c, BACK);
    struct my_place place = my_place(p, t, c);
    struct my_place bare = place;
    bare.is_bare = true;
    struct value table = value_text(t->name), column = value_text(c->name);
    size_t n = 0;
    sql_text(w, "BEGIN NOT ATOMIC IF NOT EXISTS (SELECT 1 FROM information_schema.COLUMNS WHERE "
                "TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ");
    sql_literal(w, &table);
    sql_text(w, " AND COLUMN_NAME = ");
    sql_literal(w, &column);
    sql_text(w, ") THEN ALTER TABLE ");
    sql_ident(w, t->name);
    sql_text(w, " DROP COLUMN IF EXISTS `" BACK "`; ALTER TABLE ");
    sql_ident(w, t->name);
    sql_text(w, " ADD COLUMN ");
    my_emit_column(w, &scratch, &bare);
    write_place(w, column_before(t, c));
    sql_text(w, "; ");
    write_fill(w, t, BACK, from);
    sql_text(w, "; ALTER TABLE ");
    sql_ident(w, t->name);
    my_part(w, &n, "CHANGE COLUMN `" BACK "` ");
    my_emit_column(w, c, &place);
    write_place(w, column_before(t, c));
    write_add_parts(p, w, &n, t, parts, true);
    sql_text(w, "; END IF; END");
}

static const char *back_text(struct sql_planner *p, const struct table *t, const struct column *c,
                             const struct parts *parts, const struct trash_ref *from)
{
    struct sql_writer w = sql_planner_write(p);
    bool has_values = from->object && is_by_key(p, t);
    if (has_values && my_is_mysql(&w)) {
        buf_release(w.out);
        return NULL;
    }
    if (has_values) {
        write_back(p, &w, t, c, parts, from);
    } else {
        write_back_plain(p, &w, t, c, parts);
    }
    return my_finish(p, &w);
}

static void drop_column(struct sql_planner *p, const struct table *t, const struct column *c,
                        const struct parts *parts, const struct trash_ref *kept)
{
    size_t n = 0;
    struct sql_step_words words = {.undo = back_text(p, t, c, parts, kept)};
    struct sql_writer w = my_alter(p, t->name);
    for (size_t i = 0; i < parts->n_keys; i++) {
        my_drop_key(&w, &n, t, &parts->keys[i], "");
    }
    for (size_t i = 0; i < parts->n_indexes; i++) {
        my_part(&w, &n, "DROP INDEX ");
        sql_ident(&w, parts->indexes[i].name);
    }
    for (size_t i = 0; i < parts->n_checks; i++) {
        if (!same(parts->checks[i].name, c->name)) {
            my_drop_check(p, &w, &n, t, &parts->checks[i]);
        }
    }
    my_part(&w, &n, "DROP COLUMN ");
    sql_ident(&w, c->name);
    my_cheaply(&w, t, n == 1 ? MY_INSTANT : MY_COPY, &words);
    sql_planner_step(p, &w, &words);
}

void my_plan_drop_column(struct sql_planner *p, const struct change *c)
{
    const struct table *t = sql_planner_table(p, c->drop_column.table);
    const struct column *column = t ? table_find_column(t, str_of(c->drop_column.column)) : NULL;
    if (!column) {
        return;
    }
    bool keeps = c->drop_column.trash && column->generated == GENERATED_NONE;
    struct parts parts = parts_of(p->arena, t, column->name);
    struct trash_ref to = trash_of(p, t, keeps ? c->drop_column.trash : NULL);
    my_refuse_readers(p, t, column->name);
    for (size_t i = 0; i < parts.n_triggers && p->code == ERR_OK; i++) {
        my_drop_trigger(p, t, &parts.triggers[i]);
    }
    if (p->code != ERR_OK) {
        return;
    }
    if (keeps) {
        make_trash(p, t, column, &to);
        lock_tables(p, t, &to);
        if (is_by_key(p, t)) {
            copy_values(p, t, column, &to);
        } else {
            check_no_rows(p, t);
        }
    }
    drop_column(p, t, column, &parts, &to);
    if (keeps) {
        struct sql_writer w = sql_planner_write(p);
        sql_text(&w, "UNLOCK TABLES");
        sql_planner_step(p, &w, &(struct sql_step_words){.lock = "none"});
    }
}
