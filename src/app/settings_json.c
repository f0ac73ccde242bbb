#include <jansson.h>

#include "app/settings.h"
#include "base/json.h"
#include "engine/kind.h"

static const char *plain_text(struct arena *a, const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_STRING:
        return json_string_value(value);
    case JSON_INTEGER:
        return arena_printf(a, "%lld", (long long)json_integer_value(value));
    case JSON_TRUE:
        return "true";
    case JSON_FALSE:
        return "false";
    default:
        return NULL;
    }
}

enum errcode settings_decode(struct settings *s, struct str text, struct error *err)
{
    json_t *doc;
    TRY(doc_parse(s->arena, text, JSON_DEPTH_MAX, &doc, err));
    if (!json_is_object(doc)) {
        return ERROR(err, ERR_USAGE, "a settings file is a JSON object");
    }
    const char *key;
    json_t *value;
    json_object_foreach(doc, key, value)
    {
        const char *plain = plain_text(s->arena, value);
        if (!plain) {
            return ERROR(err, ERR_USAGE, "setting \"%s\" is a text, an integer or a boolean", key);
        }
        TRY(settings_set(s, key, plain, ORIGIN_FILE, err));
    }
    return ERR_OK;
}

/* In @a, or as it is. */
static const char *shown(struct arena *a, const struct setting_row *row, const char *value)
{
    if (row->is_secret && value[0]) {
        return "***";
    }
    return row->is_address ? engine_address_masked(a, value) : value;
}

void settings_print(const struct settings *s, bool json, struct buf *out)
{
    static const char *const origins[] = {[ORIGIN_DEFAULT] = "default",
                                          [ORIGIN_FILE] = "file",
                                          [ORIGIN_ENVIRONMENT] = "environment",
                                          [ORIGIN_FLAG] = "flag"};
    const struct setting_row *rows = settings_rows();
    struct json_writer w;
    jsonw_init(&w, out);
    if (json) {
        jsonw_begin_array(&w);
    }
    for (int i = 0; i < SETTING_N; i++) {
        const char *value = shown(s->arena, &rows[i], s->text[i]);
        if (!json) {
            buf_printf(out, "%-22s %-24s %-12s %s\n", rows[i].name, value, origins[s->origin[i]],
                       rows[i].help);
            continue;
        }
        jsonw_begin_object(&w);
        jsonw_kv_text(&w, "name", rows[i].name);
        jsonw_kv_text(&w, "value", value);
        jsonw_kv_text(&w, "origin", origins[s->origin[i]]);
        jsonw_kv_bool(&w, "reloadable", rows[i].is_reloadable);
        jsonw_kv_text(&w, "help", rows[i].help);
        jsonw_end_object(&w);
    }
    if (json) {
        jsonw_end_array(&w);
        buf_addc(out, '\n');
    }
}
