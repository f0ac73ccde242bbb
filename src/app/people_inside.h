#pragma once

#include "app/people.h"

/* What the files about people share. */

/** check_in() - @action in another tenant than the one @c works in. */
enum errcode check_in(const struct caller *c, enum action action, const struct tenant *t,
                      struct error *err) MUST_CHECK;

/** forgive() - go on as if nothing had failed: @err is as it was before. */
static inline void forgive(struct error *err)
{
    if (err) {
        error_release(err);
    }
}

/** people_refuse() - ERR_INVALID with @where. */
enum errcode people_refuse(struct error *err, const char *where, const char *why) MUST_CHECK;

/** sees_all() - works in every tenant. */
bool people_sees_all(const struct caller *c);

/** named_tenant() - @slug as @c may use it for @action, NULL = the one it works in. */
enum errcode named_tenant(const struct caller *c, enum action action, const char *slug,
                          struct tenant *out, struct error *err) MUST_CHECK;

/** profile_write() - the settings of @old (JSON) with the names and the team that @in says. */
const char *profile_write(struct arena *a, const char *old, const struct people_user_fields *in);
