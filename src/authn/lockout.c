#include "authn/authn.h"
#include "authn/state.h"
#include "base/json.h"

/* A peer may stand for many people: it is given more attempts than one account. */
#define PEER_FACTOR 10

static enum errcode refuse(struct authn *n, int64_t last, struct error *err)
{
    int64_t wait = last + n->config.lockout_minutes * MINUTE_US - authn_now(n);
    int64_t seconds = wait > 0 ? (wait + 999999) / 1000000 : 1;
    enum errcode code = ERROR(err, ERR_LOCKED_OUT, "too many failed attempts; try again later");
    if (err) {
        (void)error_params(err,
                           arena_printf(err->arena, "{\"retryAfter\":%lld}", (long long)seconds));
    }
    return code;
}

int64_t authn_retry_after(const struct error *err)
{
    static const char head[] = "{\"retryAfter\":";
    struct str params = str_of(err->params);
    int64_t seconds = 0;
    if (err->code != ERR_LOCKED_OUT || !str_starts(params, STR("{\"retryAfter\":"))) {
        return 0;
    }
    struct str digits = str_sub(params, sizeof head - 1);
    digits.n -= 1; /* the brace */
    return str_int64(digits, &seconds) ? seconds : 0;
}

static enum errcode check_subject(struct authn *n, const char *subject, int64_t most,
                                  struct error *err)
{
    int64_t since = authn_now(n) - n->config.lockout_minutes * MINUTE_US;
    int64_t count, last;
    TRY(store_login_attempt_count(n->store, subject, since, &count, &last, err));
    return count > most ? refuse(n, last, err) : ERR_OK;
}

static const char *of_email(struct arena *a, const char *email)
{
    return arena_printf(a, "email:%s", email);
}

static const char *of_peer(struct arena *a, const char *address)
{
    return arena_printf(a, "ip:%s", address);
}

/*
 * The attempt is written down before the password is looked at and counted again afterwards, so
 * that many attempts at once are no more than many in a row. One that is refused up front is not
 * written down: who waits gets in.
 */
enum errcode lockout_enter(struct authn *n, struct arena *a, const char *email, const char *address,
                           struct error *err)
{
    const char *subject = of_email(a, email);
    int64_t most = n->config.lockout_attempts;
    if (address) {
        TRY(check_subject(n, of_peer(a, address), most * PEER_FACTOR - 1, err));
    }
    TRY(check_subject(n, subject, most - 1, err));
    TRY(store_login_attempt_add(n->store, subject, address, err));
    return check_subject(n, subject, most, err);
}

enum errcode lockout_leave(struct authn *n, struct arena *a, const char *email, const char *address,
                           bool is_good, struct error *err)
{
    if (is_good) {
        return store_login_attempt_clear(n->store, of_email(a, email), err);
    }
    return address ? store_login_attempt_add(n->store, of_peer(a, address), address, err) : ERR_OK;
}
