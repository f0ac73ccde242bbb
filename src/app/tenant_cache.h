#pragma once

#include "app/app.h"
#include "store/user.h"

/*
 * The tenants that requests ask for, kept for as long as the store tells no news (store/news.h):
 * every request needs one, and they hardly ever change. Safe from every thread.
 */
struct tenant_cache;

struct tenant_cache *tenant_cache_new(void) MUST_CHECK;
/** tenant_cache_free() - NULL is fine. */
void tenant_cache_free(struct tenant_cache *c);
/** tenant_cache_forget() - what is kept is void: a tenant was changed. */
void tenant_cache_forget(struct tenant_cache *c);

/** tenant_by_slug() - the tenant, switched off ones too, texts in @a. Errors: ERR_NOT_FOUND. */
enum errcode tenant_by_slug(struct app *app, struct arena *a, struct str slug, struct tenant *out,
                            struct error *err) MUST_CHECK;
/** tenant_by_id() - the same. */
enum errcode tenant_by_id(struct app *app, struct arena *a, int64_t id, struct tenant *out,
                          struct error *err) MUST_CHECK;
