#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"

/*
 * Settings: one row each, typed, with range, default and origin. They come from flags, then the
 * environment (TELAIO_<NAME>), then the file (JSON), then the default. main/ passes typed structs
 * on; nobody reads a setting by name afterwards.
 */
enum setting_kind {
    SETTING_NONE = 0,
    SETTING_TEXT,
    SETTING_INTEGER,
    SETTING_BOOLEAN,
};

enum setting_origin {
    ORIGIN_NONE = 0,
    ORIGIN_DEFAULT,
    ORIGIN_FILE,
    ORIGIN_ENVIRONMENT,
    ORIGIN_FLAG,
};

struct setting_row {
    const char *name; /* "max-body-bytes": flag --name, environment TELAIO_MAX_BODY_BYTES */
    enum setting_kind kind;
    const char *default_text;
    int64_t least, most; /* INTEGER */
    bool is_secret;
    bool is_address;    /* of a database: may hold a password */
    bool is_reloadable; /* SIGHUP takes the new value */
    const char *help;
};

/* Rows and values run in parallel; the index is an enum setting. */
enum setting {
    SETTING_DATA,
    SETTING_LISTEN,
    SETTING_STORE,
    SETTING_THREADS,
    SETTING_WORKERS,
    SETTING_MAX_CONNECTIONS,
    SETTING_MAX_HEADER_BYTES,
    SETTING_MAX_BODY_BYTES,
    SETTING_MAX_UPLOAD_BYTES,
    SETTING_MAX_JSON_DEPTH,
    SETTING_IDLE_SECONDS,
    SETTING_STOP_SECONDS,
    SETTING_LOG_LEVEL,
    SETTING_BASE_PATH,
    SETTING_FRAME_ANCESTORS,
    SETTING_SESSION_HOURS,
    SETTING_LOCKOUT_ATTEMPTS,
    SETTING_PASSWORD_MEMORY_KIB,
    SETTING_GROUP_COMMIT,
    SETTING_OPEN_FILES,
    SETTING_CACHE_PAGES,
    SETTING_BUSY_MS,
    SETTING_TRASH_DAYS,
    SETTING_JOB_ROWS,
    SETTING_SOURCE_HOSTS,
    SETTING_SOURCE_FOLDER,
    SETTING_VFS,
    SETTING_N
};

struct settings {
    struct arena *arena;
    const char *text[SETTING_N];
    int64_t integer[SETTING_N]; /* INTEGER, and 0 or 1 for BOOLEAN */
    enum setting_origin origin[SETTING_N];
};

/** settings_rows() - the table, SETTING_N rows. */
const struct setting_row *settings_rows(void);

/** settings_init() - every setting at its default. */
void settings_init(struct settings *s, struct arena *a);

/** settings_set() - one value; a weaker origin never replaces a stronger one.
 *  Errors: ERR_USAGE for an unknown name, a value that does not parse or is out of range. */
enum errcode settings_set(struct settings *s, const char *name, const char *value,
                          enum setting_origin origin, struct error *err) MUST_CHECK;

/** settings_environment() - every TELAIO_… of @environ; an unknown one is ERR_USAGE, except
 *  those that start with TELAIO_TEST_. */
enum errcode settings_environment(struct settings *s, char **environ_list,
                                  struct error *err) MUST_CHECK;

/** settings_file() - the members of the JSON object in file @path. */
enum errcode settings_file(struct settings *s, const char *path, struct error *err) MUST_CHECK;

/** settings_decode() - the members of the JSON object @text (a settings file's content). */
enum errcode settings_decode(struct settings *s, struct str text, struct error *err) MUST_CHECK;

/** settings_print() - name, value and origin of each, secrets masked; JSON when @json. */
void settings_print(const struct settings *s, bool json, struct buf *out);
