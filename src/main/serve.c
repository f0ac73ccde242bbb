#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "api/api.h"
#include "app/jobs.h"
#include "http/http.h"
#include "main/host.h"
#include "main/studio.h"
#include "observe/log.h"

#define SWEEP_SECONDS 300

struct server {
    const struct settings *settings;
    struct host host;
    struct api *api;
    struct http_server *http;
    struct error *err; /* of the work that runs */
};

/* ---- what is said on standard output --------------------------------------------------------- */

static enum errcode say(struct str text, struct error *err)
{
    while (text.n > 0) {
        ssize_t n = write(STDOUT_FILENO, text.p, text.n);
        if (n < 0 && errno != EINTR) {
            return ERROR(err, ERR_IO, "standard output: %s", strerror(errno));
        }
        text = str_sub(text, n > 0 ? (size_t)n : 0);
    }
    return ERR_OK;
}

struct greeting {
    struct server *server;
    struct arena *arena;
    const char *token;
    enum errcode code;
};

static void make_token(void *arg)
{
    struct greeting *g = arg;
    g->code = authn_setup_token(g->server->host.app->authn, g->arena, &g->token, g->server->err);
}

static enum errcode greet(struct server *s, struct error *err)
{
    AUTO(arena_freep) struct arena *a = arena_new();
    struct greeting g = {.server = s, .arena = a};
    const char *address = http_address(s->http);
    TRY(say(str_of(arena_printf(a, "listening on http://%s\n", address)), err));
    runtime_run(s->host.runtime, make_token, &g);
    TRY(g.code);
    if (!g.token) {
        return ERR_OK;
    }
    return say(str_of(arena_printf(a, "set up at http://%s%ssetup?token=%s\n", address,
                                   api_base(s->api), g.token)),
               err);
}

/* ---- running ------------------------------------------------------------------------------- */

static void raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
            LOG(LOG_WARNING, "limit", LOG_TEXT("what", "RLIMIT_NOFILE"),
                LOG_TEXT("error", strerror(errno)));
        }
    }
}

static void sweep(void *arg)
{
    struct server *s = arg;
    struct error e = ERROR_INIT;
    if (app_sweep(s->host.app, &e) != ERR_OK) {
        log_error("sweep", &e);
        error_release(&e);
    }
}

/* What may change while we run is taken; what may not is told. */
static void take(struct server *s, const struct settings *fresh)
{
    const struct setting_row *rows = settings_rows();
    for (size_t i = 0; i < SETTING_N; i++) {
        if (!rows[i].is_reloadable && !text_eq(fresh->text[i], s->settings->text[i])) {
            LOG(LOG_WARNING, "reload", LOG_TEXT("setting", rows[i].name),
                LOG_TEXT("note", "takes effect at the next start"));
        }
    }
    (void)log_set_level(fresh->text[SETTING_LOG_LEVEL]); /* checked before */
    app_reload(s->host.app, fresh);
}

static enum errcode check_log_level(const struct settings *s, struct error *err)
{
    static const char *const levels[] = {"error", "warning", "info", "debug"};
    for (size_t i = 0; i < ARRAY_LEN(levels); i++) {
        if (text_eq(levels[i], s->text[SETTING_LOG_LEVEL])) {
            return ERR_OK;
        }
    }
    return ERROR(err, ERR_USAGE, "\"log-level\" is error, warning, info or debug, not \"%s\"",
                 s->text[SETTING_LOG_LEVEL]);
}

struct reader {
    enum errcode (*read)(void *arg, struct arena *a, struct settings *out, struct error *err);
    void *arg;
};

static void reload(struct server *s, struct reader reader)
{
    AUTO(arena_freep) struct arena *a = arena_new();
    struct settings fresh;
    struct error e = ERROR_INIT;
    enum errcode code = reader.read ? reader.read(reader.arg, a, &fresh, &e) : ERR_USAGE;
    if (code == ERR_OK) {
        code = check_log_level(&fresh, &e);
    }
    if (code != ERR_OK) {
        log_error("reload", &e); /* everything stays as it was */
        error_release(&e);
        return;
    }
    take(s, &fresh);
    LOG(LOG_INFO, "reload", LOG_TEXT("log-level", fresh.text[SETTING_LOG_LEVEL]));
}

static const int signals[] = {SIGTERM, SIGINT, SIGHUP};

static void signal_set(sigset_t *set)
{
    sigemptyset(set);
    for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
        sigaddset(set, signals[i]);
    }
}

/* Until somebody wants us to stop. This thread is no loop's: what it does holds nobody up. */
static void wait_for_stop(struct server *s, struct reader reader)
{
    const struct timespec pause = {.tv_sec = SWEEP_SECONDS};
    sigset_t set;
    signal_set(&set);
    for (;;) {
        int got = sigtimedwait(&set, NULL, &pause);
        if (got == SIGTERM || got == SIGINT) {
            LOG(LOG_INFO, "stop", LOG_INT("signal", got));
            return;
        }
        if (got == SIGHUP) {
            reload(s, reader);
        } else if (got < 0 && errno == EAGAIN) {
            runtime_run(s->host.runtime, sweep, s);
        }
    }
}

static enum errcode listen_on(struct server *s, struct error *err)
{
    const struct settings *settings = s->settings;
    struct http_settings http = {
        .listen = settings->text[SETTING_LISTEN],
        .max_connections = settings->integer[SETTING_MAX_CONNECTIONS],
        .max_header_bytes = settings->integer[SETTING_MAX_HEADER_BYTES],
        .idle_seconds = settings->integer[SETTING_IDLE_SECONDS],
        .handler = api_handle,
    };
    s->api = api_new(s->host.app, &studio_files);
    http.arg = s->api;
    return http_start(s->host.runtime, &http, &s->http, err);
}

static enum errcode run(struct server *s, struct reader reader, struct error *err)
{
    TRY(host_open(s->settings, true, 0, &s->host, err));
    enum errcode code = jobs_recover(s->host.app, err);
    if (code == ERR_OK) {
        code = listen_on(s, err);
    }
    if (code == ERR_OK) {
        code = greet(s, err);
    }
    if (code == ERR_OK) {
        wait_for_stop(s, reader);
    }
    if (s->http) {
        http_stop(s->http, code == ERR_OK ? s->settings->integer[SETTING_STOP_SECONDS] : 0);
    }
    jobs_stop(s->host.app);
    api_free(s->api);
    host_close(&s->host);
    return code;
}

enum errcode serve(const struct settings *settings,
                   enum errcode (*read_again)(void *arg, struct arena *a, struct settings *out,
                                              struct error *err),
                   void *arg, struct error *err)
{
    struct server s = {.settings = settings, .err = err};
    sigset_t set;
    TRY(check_log_level(settings, err));
    (void)log_set_level(settings->text[SETTING_LOG_LEVEL]);
    raise_file_limit();
    signal_set(&set);
    if (pthread_sigmask(SIG_BLOCK, &set, NULL) != 0) { /* before there is another thread */
        return ERROR(err, ERR_INTERNAL, "signals cannot be blocked");
    }
    return run(&s, (struct reader){read_again, arg}, err);
}
