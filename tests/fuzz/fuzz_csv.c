/*
 * CSV: the first byte chooses the separator and how the bytes are cut into pieces. The rows must
 * not depend on the pieces, and what was read must read back equal when it is written.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Rows as they read, with lengths in front; and the same written as CSV. */
struct taken {
    struct buf plain, written;
    char separator;
};

static enum errcode take(void *arg, const struct csv_field *fields, size_t n, struct error *err)
{
    struct taken *t = arg;
    (void)err;
    for (size_t i = 0; i < n; i++) {
        buf_printf(&t->plain, "%zu:", fields[i].text.n);
        buf_add_str(&t->plain, fields[i].text);
        buf_adds(&t->written, i ? (char[]){t->separator, '\0'} : "");
        csv_add_field(&t->written, t->separator, fields[i].text);
    }
    buf_addc(&t->plain, '\n');
    buf_addc(&t->written, '\n');
    return ERR_OK;
}

static enum errcode read_all(struct str text, size_t piece, struct taken *t)
{
    struct csv_reader r;
    struct csv_limits limits = {.row_bytes = 4096, .fields = 64};
    enum errcode code = ERR_OK;
    buf_init(&t->plain, BUF_MAX_DEFAULT);
    buf_init(&t->written, BUF_MAX_DEFAULT);
    csv_reader_init(&r, t->separator, limits, take, t);
    for (size_t i = 0; i < text.n && code == ERR_OK; i += piece) {
        code =
            csv_push(&r, (struct str){text.p + i, text.n - i < piece ? text.n - i : piece}, NULL);
    }
    if (code == ERR_OK) {
        code = csv_end(&r, NULL);
    }
    csv_reader_release(&r);
    return code;
}

static void release(struct taken *t)
{
    buf_release(&t->plain);
    buf_release(&t->written);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char separators[] = {',', '\t', ';', '|'};
    if (size < 1) {
        return 0;
    }
    struct str text = {(const char *)data + 1, size - 1};
    char separator = separators[data[0] % sizeof separators];
    struct taken whole = {.separator = separator}, cut = whole, again = whole;
    enum errcode code = read_all(text, size, &whole);
    BUG_ON(read_all(text, 1 + data[0] / 8, &cut) != code);
    BUG_ON(!str_eq(buf_str(&whole.plain), buf_str(&cut.plain)));
    if (code == ERR_OK) {
        BUG_ON(read_all(buf_str(&whole.written), 7, &again) != ERR_OK);
        BUG_ON(!str_eq(buf_str(&whole.plain), buf_str(&again.plain)));
        release(&again);
    }
    release(&whole);
    release(&cut);
    return 0;
}
