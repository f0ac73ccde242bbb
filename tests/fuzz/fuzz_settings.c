/* A settings file: what is taken is in range, and what is refused says why. */
#include <stddef.h>
#include <stdint.h>

#include "app/settings.h"
#include "base/attr.h"
#include "base/buf.h"
#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be_in_range(struct arena *a, const struct settings *s)
{
    struct buf b;
    json_t *doc = NULL;
    for (int i = 0; i < SETTING_N; i++) {
        const struct setting_row *row = &settings_rows()[i];
        BUG_ON(!s->text[i]);
        BUG_ON(row->kind == SETTING_INTEGER &&
               (s->integer[i] < row->least || s->integer[i] > row->most));
        BUG_ON(row->kind == SETTING_BOOLEAN && s->integer[i] != 0 && s->integer[i] != 1);
    }
    buf_init(&b, BUF_MAX_DEFAULT);
    settings_print(s, true, &b);
    BUG_ON(doc_parse(a, buf_str(&b), JSON_DEPTH_MAX, &doc, NULL) != ERR_OK);
    BUG_ON(json_array_size(doc) != SETTING_N);
    settings_print(s, false, &b);
    buf_release(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    struct settings s;
    struct error err = ERROR_INIT;
    settings_init(&s, a);
    struct str text = {arena_strndup(a, (const char *)data, size), size};
    if (settings_decode(&s, text, &err) == ERR_OK) {
        must_be_in_range(a, &s);
    } else {
        BUG_ON(!err.message);
    }
    error_release(&err);
    return 0;
}
