#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "base/attr.h"
#include "base/time.h"
#include "base/uuid.h"
#include "engine/postgres/generation.h"

#define RETRY_FIRST_MS 50
#define RETRY_MOST_MS  2000
#define QUIET_MS       20000 /* then the connection is asked whether it lives */

/* The place whose schema is called so moved; all of them for NULL. */
static void moved(struct postgres_engine *e, const char *schema)
{
    pthread_mutex_lock(&e->lock);
    for (size_t i = 0; i < e->places.n; i++) {
        struct pg_place *p = e->places.entries[i].value;
        if (!schema || text_eq(p->schema, schema)) {
            atomic_store(&p->is_known, false); /* perhaps it is gone */
            pg_place_moved(p);
        }
    }
    pthread_mutex_unlock(&e->lock);
}

/* "<identity of the process> <schema>": our own we have counted. */
static void hear(struct postgres_engine *e, const char *payload)
{
    size_t n = strlen(e->identity);
    if (strncmp(payload, e->identity, n) != 0 && strchr(payload, ' ')) {
        moved(e, strchr(payload, ' ') + 1);
    }
}

/* False: the engine closes. */
static bool pause_for(struct pg_listener *l, int ms)
{
    struct pollfd p = {.fd = l->wake[0], .events = POLLIN};
    return poll(&p, 1, ms) == 0;
}

static bool read_all(struct postgres_engine *e, struct pg_conn *c)
{
    PGnotify *n;
    if (!PQconsumeInput(c->pq)) {
        return false;
    }
    while ((n = PQnotifies(c->pq))) {
        hear(e, n->extra);
        PQfreemem(n);
    }
    return true;
}

/* Until the connection is lost (true) or the engine closes. */
static bool listen_on(struct postgres_engine *e, struct pg_conn *c)
{
    for (;;) {
        struct pollfd p[] = {{.fd = PQsocket(c->pq), .events = POLLIN},
                             {.fd = e->listener.wake[0], .events = POLLIN}};
        int n = poll(p, ARRAY_LEN(p), QUIET_MS);
        if (p[1].revents) {
            return false;
        }
        if (n == 0 && pg_run(c, "SELECT 1", NULL, NULL) != ERR_OK) {
            return true;
        }
        if (!read_all(e, c)) {
            return true;
        }
    }
}

static void *run(void *arg)
{
    struct postgres_engine *e = arg;
    int wait_ms = RETRY_FIRST_MS;
    bool goes_on = true;
    while (goes_on) {
        struct pg_conn *c = NULL;
        if (pg_conn_open(e, &c, NULL) == ERR_OK &&
            pg_run(c, "LISTEN " PG_CHANNEL, NULL, NULL) == ERR_OK) {
            wait_ms = RETRY_FIRST_MS;
            moved(e, NULL);
            goes_on = listen_on(e, c);
        }
        pg_conn_close(c);
        goes_on = goes_on && pause_for(&e->listener, wait_ms);
        wait_ms = 2 * wait_ms > RETRY_MOST_MS ? RETRY_MOST_MS : 2 * wait_ms;
    }
    return NULL;
}

enum errcode pg_listener_start(struct postgres_engine *e, struct error *err)
{
    char identity[UUID_TEXT + 1];
    uuid_make(identity);
    e->identity = arena_strdup(e->arena, identity);
    if (pipe2(e->listener.wake, O_CLOEXEC) != 0) {
        return ERROR(err, ERR_UNAVAILABLE, "no more descriptors");
    }
    if (pthread_create(&e->listener.thread, NULL, run, e) != 0) {
        (void)close(e->listener.wake[0]);
        (void)close(e->listener.wake[1]);
        return ERROR(err, ERR_UNAVAILABLE, "no more threads");
    }
    e->listener.is_started = true;
    return ERR_OK;
}

void pg_listener_stop(struct postgres_engine *e)
{
    if (e->listener.is_started) {
        (void)close(e->listener.wake[1]);
        (void)pthread_join(e->listener.thread, NULL);
        (void)close(e->listener.wake[0]);
        e->listener.is_started = false;
    }
}
