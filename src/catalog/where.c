#include "catalog/where.h"

#include <stdarg.h>

#include "base/buf.h"
#include "base/json.h"

enum errcode where_prefix(struct error *err, enum errcode code, const char *fmt, ...)
{
    if (code == ERR_OK || !err) {
        return code;
    }
    struct buf b;
    buf_init(&b, BUF_MAX_DEFAULT);
    va_list ap;
    va_start(ap, fmt);
    buf_vprintf(&b, fmt, ap);
    va_end(ap);
    error_prefix_where(err, buf_text(&b));
    buf_release(&b);
    return code;
}

enum errcode where_member(struct error *err, enum errcode code, const char *key)
{
    if (code == ERR_OK || !err) {
        return code;
    }
    struct buf b;
    buf_init(&b, BUF_MAX_DEFAULT);
    doc_pointer_token(&b, key);
    error_prefix_where(err, buf_text(&b));
    buf_release(&b);
    return code;
}
