#include "observe/log.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/time.h"

#define LINE_MAX_BYTES ((size_t)1 << 20)

static const char *const level_names[] = {
    [LOG_ERROR] = "error", [LOG_WARNING] = "warning", [LOG_INFO] = "info", [LOG_DEBUG] = "debug"};

static atomic_int level_now = LOG_INFO;
static pthread_mutex_t output = PTHREAD_MUTEX_INITIALIZER;

bool log_set_level(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(level_names); i++) {
        if (strcmp(name, level_names[i]) == 0) {
            atomic_store_explicit(&level_now, (int)i, memory_order_relaxed);
            return true;
        }
    }
    return false;
}

bool log_enabled(enum log_level level)
{
    return (int)level <= atomic_load_explicit(&level_now, memory_order_relaxed);
}

/* One write() for a line, nearly always; the lock keeps the rest of a cut one together. A log that
 * cannot be written has nobody to be told. */
static void write_line(const char *p, size_t n)
{
    pthread_mutex_lock(&output);
    while (n > 0) {
        ssize_t done = write(STDERR_FILENO, p, n);
        if (done >= 0) {
            p += done;
            n -= (size_t)done;
        } else if (errno == EAGAIN) {
            struct pollfd room = {.fd = STDERR_FILENO, .events = POLLOUT};
            poll(&room, 1, -1);
        } else if (errno != EINTR) {
            break;
        }
    }
    pthread_mutex_unlock(&output);
}

static void print_line(struct buf *b, enum log_level level, const char *event,
                       const struct log_field *fields, size_t n)
{
    char now[INSTANT_TEXT_MAX];
    instant_format(now, time_now_us());
    struct json_writer w;
    jsonw_init(&w, b);
    jsonw_begin_object(&w);
    jsonw_kv_text(&w, "time", now);
    jsonw_kv_text(&w, "level", level_names[level]);
    jsonw_kv_text(&w, "event", event);
    for (size_t i = 0; i < n; i++) {
        if (fields[i].text) {
            jsonw_kv_text(&w, fields[i].key, fields[i].text);
        } else {
            jsonw_kv_int(&w, fields[i].key, fields[i].number);
        }
    }
    jsonw_end_object(&w);
    buf_addc(b, '\n');
}

void log_write(enum log_level level, const char *event, const struct log_field *fields, size_t n)
{
    struct buf b;
    buf_init(&b, LINE_MAX_BYTES);
    print_line(&b, level, event, fields, n);
    if (buf_failed(&b)) {
        /* A line says at least that it was there. */
        buf_clear(&b);
        print_line(&b, level, event, NULL, 0);
    }
    write_line(b.p, b.n);
    buf_release(&b);
}

void log_error(const char *event, const struct error *err)
{
    LOG(LOG_ERROR, event, LOG_TEXT("code", errcode_row(err->code)->wire),
        LOG_TEXT("message", err->message), LOG_TEXT("detail", err->detail),
        LOG_INT("engine_code", err->engine_code), LOG_TEXT("file", err->file),
        LOG_INT("line", err->line));
}
