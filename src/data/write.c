#include "data/write.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/time.h"
#include "base/uuid.h"
#include "data/managed.h"
#include "data/row_etag.h"

struct job {
    const struct data_context *ctx;
    struct arena *arena;
    struct data_item *items;
    size_t n;
    const struct column *const *all;
};

/* What one item writes: given columns and those that the server fills. */
struct filled {
    const struct column **columns;
    struct value *values;
    size_t n;
};

static enum errcode at_column(struct error *err, const char *column)
{
    struct buf b;
    buf_init(&b, BUF_MAX_DEFAULT);
    doc_pointer_token(&b, column);
    enum errcode code = error_where(err, "%s", buf_text(&b));
    buf_release(&b);
    return code;
}

static void set(struct filled *f, const struct column *c, struct value v)
{
    for (size_t i = 0; i < f->n; i++) {
        if (f->columns[i] == c) {
            f->values[i] = v;
            return;
        }
    }
    f->columns[f->n] = c;
    f->values[f->n++] = v;
}

static const struct value *given(const struct filled *f, const struct column *c)
{
    for (size_t i = 0; i < f->n; i++) {
        if (f->columns[i] == c && f->values[i].kind != VALUE_NULL) {
            return &f->values[i];
        }
    }
    return NULL;
}

static struct value now_value(struct arena *a)
{
    char text[INSTANT_TEXT_MAX];
    size_t n = instant_format(text, time_now_us());
    return value_copy(a, value_str((struct str){text, n}));
}

static void set_named(const struct job *j, struct filled *f, const char *name, struct value v)
{
    const struct column *c = table_find_column(j->ctx->table, str_of(name));
    if (c) {
        set(f, c, v);
    }
}

static void fill_managed(const struct job *j, struct filled *f)
{
    struct value now = now_value(j->arena);
    const struct column *id = table_find_column(j->ctx->table, STR("id"));
    if (!given(f, id)) {
        char text[UUID_TEXT + 1];
        uuid_make(text);
        set(f, id, value_copy(j->arena, value_text(text)));
    }
    set_named(j, f, "created_at", now);
    set_named(j, f, "updated_at", now);
    if (j->ctx->tenant_id > 0) {
        set_named(j, f, "tenant_id", value_int(j->ctx->tenant_id));
    }
    struct value actor;
    if (data_actor(j->ctx, j->arena, &actor)) {
        set_named(j, f, "created_by", actor);
    }
}

/* Room for what the server adds. */
static struct filled begin_fill(const struct job *j, const struct data_item *item)
{
    struct filled f = {0};
    f.columns = ARENA_ARRAY(j->arena, item->n + 5, const struct column *);
    f.values = ARENA_ARRAY(j->arena, item->n + 5, struct value);
    for (size_t i = 0; i < item->n; i++) {
        f.columns[f.n] = item->columns[i];
        f.values[f.n++] = item->values[i];
    }
    return f;
}

/* @holds: what becomes of it is decided by what it is. Nobody needs the right to change a row to
 * look at what was just written. */
static enum errcode read_row(struct session *s, const struct job *j, const struct filter *where,
                             bool holds, const struct value **row, struct error *err)
{
    struct query q = {.table = j->ctx->table,
                      .columns = j->all,
                      .n_columns = j->ctx->table->n_columns,
                      .where = where,
                      .limit = 1,
                      .holds = holds};
    return engine_query_one(s, &q, j->arena, row, err);
}

/* The row that @where means, in a table without a key: one and no other. */
static enum errcode read_only_row(struct session *s, const struct job *j,
                                  const struct filter *where, const struct value **row,
                                  struct error *err)
{
    struct query q = {.table = j->ctx->table,
                      .columns = j->all,
                      .n_columns = j->ctx->table->n_columns,
                      .where = where,
                      .count_only = true,
                      .limit = -1};
    const struct value *count = NULL;
    TRY(engine_query_one(s, &q, j->arena, &count, err));
    if (count && count[0].i > 1) {
        ERROR(err, ERR_CONFLICT, "%lld rows of \"%s\" are alike: none of them can be meant",
              (long long)count[0].i, j->ctx->table->name);
        return error_hint(err, "a primary key would tell them apart");
    }
    return read_row(s, j, where, true, row, err);
}

/* A write that was meant for one row and hit several is no write: the transaction takes it back. */
static enum errcode write_one(struct session *s, const struct write *w, struct error *err)
{
    struct write_result r = {0};
    TRY(engine_write(s, w, &r, err));
    return r.n_rows <= 1 ? ERR_OK
                         : ERROR(err, ERR_CONFLICT, "%lld rows of \"%s\" would change, not one",
                                 (long long)r.n_rows, w->table->name);
}

/* Where the row @was is after the columns of @f were written: without a key it may have moved. */
static const struct filter *moved(const struct job *j, const struct filled *f,
                                  const struct value *was)
{
    const struct table *t = j->ctx->table;
    struct value *now = arena_memdup(j->arena, was, t->n_columns * sizeof *was);
    for (size_t i = 0; i < f->n; i++) {
        now[f->columns[i] - t->columns] = f->values[i];
    }
    return data_scope(j->ctx, j->arena, data_row_filter(j->arena, t, now));
}

static void keep_row(const struct job *j, struct data_item *item, const struct value *row)
{
    char *etag = arena_alloc(j->arena, ROW_ETAG_TEXT + 1);
    row_etag(etag, row, j->ctx->table->n_columns);
    item->row = row;
    item->etag = etag;
}

/* The condition that finds a row just inserted; NULL when nothing does. */
static const struct filter *inserted_key(const struct job *j, const struct filled *f,
                                         const struct write_result *r)
{
    const struct table *t = j->ctx->table;
    const struct filter *all = NULL;
    for (size_t i = 0; i < t->n_primary_key; i++) {
        const struct column *c = table_find_column(t, str_of(t->primary_key[i]));
        const struct value *v = given(f, c);
        bool is_made = !v && t->n_primary_key == 1 && type_is_integer(&c->type);
        if (!v && !is_made) {
            return NULL;
        }
        all = filter_and(j->arena, all,
                         filter_compare(j->arena, FILTER_EQ, c, v ? *v : value_int(r->last_id)));
    }
    return all;
}

static enum errcode check_required(const struct job *j, const struct filled *f, struct error *err)
{
    for (size_t i = 0; i < j->ctx->table->n_columns; i++) {
        const struct column *c = &j->ctx->table->columns[i];
        bool may_lack = c->is_nullable || c->default_value || c->is_auto_increment ||
                        c->generated != GENERATED_NONE ||
                        table_in_primary_key(j->ctx->table, c->name);
        if (!may_lack && !given(f, c)) {
            (void)ERROR(err, ERR_NOT_NULL_VIOLATION, "\"%s\" is required", c->name);
            return at_column(err, c->name);
        }
    }
    return ERR_OK;
}

static enum errcode insert(struct session *s, const struct job *j, struct data_item *item,
                           struct error *err)
{
    struct write_result r = {0};
    const struct value *row = NULL;
    struct filled f = begin_fill(j, item);
    bool is_managed = table_is_managed(j->ctx->table);
    for (size_t i = 0; i < item->n; i++) {
        const struct column *c = item->columns[i];
        bool is_computed = c->generated != GENERATED_NONE;
        if (is_computed || (column_is_kept(j->ctx->table, c) && !text_eq(c->name, "id"))) {
            (void)ERROR(err, ERR_READ_ONLY_FIELD, "\"%s\" is %s", c->name,
                        is_computed ? "computed" : "kept by the server");
            return at_column(err, c->name);
        }
    }
    if (is_managed) {
        fill_managed(j, &f);
    }
    TRY(check_required(j, &f, err));
    struct write w = {.kind = WRITE_INSERT,
                      .table = j->ctx->table,
                      .columns = f.columns,
                      .values = f.values,
                      .n_columns = f.n,
                      .key = table_single_key(j->ctx->table)};
    TRY(engine_write(s, &w, &r, err));
    const struct filter *key = inserted_key(j, &f, &r);
    if (!key) {
        return ERR_OK;
    }
    TRY(read_row(s, j, data_scope(j->ctx, j->arena, key), false, &row, err));
    if (!row) {
        return ERROR(err, ERR_FORBIDDEN, "the row would not be visible to its writer");
    }
    keep_row(j, item, row);
    return ERR_OK;
}

/* Another program may have written an instant in another form. */
static bool is_same(const struct column *c, struct value given, struct value kept)
{
    int64_t a, b;
    bool are_instants = c->type.kind == TYPE_INSTANT && given.kind == VALUE_TEXT &&
                        kept.kind == VALUE_TEXT && instant_parse(given.s, &a) &&
                        instant_parse(kept.s, &b);
    return are_instants ? a == b : value_equal(given, kept);
}

/* Columns that stay as they are may be given as they are. */
static enum errcode drop_kept(const struct job *j, struct filled *f, const struct value *row,
                              struct error *err)
{
    size_t n = 0;
    for (size_t i = 0; i < f->n; i++) {
        const struct column *c = f->columns[i];
        const struct table *t = j->ctx->table;
        bool is_free = c->generated == GENERATED_NONE && !column_is_kept(t, c) &&
                       !table_in_primary_key(t, c->name);
        if (is_free) {
            f->columns[n] = c;
            f->values[n++] = f->values[i];
        } else if (!is_same(c, f->values[i], row[c - t->columns])) {
            (void)ERROR(err, ERR_READ_ONLY_FIELD, "\"%s\" cannot be changed", c->name);
            return at_column(err, c->name);
        }
    }
    f->n = n;
    return n ? ERR_OK : ERROR(err, ERR_INVALID, "there is nothing to change");
}

static enum errcode change(struct session *s, const struct job *j, struct data_item *item,
                           struct error *err)
{
    const struct filter *key = NULL;
    const struct value *row = NULL;
    char etag[ROW_ETAG_TEXT + 1];
    TRY(data_key_filter(j->arena, j->ctx->table, item->id, &key, err));
    key = data_scope(j->ctx, j->arena, key);
    bool has_key = j->ctx->table->n_primary_key > 0;
    TRY(has_key ? read_row(s, j, key, true, &row, err) : read_only_row(s, j, key, &row, err));
    if (!row) {
        return ERROR(err, ERR_NOT_FOUND, "no such row in \"%s\"", j->ctx->table->name);
    }
    row_etag(etag, row, j->ctx->table->n_columns);
    if (item->if_match.p && !row_etag_matches(item->if_match, etag)) {
        return ERROR(err, ERR_STALE, "the row was changed since it was read");
    }
    struct write w = {.kind = WRITE_DELETE, .table = j->ctx->table, .where = key};
    if (item->op == DATA_DELETE) {
        return write_one(s, &w, err);
    }
    struct filled f = begin_fill(j, item);
    TRY(drop_kept(j, &f, row, err));
    if (table_is_managed(j->ctx->table)) {
        set_named(j, &f, "updated_at", now_value(j->arena));
    }
    w.kind = WRITE_UPDATE;
    w.columns = f.columns;
    w.values = f.values;
    w.n_columns = f.n;
    TRY(write_one(s, &w, err));
    TRY(read_row(s, j, has_key ? key : moved(j, &f, row), false, &row, err));
    if (!row) {
        return ERROR(err, ERR_FORBIDDEN, "the row would not be visible to its writer");
    }
    keep_row(j, item, row);
    return ERR_OK;
}

static enum errcode run(struct session *s, void *arg, struct error *err)
{
    const struct job *j = arg;
    for (size_t i = 0; i < j->n; i++) { /* this may be the second run */
        j->items[i].row = NULL;
        j->items[i].etag = NULL;
        j->items[i].code = ERR_OK;
    }
    for (size_t i = 0; i < j->n; i++) {
        struct data_item *item = &j->items[i];
        item->code = item->op == DATA_INSERT ? insert(s, j, item, err) : change(s, j, item, err);
        if (item->code != ERR_OK && j->n > 1 && err) {
            (void)error_prefix_where(err, arena_printf(j->arena, "/%zu", i));
        }
        TRY(item->code);
    }
    return ERR_OK;
}

enum errcode data_write(const struct data_context *ctx, struct arena *a, struct data_item *items,
                        size_t n, bool partial, struct error *err)
{
    struct job j = {.ctx = ctx, .arena = a, .items = items, .n = n};
    j.all = data_all_columns(a, ctx->table);
    if (!partial) {
        return engine_transact(ctx->engine, ctx->ns, run, &j, err);
    }
    for (size_t i = 0; i < n; i++) {
        j.items = &items[i];
        j.n = 1;
        items[i].code = engine_transact(ctx->engine, ctx->ns, run, &j, &items[i].err);
        if (items[i].code != ERR_OK) {
            items[i].row = NULL;
            items[i].etag = NULL;
        }
    }
    return ERR_OK;
}
