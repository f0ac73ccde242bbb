#include "cli/output.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/str.h"
#include "base/time.h"
#include "base/utf8.h"

#define HEADING_MAX 64

void grid_init(struct grid *g, struct arena *a, const char *const *keys)
{
    *g = (struct grid){.arena = a, .keys = keys};
    while (keys[g->n_columns]) {
        g->n_columns++;
    }
}

void grid_row(struct grid *g, const struct cell *cells)
{
    for (size_t i = 0; i < g->n_columns; i++) {
        ARENA_PUSH(g->arena, g->cells, g->n_cells, cells[i]);
    }
}

/* ---- for programs --------------------------------------------------------------------------- */

static void write_cell(struct json_writer *w, const struct cell *c)
{
    char instant[INSTANT_TEXT_MAX];
    switch (c->kind) {
    case CELL_TEXT:
        jsonw_text(w, c->text);
        break;
    case CELL_INT:
    case CELL_BYTES:
        jsonw_int(w, c->number);
        break;
    case CELL_BOOL:
        jsonw_bool(w, c->number != 0);
        break;
    case CELL_TIME:
        if (c->number) {
            jsonw_str(w, (struct str){instant, instant_format(instant, c->number)});
        } else {
            jsonw_null(w);
        }
        break;
    case CELL_JSON:
        jsonw_raw(w, c->text ? str_of(c->text) : STR("null"));
        break;
    case CELL_NONE:
        jsonw_null(w);
        break;
    }
}

static void write_row(struct json_writer *w, const struct grid *g, size_t row)
{
    jsonw_begin_object(w);
    for (size_t i = 0; i < g->n_columns; i++) {
        jsonw_key(w, g->keys[i]);
        write_cell(w, &g->cells[row * g->n_columns + i]);
    }
    jsonw_end_object(w);
}

/* ---- for people ----------------------------------------------------------------------------- */

static const char *size_text(struct arena *a, int64_t n)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    double v = (double)n;
    size_t unit = 0;
    while (v >= 1024 && unit + 1 < ARRAY_LEN(units)) {
        v /= 1024;
        unit++;
    }
    return arena_printf(a, unit ? "%.1f %s" : "%.0f %s", v, units[unit]);
}

/* A terminal must not obey what somebody stored: control characters become blanks, in both of their
   spellings (C1 is 0xc2 0x80 to 0x9f in UTF-8). Line ends stay when @lines. */
static void tame(char *text, size_t n, bool lines)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i], next = i + 1 < n ? (unsigned char)text[i + 1] : 0;
        if ((c < 0x20 && !(lines && c == '\n')) || c == 0x7f) {
            text[i] = ' ';
        }
        if (c == 0xc2 && next >= 0x80 && next <= 0x9f) {
            text[i] = text[i + 1] = ' ';
        }
    }
}

static const char *tamed(struct arena *a, const char *text)
{
    char *copy = arena_strdup(a, text);
    tame(copy, strlen(copy), false);
    return copy;
}

static const char *show(struct arena *a, const struct cell *c)
{
    char instant[INSTANT_TEXT_MAX];
    switch (c->kind) {
    case CELL_TEXT:
    case CELL_JSON:
        return c->text ? tamed(a, c->text) : "-";
    case CELL_INT:
        return arena_printf(a, "%lld", (long long)c->number);
    case CELL_BYTES:
        return size_text(a, c->number);
    case CELL_BOOL:
        return c->number ? "yes" : "no";
    case CELL_TIME:
        return c->number ? arena_strndup(a, instant, instant_format(instant, c->number)) : "-";
    case CELL_NONE:
        break;
    }
    return "-";
}

/* "createdAt" to "created at". */
static const char *heading(struct arena *a, const char *key)
{
    struct buf b;
    buf_init(&b, HEADING_MAX * 2);
    for (const char *c = key; *c; c++) {
        if (*c >= 'A' && *c <= 'Z') {
            buf_addc(&b, ' ');
            buf_addc(&b, (char)(*c - 'A' + 'a'));
        } else {
            buf_addc(&b, *c);
        }
    }
    const char *text = arena_strdup(a, buf_text(&b));
    buf_release(&b);
    return text;
}

/* Wide characters are rare enough to be let run over. */
static size_t width(const char *text)
{
    return utf8_length(str_of(text));
}

static void pad(struct buf *out, const char *text, size_t to)
{
    buf_adds(out, text);
    for (size_t n = width(text); n < to; n++) {
        buf_addc(out, ' ');
    }
}

static void print_line(struct buf *out, const char *const *texts, const size_t *widths, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (i + 1 < n) {
            pad(out, texts[i], widths[i] + 2);
        } else {
            buf_adds(out, texts[i]);
        }
    }
    buf_addc(out, '\n');
}

static void print_table(const struct grid *g, struct buf *out)
{
    AUTO(arena_freep) struct arena *a = arena_new();
    size_t n = g->n_columns, n_rows = n ? g->n_cells / n : 0;
    const char **texts = ARENA_ARRAY(a, (n_rows + 1) * n, const char *);
    size_t *widths = ARENA_ARRAY(a, n, size_t);
    for (size_t i = 0; i < n; i++) {
        texts[i] = heading(a, g->keys[i]);
    }
    for (size_t i = 0; i < g->n_cells; i++) {
        texts[n + i] = show(a, &g->cells[i]);
    }
    for (size_t i = 0; i < (n_rows + 1) * n; i++) {
        size_t w = width(texts[i]);
        widths[i % n] = w > widths[i % n] ? w : widths[i % n];
    }
    for (size_t row = 0; row <= n_rows; row++) {
        print_line(out, texts + row * n, widths, n);
    }
}

void grid_print(const struct grid *g, bool json, struct buf *out)
{
    struct json_writer w;
    if (!json) {
        print_table(g, out);
        return;
    }
    jsonw_init(&w, out);
    jsonw_begin_array(&w);
    for (size_t row = 0; g->n_columns && row < g->n_cells / g->n_columns; row++) {
        write_row(&w, g, row);
    }
    jsonw_end_array(&w);
    buf_addc(out, '\n');
}

void grid_print_one(const struct grid *g, bool json, struct buf *out)
{
    BUG_ON(g->n_cells != g->n_columns);
    if (json) {
        struct json_writer w;
        jsonw_init(&w, out);
        write_row(&w, g, 0);
        buf_addc(out, '\n');
        return;
    }
    AUTO(arena_freep) struct arena *a = arena_new();
    size_t most = 0;
    for (size_t i = 0; i < g->n_columns; i++) {
        size_t w = width(heading(a, g->keys[i]));
        most = w > most ? w : most;
    }
    for (size_t i = 0; i < g->n_columns; i++) {
        pad(out, heading(a, g->keys[i]), most + 2);
        buf_adds(out, show(a, &g->cells[i]));
        buf_addc(out, '\n');
    }
}

/* ---- descriptors ----------------------------------------------------------------------------- */

enum errcode output_write(int fd, const void *p, size_t n, struct error *err)
{
    const char *at = p;
    while (n > 0) {
        ssize_t put = write(fd, at, n);
        if (put < 0 && errno == EAGAIN) { /* a pipe that somebody made non-blocking */
            struct pollfd wait = {.fd = fd, .events = POLLOUT};
            (void)poll(&wait, 1, -1); /* write() tells what is wrong */
            continue;
        }
        if (put < 0 && errno != EINTR) {
            return ERROR(err, errno == ENOSPC ? ERR_DISK_FULL : ERR_IO,
                         "the output cannot be written: %s", strerror(errno));
        }
        if (put > 0) {
            at += put;
            n -= (size_t)put;
        }
    }
    return ERR_OK;
}

/* Standard error is where failures are told; there is no place to tell that it failed. */
static void complain(const struct buf *text)
{
    struct error ignored = ERROR_INIT;
    enum errcode code = output_write(STDERR_FILENO, text->p, text->n, &ignored);
    (void)code;
    error_release(&ignored);
}

static void error_for_programs(const struct error *err, struct buf *out)
{
    struct json_writer w;
    jsonw_init(&w, out);
    jsonw_begin_object(&w);
    jsonw_key(&w, "error");
    jsonw_begin_object(&w);
    jsonw_kv_text(&w, "code", errcode_row(err->code)->wire);
    jsonw_kv_text(&w, "message", err->message);
    jsonw_kv_text(&w, "detail", err->detail);
    jsonw_kv_text(&w, "hint", err->hint);
    jsonw_kv_text(&w, "where", err->where);
    jsonw_key(&w, "params");
    jsonw_raw(&w, err->params ? str_of(err->params) : STR("null"));
    jsonw_end_object(&w);
    jsonw_end_object(&w);
    buf_addc(out, '\n');
}

static void error_for_people(const struct error *err, struct buf *out)
{
    buf_printf(out, "telaio: %s\n", err->message ? err->message : errcode_row(err->code)->meaning);
    if (err->where) {
        buf_printf(out, "  at %s\n", err->where);
    }
    if (err->detail) {
        buf_printf(out, "  %s\n", err->detail);
    }
    if (err->hint) {
        buf_printf(out, "  hint: %s\n", err->hint);
    }
    tame(out->p, out->n, true);
}

void output_error(const struct error *err, bool json)
{
    struct buf text;
    buf_init(&text, BUF_MAX_DEFAULT);
    if (json) {
        error_for_programs(err, &text);
    } else {
        error_for_people(err, &text);
    }
    complain(&text);
    buf_release(&text);
}

void output_note(const char *fmt, ...)
{
    struct buf text;
    va_list ap;
    buf_init(&text, BUF_MAX_DEFAULT);
    va_start(ap, fmt);
    buf_vprintf(&text, fmt, ap);
    va_end(ap);
    buf_addc(&text, '\n');
    complain(&text);
    buf_release(&text);
}
