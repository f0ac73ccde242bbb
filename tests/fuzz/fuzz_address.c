/*
 * Addresses of databases, the way people type them: what parses is told again without its password
 * and then says the same; no message and no masked text holds what was the password.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/attr.h"
#include "engine/kind.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const server_schemes[] = {"postgres", "postgresql", NULL};
static const char *const file_schemes[] = {"sqlite", NULL};
static const char *const list_schemes[] = {"mongodb", "mongodb+srv", NULL};

static const struct engine_kind server = {
    .name = "postgresql", .schemes = server_schemes, .port = 5432};
static const struct engine_kind file = {.name = "sqlite", .schemes = file_schemes};
static const struct engine_kind list = {
    .name = "mongodb", .schemes = list_schemes, .port = 27017, .takes_uri = true};
static const struct engine_kind *const items[] = {&file, &server, &list};
static const struct engine_kinds kinds = {items, ARRAY_LEN(items)};

static void must_equal(const struct engine_options *x, const struct engine_options *y)
{
    BUG_ON(!text_eq(x->path, y->path) || !text_eq(x->host, y->host) || x->port != y->port);
    BUG_ON(!text_eq(x->database, y->database) || !text_eq(x->schema, y->schema));
    BUG_ON(!text_eq(x->user, y->user) || !text_eq(x->uri, y->uri) || x->tls != y->tls);
    BUG_ON(!text_eq(x->tls_ca, y->tls_ca) || !text_eq(x->prefix, y->prefix));
    BUG_ON(x->connections != y->connections || x->connect_ms != y->connect_ms);
    BUG_ON(x->statement_ms != y->statement_ms || x->lock_ms != y->lock_ms);
    BUG_ON(x->lease_ms != y->lease_ms);
    BUG_ON(x->is_distributed != y->is_distributed);
}

static size_t count(const char *text, const char *part)
{
    size_t n = 0;
    for (const char *at = strstr(text, part); at; at = strstr(at + 1, part)) {
        n++;
    }
    return n;
}

/* The same bytes may stand elsewhere by chance: one time less than before they do. */
static void must_hide(const char *text, const char *hidden, const char *password)
{
    if (password && !strchr(password, '*') && count(text, password) > 0) {
        BUG_ON(count(hidden, password) >= count(text, password));
    }
}

static void must_tell_again(struct arena *a, const struct engine_kind *kind,
                            const struct engine_options *o)
{
    const struct engine_kind *same = NULL;
    struct engine_options back;
    const char *text = engine_address_text(a, kind, o);
    BUG_ON(engine_address_parse(&kinds, a, text, &same, &back, NULL) != ERR_OK);
    BUG_ON(same != kind || back.password);
    must_equal(o, &back);
    BUG_ON(!text_eq(text, engine_address_text(a, same, &back)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    const struct engine_kind *kind = NULL;
    struct engine_options o = {0};
    struct error err = ERROR_INIT;
    const char *text = arena_strndup(a, (const char *)data, size);
    enum errcode code = engine_address_parse(&kinds, a, text, &kind, &o, &err);
    BUG_ON(code != ERR_OK && code != ERR_INVALID);
    char *blotted = arena_strdup(a, text);
    engine_address_blot(blotted);
    BUG_ON(strlen(blotted) != strlen(text));
    const char *masked = engine_address_masked(a, text);
    BUG_ON(!text_eq(masked, engine_address_masked(a, masked)));
    if (code == ERR_OK) {
        must_hide(text, masked, o.password);
        must_hide(text, blotted, o.password);
        must_tell_again(a, kind, &o);
    }
    error_release(&err);
    return 0;
}
