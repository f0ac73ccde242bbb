#include "base/attr.h"
#include "base/map.h"
#include "base/time.h"
#include "engine/mariadb/core.h"

/*
 * How many rows a table has, as InnoDB estimates it. To ask opens the table, so answers are kept
 * for a while; who asks for many tables gets them all with one question.
 */
#define KEPT_US  10000000
#define ASKED_AT 4 /* questions in that time, and the next one is for all */

struct my_estimates {
    struct arena *arena;
    struct map rows; /* name -> int64_t */
    int64_t from_us; /* when the first was asked for */
    int n_asked;
    bool is_all;
};

void my_estimates_free(struct my_namespace *n)
{
    if (n->estimates) {
        arena_free(n->estimates->arena);
        n->estimates = NULL;
    }
}

/* Called with the lock of @n held. */
static struct my_estimates *fresh(struct my_namespace *n, int64_t now)
{
    if (n->estimates && now - n->estimates->from_us < KEPT_US) {
        return n->estimates;
    }
    my_estimates_free(n);
    struct arena *a = arena_new();
    n->estimates = ARENA_NEW(a, struct my_estimates);
    n->estimates->arena = a;
    n->estimates->from_us = now;
    map_init(&n->estimates->rows, a, false);
    return n->estimates;
}

/* *wants_all: the question that the caller has to put is for all tables. */
static bool find(struct my_namespace *n, const char *table, int64_t *rows, bool *wants_all)
{
    pthread_mutex_lock(&n->lock);
    struct my_estimates *e = fresh(n, time_monotonic_us());
    const int64_t *kept = map_get(&e->rows, str_of(table));
    *rows = kept ? *kept : -1;
    bool found = kept || e->is_all;
    e->n_asked += found ? 0 : 1;
    *wants_all = e->n_asked > ASKED_AT;
    pthread_mutex_unlock(&n->lock);
    return found;
}

static void keep(struct my_namespace *n, MYSQL_RES *r, bool is_all)
{
    MYSQL_ROW row = NULL;
    pthread_mutex_lock(&n->lock);
    struct my_estimates *e = fresh(n, time_monotonic_us());
    while ((row = mysql_fetch_row(r))) {
        int64_t *rows = ARENA_NEW(e->arena, int64_t);
        if (!row[1] || !str_int64(str_of(row[1]), rows)) {
            *rows = -1;
        }
        (void)map_put(&e->rows, str_of(row[0]), rows);
    }
    e->is_all = e->is_all || is_all;
    pthread_mutex_unlock(&n->lock);
}

static enum errcode ask(struct my_conn *c, struct my_namespace *n, const char *table)
{
    const char *params[] = {n->database, table};
    MYSQL_RES *r = NULL;
    TRY(my_ask(c,
               table ? "SELECT TABLE_NAME, TABLE_ROWS FROM information_schema.TABLES WHERE "
                       "TABLE_SCHEMA = ? AND TABLE_NAME = ?"
                     : "SELECT TABLE_NAME, TABLE_ROWS FROM information_schema.TABLES WHERE "
                       "TABLE_SCHEMA = ?",
               params, table ? 2 : 1, &r, NULL));
    keep(n, r, !table);
    mysql_free_result(r);
    return ERR_OK;
}

int64_t mariadb_row_estimate(struct session *base, const struct table *t)
{
    struct mariadb_session *s = mariadb_session_of(base);
    struct my_namespace *n = s->place;
    int64_t rows = -1;
    bool wants_all = false;
    if (t->kind != TABLE_BASE || find(n, t->name, &rows, &wants_all) ||
        my_session_take(s, NULL) != ERR_OK) {
        return rows;
    }
    if (ask(s->conn, n, wants_all ? NULL : t->name) == ERR_OK) {
        (void)find(n, t->name, &rows, &wants_all);
    }
    my_session_give(s);
    return rows;
}
