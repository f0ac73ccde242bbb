#include "authn/authn.h"

#include <string.h>

#include "authn/state.h"
#include "base/buf.h"
#include "base/time.h"
#include "base/uuid.h"

static int64_t or_default(int64_t given, int64_t fallback)
{
    return given ? given : fallback;
}

enum errcode authn_new(struct store *store, const struct authn_config *config, struct authn **out,
                       struct error *err)
{
    struct authn_config c = *config;
    c.session_hours = or_default(c.session_hours, 168);
    c.lockout_attempts = or_default(c.lockout_attempts, 5);
    c.lockout_minutes = or_default(c.lockout_minutes, 15);
    struct password_cost cost = {.memory_kib = c.password_memory_kib, .ops = c.password_ops};
    if (cost.memory_kib < 0 || cost.ops < 0 || c.session_hours < 0 || c.lockout_attempts < 0 ||
        c.lockout_minutes < 0) {
        return ERROR(err, ERR_INVALID_PARAMETER, "a setting of sign-in is negative");
    }
    struct authn *n = mem_alloc(sizeof *n);
    n->store = store;
    n->config = c;
    n->cost = cost;
    random_bytes(n->tag_key, sizeof n->tag_key);
    pthread_mutex_init(&n->kept_lock, NULL);
    *out = n;
    return ERR_OK;
}

int64_t authn_now(const struct authn *n)
{
    return n->config.now ? n->config.now() : time_now_us();
}

void authn_forget(struct authn *n)
{
    atomic_fetch_add(&n->generation, 1);
}

/* ---- what is kept ------------------------------------------------------------------------ */

static struct principal principal_copy(struct arena *a, const struct principal *p)
{
    struct principal copy = *p;
    copy.email = arena_strdup(a, p->email);
    copy.name = arena_strdup(a, p->name);
    copy.csrf = arena_strdup(a, p->csrf);
    if (p->n_memberships) {
        copy.memberships =
            arena_memdup(a, p->memberships, p->n_memberships * sizeof *p->memberships);
    }
    const char **allow = ARENA_ARRAY(a, p->n_allow, const char *);
    for (size_t i = 0; i < p->n_allow; i++) {
        allow[i] = arena_strdup(a, p->allow[i]);
    }
    copy.allow = allow;
    return copy;
}

static struct known *known_new(const struct principal *p)
{
    struct arena *a = arena_new();
    struct known *known = ARENA_NEW(a, struct known);
    atomic_init(&known->refs, 1);
    known->arena = a;
    known->principal = principal_copy(a, p);
    return known;
}

static void known_unref(void *p)
{
    struct known *known = p;
    if (known && atomic_fetch_sub(&known->refs, 1) == 1) {
        arena_free(known->arena);
    }
}

static struct kept *slot_of(struct authn *n, const unsigned char *tag)
{
    uint64_t word;
    memcpy(&word, tag, sizeof word);
    return &n->kept[word % KEPT_SLOTS];
}

static bool is_good(const struct authn *n, const struct kept *k, const unsigned char *tag)
{
    if (!k->known || memcmp(k->tag, tag, sizeof k->tag) != 0 || time_coarse_us() >= k->until ||
        k->generation != atomic_load(&n->generation)) {
        return false;
    }
    int64_t expires_at = k->known->principal.expires_at;
    return expires_at == 0 || authn_now(n) < expires_at;
}

bool kept_find(struct authn *n, struct arena *a, const unsigned char tag[TOKEN_TAG_LEN],
               struct principal *out)
{
    struct known *known = NULL;
    pthread_mutex_lock(&n->kept_lock);
    struct kept *k = slot_of(n, tag);
    if (is_good(n, k, tag)) {
        known = k->known;
        atomic_fetch_add(&known->refs, 1);
    }
    pthread_mutex_unlock(&n->kept_lock);
    if (!known) {
        return false;
    }
    arena_defer(a, known_unref, known);
    *out = known->principal;
    return true;
}

void kept_put(struct authn *n, const unsigned char tag[TOKEN_TAG_LEN], uint64_t generation,
              const struct principal *p)
{
    struct kept fresh = {
        .until = time_coarse_us() + KEPT_US, .generation = generation, .known = known_new(p)};
    memcpy(fresh.tag, tag, sizeof fresh.tag);
    pthread_mutex_lock(&n->kept_lock);
    struct kept *k = slot_of(n, tag);
    struct known *old = k->known;
    *k = fresh;
    pthread_mutex_unlock(&n->kept_lock);
    known_unref(old);
}

struct authn *authn_free(struct authn *n)
{
    if (n) {
        for (size_t i = 0; i < KEPT_SLOTS; i++) {
            known_unref(n->kept[i].known);
        }
        pthread_mutex_destroy(&n->kept_lock);
        mem_free(n);
    }
    return NULL;
}

/* ---- argon2 away ------------------------------------------------------------------------- */

struct hash_job {
    struct str password;
    struct password_cost cost;
    char *out;
    struct error *err;
    enum errcode code;
};

static void run_hash(void *arg)
{
    struct hash_job *job = arg;
    job->code = password_hash(job->password, job->cost, job->out, job->err);
}

struct verify_job {
    const char *hash;
    struct str password;
    bool good;
};

static void run_verify(void *arg)
{
    struct verify_job *job = arg;
    job->good = password_verify(job->hash, job->password);
}

static void run_away(struct authn *n, void (*fn)(void *), void *arg)
{
    if (n->config.run_blocking) {
        n->config.run_blocking(fn, arg);
    } else {
        fn(arg);
    }
}

enum errcode hash_away(struct authn *n, struct str password, char out[PASSWORD_HASH_MAX],
                       struct error *err)
{
    struct hash_job job = {
        .password = password, .cost = n->cost, .out = out, .err = err, .code = ERR_CANCELLED};
    run_away(n, run_hash, &job);
    if (job.code == ERR_CANCELLED) {
        return ERROR(err, ERR_CANCELLED, "the server stops");
    }
    return job.code;
}

bool verify_away(struct authn *n, const char *hash, struct str password)
{
    struct verify_job job = {.hash = hash, .password = password};
    run_away(n, run_verify, &job);
    return job.good;
}

bool password_good(struct authn *n, const char *hash, struct str password)
{
    if (password.n > AUTHN_PASSWORD_MAX) {
        return false;
    }
    if (hash) {
        return verify_away(n, hash, password);
    }
    /* No account or no password: take the time of one all the same. */
    char unused[PASSWORD_HASH_MAX];
    pass_over(hash_away(n, password, unused, NULL)); /* the answer is no whatever it says */
    return false;
}
