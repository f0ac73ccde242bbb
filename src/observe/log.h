#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/error.h"

/*
 * Structured logs: one JSON object a line on standard error, from any thread, whole lines only.
 * Secrets never get here.
 */
enum log_level { LOG_ERROR = 0, LOG_WARNING, LOG_INFO, LOG_DEBUG };

/** log_set_level() - "error", "warning", "info", "debug"; false for another word. */
bool log_set_level(const char *name);
bool log_enabled(enum log_level level);

struct log_field {
    const char *key;
    const char *text; /* NULL = the number counts */
    int64_t number;
};
/* A function, so that a literal is no condition. */
static inline struct log_field log_text(const char *key, const char *text)
{
    return (struct log_field){key, text ? text : "", 0};
}
#define LOG_TEXT(k, v) log_text((k), (v))
#define LOG_INT(k, v)  ((struct log_field){(k), NULL, (int64_t)(v)})

/** log_write() - @event is a word of the field ("request", "start"); @n fields follow it. */
void log_write(enum log_level level, const char *event, const struct log_field *fields, size_t n);
#define LOG(level, event, ...)                                                          \
    do {                                                                                \
        if (log_enabled(level)) {                                                       \
            const struct log_field fields_[] = {__VA_ARGS__};                           \
            log_write((level), (event), fields_, sizeof(fields_) / sizeof(fields_[0])); \
        }                                                                               \
    } while (0)
/** log_error() - an error nobody answers for, with where in the source it was raised. */
void log_error(const char *event, const struct error *err);
