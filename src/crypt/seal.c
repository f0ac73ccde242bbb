#include "crypt/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "crypt/random.h"
#include "crypt/start.h"

/* The file: one line, the marker and the key as base64url. */
#define FILE_MARK   "telaio-key:1:"
#define SEALED_MARK "sealed:1:"
#define KEY_BYTES   crypto_aead_xchacha20poly1305_ietf_KEYBYTES
#define NONCE_BYTES crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_BYTES   crypto_aead_xchacha20poly1305_ietf_ABYTES
#define FILE_MAX    256

struct seal_key {
    unsigned char bytes[KEY_BYTES];
};

static void wipe_key(void *p)
{
    secret_wipe(p, sizeof(struct seal_key));
}

/* Of several processes that make the key at once exactly one links its file; the others read it. */
static enum errcode make_key_file(struct arena *a, const char *path, struct error *err)
{
    const char *fresh = arena_printf(a, "%s.%s", path, random_text(a, 9));
    char *text = arena_printf(a, FILE_MARK "%s\n", random_text(a, KEY_BYTES));
    enum errcode code = fs_replace_file(fresh, str_of(text), err);
    secret_wipe(text, strlen(text));
    TRY(code);
    int linked = link(fresh, path);
    int reason = errno;
    unlink(fresh);
    if (linked != 0 && reason != EEXIST) {
        return ERROR(err, ERR_IO, "cannot make \"%s\": %s", path, strerror(reason));
    }
    return ERR_OK;
}

static enum errcode check_mode(const char *path, struct error *err)
{
    struct stat st;
    if (stat(path, &st) != 0) {
        return ERROR(err, ERR_IO, "cannot read \"%s\": %s", path, strerror(errno));
    }
    if (st.st_mode & (S_IRWXG | S_IRWXO)) {
        enum errcode code = ERROR(err, ERR_CORRUPT, "others may read \"%s\"", path);
        (void)error_hint(err, "chmod 600 the file, and change the secrets it protects");
        return code;
    }
    return ERR_OK;
}

enum errcode seal_key_load(struct arena *a, const char *folder, struct seal_key **out,
                           struct error *err)
{
    const char *path = arena_printf(a, "%s/" SEAL_KEY_FILE, folder);
    crypt_start();
    if (access(path, F_OK) != 0) {
        TRY(make_key_file(a, path, err));
    }
    TRY(check_mode(path, err));
    struct str text;
    TRY(fs_read_file(a, path, FILE_MAX, &text, err));
    struct str bytes;
    struct str line = str_trim(text);
    if (!str_starts(line, STR(FILE_MARK)) ||
        !base64url_decode(a, str_sub(line, sizeof FILE_MARK - 1), &bytes) || bytes.n != KEY_BYTES) {
        return ERROR(err, ERR_CORRUPT, "\"%s\" holds no key", path);
    }
    struct seal_key *key = ARENA_NEW(a, struct seal_key);
    memcpy(key->bytes, bytes.p, KEY_BYTES);
    arena_defer(a, wipe_key, key);
    /* Both stand in the arena, which is ours to write. */
    secret_wipe((char *)bytes.p, bytes.n);
    secret_wipe((char *)text.p, text.n);
    *out = key;
    return ERR_OK;
}

char *seal_text(struct arena *a, const struct seal_key *key, struct str context, struct str plain)
{
    size_t n = NONCE_BYTES + plain.n + TAG_BYTES;
    unsigned char *box = arena_alloc(a, n);
    random_bytes(box, NONCE_BYTES);
    crypto_aead_xchacha20poly1305_ietf_encrypt(
        box + NONCE_BYTES, NULL, (const unsigned char *)plain.p, plain.n,
        (const unsigned char *)context.p, context.n, NULL, box, key->bytes);
    return arena_printf(a, SEALED_MARK "%s", base64url_encode(a, box, n));
}

enum errcode seal_open(struct arena *a, const struct seal_key *key, struct str context,
                       struct str sealed, struct str *plain, struct error *err)
{
    struct str box;
    if (!str_starts(sealed, STR(SEALED_MARK)) ||
        !base64url_decode(a, str_sub(sealed, sizeof SEALED_MARK - 1), &box) ||
        box.n < NONCE_BYTES + TAG_BYTES) {
        return ERROR(err, ERR_CORRUPT, "this is no sealed text");
    }
    const unsigned char *p = (const unsigned char *)box.p;
    size_t n = box.n - NONCE_BYTES - TAG_BYTES;
    unsigned char *text = arena_alloc(a, n + 1);
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(
            text, NULL, NULL, p + NONCE_BYTES, box.n - NONCE_BYTES,
            (const unsigned char *)context.p, context.n, p, key->bytes) != 0) {
        return ERROR(err, ERR_CORRUPT, "a sealed text was changed, or belongs elsewhere");
    }
    *plain = (struct str){(const char *)text, n};
    return ERR_OK;
}
