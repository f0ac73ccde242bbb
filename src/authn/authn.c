#include "authn/authn.h"

#include "authn/state.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/time.h"

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
    pthread_mutex_init(&n->kept_lock, NULL);
    *out = n;
    return ERR_OK;
}

struct authn *authn_free(struct authn *n)
{
    if (n) {
        for (size_t i = 0; i < KEPT_SLOTS; i++) {
            arena_free(n->kept[i].arena);
        }
        pthread_mutex_destroy(&n->kept_lock);
        mem_free(n);
    }
    return NULL;
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

struct principal principal_copy(struct arena *a, const struct principal *p)
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

static struct kept *slot_of(struct authn *n, const char *hash)
{
    return &n->kept[hash64(str_of(hash)) % KEPT_SLOTS];
}

bool kept_find(struct authn *n, struct arena *a, const char *hash, struct principal *out)
{
    bool found = false;
    int64_t now = authn_now(n), clock = time_monotonic_us();
    pthread_mutex_lock(&n->kept_lock);
    struct kept *k = slot_of(n, hash);
    if (k->arena && text_eq(k->hash, hash) && clock < k->until &&
        k->generation == atomic_load(&n->generation) &&
        (k->expires_at == 0 || now < k->expires_at)) {
        *out = principal_copy(a, &k->principal);
        found = true;
    }
    pthread_mutex_unlock(&n->kept_lock);
    return found;
}

void kept_put(struct authn *n, const char *hash, uint64_t generation, const struct principal *p)
{
    pthread_mutex_lock(&n->kept_lock);
    struct kept *k = slot_of(n, hash);
    if (!k->arena) {
        k->arena = arena_new();
    }
    arena_reset(k->arena);
    memcpy(k->hash, hash, sizeof k->hash);
    k->until = time_monotonic_us() + KEPT_US;
    k->expires_at = p->expires_at;
    k->generation = generation;
    k->principal = principal_copy(k->arena, p);
    pthread_mutex_unlock(&n->kept_lock);
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
