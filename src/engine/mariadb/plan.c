#include "base/attr.h"
#include "engine/mariadb/core.h"
#include "engine/mariadb/planner.h"
#include "engine/mariadb/types.h"

static bool same(const char *a, const char *b)
{
    return a && b && str_eq_nocase(str_of(a), str_of(b));
}

const char *my_words(const struct sql_planner *p, const char *words)
{
    return p->dialect == &mysql_dialect ? "" : words;
}

const char *my_finish(struct sql_planner *p, struct sql_writer *w)
{
    const char *text = "";
    if (w->broken) {
        sql_planner_fail(p,
                         ERROR(p->err, ERR_UNSUPPORTED, "the engine cannot say it: %s", w->broken));
    } else {
        text = arena_str(p->arena, buf_str(w->out));
    }
    buf_release(w->out);
    return text;
}

struct my_place my_place(const struct sql_planner *p, const struct table *t, const struct column *c)
{
    const struct my_server *server = p->driver;
    struct my_place place = my_place_of(t, c, p->now);
    if (server->is_attached && !place.collation) {
        place.collation = server->is_mysql ? "utf8mb4_0900_bin" : "utf8mb4_nopad_bin";
    }
    return place;
}

struct sql_writer my_alter(struct sql_planner *p, const char *table)
{
    struct sql_writer w = sql_planner_write(p);
    sql_text(&w, "ALTER TABLE ");
    sql_ident(&w, table);
    return w;
}

void my_part(struct sql_writer *w, size_t *n, const char *words)
{
    sql_text(w, (*n)++ ? ", " : " ");
    sql_text(w, words);
}

/* Tables with computed columns (a hash of a long unique text is one) are copied for almost
 * anything, and other engines than InnoDB know no cheaper way. */
static bool may_be_cheap(const struct table *t)
{
    for (size_t i = 0; i < t->n_columns; i++) {
        if (t->columns[i].generated != GENERATED_NONE) {
            return false;
        }
    }
    for (size_t i = 0; i < t->n_indexes; i++) {
        if (my_is_hashed(&t->indexes[i], t) || t->indexes[i].method) {
            return false;
        }
    }
    return !t->native || strstr(t->native, "ENGINE=InnoDB");
}

void my_cheaply(struct sql_writer *w, const struct table *t, enum my_way way,
                struct sql_step_words *words)
{
    /* MySQL has INSTANT with faults in some versions and no NOCOPY */
    bool is_cheap = way != MY_COPY && may_be_cheap(t) && !(my_is_mysql(w) && way == MY_INSTANT);
    const char *nocopy =
        my_is_mysql(w) ? ", ALGORITHM=INPLACE, LOCK=NONE" : ", ALGORITHM=NOCOPY, LOCK=NONE";
    if (is_cheap) {
        sql_text(w, way == MY_INSTANT ? ", ALGORITHM=INSTANT" : nocopy);
    }
    words->lock = is_cheap ? "none" : "write";
    words->is_rewrite = !is_cheap;
}

static bool is_key_name(const struct catalog *now, const char *name)
{
    for (size_t i = 0; i < now->n_tables; i++) {
        for (size_t k = 0; k < now->tables[i]->n_foreign_keys; k++) {
            if (same(now->tables[i]->foreign_keys[k].name, name)) {
                return true;
            }
        }
    }
    return false;
}

const char *my_free_key_name(struct sql_planner *p, const char *table, const struct foreign_key *f)
{
    const char *base = f->name;
    if (!base) {
        base = name_generate(p->arena, "fk", table, f->columns, f->n_columns);
    }
    const char *name = base;
    for (int n = 2; is_key_name(p->now, name); n++) {
        struct str head = str_of(base);
        head.n = head.n > 58 ? 58 : head.n;
        name = arena_printf(p->arena, "%.*s_%d", (int)head.n, head.p, n);
    }
    return name;
}

void my_add_key(struct sql_writer *w, size_t *n, const struct foreign_key *f, const char *guard)
{
    my_part(w, n, "ADD ");
    my_emit_foreign_key(w, f, guard);
}

void my_drop_key(struct sql_writer *w, size_t *n, const struct table *t,
                 const struct foreign_key *f, const char *guard)
{
    my_part(w, n, "DROP FOREIGN KEY ");
    sql_text(w, guard);
    sql_ident(w, f->name);
    if (!table_find_index(t, str_of(f->name)) && !my_is_mysql(w)) {
        my_part(w, n, "DROP INDEX IF EXISTS ");
        sql_ident(w, f->name);
    }
}

static const char *create_trigger_text(struct sql_planner *p, const char *native, bool replaces)
{
    return my_emit_trigger(p->arena, p->dialect, native, replaces);
}

static const char *drop_trigger_text(struct sql_planner *p, const char *name, const char *guard)
{
    struct sql_writer w = sql_planner_write(p);
    sql_text(&w, "DROP TRIGGER ");
    sql_text(&w, guard);
    sql_ident(&w, name);
    return my_finish(p, &w);
}

static void add_text(struct sql_planner *p, const char *text, const struct sql_step_words *words)
{
    struct sql_writer w = sql_planner_write(p);
    buf_adds(w.out, text);
    sql_planner_step(p, &w, words);
}

static bool check_trigger(struct sql_planner *p, const struct table *t, const struct trigger *tr)
{
    if (!my_emit_is_trigger(p->arena, tr, t->name)) {
        sql_planner_fail(p, ERROR(p->err, ERR_UNSUPPORTED,
                                  "the text of trigger \"%s\" cannot be told", tr->name));
    }
    return p->code == ERR_OK;
}

void my_drop_trigger(struct sql_planner *p, const struct table *t, const struct trigger *trigger)
{
    if (check_trigger(p, t, trigger)) {
        add_text(p, drop_trigger_text(p, trigger->name, ""),
                 &(struct sql_step_words){.undo = create_trigger_text(p, trigger->native, true),
                                          .lock = "none"});
    }
}

void my_create_trigger(struct sql_planner *p, const struct table *t, const struct trigger *trigger)
{
    if (check_trigger(p, t, trigger)) {
        add_text(p, create_trigger_text(p, trigger->native, false),
                 &(struct sql_step_words){.undo = drop_trigger_text(p, trigger->name, "IF EXISTS "),
                                          .lock = "none"});
    }
}

bool my_is_on_update(struct arena *a, const struct trigger *trigger)
{
    struct tokens k = tokens_read(a, str_of(trigger->native));
    for (size_t i = 0; i + 3 < k.n; i++) {
        if (token_is(&k.items[i], "trigger")) {
            return token_is(&k.items[i + 3], "update");
        }
    }
    return false;
}

/* The statement of a trigger: what stands behind FOR EACH ROW. */
static const char *body_of(const char *native)
{
    const char *body = strstr(native, " FOR EACH ROW ");
    return body ? body : native;
}

static void refuse(struct sql_planner *p, const char *what, const char *name, const char *says)
{
    sql_planner_fail(p, ERROR(p->err, ERR_CONFLICT, "%s \"%s\" says \"%s\" and would not work",
                              what, name, says));
    error_hint(p->err, "take it away first and make it anew afterwards");
}

void my_refuse_readers(struct sql_planner *p, const struct table *t, const char *column)
{
    for (size_t i = 0; i < p->now->n_tables && p->code == ERR_OK; i++) {
        const struct table *other = p->now->tables[i];
        bool is_view = other->kind == TABLE_VIEW && other->native;
        if (is_view && raw_mentions(other->native, t->name) &&
            (!column || raw_mentions(other->native, column))) {
            refuse(p, "view", other->name, column ? column : t->name);
        }
        for (size_t k = 0; k < other->n_triggers && p->code == ERR_OK; k++) {
            const char *body = body_of(other->triggers[k].native);
            if (raw_mentions(body, t->name) && (!column || raw_mentions(body, column))) {
                refuse(p, "trigger", other->triggers[k].name, column ? column : t->name);
            }
        }
    }
}

static void plan_create_index(struct sql_planner *p, const struct change *c)
{
    const struct table *t = sql_planner_table(p, c->create_index.table);
    const struct index *i = &c->create_index.index;
    if (!t) {
        return;
    }
    size_t n = 0, n_undo = 0;
    struct sql_step_words words = {0};
    struct sql_writer undo = my_alter(p, t->name);
    my_part(&undo, &n_undo, "DROP INDEX ");
    sql_text(&undo, my_words(p, "IF EXISTS "));
    sql_ident(&undo, i->name);
    words.undo = my_finish(p, &undo);
    struct sql_writer w = my_alter(p, t->name);
    my_part(&w, &n, "ADD ");
    my_emit_index(&w, i, t, "");
    my_cheaply(&w, t, i->method || my_is_hashed(i, t) ? MY_COPY : MY_NOCOPY, &words);
    sql_planner_step(p, &w, &words);
}

static bool is_covered(const struct index *i, const struct foreign_key *f)
{
    if (i->n_keys < f->n_columns) {
        return false;
    }
    for (size_t k = 0; k < f->n_columns; k++) {
        if (!same(i->keys[k].column, f->columns[k])) {
            return false;
        }
    }
    return true;
}

static bool is_covered_by_key(const struct table *t, const struct foreign_key *f)
{
    for (size_t k = 0; k < f->n_columns; k++) {
        if (k >= t->n_primary_key || !same(t->primary_key[k], f->columns[k])) {
            return false;
        }
    }
    return true;
}

/* The foreign key that only index @i serves, as MariaDB demands; NULL when none. */
static const struct foreign_key *needs_index(const struct table *t, const struct index *i)
{
    for (size_t k = 0; k < t->n_foreign_keys; k++) {
        const struct foreign_key *f = &t->foreign_keys[k];
        bool is_served = is_covered_by_key(t, f);
        for (size_t n = 0; n < t->n_indexes; n++) {
            is_served = is_served || (&t->indexes[n] != i && is_covered(&t->indexes[n], f));
        }
        if (is_covered(i, f) && !is_served) {
            return f;
        }
    }
    return NULL;
}

/* An index that a foreign key needs makes room for one that is the key's own. */
static void plan_drop_index(struct sql_planner *p, const struct change *c)
{
    const struct table *t = sql_planner_table(p, c->drop_index.table);
    const struct index *i = t ? table_find_index(t, str_of(c->drop_index.index)) : NULL;
    if (t && !i) {
        sql_planner_fail(p, ERROR(p->err, ERR_NOT_FOUND, "no index \"%s\"", c->drop_index.index));
    }
    if (!i) {
        return;
    }
    const struct foreign_key *f = needs_index(t, i);
    size_t n = 0, n_undo = 0;
    struct sql_writer undo = my_alter(p, t->name);
    my_part(&undo, &n_undo, "ADD ");
    my_emit_index(&undo, i, t, my_words(p, "IF NOT EXISTS "));
    struct sql_writer w = my_alter(p, t->name);
    my_part(&w, &n, "DROP INDEX ");
    sql_ident(&w, i->name);
    if (f) {
        my_part(&w, &n, "ADD KEY "); /* which may be there of an earlier time */
        sql_text(&w, my_words(p, "IF NOT EXISTS "));
        sql_ident(&w, f->name);
        sql_text(&w, " (");
        sql_ident_list(&w, f->columns, f->n_columns);
        sql_text(&w, ")");
        my_part(&undo, &n_undo, "DROP INDEX ");
        sql_text(&undo, my_words(p, "IF EXISTS "));
        sql_ident(&undo, f->name);
    }
    struct sql_step_words words = {.undo = my_finish(p, &undo)};
    my_cheaply(&w, t, MY_NOCOPY, &words);
    sql_planner_step(p, &w, &words);
}

static const struct check *find_check(const struct table *t, const char *name)
{
    for (size_t i = 0; name && i < t->n_checks; i++) {
        if (same(t->checks[i].name, name)) {
            return &t->checks[i];
        }
    }
    return NULL;
}

void my_add_check(struct sql_writer *w, size_t *n, const struct check *check, bool guarded)
{
    struct check plain = *check;
    my_part(w, n, "ADD ");
    if (guarded && !my_is_mysql(w) && check->name) {
        sql_text(w, "CONSTRAINT IF NOT EXISTS ");
        sql_ident(w, check->name);
        sql_text(w, " ");
        plain.name = NULL;
    }
    my_emit_check(w, &plain);
}

void my_drop_check(struct sql_planner *p, struct sql_writer *w, size_t *n, const struct table *t,
                   const struct check *check)
{
    const struct column *c = check->column ? table_find_column(t, str_of(check->column)) : NULL;
    if (c && same(check->column, check->name)) {
        struct my_place place = my_place(p, t, c);
        my_part(w, n, "MODIFY COLUMN ");
        my_emit_column(w, c, &place);
    } else {
        my_part(w, n, "DROP CONSTRAINT ");
        sql_ident(w, check->name);
    }
}

static void plan_modify_column(struct sql_planner *p, const struct change *c)
{
    const struct table *t = sql_planner_table(p, c->modify_column.table);
    const struct check *old = t ? find_check(t, c->modify_column.old_check) : NULL;
    const struct check *check = &c->modify_column.check;
    if (!t || (!old && !check->expr)) {
        return; /* what only the server enforces */
    }
    size_t n = 0, n_undo = 0;
    struct sql_writer w = my_alter(p, t->name);
    struct sql_writer undo = my_alter(p, t->name);
    if (old) {
        my_drop_check(p, &w, &n, t, old);
    }
    if (check->expr) {
        my_part(&w, &n, "ADD ");
        my_emit_check(&w, check);
        my_part(&undo, &n_undo, "DROP CONSTRAINT ");
        sql_text(&undo, my_words(p, "IF EXISTS "));
        sql_ident(&undo, check->name);
    }
    if (old) {
        my_add_check(&undo, &n_undo, old, !check->expr || !same(check->name, old->name));
    }
    struct sql_step_words words = {.undo = my_finish(p, &undo)};
    my_cheaply(&w, t, check->expr ? MY_COPY : MY_INSTANT, &words);
    sql_planner_step(p, &w, &words);
}

static sql_plan_fn *const planners[CHANGE_N] = {
    [CHANGE_CREATE_TABLE] = my_plan_create_table,   [CHANGE_DROP_TABLE] = my_plan_drop_table,
    [CHANGE_RENAME_TABLE] = my_plan_rename_table,   [CHANGE_RESTORE_TABLE] = my_plan_restore_table,
    [CHANGE_CREATE_COLUMN] = my_plan_create_column, [CHANGE_DROP_COLUMN] = my_plan_drop_column,
    [CHANGE_RENAME_COLUMN] = my_plan_rename_column, [CHANGE_CREATE_INDEX] = plan_create_index,
    [CHANGE_DROP_INDEX] = plan_drop_index,          [CHANGE_MODIFY_COLUMN] = plan_modify_column,
};

/* A table that an earlier change edited has no native text any more: ours all have the key. */
bool my_has_row_key(const struct sql_planner *p, const struct table *t)
{
    const struct my_server *server = p->driver;
    return t->native ? strstr(t->native, MY_ROW) != NULL : !server->is_attached;
}

enum errcode my_plan(const struct my_server *server, const struct catalog *before,
                     struct plan *plan, struct error *err)
{
    const struct sql_dialect *d = server->is_mysql ? &mysql_dialect : &mariadb_dialect;
    return sql_plan(d, planners, false, (void *)server, before, plan, err);
}

enum errcode mariadb_plan(struct engine *engine, const struct catalog *before, struct plan *plan,
                          struct error *err)
{
    const struct mariadb_engine *e = (struct mariadb_engine *)engine;
    const struct my_server server = {e->is_mysql, e->options.is_attached};
    return my_plan(&server, before, plan, err);
}
