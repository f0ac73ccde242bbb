#include "base/error.h"

#include <stdarg.h>
#include <stddef.h>

#include "base/arena.h"

static const struct errcode_row rows[] = {
    [ERR_OK] = {"OK", "ok", 200, 0, "it worked"},
#define ERRCODE(symbol_, wire_, http_, cli_, meaning_) \
    [ERR_##symbol_] = {#symbol_, wire_, http_, cli_, meaning_},
#include "base/errcode.def"
#undef ERRCODE
};

/* So that an error without a struct keeps its code when a text is added to it. */
static _Thread_local enum errcode last_raised;

void error_release(struct error *err)
{
    arena_free(err->arena);
    *err = ERROR_INIT;
}

enum errcode error_raise(struct error *err, enum errcode code, const char *file, int line,
                         const char *fmt, ...)
{
    BUG_ON(code == ERR_OK || code >= ERR_N);
    last_raised = code;
    if (!err) {
        return code;
    }
    /* the new message may be made of texts of the old error: write it before these go */
    struct arena *old = err->arena;
    struct arena *fresh = arena_new();
    va_list ap;
    va_start(ap, fmt);
    const char *message = arena_vprintf(fresh, fmt, ap);
    va_end(ap);
    arena_free(old);
    *err = (struct error){
        .code = code, .message = message, .file = file, .line = line, .arena = fresh};
    return code;
}

#define SET_TEXT(err, member, fmt)                            \
    do {                                                      \
        if (!(err)) {                                         \
            return last_raised;                               \
        }                                                     \
        BUG_ON(!(err)->arena);                                \
        va_list ap;                                           \
        va_start(ap, fmt);                                    \
        (err)->member = arena_vprintf((err)->arena, fmt, ap); \
        va_end(ap);                                           \
    } while (0)

enum errcode error_detail(struct error *err, const char *fmt, ...)
{
    SET_TEXT(err, detail, fmt);
    return err->code;
}

enum errcode error_hint(struct error *err, const char *fmt, ...)
{
    SET_TEXT(err, hint, fmt);
    return err->code;
}

enum errcode error_where(struct error *err, const char *fmt, ...)
{
    SET_TEXT(err, where, fmt);
    return err->code;
}

enum errcode error_params(struct error *err, const char *json)
{
    if (!err) {
        return last_raised;
    }
    err->params = arena_strdup(err->arena, json);
    return err->code;
}

enum errcode error_prefix_where(struct error *err, const char *prefix)
{
    if (!err) {
        return last_raised;
    }
    if (err->code == ERR_OK) {
        return ERR_OK;
    }
    err->where = arena_printf(err->arena, "%s%s", prefix, err->where ? err->where : "");
    return err->code;
}

enum errcode error_move(struct error *to, struct error *from)
{
    enum errcode code = from->code;
    if (to && to != from) {
        arena_free(to->arena);
        *to = *from;
        *from = ERROR_INIT;
    } else if (!to) {
        error_release(from);
    }
    return code;
}

const struct errcode_row *errcode_row(enum errcode code)
{
    BUG_ON(code >= ERR_N);
    return &rows[code];
}

enum errcode errcode_by_wire(struct str wire)
{
    for (size_t i = 1; i < ARRAY_LEN(rows); i++) {
        if (str_is(wire, rows[i].wire)) {
            return (enum errcode)i;
        }
    }
    return ERR_N;
}
