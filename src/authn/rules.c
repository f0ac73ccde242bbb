#include "authn/authn.h"
#include "authn/state.h"
#include "base/utf8.h"

#define LOCAL_MAX 64

/* Trimmed as the store finds it: one account has one count of failures. */
char *email_fold(struct arena *a, struct str given)
{
    struct str email = str_trim(given);
    char *folded = arena_strndup(a, email.p ? email.p : "",
                                 email.n < AUTHN_EMAIL_MAX ? email.n : AUTHN_EMAIL_MAX);
    for (char *c = folded; *c; c++) {
        if (*c >= 'A' && *c <= 'Z') {
            *c = (char)(*c - 'A' + 'a');
        }
    }
    return folded;
}

/* Dots neither first, last nor doubled, and none of the bytes that addresses have no use for. */
static bool is_part(struct str s, const char *refused)
{
    if (s.n == 0 || s.p[0] == '.' || s.p[s.n - 1] == '.') {
        return false;
    }
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c <= ' ' || c == 0x7f || strchr(refused, c) || (c == '.' && s.p[i + 1] == '.')) {
            return false;
        }
    }
    return true;
}

static bool is_email(struct str email)
{
    if (email.n == 0 || email.n > AUTHN_EMAIL_MAX || !utf8_valid(email)) {
        return false;
    }
    size_t at = str_find(email, '@');
    if (at == email.n || at > LOCAL_MAX) {
        return false;
    }
    struct str domain = str_sub(email, at + 1);
    return is_part((struct str){email.p, at}, "()<>[]:;,\\\"") &&
           is_part(domain, "()<>[]:;,\\\"@!#$%&'*+/=?^_`{|}~") && domain.p[0] != '-' &&
           domain.p[domain.n - 1] != '-';
}

enum errcode authn_email_check(struct arena *a, struct str email, const char **out,
                               struct error *err)
{
    if (!is_email(email)) {
        enum errcode code = ERROR(err, ERR_INVALID, "this is no email address");
        (void)error_where(err, "/email");
        return code;
    }
    *out = email_fold(a, email);
    return ERR_OK;
}

/* What is tried first, of those that are long enough; without case. */
static const char *const common[] = {
    "12345678",      "123456789",   "1234567890", "123123123",   "987654321",  "87654321",
    "1q2w3e4r",      "1q2w3e4r5t",  "1qaz2wsx",   "qwertyui",    "qwertyuiop", "qwerty123",
    "qwerty12",      "asdfghjk",    "asdfghjkl",  "zxcvbnm123",  "password",   "password1",
    "password12",    "password123", "passw0rd",   "p@ssw0rd",    "p@ssword",   "iloveyou",
    "sunshine",      "princess",    "football",   "baseball",    "superman",   "trustno1",
    "welcome1",      "welcome123",  "letmein1",   "letmein123",  "admin123",   "admin1234",
    "administrator", "changeme",    "changeme1",  "changeme123", "default1",   "abcd1234",
    "abc12345",      "a1b2c3d4",    "abcdefgh",   "aa123456",    "starwars",   "whatever",
    "computer",      "internet",    "michelle",   "jennifer",    "liverpool",  "chocolate",
    "11223344",      "12341234",    "147258369",  "159753456",   "741852963",  "q1w2e3r4",
    "telaio123",     "database",    "database1",  "postgres",    "secret123",  "test1234",
};

static bool is_one_byte_repeated(struct str s)
{
    for (size_t i = 1; i < s.n; i++) {
        if (s.p[i] != s.p[0]) {
            return false;
        }
    }
    return true;
}

static const char *find_fault(struct str password, const char *email)
{
    if (password.n < AUTHN_PASSWORD_MIN) {
        return "a password has at least 8 characters";
    }
    if (password.n > AUTHN_PASSWORD_MAX) {
        return "a password has at most 1024 bytes";
    }
    struct str whole = str_of(email);
    struct str local = {whole.p, str_find(whole, '@')};
    if (whole.n && (str_eq_nocase(password, whole) || str_eq_nocase(password, local))) {
        return "the password is the email address";
    }
    if (is_one_byte_repeated(password)) {
        return "the password is one character over and over";
    }
    for (size_t i = 0; i < ARRAY_LEN(common); i++) {
        if (str_eq_nocase(password, str_of(common[i]))) {
            return "the password is one of those that everybody tries first";
        }
    }
    return NULL;
}

enum errcode authn_password_check(struct str password, const char *email, struct error *err)
{
    const char *fault = find_fault(password, email);
    if (fault) {
        enum errcode code = ERROR(err, ERR_INVALID, "%s", fault);
        (void)error_where(err, "/password");
        return code;
    }
    return ERR_OK;
}

enum errcode display_name(struct arena *a, const char *name, const char *email, const char **out,
                          struct error *err)
{
    struct str given = str_trim(str_of(name));
    if (given.n > AUTHN_NAME_MAX || !utf8_valid(given)) {
        enum errcode code = ERROR(err, ERR_INVALID, "a name has at most %d bytes", AUTHN_NAME_MAX);
        (void)error_where(err, "/name");
        return code;
    }
    struct str whole = str_of(email);
    *out = given.n ? arena_str(a, given) : arena_strndup(a, whole.p, str_find(whole, '@'));
    return ERR_OK;
}
