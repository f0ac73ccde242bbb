#pragma once

#include "app/app.h"
#include "app/source.h"
#include "authn/principal_types.h"
#include "authz/authz.h"
#include "migrate/change_run.h"

/*
 * Who asks for a use case, in which tenant, from where. Made once a request; every use case takes
 * one and judges with it.
 */
struct caller {
    struct app *app;
    struct arena *arena; /* of the request */
    struct principal principal;
    struct subject subject;             /* the same for authz; borrowed by caller_* */
    struct tenant tenant;               /* the one it works in; id 0 = none (nobody is signed in) */
    const struct source *source;        /* attached, caller_use_source(); NULL = the tenant's own */
    const struct source_policy *policy; /* of the source, caller_policy(); NULL = not read */
    const char *request_id;             /* may be NULL */
    const char *address;
    const char *agent;
};

struct caller_credentials {
    struct str bearer, cookie; /* p NULL = none */
    struct str tenant;         /* X-Telaio-Tenant, p NULL = not given; checked, never trusted */
    const char *request_id, *address, *agent;
};

/**
 * caller_identify() - who holds these credentials, and in which tenant they work
 *
 * Without credentials: ERR_OK, principal.kind is PRINCIPAL_NONE. Errors: ERR_UNAUTHENTICATED,
 * ERR_NOT_FOUND for a tenant that is not there, switched off, or not the caller's.
 */
enum errcode caller_identify(struct app *app, struct arena *a, const struct caller_credentials *in,
                             struct caller *out, struct error *err) MUST_CHECK;
/** caller_system() - the command line on the data folder: may everything, works in the tenant
 *  @slug (NULL = "main"; when it is not there yet, tenant.id is 0). Errors: ERR_NOT_FOUND. */
enum errcode caller_system(struct app *app, struct arena *a, const char *slug, struct caller *out,
                           struct error *err) MUST_CHECK;

/** caller_check() - may @c do @action in its tenant? Coarse: some object could give a yes. */
enum errcode caller_check(const struct caller *c, enum action action, struct error *err) MUST_CHECK;
/** caller_check_table() - the same on one table. @policy: NULL = the table says nothing. */
enum errcode caller_check_table(const struct caller *c, enum action action, const char *table,
                                const struct table_policy *policy, struct error *err) MUST_CHECK;
/** caller_may_table() - as caller_check_table(), as a yes or no. */
bool caller_may_table(const struct caller *c, enum action action, const char *table,
                      const struct table_policy *policy);

/**
 * caller_use_source() - from now on @c works in the source @name of its tenant; p NULL or "main" is
 * the tenant's own
 *
 * Errors: ERR_NOT_FOUND, also for one that the caller may not see; those of source_use().
 */
enum errcode caller_use_source(struct caller *c, struct str name, struct error *err) MUST_CHECK;
/** caller_policy() - read the policy of the source that @c works in, once. */
enum errcode caller_policy(struct caller *c, struct error *err) MUST_CHECK;
/** caller_source_name() - "main", or the name of the attached one. */
const char *caller_source_name(const struct caller *c);
/** caller_engine() - where what it works in is. */
struct engine *caller_engine(const struct caller *c);
/** caller_ns() - namespace of the source it works in. */
struct str caller_ns(const struct caller *c);
/** caller_target() - the source it works in, with the hooks that registry and audit need. */
struct migrate_target caller_target(const struct caller *c);
/** caller_audit() - one entry; @object, @detail (JSON object text) may be NULL. */
enum errcode caller_audit(const struct caller *c, const char *action, const char *object_type,
                          const char *object, const char *detail, struct error *err) MUST_CHECK;
