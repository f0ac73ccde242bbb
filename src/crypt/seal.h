#pragma once

#include <stddef.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/error.h"
#include "base/str.h"

/*
 * Sealing: secrets that must come back in clear (passwords of attached databases) are stored
 * encrypted and authenticated under a key that lies in a file beside the data, not in the store.
 * A sealed text opens only under the context it was sealed for, so that it cannot be moved to
 * another row. Safe from every thread once loaded.
 */
#define SEAL_KEY_FILE "secret.key"

struct seal_key;

/**
 * seal_key_load() - the key in @folder/secret.key, made (0600) when it is not there
 * @a: owns *@out; the key is wiped when @a is freed
 *
 * Blocks. Errors: ERR_IO, ERR_DISK_FULL, ERR_CORRUPT when the file is no key or others can read
 * it.
 */
enum errcode seal_key_load(struct arena *a, const char *folder, struct seal_key **out,
                           struct error *err) MUST_CHECK;

/** seal_text() - @plain as "sealed:1:…" in @a; @context says what it belongs to
 *  ("source:12:password"). */
char *seal_text(struct arena *a, const struct seal_key *key, struct str context, struct str plain);

/** seal_open() - *@plain = what was sealed, in @a, NUL-terminated. Errors: ERR_CORRUPT. */
enum errcode seal_open(struct arena *a, const struct seal_key *key, struct str context,
                       struct str sealed, struct str *plain, struct error *err) MUST_CHECK;
