#include "app/source_options_json.h"

#include "base/attr.h"
#include "catalog/doc_json.h"

#define MS_MOST          86400000
#define CONNECTIONS_MOST 1000
#define PORT_MOST        65535
#define TEXT_MOST        4096

#define PLACE(member) offsetof(struct engine_options, member)

static const struct {
    const char *key;
    size_t offset;
} texts[] = {
    {"host", PLACE(host)},   {"database", PLACE(database)}, {"schema", PLACE(schema)},
    {"user", PLACE(user)},   {"tlsCa", PLACE(tls_ca)},      {"path", PLACE(path)},
    {"socket", PLACE(host)},
};

static const struct {
    const char *key;
    size_t offset;
    int64_t most;
} numbers[] = {
    {"port", PLACE(port), PORT_MOST},
    {"connections", PLACE(connections), CONNECTIONS_MOST},
    {"connectMs", PLACE(connect_ms), MS_MOST},
    {"statementMs", PLACE(statement_ms), MS_MOST},
    {"lockMs", PLACE(lock_ms), MS_MOST},
};

static const char *const tls_words[] = {
    [TLS_UNSET] = "prefer", [TLS_OFF] = "off", [TLS_REQUIRE] = "require", [TLS_VERIFY] = "verify"};

/* ---- reading -------------------------------------------------------------------------------- */

static enum errcode check_text(const char *key, const char *text, struct error *err)
{
    size_t n = strlen(text);
    bool fits = n <= TEXT_MOST;
    for (size_t i = 0; i < n && fits; i++) {
        fits = (unsigned char)text[i] >= ' ' && text[i] != 0x7f;
    }
    return fits ? ERR_OK : doc_wrong(err, key, "it is too long or has control characters");
}

static enum errcode decode_texts(struct arena *a, const json_t *doc, struct engine_options *o,
                                 bool *is_said, struct error *err)
{
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        const char *text = NULL;
        bool is_socket = text_eq(texts[i].key, "socket");
        TRY(doc_opt_copy(a, doc, texts[i].key, &text, err));
        if (!json_object_get(doc, texts[i].key) || (is_socket && !text)) {
            continue;
        }
        TRY(check_text(texts[i].key, text ? text : "", err));
        if (text && (is_socket != (text[0] == '/')) && texts[i].offset == PLACE(host)) {
            return doc_wrong(err, texts[i].key,
                             is_socket ? "a socket is an absolute path" : "a host is no path");
        }
        *(const char **)((char *)o + texts[i].offset) = text && *text ? text : NULL;
        *is_said = true;
    }
    return ERR_OK;
}

static enum errcode decode_numbers(const json_t *doc, struct engine_options *o, bool *is_said,
                                   struct error *err)
{
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        int64_t n = 0;
        if (!json_object_get(doc, numbers[i].key)) {
            continue;
        }
        TRY(doc_opt_size(doc, numbers[i].key, 1, numbers[i].most, &n, err));
        *(int *)((char *)o + numbers[i].offset) = (int)n;
        *is_said = true;
    }
    return ERR_OK;
}

static enum errcode decode_tls(const json_t *doc, struct engine_options *o, bool *is_said,
                               struct error *err)
{
    const char *word = NULL;
    TRY(doc_opt_text(doc, "tls", &word, err));
    if (!json_object_get(doc, "tls")) {
        return ERR_OK;
    }
    *is_said = true;
    o->tls = TLS_UNSET;
    for (size_t i = 0; word && i < ARRAY_LEN(tls_words); i++) {
        if (text_eq(tls_words[i], word)) {
            o->tls = (enum tls_mode)i;
            return ERR_OK;
        }
    }
    return word ? doc_wrong(err, "tls", "it is prefer, off, require or verify") : ERR_OK;
}

/* What an attached database has no use for, or what would reach out of it. */
static enum errcode check_whole(const struct engine_options *o, const char *key, struct error *err)
{
    if (o->prefix || o->is_distributed) {
        return doc_wrong(err, key, "prefix and distributed are options of the store");
    }
    return ERR_OK;
}

static enum errcode decode_address(const struct engine_kinds *kinds, struct arena *a,
                                   const json_t *doc, const struct engine_kind **kind,
                                   struct engine_options *o, bool *is_said, struct error *err)
{
    const char *address = NULL;
    const struct engine_kind *found = NULL;
    TRY(doc_opt_text(doc, "address", &address, err));
    if (!address) {
        return ERR_OK;
    }
    TRY(check_text("address", address, err));
    if (engine_address_parse(kinds, a, address, &found, o, err) != ERR_OK) {
        return err ? error_where(err, "/address") : ERR_INVALID;
    }
    if (*kind && *kind != found) {
        return doc_wrong(err, "address", "it is the address of another kind of database");
    }
    *kind = found;
    *is_said = true;
    return check_whole(o, "address", err);
}

/* What the members say, as the address that will be kept and read. */
static enum errcode settle(const struct engine_kinds *kinds, struct arena *a,
                           const struct engine_kind *kind, struct engine_options *o,
                           struct error *err)
{
    const struct engine_kind *same = kind;
    const char *password = o->password;
    if (kind->port == 0 && !o->path) {
        return doc_wrong(err, "path", "the path of the file is missing");
    }
    if (kind->port != 0 && !o->host) {
        return doc_wrong(err, "host", "the host is missing");
    }
    if (o->password && !o->user) {
        return doc_wrong(err, "user", "a password needs a user");
    }
    o->uri = NULL;
    TRY(engine_address_parse(kinds, a, engine_address_text(a, kind, o), &same, o, err));
    o->password = password;
    return ERR_OK;
}

enum errcode source_options_decode(const struct engine_kinds *kinds, struct arena *a,
                                   const json_t *doc, const struct engine_kind **kind,
                                   struct engine_options *o, bool *is_said, struct error *err)
{
    bool has_parts = false;
    *is_said = false;
    TRY(decode_address(kinds, a, doc, kind, o, is_said, err));
    TRY(decode_texts(a, doc, o, &has_parts, err));
    TRY(decode_numbers(doc, o, &has_parts, err));
    TRY(decode_tls(doc, o, &has_parts, err));
    *is_said = *is_said || has_parts;
    return has_parts && *kind ? settle(kinds, a, *kind, o, err) : ERR_OK;
}

/* ---- writing -------------------------------------------------------------------------------- */

void source_options_encode(struct json_writer *w, struct arena *a, const struct engine_kind *kind,
                           const struct engine_options *o)
{
    bool is_socket = o->host && o->host[0] == '/';
    jsonw_kv_text(w, "address", kind ? engine_address_text(a, kind, o) : NULL);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        const char *text = *(const char *const *)((const char *)o + texts[i].offset);
        bool is_here =
            texts[i].offset != PLACE(host) || is_socket == text_eq(texts[i].key, "socket");
        if (is_here) {
            jsonw_opt_text(w, texts[i].key, text);
        }
    }
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        int n = *(const int *)((const char *)o + numbers[i].offset);
        if (n > 0) {
            jsonw_kv_int(w, numbers[i].key, n);
        }
    }
    jsonw_kv_text(w, "tls", tls_words[o->tls]);
}

const char *source_options_text(struct arena *a, const struct engine_kind *kind,
                                const struct engine_options *o, bool is_trusted)
{
    struct buf b;
    struct json_writer w;
    buf_init(&b, BUF_MAX_DEFAULT);
    jsonw_init(&w, &b);
    jsonw_begin_object(&w);
    if (kind) {
        jsonw_kv_text(&w, "address", engine_address_text(a, kind, o));
    }
    jsonw_kv_bool(&w, "trusted", is_trusted);
    jsonw_end_object(&w);
    const char *text = arena_str(a, buf_str(&b));
    buf_release(&b);
    return text;
}

enum errcode source_options_read(const struct engine_kinds *kinds, struct arena *a,
                                 const char *text, const struct engine_kind *kind,
                                 struct engine_options *o, bool *is_trusted, struct error *err)
{
    json_t *doc = NULL;
    const char *address = NULL;
    const struct engine_kind *found = NULL;
    *o = (struct engine_options){0};
    *is_trusted = false;
    TRY(doc_parse(a, str_of(text), JSON_DEPTH_MAX, &doc, err));
    TRY(doc_opt_bool(doc, "trusted", is_trusted, err));
    TRY(doc_opt_text(doc, "address", &address, err));
    if (!kind || !address) {
        return ERR_OK;
    }
    return engine_address_parse(kinds, a, address, &found, o, err);
}

const char *source_names_text(struct arena *a, const struct source_names *names)
{
    struct buf b;
    struct json_writer w;
    buf_init(&b, BUF_MAX_DEFAULT);
    jsonw_init(&w, &b);
    jsonw_begin_array(&w);
    for (size_t i = 0; i < names->n; i++) {
        jsonw_text(&w, names->items[i]);
    }
    jsonw_end_array(&w);
    const char *text = arena_str(a, buf_str(&b));
    buf_release(&b);
    return text;
}
