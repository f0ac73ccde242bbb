#include "main/host.h"

#include "engine/sqlite/sqlite_engine.h"

#define STORE_HERE "sqlite:"

static const char *or_null(const char *text)
{
    return text && *text ? text : NULL;
}

static enum errcode open_engine(const struct settings *s, struct engine **out, struct error *err)
{
    if (!text_eq(s->text[SETTING_STORE], STORE_HERE)) {
        ERROR(err, ERR_UNSUPPORTED, "no store can be opened at \"%s\"", s->text[SETTING_STORE]);
        return error_hint(err, "this version keeps its store in the data folder: " STORE_HERE);
    }
    struct sqlite_settings sqlite = {
        .folder = s->text[SETTING_DATA],
        .no_group_commit = !s->integer[SETTING_GROUP_COMMIT],
        .busy_ms = (int)s->integer[SETTING_BUSY_MS],
        .cache_kib = (int)s->integer[SETTING_CACHE_PAGES],
        .open_files = (int)s->integer[SETTING_OPEN_FILES],
        .vfs = or_null(s->text[SETTING_VFS]),
    };
    return sqlite_engine_open(&sqlite, out, err);
}

/* ---- opening and closing ------------------------------------------------------------------- */

struct opening {
    const struct settings *settings;
    struct host *host;
    struct error *err;
    enum errcode code;
};

static void open_app(void *arg)
{
    struct opening *o = arg;
    o->code = app_open(o->settings, o->host->engine, &o->host->app, o->err);
}

static void close_app(void *arg)
{
    struct host *h = arg;
    h->app = app_close(h->app);
}

static enum errcode open_parts(const struct settings *s, bool with_app, int loops, struct host *h,
                               struct error *err)
{
    struct runtime_settings runtime = {
        .loops = loops ? loops : (int)s->integer[SETTING_THREADS],
        .workers = (int)s->integer[SETTING_WORKERS],
    };
    TRY(open_engine(s, &h->engine, err));
    TRY(runtime_start(&runtime, &h->runtime, err));
    if (!with_app) {
        return ERR_OK;
    }
    struct opening o = {.settings = s, .host = h, .err = err};
    runtime_run(h->runtime, open_app, &o);
    return o.code;
}

enum errcode host_open(const struct settings *settings, bool with_app, int loops, struct host *out,
                       struct error *err)
{
    *out = (struct host){0};
    enum errcode code = open_parts(settings, with_app, loops, out, err);
    if (code != ERR_OK) {
        host_close(out);
    }
    return code;
}

void host_close(struct host *h)
{
    if (h->app) {
        runtime_run(h->runtime, close_app, h);
    }
    if (h->engine) {
        engine_close(h->engine);
    }
    runtime_stop(h->runtime);
    *h = (struct host){0};
}

/* ---- commands ------------------------------------------------------------------------------ */

struct command {
    const struct settings *settings;
    struct host host;
    cli_app_fn *app_fn;
    cli_engine_fn *engine_fn;
    void *arg;
    struct error *err;
    enum errcode code;
};

static void run_command(void *arg)
{
    struct command *c = arg;
    c->code = c->app_fn ? c->app_fn(c->host.app, c->arg, c->err)
                        : c->engine_fn(c->host.engine, c->settings, c->arg, c->err);
}

static enum errcode run_on_one_loop(struct command *c)
{
    TRY(host_open(c->settings, c->app_fn != NULL, 1, &c->host, c->err));
    runtime_run(c->host.runtime, run_command, c);
    host_close(&c->host);
    return c->code;
}

static enum errcode with_app(const struct settings *settings, cli_app_fn *fn, void *arg,
                             struct error *err)
{
    struct command c = {.settings = settings, .app_fn = fn, .arg = arg, .err = err};
    return run_on_one_loop(&c);
}

static enum errcode with_engine(const struct settings *settings, cli_engine_fn *fn, void *arg,
                                struct error *err)
{
    struct command c = {.settings = settings, .engine_fn = fn, .arg = arg, .err = err};
    return run_on_one_loop(&c);
}

const struct cli_host cli_host = {
    .with_app = with_app,
    .with_engine = with_engine,
    .serve = serve,
    .each_route = routes_tell,
};
