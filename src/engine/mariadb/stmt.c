#include "engine/mariadb/stmt.h"

#include "base/attr.h"
#include "base/hash.h"
#include "engine/mariadb/core.h"
#include "engine/mariadb/errors.h"

#define KEPT 128

static bool is_of(const struct my_stmt *s, const char *database, struct str text)
{
    size_t n = strlen(database) + 1;
    return s->n_text == n + text.n && memcmp(s->text, database, n) == 0 &&
           memcmp(s->text + n, text.p, text.n) == 0;
}

static struct my_stmt *find(struct my_conn *c, const char *database, struct str text, uint64_t hash)
{
    for (struct my_stmt **at = &c->statements; *at; at = &(*at)->next) {
        struct my_stmt *s = *at;
        if (s->hash != hash || s->is_used || !is_of(s, database, text)) {
            continue;
        }
        *at = s->next; /* to the front */
        s->next = c->statements;
        c->statements = s;
        return s;
    }
    return NULL;
}

static void free_stmt(struct my_conn *c, struct my_stmt *s)
{
    my_bool failed = 0; /* what a failure leaves on the server ends with the connection */
    MY_CALL(c, mysql_stmt_close, (&failed, s->handle), &failed, s->handle);
    mem_free(s->text);
    mem_free(s->binds);
    mem_free(s->lengths);
    mem_free(s);
}

/* The one used longest ago makes room. */
static void drop_oldest(struct my_conn *c)
{
    struct my_stmt **oldest = NULL;
    for (struct my_stmt **at = &c->statements; *at; at = &(*at)->next) {
        oldest = (*at)->is_used ? oldest : at;
    }
    if (oldest) {
        struct my_stmt *s = *oldest;
        *oldest = s->next;
        c->n_statements--;
        free_stmt(c, s);
    }
}

static struct my_stmt *new_stmt(MYSQL_STMT *handle, const char *database, struct str text,
                                uint64_t hash)
{
    size_t n = strlen(database) + 1;
    struct my_stmt *s = mem_alloc(sizeof *s);
    s->handle = handle;
    s->text = mem_alloc(n + text.n + 1);
    memcpy(s->text, database, n);
    memcpy(s->text + n, text.p, text.n);
    s->n_text = n + text.n;
    s->hash = hash;
    s->n_params = mysql_stmt_param_count(handle);
    s->binds = mem_alloc((s->n_params + 1) * sizeof *s->binds);
    s->lengths = mem_alloc((s->n_params + 1) * sizeof *s->lengths);
    return s;
}

static enum errcode prepare(struct my_conn *c, const char *database, struct str text, uint64_t hash,
                            struct my_stmt **out, struct error *err)
{
    MYSQL_STMT *handle = mysql_stmt_init(c->mysql);
    int rc = 0;
    BUG_ON(!handle);
    MY_CALL(c, mysql_stmt_prepare, (&rc, handle, text.p, text.n), &rc, handle);
    if (rc != 0) {
        enum errcode code = my_error(c, handle, "preparing a statement", err);
        my_bool failed = 0;
        MY_CALL(c, mysql_stmt_close, (&failed, handle), &failed, handle);
        return code;
    }
    *out = new_stmt(handle, database, text, hash);
    return ERR_OK;
}

/* Found or prepared, not executed. A text that names its database is the same in any. */
static enum errcode get(struct my_conn *c, const struct sql_writer *w, struct my_stmt **out,
                        struct error *err)
{
    struct str text = buf_str(w->out);
    const char *database = w->schema ? "" : c->database;
    uint64_t hash = hash64(text) ^ hash64(str_of(database)) * 31;
    TRY(my_can_speak(c, err));
    struct my_stmt *s = find(c, database, text, hash);
    if (!s) {
        if (c->n_statements >= KEPT) {
            drop_oldest(c);
        }
        TRY(prepare(c, database, text, hash, &s, err));
        s->next = c->statements;
        c->statements = s;
        c->n_statements++;
    }
    s->is_used = true;
    *out = s;
    return ERR_OK;
}

static void bind_text(MYSQL_BIND *b, const struct value *v, enum enum_field_types type)
{
    b->buffer_type = type;
    b->buffer = (void *)(uintptr_t)(v->s.p ? v->s.p : "");
    b->buffer_length = v->s.n;
}

/* Compared as a text, a decimal would go through a double. */
static enum enum_field_types text_type(const struct column *column)
{
    return column && column->type.kind == TYPE_DECIMAL ? MYSQL_TYPE_NEWDECIMAL : MYSQL_TYPE_STRING;
}

static void bind(MYSQL_BIND *b, struct value *v, const struct column *column)
{
    switch (v->kind) {
    case VALUE_NULL:
        b->buffer_type = MYSQL_TYPE_NULL;
        return;
    case VALUE_BOOL:
        *v = value_int(v->b);
        FALLTHROUGH;
    case VALUE_INT:
        b->buffer_type = MYSQL_TYPE_LONGLONG;
        b->buffer = &v->i;
        return;
    case VALUE_FLOAT:
        b->buffer_type = MYSQL_TYPE_DOUBLE;
        b->buffer = &v->f;
        return;
    case VALUE_TEXT:
        bind_text(b, v, text_type(column));
        return;
    case VALUE_BYTES:
        bind_text(b, v, MYSQL_TYPE_BLOB);
        return;
    }
}

static enum errcode bind_all(struct my_conn *c, struct my_stmt *s, const struct sql_writer *w,
                             struct error *err)
{
    size_t bytes = 0;
    BUG_ON(w->n_params != s->n_params);
    for (size_t i = 0; i < s->n_params; i++) {
        s->binds[i] = (MYSQL_BIND){0};
        bind(&s->binds[i], &w->params[i], w->param_columns[i]);
        s->lengths[i] = s->binds[i].buffer_length;
        s->binds[i].length = &s->lengths[i];
        bytes += s->lengths[i] + 16;
    }
    if (bytes > c->engine->packet_max) {
        return ERROR(err, ERR_TOO_LARGE, "the values are over the size limit of the database");
    }
    if (s->n_params && mysql_stmt_bind_param(s->handle, s->binds)) {
        return my_error(c, s->handle, "binding values", err);
    }
    return ERR_OK;
}

static enum errcode execute(struct my_conn *c, struct my_stmt *s, struct error *err)
{
    int rc = 0;
    MY_CALL(c, mysql_stmt_execute, (&rc, s->handle), &rc, s->handle);
    return rc == 0 ? ERR_OK : my_error(c, s->handle, "a statement", err);
}

enum errcode my_stmt_run(struct my_conn *c, const struct sql_writer *w, struct my_stmt **out,
                         struct error *err)
{
    struct my_stmt *s = NULL;
    if (w->broken || buf_failed(w->out)) {
        return ERROR(err, ERR_INTERNAL, "the statement cannot be said: %s",
                     w->broken ? w->broken : "it is too long");
    }
    TRY(get(c, w, &s, err));
    enum errcode code = bind_all(c, s, w, err);
    if (code == ERR_OK) {
        code = execute(c, s, err);
    }
    if (code != ERR_OK) {
        my_stmt_put(c, s);
        return code;
    }
    *out = s;
    return ERR_OK;
}

void my_stmt_put(struct my_conn *c, struct my_stmt *s)
{
    (void)c;
    s->is_used = false;
}

void my_stmts_free(struct my_conn *c)
{
    while (c->statements) {
        struct my_stmt *s = c->statements;
        c->statements = s->next;
        free_stmt(c, s);
    }
    c->n_statements = 0;
}
