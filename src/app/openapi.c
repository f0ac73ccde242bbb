#include "app/openapi.h"

#include <math.h>

#include "base/regex.h"
#include "data/managed.h"

#define EXAMPLE_ID "018f2c3e-0000-7000-8000-000000000001"

/* ---- examples ------------------------------------------------------------------------------ */

static bool matches(struct arena *a, const char *pattern, const char *text)
{
    struct regex *re = NULL;
    bool is_match = false;
    if (!pattern) {
        return true;
    }
    return regex_compile(a, pattern, &re, NULL) == ERR_OK &&
           regex_match(re, str_of(text), &is_match, NULL) == ERR_OK && is_match;
}

/* A text that obeys the rules where one of the usual ones does. */
static const char *example_text(struct arena *a, const struct column *c)
{
    static const char *const usual[] = {
        "text", "name@example.com", "https://example.com/", "2026-01-31", "12345",
        "AB",   "abc-123",          "+39 055 1234567",      "x"};
    const struct column_rules *r = &c->rules;
    int64_t most = r->has_max_length ? r->max_length : 255;
    if (c->type.length > 0 && c->type.length < most) {
        most = c->type.length;
    }
    for (size_t i = 0; i < ARRAY_LEN(usual); i++) {
        int64_t n = (int64_t)strlen(usual[i]);
        bool fits = n <= most && (!r->has_min_length || n >= r->min_length);
        if (fits && matches(a, r->pattern, usual[i])) {
            return usual[i];
        }
    }
    int64_t n = r->has_min_length && r->min_length < 1000 ? r->min_length : most > 0;
    char *text = arena_alloc(a, (size_t)n + 1);
    memset(text, 'x', (size_t)n);
    return text;
}

static double example_number(const struct column *c)
{
    const struct column_rules *r = &c->rules;
    double f = type_is_integer(&c->type) ? 42 : 12.5;
    if (r->has_max && f > r->max) {
        f = r->max;
    }
    return r->has_min && f < r->min ? r->min : f;
}

static void add_example(struct arena *a, struct json_writer *w, const struct column *c)
{
    static const char *const texts[TYPE_N] = {
        [TYPE_DATE] = "2026-01-31",
        [TYPE_TIME] = "12:30:00",
        [TYPE_DATETIME] = "2026-01-31T12:30:00",
        [TYPE_INSTANT] = "2026-01-31T12:30:00Z",
        [TYPE_UUID] = EXAMPLE_ID,
        [TYPE_BYTES] = "aGVsbG8=",
    };
    const struct type *t = &c->type;
    if (texts[t->kind]) {
        jsonw_text(w, texts[t->kind]);
    } else if (t->kind == TYPE_BOOLEAN) {
        jsonw_bool(w, true);
    } else if (t->n_values || c->rules.n_one_of) {
        jsonw_text(w, t->n_values ? t->values[0] : c->rules.one_of[0]);
    } else if (type_is_integer(t)) {
        jsonw_int(w, (int64_t)ceil(example_number(c)));
    } else if (type_is_number(t)) {
        jsonw_double(w, example_number(c));
    } else if (t->kind == TYPE_JSON) {
        jsonw_raw(w, STR("{\"key\":\"value\"}"));
    } else if (t->kind == TYPE_ARRAY) {
        jsonw_raw(w, STR("[]"));
    } else {
        jsonw_text(w, example_text(a, c));
    }
}

/* ---- schemas ------------------------------------------------------------------------------- */

/* To add a type: its JSON types (several are separated by a space) and its format. */
static const struct {
    const char *types, *format;
} forms[TYPE_N] = {
    [TYPE_BOOLEAN] = {"boolean", NULL},
    [TYPE_INT16] = {"integer", "int32"},
    [TYPE_INT32] = {"integer", "int32"},
    [TYPE_INT64] = {"integer string", "int64"},
    [TYPE_DECIMAL] = {"number string", "decimal"},
    [TYPE_FLOAT32] = {"number string", "double"},
    [TYPE_FLOAT64] = {"number string", "double"},
    [TYPE_TEXT] = {"string", NULL},
    [TYPE_CHAR] = {"string", NULL},
    [TYPE_BYTES] = {"string", NULL},
    [TYPE_DATE] = {"string", "date"},
    [TYPE_TIME] = {"string", "time"},
    [TYPE_DATETIME] = {"string", "date-time"},
    [TYPE_INSTANT] = {"string", "date-time"},
    [TYPE_INTERVAL] = {"integer", NULL},
    [TYPE_UUID] = {"string", "uuid"},
    [TYPE_ENUM] = {"string", NULL},
    [TYPE_ARRAY] = {"array", NULL},
    [TYPE_OBJECT_ID] = {"string", NULL},
};

static void add_types(struct json_writer *w, const struct column *c)
{
    struct str rest = str_of(forms[c->type.kind].types), one;
    if (!rest.p) {
        return; /* anything */
    }
    jsonw_key(w, "type");
    jsonw_begin_array(w);
    while (str_split(&rest, ' ', &one)) {
        jsonw_str(w, one);
    }
    if (c->is_nullable) {
        jsonw_text(w, "null");
    }
    jsonw_end_array(w);
}

static void add_values(struct json_writer *w, const struct column *c)
{
    const char *const *values = c->type.n_values ? c->type.values : c->rules.one_of;
    size_t n = c->type.n_values ? c->type.n_values : c->rules.n_one_of;
    if (n == 0) {
        return;
    }
    jsonw_key(w, "enum");
    jsonw_begin_array(w);
    for (size_t i = 0; i < n; i++) {
        jsonw_text(w, values[i]);
    }
    if (c->is_nullable) {
        jsonw_null(w);
    }
    jsonw_end_array(w);
}

static void add_rules(struct json_writer *w, const struct column *c)
{
    const struct column_rules *r = &c->rules;
    int64_t most = c->type.length > 0 ? c->type.length : 0;
    if (r->has_max_length && (most == 0 || r->max_length < most)) {
        most = r->max_length;
    }
    if (r->has_min_length) {
        jsonw_kv_int(w, "minLength", r->min_length);
    }
    if (most) {
        jsonw_kv_int(w, "maxLength", most);
    }
    if (r->has_min) {
        jsonw_key(w, "minimum");
        jsonw_double(w, r->min);
    }
    if (r->has_max) {
        jsonw_key(w, "maximum");
        jsonw_double(w, r->max);
    }
    if (r->pattern) {
        jsonw_kv_text(w, "pattern", r->pattern);
    }
    if (c->type.kind == TYPE_BYTES) {
        jsonw_kv_text(w, "contentEncoding", "base64");
    }
    add_values(w, c);
}

static bool is_read_only(const struct table *t, const struct column *c)
{
    return c->generated != GENERATED_NONE || (column_is_kept(t, c) && !text_eq(c->name, "id"));
}

static void add_column(struct json_writer *w, const struct table *t, const struct column *c)
{
    const char *format = forms[c->type.kind].format;
    jsonw_key(w, c->name);
    jsonw_begin_object(w);
    add_types(w, c);
    if (format) {
        jsonw_kv_text(w, "format", format);
    }
    if (c->display_name) {
        jsonw_kv_text(w, "title", c->display_name);
    }
    if (c->comment) {
        jsonw_kv_text(w, "description", c->comment);
    }
    add_rules(w, c);
    if (is_read_only(t, c)) {
        jsonw_kv_bool(w, "readOnly", true);
    }
    jsonw_end_object(w);
}

static bool is_required(const struct table *t, const struct column *c)
{
    return !c->is_nullable && !c->default_value && !c->is_auto_increment && !is_read_only(t, c) &&
           !table_in_primary_key(t, c->name);
}

/* @written: what a client sends, without what the server keeps. */
static void add_schema(struct arena *a, struct json_writer *w, const struct tenant_table *t,
                       bool written)
{
    bool has_required = false;
    jsonw_begin_object(w);
    jsonw_kv_text(w, "type", "object");
    jsonw_key(w, "properties");
    jsonw_begin_object(w);
    for (size_t i = 0; i < t->shown.n; i++) {
        const struct column *c = t->shown.columns[i];
        if (!written || !is_read_only(t->table, c)) {
            add_column(w, t->table, c);
        }
        has_required = has_required || is_required(t->table, c);
    }
    jsonw_end_object(w);
    if (written && has_required) {
        jsonw_key(w, "required");
        jsonw_begin_array(w);
        for (size_t i = 0; i < t->shown.n; i++) {
            if (is_required(t->table, t->shown.columns[i])) {
                jsonw_text(w, t->shown.columns[i]->name);
            }
        }
        jsonw_end_array(w);
    }
    jsonw_key(w, "example");
    jsonw_begin_object(w);
    for (size_t i = 0; i < t->shown.n; i++) {
        const struct column *c = t->shown.columns[i];
        bool is_made = is_read_only(t->table, c) || table_in_primary_key(t->table, c->name);
        if (!written || !is_made) {
            jsonw_key(w, c->name);
            add_example(a, w, c);
        }
    }
    jsonw_end_object(w);
    jsonw_end_object(w);
}

/* Names of schemas are [A-Za-z0-9._-]; a table may be called otherwise. */
static const char *schema_name(struct arena *a, const struct tenant_view *v,
                               const struct tenant_table *t)
{
    for (const char *p = t->table->name; *p; p++) {
        bool is_plain = (*p >= '0' && *p <= '9') || (*p >= 'A' && *p <= 'Z') ||
                        (*p >= 'a' && *p <= 'z') || *p == '_' || *p == '-' || *p == '.';
        if (!is_plain) {
            return arena_printf(a, "table.%zu", (size_t)(t - v->tables));
        }
    }
    return t->table->name;
}

static const struct tenant_table *listed(const struct caller *c, const struct tenant_view *v,
                                         size_t i)
{
    const struct tenant_table *t = v->by_resource.entries[i].value;
    return tenant_table_may(c, ACTION_DATA_READ, t) ? t : NULL;
}

void openapi_schemas(const struct caller *c, const struct tenant_view *v, struct json_writer *w)
{
    for (size_t i = 0; i < v->by_resource.n; i++) {
        const struct tenant_table *t = listed(c, v, i);
        if (t) {
            const char *name = schema_name(c->arena, v, t);
            jsonw_key(w, name);
            add_schema(c->arena, w, t, false);
            jsonw_key(w, arena_printf(c->arena, "%s.write", name));
            add_schema(c->arena, w, t, true);
        }
    }
}

/* ---- paths --------------------------------------------------------------------------------- */

struct operation {
    const char *method, *summary;
    enum action action;
    int status;
    bool has_body, is_list;
};

static const struct operation on_table[] = {
    {"get", "List rows", ACTION_DATA_READ, 200, false, true},
    {"post", "Insert a row, or an array of rows", ACTION_DATA_CREATE, 201, true, false},
};
static const struct operation on_row[] = {
    {"get", "Read a row", ACTION_DATA_READ, 200, false, false},
    {"put", "Change the given columns", ACTION_DATA_UPDATE, 200, true, false},
    {"patch", "Change the given columns", ACTION_DATA_UPDATE, 200, true, false},
    {"delete", "Delete a row", ACTION_DATA_DELETE, 200, false, false},
};

static void add_ref(struct arena *a, struct json_writer *w, const char *name)
{
    jsonw_begin_object(w);
    jsonw_kv_text(w, "$ref", arena_printf(a, "#/components/schemas/%s", name));
    jsonw_end_object(w);
}

static void begin_content(struct json_writer *w)
{
    jsonw_key(w, "content");
    jsonw_begin_object(w);
    jsonw_key(w, "application/json");
    jsonw_begin_object(w);
    jsonw_key(w, "schema");
}

static void end_content(struct json_writer *w)
{
    jsonw_end_object(w);
    jsonw_end_object(w);
}

static void add_data(struct arena *a, struct json_writer *w, const struct operation *o,
                     const char *name)
{
    jsonw_begin_object(w);
    jsonw_kv_text(w, "type", "object");
    jsonw_key(w, "properties");
    jsonw_begin_object(w);
    jsonw_key(w, "success");
    jsonw_raw(w, STR("{\"const\":true}"));
    jsonw_key(w, "data");
    if (o->is_list) {
        jsonw_begin_object(w);
        jsonw_kv_text(w, "type", "object");
        jsonw_key(w, "properties");
        jsonw_begin_object(w);
        jsonw_key(w, "rows");
        jsonw_begin_object(w);
        jsonw_kv_text(w, "type", "array");
        jsonw_key(w, "items");
        add_ref(a, w, name);
        jsonw_end_object(w);
        jsonw_key(w, "pagination");
        add_ref(a, w, "Pagination");
        jsonw_end_object(w);
        jsonw_end_object(w);
    } else {
        add_ref(a, w, name);
    }
    jsonw_end_object(w);
    jsonw_end_object(w);
}

static void add_operation(struct arena *a, struct json_writer *w, const struct operation *o,
                          const struct tenant_table *t, const char *name)
{
    jsonw_key(w, o->method);
    jsonw_begin_object(w);
    jsonw_kv_text(w, "summary", o->summary);
    jsonw_key(w, "tags");
    jsonw_begin_array(w);
    jsonw_text(w, t->registry->display_name ? t->registry->display_name : t->table->name);
    jsonw_end_array(w);
    if (o->is_list) {
        jsonw_key(w, "parameters");
        jsonw_raw(w, STR("[{\"$ref\":\"#/components/parameters/page\"},"
                         "{\"$ref\":\"#/components/parameters/limit\"},"
                         "{\"$ref\":\"#/components/parameters/sort\"},"
                         "{\"$ref\":\"#/components/parameters/order\"},"
                         "{\"$ref\":\"#/components/parameters/filters\"},"
                         "{\"$ref\":\"#/components/parameters/search\"},"
                         "{\"$ref\":\"#/components/parameters/cursor\"},"
                         "{\"$ref\":\"#/components/parameters/count\"},"
                         "{\"$ref\":\"#/components/parameters/fields\"}]"));
    }
    if (o->has_body) {
        jsonw_key(w, "requestBody");
        jsonw_begin_object(w);
        jsonw_kv_bool(w, "required", true);
        begin_content(w);
        add_ref(a, w, arena_printf(a, "%s.write", name));
        end_content(w);
        jsonw_end_object(w);
    }
    jsonw_key(w, "responses");
    jsonw_begin_object(w);
    jsonw_key(w, o->status == 201 ? "201" : "200");
    jsonw_begin_object(w);
    jsonw_kv_text(w, "description", "done");
    if (!text_eq(o->method, "delete")) {
        begin_content(w);
        add_data(a, w, o, name);
        end_content(w);
    }
    jsonw_end_object(w);
    jsonw_key(w, "default");
    jsonw_raw(w, STR("{\"$ref\":\"#/components/responses/Error\"}"));
    jsonw_end_object(w);
    jsonw_end_object(w);
}

static void add_path(const struct caller *c, struct json_writer *w, const struct tenant_table *t,
                     const char *name, const char *suffix, const struct operation *operations,
                     size_t n)
{
    jsonw_key(w, arena_printf(c->arena, "%s%s", t->registry->api_prefix, suffix));
    jsonw_begin_object(w);
    if (suffix[0]) {
        jsonw_key(w, "parameters");
        jsonw_raw(w, STR("[{\"name\":\"id\",\"in\":\"path\",\"required\":true,"
                         "\"schema\":{\"type\":\"string\"}}]"));
    }
    for (size_t i = 0; i < n; i++) {
        if (tenant_table_may(c, operations[i].action, t)) {
            add_operation(c->arena, w, &operations[i], t, name);
        }
    }
    jsonw_end_object(w);
}

static void add_bulk(struct arena *a, struct json_writer *w, const struct tenant_table *t)
{
    jsonw_key(w, arena_printf(a, "%s:bulk", t->registry->api_prefix));
    jsonw_raw(w, STR("{\"post\":{\"summary\":\"Insert, change and delete many rows at once\","
                     "\"parameters\":[{\"name\":\"mode\",\"in\":\"query\",\"schema\":{\"enum\":["
                     "\"all-or-nothing\",\"partial\"]}}],\"requestBody\":{\"required\":true,"
                     "\"content\":{\"application/json\":{\"schema\":{\"type\":\"object\","
                     "\"properties\":{\"operations\":{\"type\":\"array\",\"items\":{\"type\":"
                     "\"object\",\"required\":[\"method\"],\"properties\":{\"method\":{\"enum\":["
                     "\"POST\",\"PUT\",\"PATCH\",\"DELETE\"]},\"id\":{\"type\":\"string\"},"
                     "\"data\":{\"type\":\"object\"},\"ifMatch\":{\"type\":\"string\"}}}}}}}}},"
                     "\"responses\":{\"200\":{\"description\":\"done\"},\"default\":{\"$ref\":"
                     "\"#/components/responses/Error\"}}}}"));
}

void openapi_paths(const struct caller *c, const struct tenant_view *v, struct json_writer *w)
{
    for (size_t i = 0; i < v->by_resource.n; i++) {
        const struct tenant_table *t = listed(c, v, i);
        if (t) {
            const char *name = schema_name(c->arena, v, t);
            add_path(c, w, t, name, "", on_table, ARRAY_LEN(on_table));
            add_bulk(c->arena, w, t);
            if (t->table->n_primary_key) {
                add_path(c, w, t, name, "/{id}", on_row, ARRAY_LEN(on_row));
            }
        }
    }
}
