#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "catalog/type.h"
#include "engine/engine.h"

/*
 * A kind of database system: what has to be known to open an engine from an address. main/ builds
 * one array of the kinds that are linked in and passes it on; nobody else names a driver.
 *
 * An engine is opened in one of two ways:
 *   managed   it is the server's own: a namespace text ("store", "tenants/main") is mapped to a
 *             room of its own (a file, a schema with a role, a database) whose name begins with
 *             options.prefix; namespaces are created and dropped.
 *   attached  the database existed before. There is one namespace, whose text is ATTACHED_NS:
 *             options.schema of that database. namespace_create and namespace_drop are
 *             ERR_UNSUPPORTED, opening changes nothing, nothing is left behind in it.
 */
#define ATTACHED_NS STR("attached")

enum tls_mode {
    TLS_UNSET = 0, /* the driver's default: prefer for addresses, off for local sockets */
    TLS_OFF,
    TLS_REQUIRE, /* encrypted, the certificate is not checked */
    TLS_VERIFY,  /* encrypted, certificate and host name are checked */
};

/* Texts are borrowed by open() and copied as needed; 0 and NULL mean the default. */
struct engine_options {
    const char *path; /* embedded engines: the folder (managed) or the file (attached) */
    const char *host; /* name or address; an absolute path is the folder (PostgreSQL) or the
                         file (MariaDB) of a local socket */
    int port;
    const char *database;
    const char *schema; /* PostgreSQL, attached: default "public" */
    const char *user, *password;
    const char *uri; /* MongoDB: the whole address without the password */
    enum tls_mode tls;
    const char *tls_ca; /* file of the certificates that are trusted */
    bool is_attached;
    bool is_read_only;            /* transact and SCHEMA sessions are ERR_FORBIDDEN */
    bool is_distributed;          /* PostgreSQL: tenants' schemas may be spread by an extension */
    const char *prefix;           /* managed: default "telaio_" */
    const char *application_name; /* default "telaio" */
    int connections;              /* of this process at most; default 20 */
    int connect_ms;               /* default 5,000 */
    int statement_ms;     /* a read that takes longer is ended, ERR_TIMEOUT; default 60,000 */
    int lock_ms;          /* waiting for a lock of structure; default 2,000 */
    int lease_ms;         /* how late a change of structure made by another process may be seen,
                             where the server does not tell; default 1,000 */
    const void *embedded; /* SQLite: struct sqlite_settings with more than is said here */
};

/* One supported type, as the sources route lists it. */
struct engine_type {
    const char *logical; /* the canonical logical text: "text", "decimal(p,s)" */
    const char *native;  /* what is declared for it */
};

struct engine_kind {
    const char *name;  /* "postgresql": in JSON, URLs of docs and metrics */
    const char *label; /* "PostgreSQL" */
    const char *const
        *schemes;   /* of addresses, without "://", NULL-terminated; first = canonical */
    int port;       /* 0 = it has none: an address is a path */
    bool takes_uri; /* addresses may say more than we know: options.uri has all of it */
    const struct engine_type *types;
    size_t n_types;
    /** Makes the engine; connects once to learn version and abilities. Errors: ERR_UNAVAILABLE (no
     *  answer), ERR_SOURCE_REFUSED (credentials, database, encryption; with what the server said
     *  that is safe to tell, never the password), ERR_UNSUPPORTED (too old a version),
     *  ERR_NOT_FOUND (no such schema or file), ERR_INVALID (options that do not go together). */
    enum errcode (*open)(const struct engine_options *o, struct engine **out, struct error *err);
};

struct engine_kinds {
    const struct engine_kind *const *items;
    size_t n;
};

/** engine_kind_find() - by name or by scheme; NULL when none. */
const struct engine_kind *engine_kind_find(const struct engine_kinds *kinds, struct str word);

/**
 * engine_address_parse() - SCHEME://[USER[:PASSWORD]@]HOST[:PORT][/DATABASE][?OPTION=VALUE&…]
 *
 * Options: socket (a local socket's path, in place of HOST), schema, tls (off, require, verify),
 * tls-ca, connections, connect-ms, statement-ms, lock-ms, lease-ms, prefix, distributed. Parts are
 * percent- decoded. "sqlite:PATH" and "sqlite:" have a path only. Where the kind takes a URI, HOST
 * may be a list and further options stay in it. Everything is in @a, and @out is filled from
 * nothing. Errors: ERR_INVALID naming the part (of a list of options: its place); the text of the
 * address is never in a message (it may hold a password).
 */
enum errcode engine_address_parse(const struct engine_kinds *kinds, struct arena *a,
                                  const char *text, const struct engine_kind **kind,
                                  struct engine_options *out, struct error *err) MUST_CHECK;
/** engine_address_text() - the address for people: no password. */
const char *engine_address_text(struct arena *a, const struct engine_kind *kind,
                                const struct engine_options *o);

/** engine_address_masked() - @text for people, whatever is wrong with it: what may be a password is
 *  "***". In @a. */
const char *engine_address_masked(struct arena *a, const char *text);
/** engine_address_blot() - overwrite what may be a password in @text with "*", in its place. */
void engine_address_blot(char *text);
