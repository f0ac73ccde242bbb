#include "mongo_wire.h"

#include <endian.h>
#include <string.h>

enum { OP_REPLY = 1, OP_QUERY = 2004, OP_MSG = 2013 };
enum { FLAG_CHECKSUM = 1, FLAG_MORE_TO_COME = 2, FLAG_EXHAUST = 1 << 16 };

/* The bytes that are left to read; `ok` goes false at the first that is missing. */
struct reader {
    const uint8_t *p;
    size_t n;
    bool ok;
};

static const uint8_t *take(struct reader *r, size_t n)
{
    if (!r->ok || n > r->n) {
        r->ok = false;
        return NULL;
    }
    const uint8_t *p = r->p;
    r->p += n;
    r->n -= n;
    return p;
}

static int32_t read_int32(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return (int32_t)le32toh(v);
}

static int32_t take_int32(struct reader *r)
{
    const uint8_t *p = take(r, 4);
    return p ? read_int32(p) : 0;
}

static const char *take_text(struct reader *r)
{
    const uint8_t *end = r->ok ? memchr(r->p, '\0', r->n) : NULL;
    if (!end) {
        r->ok = false;
        return NULL;
    }
    return (const char *)take(r, (size_t)(end - r->p) + 1);
}

static bool take_document(struct reader *r, bson_t *out)
{
    if (!r->ok || r->n < 5) {
        r->ok = false;
        return false;
    }
    int32_t length = read_int32(r->p);
    const uint8_t *p = length >= 5 ? take(r, (size_t)length) : NULL;
    r->ok = p && bson_init_static(out, p, (size_t)length) &&
            bson_validate(out, BSON_VALIDATE_NONE, NULL);
    return r->ok;
}

/* Length, name, documents to the end. */
static void take_sequence(struct reader *r, bson_t *command)
{
    const uint8_t *start = r->p;
    int32_t length = take_int32(r);
    const char *name = take_text(r);
    if (!r->ok || length < 4 || (size_t)length < (size_t)(r->p - start)) {
        r->ok = false;
        return;
    }
    size_t rest = (size_t)length - (size_t)(r->p - start);
    const uint8_t *p = take(r, rest);
    struct reader documents = {p, rest, p != NULL};
    bson_t list, document;
    bson_append_array_begin(command, name, -1, &list);
    for (uint32_t i = 0; documents.n > 0 && take_document(&documents, &document); i++) {
        const char *key;
        char room[16];
        size_t n = bson_uint32_to_string(i, &key, room, sizeof room);
        bson_append_document(&list, key, (int)n, &document);
    }
    bson_append_array_end(command, &list);
    r->ok = documents.ok;
}

/* The body first: its first key is the command's name. */
static bool read_msg(struct reader r, bson_t *command, bool *wants_answer)
{
    uint32_t flags = (uint32_t)take_int32(&r);
    if (flags & ~(uint32_t)(FLAG_CHECKSUM | FLAG_MORE_TO_COME | FLAG_EXHAUST)) {
        return false;
    }
    if (flags & FLAG_CHECKSUM) {
        r.ok = r.ok && r.n >= 4;
        r.n -= r.ok ? 4 : 0;
    }
    *wants_answer = !(flags & FLAG_MORE_TO_COME);
    struct reader again = r;
    int n_bodies = 0;
    bson_t body;
    while (r.ok && r.n > 0) {
        if (*take(&r, 1) == 0) {
            if (take_document(&r, &body)) {
                n_bodies++;
                bson_concat(command, &body);
            }
        } else {
            int32_t length = r.n >= 4 ? read_int32(r.p) : 0;
            take(&r, length >= 4 ? (size_t)length : SIZE_MAX);
        }
    }
    while (r.ok && again.ok && again.n > 0) {
        uint8_t kind = *take(&again, 1);
        if (kind == 0) {
            take_document(&again, &body);
        } else if (kind == 1) {
            take_sequence(&again, command);
        } else {
            again.ok = false;
        }
    }
    return r.ok && again.ok && n_bodies == 1;
}

static bool read_query(struct reader r, bson_t *command)
{
    bson_t document;
    take(&r, 4); /* flags */
    take_text(&r);
    take(&r, 8); /* documents to skip and to return */
    if (!take_document(&r, &document)) {
        return false;
    }
    bson_concat(command, &document);
    return true;
}

bool wire_header_read(const uint8_t bytes[WIRE_HEADER], struct wire_header *out)
{
    out->length = read_int32(bytes);
    out->id = read_int32(bytes + 4);
    out->operation = read_int32(bytes + 12);
    return out->length >= WIRE_HEADER && out->length <= WIRE_MESSAGE_MAX;
}

bool wire_command_read(const struct wire_header *h, const uint8_t *body, size_t n, bson_t *command,
                       bool *wants_answer)
{
    struct reader r = {body, n, true};
    *wants_answer = true;
    switch (h->operation) {
    case OP_MSG:
        return read_msg(r, command, wants_answer);
    case OP_QUERY:
        return read_query(r, command);
    default:
        return false;
    }
}

static void put_int32(uint8_t *p, size_t value)
{
    uint32_t v = htole32((uint32_t)value);
    memcpy(p, &v, sizeof v);
}

size_t wire_answer_head(const struct wire_header *to, int32_t id, size_t n, uint8_t out[36])
{
    bool is_reply = to->operation == OP_QUERY;
    size_t head = is_reply ? 36 : 21; /* OP_REPLY: 20 bytes of its own; OP_MSG: flags and a kind */
    memset(out, 0, 36);
    put_int32(out, head + n);
    put_int32(out + 4, (uint32_t)id);
    put_int32(out + 8, (uint32_t)to->id);
    put_int32(out + 12, is_reply ? OP_REPLY : OP_MSG);
    if (is_reply) {
        put_int32(out + 32, 1); /* one document */
    }
    return head;
}
