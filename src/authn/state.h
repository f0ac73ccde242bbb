#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "authn/authn.h"
#include "crypt/password.h"
#include "crypt/token.h"

/* What the files of this room share. */

#define MINUTE_US ((int64_t)60 * 1000000)
#define HOUR_US   (60 * MINUTE_US)

#define KEPT_SLOTS 512
#define KEPT_US    240000 /* and a tick: the clock is the coarse one */

/* Who a secret was found to belong to: shared by the requests that show it, changed by nobody. */
struct known {
    atomic_int refs;
    struct arena *arena; /* owns this */
    struct principal principal;
};

/* That, for a moment. */
struct kept {
    unsigned char tag[TOKEN_TAG_LEN];
    int64_t until; /* by time_coarse_us() */
    uint64_t generation;
    struct known *known; /* NULL = empty */
};

struct authn {
    struct store *store;
    struct authn_config config;
    struct password_cost cost;
    atomic_bool has_owner;       /* once true it stays: the last OWNER cannot go */
    _Atomic uint64_t generation; /* goes up when a right may have gone */
    unsigned char tag_key[TOKEN_TAG_KEY];
    pthread_mutex_t kept_lock; /* never held across a call that suspends */
    struct kept kept[KEPT_SLOTS];
};

/* For the few calls whose failure changes nothing: the caller's comment says why. */
static inline void pass_over(enum errcode code)
{
    (void)code;
}

/** authn_now() - microseconds since 1970 by the configured clock. */
int64_t authn_now(const struct authn *n);

/** kept_find() - what is kept under @tag; its texts live as long as @a. */
bool kept_find(struct authn *n, struct arena *a, const unsigned char tag[TOKEN_TAG_LEN],
               struct principal *out);

/** kept_put() - keep a copy of @p, found while the generation was @generation. */
void kept_put(struct authn *n, const unsigned char tag[TOKEN_TAG_LEN], uint64_t generation,
              const struct principal *p);

/* Argon2 away from the calling thread. */
enum errcode hash_away(struct authn *n, struct str password, char out[PASSWORD_HASH_MAX],
                       struct error *err) MUST_CHECK;
bool verify_away(struct authn *n, const char *hash, struct str password);

/** password_good() - @password is the user's; costs the same when @hash is NULL. */
bool password_good(struct authn *n, const char *hash, struct str password);

/** session_make() - a new session of @user_id. */
enum errcode session_make(struct authn *n, struct arena *a, int64_t user_id, struct authn_peer peer,
                          struct authn_session *out, struct error *err) MUST_CHECK;

/** lockout_enter() - one more attempt on @email from @peer may be made; it counts as failed until
 *  lockout_leave(). Errors: ERR_LOCKED_OUT. */
enum errcode lockout_enter(struct authn *n, struct arena *a, const char *email, const char *address,
                           struct error *err) MUST_CHECK;
/** lockout_leave() - the attempt succeeded: the account starts at zero; else the peer's count goes
 *  up. */
enum errcode lockout_leave(struct authn *n, struct arena *a, const char *email, const char *address,
                           bool is_good, struct error *err) MUST_CHECK;

/** email_fold() - no white space around, ASCII letters lower case, in @a; at most AUTHN_EMAIL_MAX
 *  bytes count. */
char *email_fold(struct arena *a, struct str given);

/** display_name() - @name, or the part of @email before "@". Errors: ERR_INVALID (where "/name").
 */
enum errcode display_name(struct arena *a, const char *name, const char *email, const char **out,
                          struct error *err) MUST_CHECK;

/** allow_write() - @list as JSON text in @a. */
char *allow_write(struct arena *a, const char *const *list, size_t n);

/** allow_read() - the list in @json, in @a; false when it is no array of texts. */
bool allow_read(struct arena *a, const char *json, const char *const **out, size_t *n);
