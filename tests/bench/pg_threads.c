/*
 * The yardstick of waiting: libmicrohttpd with THREADS threads, each with a connection to
 * PostgreSQL of its own that it waits for; the same SQL and the same JSON, and nothing else.
 *     pg_threads CONNINFO SCHEMA PORT
 *     GET /one/<id>   GET /list   GET /healthz
 */
#include <microhttpd.h>
#include <signal.h>
#include <unistd.h>

#include "pg_rows.h"

#define OUT_MAX (1 << 17)
#define THREADS 8

static const char *conninfo, *schema;
static _Thread_local PGconn *pq;
static _Thread_local char out[OUT_MAX];

static PGresult *ask(const char *statement, const char *value)
{
    if (!pq) {
        pq = connect_database(conninfo, schema);
    }
    return PQexecPrepared(pq, statement, 1, &value, NULL, NULL, 0);
}

static enum MHD_Result answer(void *arg, struct MHD_Connection *c, const char *url,
                              const char *method, const char *version, const char *body,
                              size_t *n_body, void **state)
{
    static int begun;
    (void)arg, (void)method, (void)version, (void)body, (void)n_body;
    if (!*state) {
        *state = &begun;
        return MHD_YES;
    }
    bool is_list = strcmp(url, "/list") == 0;
    PGresult *r = NULL;
    if (is_list) {
        r = ask("list", "lead");
    } else if (strncmp(url, "/one/", 5) == 0) {
        r = ask("one", url + 5);
    }
    size_t n = put_body(out, r, is_list, 0);
    PQclear(r);
    struct MHD_Response *response = MHD_create_response_from_buffer(n, out, MHD_RESPMEM_MUST_COPY);
    MHD_add_response_header(response, "Content-Type", "application/json");
    enum MHD_Result queued = MHD_queue_response(c, MHD_HTTP_OK, response);
    MHD_destroy_response(response);
    return queued;
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: pg_threads CONNINFO SCHEMA PORT\n");
        return 2;
    }
    conninfo = argv[1];
    schema = argv[2];
    signal(SIGPIPE, SIG_IGN);
    struct MHD_Daemon *d =
        MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, (uint16_t)atoi(argv[3]), NULL, NULL, answer,
                         NULL, MHD_OPTION_THREAD_POOL_SIZE, THREADS, MHD_OPTION_END);
    if (!d) {
        perror("MHD_start_daemon");
        return 1;
    }
    pause();
    return 0;
}
