#include "engine/postgres/lane.h"

#include "base/attr.h"
#include "base/buf.h"
#include "base/time.h"
#include "engine/postgres/errors.h"
#include "engine/sqlcommon/sql_writer.h"

/*
 * One shared connection. What is sent within a turn is one segment: one implicit transaction, ended
 * by one sync. When one statement of it fails, the server skips the ones behind it; those are sent
 * again, each in a segment of its own.
 *
 * A session is set up for one namespace: its role and search_path. A statement for another one is
 * preceded, in the same segment, by set_config() of both, local to the transaction. When that
 * fails, the server skips the statement as well; when the segment ends, the settings are as before.
 * So no statement ever runs as somebody else, whatever fails, and nothing has to be discarded, as
 * long as the lane runs plain reads only: a SELECT of a table with built-in operators calls no
 * function that could leave something behind in a session. Anything else (a view) gets an empty
 * lane that is set up for its namespace for good, serves nobody else from then on, and does DISCARD
 * ALL before it passes on. A lane is set up for good, too, when it served one namespace twice in a
 * row; that is undone with its segment, so until the segment has ended well the lane takes nothing
 * new.
 */
static const char switch_text[] = "SELECT pg_catalog.set_config('role', $1, $3::bool), "
                                  "pg_catalog.set_config('search_path', $2, $3::bool)";

/* ---- slots ----------------------------------------------------------------------------------- */

static struct slot *add_slot(struct lane *l, struct call *call)
{
    struct pipelines *p = l->owner;
    int64_t known;
    struct slot *s = p->spare;
    if (s) {
        p->spare = s->next;
        *s = (struct slot){0};
    } else {
        s = mem_alloc(sizeof *s);
    }
    s->call = call;
    s->making_at = -1;
    s->hash = call ? call->hash : 0;
    known = times_of(&p->times, s->hash);
    s->us = known > 0 ? known : call ? UNKNOWN_US : LEAST_US;
    l->work_us += s->us;
    if (call) {
        call->slot = s;
    }
    if (!l->first) {
        l->first = s;
        l->segment_us = time_monotonic_us();
    } else {
        l->last->next = s;
    }
    l->last = s;
    l->n++;
    l->gathered = l->gathered ? l->gathered : s;
    return s;
}

static void drop_first(struct lane *l)
{
    struct slot *s = l->first;
    l->gathered = l->gathered == s ? s->next : l->gathered;
    l->first = s->next;
    l->last = l->first ? l->last : NULL;
    l->n--;
    l->work_us -= s->us;
    l->n_segments -= s->ends_segment;
    s->next = l->owner->spare;
    l->owner->spare = s;
}

void slot_orphan(struct slot *s)
{
    if (s->call) {
        s->call->slot = NULL;
        s->call = NULL;
    }
}

void lane_empty_out(struct lane *l, void (*fn)(struct lane *l, struct call *call))
{
    struct call *calls[LANE_DEPTH + 2];
    size_t n = 0;
    while (l->first) {
        struct slot *s = l->first;
        if (s->call) {
            BUG_ON(n == ARRAY_LEN(calls));
            calls[n++] = s->call;
            slot_orphan(s);
        }
        PQclear(s->result);
        drop_first(l);
    }
    while (n > 0) {
        fn(l, calls[--n]); /* the last one first: each is put before the others */
    }
}

/* ---- sending --------------------------------------------------------------------------------- */

/* A statement for @text is made on the server, in place of an old one when there are many. */
static struct pg_statement *prepare(struct lane *l, struct slot *s, const struct pg_place *place,
                                    struct str text, uint64_t hash, struct pg_statement *old)
{
    struct pg_conn *c = l->conn;
    struct pg_statement *spare = old ? old : pg_statement_spare(&c->statements);
    if (spare) {
        l->owner->is_crowded = l->owner->is_crowded || !old;
        struct buf b;
        buf_init(&b, 256);
        buf_printf(&b, "DEALLOCATE %s", spare->name);
        pg_statement_forget(&c->statements, spare);
        int sent = PQsendQueryParams(c->pq, buf_text(&b), 0, NULL, NULL, NULL, NULL, 0);
        buf_release(&b);
        if (!sent) {
            return NULL;
        }
        s->n_commands++;
    }
    struct pg_statement *statement = pg_statement_add(&c->statements, place, text, hash);
    s->making = statement;
    s->making_at = s->n_commands++;
    return PQsendPrepare(c->pq, statement->name, statement->text.p, 0, NULL) ? statement : NULL;
}

/* @text ends with a NUL. What is asked for the first time is not prepared: of a thousand tenants
 * on few connections most come by once. */
static bool send_statement(struct lane *l, struct slot *s, const struct pg_place *place,
                           struct str text, uint64_t hash, const struct pg_params *params)
{
    struct pg_statements *all = &l->conn->statements;
    struct pg_statement *statement = pg_statement_find(all, place, text, hash);
    if (!statement && !pg_statement_is_worth(all, place, hash)) {
        s->n_commands++;
        return PQsendQueryParams(l->conn->pq, text.p, params->n, NULL, params->values,
                                 params->lengths, params->formats, 0);
    }
    if (!statement || (statement->is_old && statement->is_made)) {
        statement = prepare(l, s, place, text, hash, statement);
    }
    s->n_commands++;
    s->number = statement ? statement->number : 0;
    return statement && PQsendQueryPrepared(l->conn->pq, statement->name, params->n, params->values,
                                            params->lengths, params->formats, 0);
}

static bool send_switch(struct lane *l, struct pg_place *place, bool is_local)
{
    struct buf path;
    buf_init(&path, 4096);
    sql_quote_ident(&path, '"', str_of(place->schema));
    buf_adds(&path, ", pg_temp");
    const char *values[] = {place->role ? place->role : "none", buf_text(&path),
                            is_local ? "t" : "f"};
    struct pg_params params = {.n = 3, .values = values};
    struct slot *s = add_slot(l, NULL);
    s->place = place;
    bool sent = send_statement(l, s, NULL, str_of(switch_text), 0, &params);
    buf_release(&path);
    l->now = place;
    if (!is_local) {
        l->state = LANE_SWITCHING;
        l->place = place;
    }
    return sent;
}

/* What was sent since the last sync is a segment. */
static bool sync(struct lane *l)
{
    struct slot *first = l->gathered;
    int n = 0;
    if (!first) {
        return true;
    }
    for (struct slot *s = first; s; s = s->next) {
        n += s->call != NULL;
    }
    for (struct slot *s = first; s; s = s->next) {
        s->n_shared = n;
    }
    if (l->first == first) {
        l->segment_us = time_monotonic_us(); /* gathering is no time of the server */
    }
    l->n_segments++;
    l->lately = l->is_mixed ? NULL : l->now;
    l->is_mixed = false;
    l->now = l->place;
    l->gathered = NULL;
    l->last->ends_segment = true;
    return PQpipelineSync(l->conn->pq) == 1;
}

bool lane_send(struct lane *l, struct call *call)
{
    if (call->is_suspect && l->state == LANE_READY && !sync(l)) {
        return false;
    }
    if (l->now != call->place) {
        bool settles = l->n == 0 && (l->lately == call->place || !call->is_plain);
        l->is_mixed = l->gathered != NULL;
        if (!send_switch(l, call->place, !settles)) {
            return false;
        }
    }
    l->is_tainted = l->is_tainted || !call->is_plain;
    return send_statement(l, add_slot(l, call), call->place, call->text, call->hash,
                          call->params) &&
           (!call->is_suspect || sync(l));
}

bool lane_reset(struct lane *l)
{
    struct slot *s = add_slot(l, NULL);
    s->n_commands = 1;
    l->state = LANE_RESETTING;
    l->place = l->now = l->lately = NULL;
    pg_statements_clear(&l->conn->statements);
    return PQsendQueryParams(l->conn->pq, "DISCARD ALL", 0, NULL, NULL, NULL, NULL, 0) == 1;
}

bool lane_flush(struct lane *l)
{
    if (!sync(l)) {
        return false;
    }
    int rc = PQflush(l->conn->pq);
    l->must_write = rc > 0;
    return rc >= 0;
}

/* ---- receiving ------------------------------------------------------------------------------- */

static bool is_failure(const PGresult *r)
{
    return PQresultStatus(r) == PGRES_FATAL_ERROR || PQresultStatus(r) == PGRES_BAD_RESPONSE;
}

static void keep_result(struct lane *l, struct slot *s, PGresult *r)
{
    if (PQresultStatus(r) == PGRES_PIPELINE_ABORTED) {
        s->is_aborted = !s->result || !is_failure(s->result); /* by another one's failure */
        PQclear(r);
        return;
    }
    if (s->making && s->n_done == s->making_at && !is_failure(r)) {
        s->making->is_made = true; /* whatever comes behind it */
        s->making = NULL;
    }
    if (is_failure(r)) {
        l->is_failing = true;
    }
    if (s->result && is_failure(s->result)) {
        PQclear(r);
        return;
    }
    PQclear(s->result);
    s->result = r;
}

/* A plan that does not fit its tables any more would stay so: it is prepared anew next time. */
static void mark_old(struct lane *l, const struct slot *slot, const struct call *call,
                     const PGresult *r)
{
    struct pg_statement *s =
        pg_statement_find(&l->conn->statements, call->place, call->text, call->hash);
    if (s && s->number == slot->number && pg_statement_breaks(r)) {
        s->is_old = true;
    }
}

/* What was to prepare it was skipped, for another one's failure; or it met a change of structure,
 * and the server ended one of the two. */
static bool may_go_well(const PGresult *r)
{
    return is_failure(r) && (postgres_state_is(r, "26000") || postgres_state_is(r, "40P01") ||
                             postgres_state_is(r, "40001"));
}

/* Why the statements behind a failed switch were skipped. */
static void end_unswitched(struct lane *l, struct call *call)
{
    call->code = pg_conn_lost_place(l->conn, call->place, l->failure, call->err);
    call_end(call, NULL);
}

/* Takes @r, its own answer; NULL = it was skipped. */
static void end_call(struct lane *l, struct call *call, PGresult *r)
{
    bool is_last = call->n_tries + 1 >= CALL_TRIES;
    if (r && (is_last || !may_go_well(r))) {
        call_end(call, r);
        return;
    }
    PQclear(r);
    bool is_unswitched = l->failure && l->failed == call->place;
    (is_unswitched ? end_unswitched(l, call) : call_again(l->owner, call));
}

/* What has failed or was skipped tells nothing of how long it takes. */
static void hear(struct lane *l, const struct slot *s)
{
    bool is_told = s->hash != 0 || s->place;
    if (is_told && s->result && !s->is_aborted && !is_failure(s->result) &&
        l->n_heard < ARRAY_LEN(l->heard)) {
        l->heard[l->n_heard++] = s->hash;
    }
}

/* The first slot has all its answers. */
static void end_slot(struct lane *l)
{
    struct slot *s = l->first;
    struct call *call = s->call;
    PGresult *r = s->result;
    hear(l, s);
    s->call = NULL;
    s->result = NULL;
    if (s->making) {
        pg_statement_forget(&l->conn->statements, s->making);
        s->making = NULL;
    } else if (call && r && is_failure(r)) {
        mark_old(l, s, call, r);
    }
    if (s->place && r && is_failure(r) && !l->failure) {
        l->failure = r;
        l->failed = s->place;
    } else if (!call) {
        PQclear(r);
    } else {
        if (s->is_aborted) {
            PQclear(r);
            r = NULL;
        }
        call->slot = NULL;
        end_call(l, call, r);
    }
}

static void end_segment(struct lane *l)
{
    if (l->state == LANE_SWITCHING && l->is_failing) {
        l->place = l->now = NULL;
    }
    if (l->state == LANE_RESETTING) {
        l->is_tainted = false;
        l->must_close = l->must_close || l->is_failing;
    }
    PQclear(l->failure);
    l->failure = NULL;
    l->state = LANE_READY;
    l->is_failing = false;
    l->is_heavy = false;
    l->segment_us = l->read_us;
}

/* The server says good-bye: that is no answer to anybody's question. */
static bool is_farewell(const PGresult *r)
{
    const char *state = is_failure(r) ? PQresultErrorField(r, PG_DIAG_SQLSTATE) : NULL;
    return is_failure(r) && (!state || strncmp(state, "57P", 3) == 0);
}

static bool is_done(const struct slot *s)
{
    return s->n_done == s->n_commands;
}

/* Answers may come before the sync was sent: the last slot waits for it. */
static bool expects_result(struct lane *l)
{
    while (l->first && l->first->next && is_done(l->first) && !l->first->ends_segment) {
        drop_first(l);
    }
    return l->first && (!is_done(l->first) || l->first->ends_segment);
}

/* The end of a command, or of all commands; false when that was not due. */
static bool end_command(struct lane *l)
{
    struct slot *s = l->first;
    if (is_done(s)) {
        return false;
    }
    s->n_done++;
    if (is_done(s)) {
        end_slot(l);
    }
    return true;
}

/* Several segments may have come at once: what was read since @since_us tells its time together. */
static void learn(struct lane *l, int64_t since_us)
{
    times_took(&l->owner->times, l->heard, l->n_heard, l->read_us - since_us);
    l->n_heard = 0;
}

bool lane_read(struct lane *l)
{
    PGconn *pq = l->conn->pq;
    int64_t since_us = l->segment_us;
    bool has_ended = false;
    bool good = PQconsumeInput(pq) == 1;
    l->read_us = time_monotonic_us();
    while (good && expects_result(l) && !PQisBusy(pq)) {
        PGresult *r = PQgetResult(pq);
        if (!r) {
            good = end_command(l);
        } else if (is_farewell(r)) {
            PQclear(r);
            good = false;
        } else if (PQresultStatus(r) != PGRES_PIPELINE_SYNC) {
            keep_result(l, l->first, r);
        } else {
            PQclear(r);
            good = is_done(l->first) && l->first->ends_segment;
            if (good) {
                drop_first(l);
                end_segment(l);
                has_ended = true;
            }
        }
    }
    if (has_ended) {
        learn(l, since_us);
    }
    return good && PQstatus(pq) == CONNECTION_OK;
}
