#include "app/settings.h"

#include <string.h>

#include "base/fs.h"
#include "base/str.h"

#define GIB ((int64_t)1 << 30)

/* To add one: a name in enum setting, a row here at its place. */
static const struct setting_row rows[SETTING_N] = {
    [SETTING_DATA] = {"data", SETTING_TEXT, "./telaio-data", .help = "folder of all data"},
    [SETTING_LISTEN] = {"listen", SETTING_TEXT, "127.0.0.1:5950",
                        .help = "address and port; port 0 takes a free one"},
    [SETTING_STORE] = {"store", SETTING_TEXT, "sqlite:", .is_address = true,
                       .help = "where Telaio's own tables are"},
    [SETTING_THREADS] = {"threads", SETTING_INTEGER, "0", 0, 256,
                         .help = "event loops; 0 is one per core"},
    [SETTING_WORKERS] = {"workers", SETTING_INTEGER, "4", 1, 256, .help = "worker threads"},
    [SETTING_MAX_CONNECTIONS] = {"max-connections", SETTING_INTEGER, "10000", 1, 1000000,
                                 .help = "open connections; more are answered 503"},
    [SETTING_MAX_HEADER_BYTES] = {"max-header-bytes", SETTING_INTEGER, "16104", 1024, 1 << 20,
                                  .help = "header block of a request"},
    [SETTING_MAX_BODY_BYTES] = {"max-body-bytes", SETTING_INTEGER, "8388608", 0, GIB,
                                .help = "body of a request that is read whole"},
    [SETTING_MAX_UPLOAD_BYTES] = {"max-upload-bytes", SETTING_INTEGER, "2147483648", 0, INT64_MAX,
                                  .help = "body of an import, which is streamed"},
    [SETTING_MAX_JSON_DEPTH] = {"max-json-depth", SETTING_INTEGER, "64", 1, 64,
                                .help = "nesting of a JSON body"},
    [SETTING_IDLE_SECONDS] = {"idle-seconds", SETTING_INTEGER, "60", 1, 86400,
                              .help = "a connection without traffic is closed after this"},
    [SETTING_STOP_SECONDS] = {"stop-seconds", SETTING_INTEGER, "10", 0, 3600,
                              .help = "what runs may finish within this when the server stops"},
    [SETTING_LOG_LEVEL] = {"log-level", SETTING_TEXT, "info", .is_reloadable = true,
                           .help = "error, warning, info or debug"},
    [SETTING_BASE_PATH] = {"base-path", SETTING_TEXT, "/",
                           .help = "path prefix behind a proxy, e.g. /db/"},
    [SETTING_FRAME_ANCESTORS] = {"frame-ancestors", SETTING_TEXT, "'none'",
                                 .help = "who may frame the studio (CSP source list)"},
    [SETTING_SESSION_HOURS] = {"session-hours", SETTING_INTEGER, "168", 1, 8760,
                               .help = "life of a sign-in"},
    [SETTING_LOCKOUT_ATTEMPTS] = {"lockout-attempts", SETTING_INTEGER, "5", 1, 1000,
                                  .help = "failed sign-ins before an account waits"},
    [SETTING_PASSWORD_MEMORY_KIB] = {"password-memory-kib", SETTING_INTEGER, "65536", 8, 4194304,
                                     .help = "memory of one password hash"},
    [SETTING_GROUP_COMMIT] = {"group-commit", SETTING_BOOLEAN, "true",
                              .help = "many writes share one commit; off is for measurements"},
    [SETTING_OPEN_FILES] = {"open-files", SETTING_INTEGER, "1024", 1, 100000,
                            .help = "tenant files kept open"},
    [SETTING_CACHE_PAGES] = {"cache-kib", SETTING_INTEGER, "512", 16, 4194304,
                             .help = "page cache per database connection"},
    [SETTING_BUSY_MS] = {"busy-ms", SETTING_INTEGER, "5000", 0, 600000,
                         .help = "wait for another process's lock"},
    [SETTING_TRASH_DAYS] = {"trash-days", SETTING_INTEGER, "30", 1, 3650, .is_reloadable = true,
                            .help = "what was dropped is kept this long"},
    [SETTING_JOB_ROWS] = {"job-rows", SETTING_INTEGER, "1000000", 0, INT64_MAX,
                          .help = "a change that rewrites more rows runs as a job"},
    [SETTING_SOURCE_HOSTS] = {"source-hosts", SETTING_TEXT, "",
                              .help = "hosts that may be attached: names, networks, paths of "
                                      "sockets, *"},
    [SETTING_SOURCE_FOLDER] = {"source-folder", SETTING_TEXT, "",
                               .help = "folder of the database files that may be attached"},
    [SETTING_VFS] = {"vfs", SETTING_TEXT, "", .help = "SQLite VFS by name, for tests"},
};

const struct setting_row *settings_rows(void)
{
    return rows;
}

static enum errcode parse(const struct setting_row *row, const char *text, int64_t *integer,
                          struct error *err)
{
    if (row->kind == SETTING_TEXT) {
        return ERR_OK;
    }
    if (row->kind == SETTING_BOOLEAN) {
        bool on = text_eq(text, "true") || text_eq(text, "on") || text_eq(text, "1");
        bool off = text_eq(text, "false") || text_eq(text, "off") || text_eq(text, "0");
        if (!on && !off) {
            return ERROR(err, ERR_USAGE, "setting \"%s\" is true or false, not \"%s\"", row->name,
                         text);
        }
        *integer = on;
        return ERR_OK;
    }
    int64_t v;
    if (!str_int64(str_of(text), &v) || v < row->least || v > row->most) {
        return ERROR(err, ERR_USAGE, "setting \"%s\" is an integer from %lld to %lld, not \"%s\"",
                     row->name, (long long)row->least, (long long)row->most, text);
    }
    *integer = v;
    return ERR_OK;
}

void settings_init(struct settings *s, struct arena *a)
{
    *s = (struct settings){.arena = a};
    for (int i = 0; i < SETTING_N; i++) {
        s->text[i] = rows[i].default_text;
        s->origin[i] = ORIGIN_DEFAULT;
        BUG_ON(parse(&rows[i], rows[i].default_text, &s->integer[i], NULL) != ERR_OK);
    }
}

enum errcode settings_set(struct settings *s, const char *name, const char *value,
                          enum setting_origin origin, struct error *err)
{
    for (int i = 0; i < SETTING_N; i++) {
        if (!text_eq(rows[i].name, name)) {
            continue;
        }
        int64_t integer = s->integer[i];
        TRY(parse(&rows[i], value, &integer, err));
        if (origin >= s->origin[i]) {
            s->text[i] = arena_strdup(s->arena, value);
            s->integer[i] = integer;
            s->origin[i] = origin;
        }
        return ERR_OK;
    }
    ERROR(err, ERR_USAGE, "unknown setting \"%s\"", name);
    return error_hint(err, "telaio serve --print-settings lists them");
}

enum errcode settings_environment(struct settings *s, char **environ_list, struct error *err)
{
    for (; *environ_list; environ_list++) {
        struct str entry = str_of(*environ_list);
        if (!str_starts(entry, STR("TELAIO_")) || str_starts(entry, STR("TELAIO_TEST_"))) {
            continue;
        }
        size_t equals = str_find(entry, '=');
        char *name = arena_strndup(s->arena, entry.p + 7, equals - 7);
        for (char *c = name; *c; c++) {
            *c = *c == '_' ? '-' : (char)(*c >= 'A' && *c <= 'Z' ? *c - 'A' + 'a' : *c);
        }
        TRY(settings_set(s, name, entry.p + equals + 1, ORIGIN_ENVIRONMENT, err));
    }
    return ERR_OK;
}

enum errcode settings_file(struct settings *s, const char *path, struct error *err)
{
    struct str text;
    TRY(fs_read_file(s->arena, path, 1 << 20, &text, err));
    enum errcode code = settings_decode(s, text, err);
    if (code != ERR_OK) {
        error_detail(err, "in settings file %s", path);
    }
    return code;
}
