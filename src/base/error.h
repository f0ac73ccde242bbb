#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "base/str.h"

/*
 * The error contract. Fallible functions return enum errcode (ERR_OK == 0) and take struct error
 * *err last; on failure they fill it, on success they leave it untouched. A code may be matched
 * only if the function's header lists it; otherwise it is passed on unchanged. Passing NULL for
 * err is legal and keeps only the code.
 *
 * All codes stand in errcode.def: symbol, wire name, HTTP status, CLI exit status, meaning.
 */
enum errcode {
    ERR_OK = 0,
#define ERRCODE(symbol, wire, http, cli, meaning) ERR_##symbol,
#include "base/errcode.def"
#undef ERRCODE
    ERR_N
};

struct arena;

struct error {
    enum errcode code;
    const char *message; /* one line, lower-case start, no full stop, names in double quotes */
    const char *detail;  /* driver text or more facts, may be NULL; not shown to everybody */
    const char *hint;    /* what to do, may be NULL */
    const char *where;   /* JSON pointer into the request, may be NULL */
    const char *params;  /* JSON object text for translation, may be NULL */
    int engine_code;     /* the engine's own number, 0 when none */
    const char *file;    /* where it was raised; for logs only */
    int line;
    struct arena *arena; /* owns the texts */
};

#define ERROR_INIT \
    (struct error) \
    {              \
        0          \
    }

/** error_release() - free the texts; the struct is then as ERROR_INIT. */
void error_release(struct error *err);

/**
 * error_raise() - fill @err with @code and the formatted message; returns @code
 *
 * Replaces what was there. Use through ERROR(), which adds the source location:
 *     return ERROR(err, ERR_NOT_FOUND, "no table \"%s\"", name);
 */
enum errcode error_raise(struct error *err, enum errcode code, const char *file, int line,
                         const char *fmt, ...) PRINTF_LIKE(5, 6);
#define ERROR(err, code, ...) error_raise((err), (code), __FILE__, __LINE__, __VA_ARGS__)

/** error_detail() and the like - set one more text of a raised error; all return err->code, or with
 *  a NULL err the code that this thread raised last: call them right behind ERROR(). */
enum errcode error_detail(struct error *err, const char *fmt, ...) PRINTF_LIKE(2, 3);
enum errcode error_hint(struct error *err, const char *fmt, ...) PRINTF_LIKE(2, 3);
enum errcode error_where(struct error *err, const char *fmt, ...) PRINTF_LIKE(2, 3);
enum errcode error_params(struct error *err, const char *json);

/** error_prefix_where() - put @prefix (e.g. "/operations/2") before the pointer that is there. */
enum errcode error_prefix_where(struct error *err, const char *prefix);

/** error_move() - @to takes all of @from, which becomes ERROR_INIT; returns to->code. */
enum errcode error_move(struct error *to, struct error *from);

struct errcode_row {
    const char *symbol;
    const char *wire;
    int http_status;
    int exit_status;
    const char *meaning;
};

/** errcode_row() - the row of @code; for ERR_OK {"OK", "ok", 200, 0}. */
const struct errcode_row *errcode_row(enum errcode code);

/** errcode_by_wire() - the code with this wire name, or ERR_N. */
enum errcode errcode_by_wire(struct str wire);

/* TRY() - return from this function when the call failed. */
#define TRY(call)                        \
    do {                                 \
        enum errcode try_code_ = (call); \
        if (try_code_ != ERR_OK) {       \
            return try_code_;            \
        }                                \
    } while (0)
