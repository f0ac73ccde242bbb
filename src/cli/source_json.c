#include "cli/source_json.h"

#include <string.h>

#include "app/sources_json.h"

static void add_texts(struct json_writer *w, const char *key, const struct source_names *names)
{
    if (names->n == 0) {
        return;
    }
    jsonw_key(w, key);
    jsonw_begin_array(w);
    for (size_t i = 0; i < names->n; i++) {
        jsonw_text(w, names->items[i]);
    }
    jsonw_end_array(w);
}

static void add_text(struct json_writer *w, const char *key, const char *text)
{
    if (text) {
        jsonw_kv_text(w, key, text);
    }
}

static const char *body_text(struct arena *a, const struct source_words *s)
{
    struct buf b;
    struct json_writer w;
    buf_init(&b, BUF_MAX_DEFAULT);
    jsonw_init(&w, &b);
    jsonw_begin_object(&w);
    add_text(&w, "name", s->name);
    add_text(&w, "address", s->address);
    add_text(&w, "mode", s->mode);
    add_text(&w, "displayName", s->display_name);
    add_texts(&w, "allowTables", &s->allow);
    add_texts(&w, "forbidTables", &s->forbid);
    jsonw_end_object(&w);
    const char *text = arena_str(a, buf_str(&b));
    buf_release(&b);
    return text;
}

enum errcode source_words_decode(const struct caller *caller, const struct source_words *w,
                                 struct source_edit *out, struct error *err)
{
    json_t *body = NULL;
    TRY(doc_parse(caller->arena, str_of(body_text(caller->arena, w)), JSON_DEPTH_MAX, &body, err));
    TRY(source_edit_decode(caller, NULL, body, out, err));
    if (out->has_password) {
        ERROR(err, ERR_USAGE, "a password on the command line can be read by everybody here");
        return error_hint(err, "leave it out of the address and give --password or "
                               "--password-stdin");
    }
    if (w->password.p) {
        out->has_password = true;
        out->password = w->password;
    }
    return ERR_OK;
}
