/*
 * multipart/form-data: the first byte says how the bytes are cut into pieces, the first line is the
 * Content-Type, the rest the body. The parts must not depend on the pieces.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/multipart.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum errcode begin(void *arg, const struct multipart_part *part, struct error *err)
{
    struct buf *b = arg;
    (void)err;
    buf_printf(b, "\n[%zu %zu %zu ", part->name.n, part->filename.n, part->content_type.n);
    buf_add_str(b, part->name);
    buf_add_str(b, part->filename);
    buf_add_str(b, part->content_type);
    buf_addc(b, ']');
    return ERR_OK;
}

static enum errcode take(void *arg, struct str bytes, struct error *err)
{
    (void)err;
    buf_add_str(arg, bytes);
    return ERR_OK;
}

static enum errcode read_all(struct buf *out, struct str boundary, struct str text, size_t piece)
{
    const struct multipart_taker taker = {begin, take, out};
    struct multipart_reader r;
    enum errcode code = ERR_OK;
    multipart_init(&r, boundary, &taker);
    while (code == ERR_OK && text.n > 0) {
        size_t n = text.n < piece ? text.n : piece;
        code = multipart_push(&r, (struct str){text.p, n}, NULL);
        text = str_sub(text, n);
    }
    if (code == ERR_OK) {
        code = multipart_end(&r, NULL);
    }
    multipart_release(&r);
    return code;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1) {
        return 0;
    }
    struct arena *a AUTO(arena_freep) = arena_new();
    struct str text = {arena_strndup(a, (const char *)data + 1, size - 1), size - 1};
    size_t line = str_find(text, '\n');
    struct str boundary = multipart_boundary((struct str){text.p, line});
    BUG_ON(boundary.p && (boundary.n == 0 || boundary.n > MULTIPART_BOUNDARY_MAX));
    if (!boundary.p) {
        boundary = STR("B");
    }
    struct str body = str_sub(text, line < text.n ? line + 1 : text.n);
    struct buf whole;
    struct buf cut;
    buf_init(&whole, BUF_MAX_DEFAULT);
    buf_init(&cut, BUF_MAX_DEFAULT);
    enum errcode code = read_all(&whole, boundary, body, body.n + 1);
    BUG_ON(read_all(&cut, boundary, body, 1 + data[0] % 16) != code);
    BUG_ON(code == ERR_OK && !str_eq(buf_str(&whole), buf_str(&cut)));
    buf_release(&whole);
    buf_release(&cut);
    return 0;
}
