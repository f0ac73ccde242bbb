#pragma once

#include <mysql.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "engine/kind.h"
#include "engine/mariadb/conn.h"
#include "engine/mariadb/session.h"
#include "engine/mariadb/structure.h"
#include "engine/mariadb/types.h"

/*
 * The insides of the driver that its row files share: the engine, its pools and its connections.
 */
#define MY_LOOPS     64                    /* of the runtime at most */
#define MY_NAME_MAX  64                    /* characters of an identifier */
#define MY_NAME_SIZE 260                   /* bytes of one, with its NUL */
#define MY_STATE     TELAIO_PREFIX "state" /* the table of one row of a managed namespace */

struct my_pool;
struct my_stmt;
struct my_estimates;
struct mariadb_cursor;

/* What is known of a namespace; made on first use, lives as long as the engine. */
struct my_namespace {
    const char *database;
    _Atomic(uint64_t) epoch; /* changes of structure that this process made */
    atomic_int n_alone;      /* sessions of this process that change structure, or wait to */
    atomic_bool is_held;     /* another process changes it: a write was refused for that */
    atomic_bool is_probed;   /* one write looks whether that is over */
    pthread_mutex_t lock;    /* of what follows */
    int64_t read_us;         /* when the count was read; 0 = never */
    int64_t doubt_us;        /* when it was last doubted */
    uint64_t read_epoch;
    uint64_t count;
    struct my_estimates *estimates; /* estimate.c */
};

struct mariadb_engine {
    struct engine base;
    struct engine_ops ops;
    struct arena *arena;
    struct engine_options options; /* texts in arena, defaults filled in */
    bool is_mysql;
    int version;                                   /* 101119 for 10.11.19 */
    size_t packet_max;                             /* what the server takes at once */
    const char *settings;                          /* the SET that every connection begins with */
    pthread_mutex_t lock;                          /* of the maps below */
    struct map by_name;                            /* text of a namespace -> struct my_namespace */
    struct map by_database;                        /* the same by the server's name */
    _Atomic(struct my_pool *) pools[MY_LOOPS + 1]; /* the last one: no loop */
};

struct my_conn {
    MYSQL *mysql;
    struct mariadb_engine *engine;
    struct my_pool *pool;        /* NULL: made for one purpose */
    struct my_conn *next;        /* of the idle ones */
    char database[MY_NAME_SIZE]; /* that is selected */
    struct my_namespace *place;  /* of the session that has it; NULL: of none */
    unsigned long id;            /* the server's number, for KILL */
    bool in_transaction;         /* between START TRANSACTION and its end */
    bool is_doomed; /* the server has ended the transaction: nothing runs until ROLLBACK */
    bool is_broken;
    bool is_strange;     /* has settings of one session: reset before anybody gets it */
    bool is_worn;        /* triggers may have left anything: reset before another database's work */
    bool is_patient;     /* what runs is not ended by a cancelled fiber */
    enum errcode ended;  /* why a wait was given up; the connection is broken then */
    int64_t deadline_us; /* of waits; 0 = none */
    int64_t idle_us;     /* since when */
    struct my_stmt *statements; /* prepared, the one used last first */
    int n_statements;
    struct mariadb_cursor *streaming; /* whose rows are on the wire */
    struct buf text;                  /* of the statement that is being written */
    struct arena *scratch;            /* of that statement */
};

static inline const struct sql_dialect *my_dialect(const struct mariadb_engine *e)
{
    return e->is_mysql ? &mysql_dialect : &mariadb_dialect;
}

/** my_connect() - one more connection; @database may be NULL. Errors: ERR_UNAVAILABLE,
 *  ERR_SOURCE_REFUSED. */
enum errcode my_connect(struct mariadb_engine *e, const char *database, struct my_conn **out,
                        struct error *err) MUST_CHECK;
void my_close(struct my_conn *c);
/** my_reset() - as new, in the database that was selected. */
enum errcode my_reset(struct my_conn *c, struct error *err) MUST_CHECK;
/** my_select_database() - Errors: ERR_NOT_FOUND. */
enum errcode my_select_database(struct my_conn *c, const char *database,
                                struct error *err) MUST_CHECK;
/** my_is_alive() - nothing has come on an idle connection; does not block. */
bool my_is_alive(struct my_conn *c);

/** my_can_speak() - the next statement may be sent: what is left of a stream was set aside.
 *  Errors: ERR_UNAVAILABLE, ERR_BUSY (the transaction is over), ERR_TOO_LARGE. */
enum errcode my_can_speak(struct my_conn *c, struct error *err) MUST_CHECK;
/** my_wait() - what a call of libmariadb that would block asks for; its answer is for the _cont. */
int my_wait(struct my_conn *c, int status);
/* MY_CALL() - run an operation to its end: the arguments of its _start in brackets, then those of
 * its _cont but for the last. */
#define MY_CALL(c, op, start_args, ...)                                   \
    for (int my_status_ = op##_start start_args; my_status_ != 0;         \
         my_status_ = op##_cont(__VA_ARGS__, my_wait((c), my_status_))) { \
    }

/* read.c */
/** my_stream_aside() - read what is left of the stream of @c into memory. Errors: ERR_TOO_LARGE. */
enum errcode my_stream_aside(struct my_conn *c, struct error *err) MUST_CHECK;
void my_cursors_close(struct mariadb_session *s);
/** my_session_take() - s->conn for one question; a session that only reads gives it to others
 *  between its questions: my_session_give(). Errors: as my_take(). */
enum errcode my_session_take(struct mariadb_session *s, struct error *err) MUST_CHECK;
void my_session_give(struct mariadb_session *s);

/* estimate.c */
void my_estimates_free(struct my_namespace *n);

/* write.c */
/** my_write() - one write on @c; arena_reset(c->scratch) is the affair of the caller. */
enum errcode my_write(struct my_conn *c, const struct write *w, struct write_result *out,
                      struct error *err) MUST_CHECK;

/* pool.c */
/** my_take() - a connection with @database selected; waits where all are in use.
 *  Errors: ERR_BUSY, ERR_CANCELLED, those of my_connect(). */
enum errcode my_take(struct mariadb_engine *e, const char *database, struct my_conn **out,
                     struct error *err) MUST_CHECK;
/** my_take_near() - the same for statements that name their database: any may be selected. Best is
 *  one that was used for @database (may be NULL). */
enum errcode my_take_near(struct mariadb_engine *e, const char *database, struct my_conn **out,
                          struct error *err) MUST_CHECK;
void my_give(struct my_conn *c);
void my_pools_free(struct mariadb_engine *e);

/* namespace.c */
/** my_namespace() - what is known of @ns, there or not. Errors: ERR_INVALID. */
enum errcode my_namespace(struct mariadb_engine *e, struct str ns, struct my_namespace **out,
                          struct error *err) MUST_CHECK;
/** my_generation_seen() - the generation as far as it was read; does not block. */
uint64_t my_generation_seen(struct my_namespace *n);
/** my_namespace_doubt() - a statement met another structure than the catalog says, whoever changed
 *  it: the generation is another one (once in a lease: perhaps nothing helps). */
void my_namespace_doubt(const struct mariadb_engine *e, struct my_namespace *n);
/** my_refuse_moved() - what a read that met no such table is told: ERR_NOT_FOUND where the whole
 *  database is not there, else @code. */
enum errcode my_refuse_moved(struct my_conn *c, const char *database, enum errcode code,
                             struct error *err) MUST_CHECK;
enum errcode mariadb_namespace_create(struct engine *e, struct str ns, struct error *err);
enum errcode mariadb_namespace_drop(struct engine *e, struct str ns, struct error *err);
bool mariadb_namespace_exists(struct engine *e, struct str ns);
enum errcode mariadb_generation(struct engine *e, struct str ns, uint64_t *out, struct error *err);
