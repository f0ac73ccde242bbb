#include "main/host.h"

#include "base/fs.h"
#include "engine/sqlite/sqlite_engine.h"
#include "main/kinds.h"

static const char *or_null(const char *text)
{
    return text && *text ? text : NULL;
}

/* The store asks for more than a source: what it is made of hangs together. */
static enum errcode check_store(const struct engine_kind *kind, const struct engine_options *o,
                                struct error *err)
{
    if (kind == &mongodb_kind) {
        ERROR(err, ERR_UNSUPPORTED, "setting \"store\": %s cannot keep Telaio's own tables",
              kind->label);
        return error_hint(err, "they need transactions and foreign keys; attach it as a source");
    }
    if (o->schema) {
        ERROR(err, ERR_USAGE, "setting \"store\": the store makes schemas of its own");
        return error_hint(err, "option \"prefix\" of the address says how their names begin");
    }
    if (kind == &sqlite_kind && o->path) {
        ERROR(err, ERR_UNSUPPORTED, "setting \"store\": the files are in the data folder");
        return error_hint(err, "--store sqlite: and --data DIR");
    }
    return ERR_OK;
}

static enum errcode read_store(const struct settings *s, struct arena *a,
                               const struct engine_kind **kind, struct engine_options *out,
                               struct error *err)
{
    struct error why = ERROR_INIT;
    if (engine_address_parse(&main_kinds, a, s->text[SETTING_STORE], kind, out, &why) != ERR_OK) {
        ERROR(err, ERR_USAGE, "setting \"store\": %s", why.message);
        (void)error_hint(err, "%s", why.hint ? why.hint : "sqlite:, postgres://… or mariadb://…");
        error_release(&why);
        return ERR_USAGE;
    }
    return check_store(*kind, out, err);
}

static enum errcode open_engine(const struct settings *s, struct engine **out, struct error *err)
{
    AUTO(arena_freep) struct arena *a = arena_new();
    const struct engine_kind *kind = NULL;
    struct engine_options o;
    struct sqlite_settings sqlite = {
        .folder = s->text[SETTING_DATA],
        .no_group_commit = !s->integer[SETTING_GROUP_COMMIT],
        .busy_ms = (int)s->integer[SETTING_BUSY_MS],
        .cache_kib = (int)s->integer[SETTING_CACHE_PAGES],
        .open_files = (int)s->integer[SETTING_OPEN_FILES],
        .vfs = or_null(s->text[SETTING_VFS]),
    };
    TRY(read_store(s, a, &kind, &o, err));
    if (kind == &sqlite_kind) {
        o.path = s->text[SETTING_DATA];
        o.embedded = &sqlite;
    } else {
        TRY(fs_make_folder(s->text[SETTING_DATA], err)); /* for uploads and the key of secrets */
    }
    return kind->open(&o, out, err);
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
    o->code = app_open(o->settings, &main_kinds, o->host->engine, &o->host->app, o->err);
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
