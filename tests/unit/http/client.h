#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "http/http.h"
#include "loop/loop.h"

/*
 * A server with a handler of the test, and a client that speaks bytes. The client blocks, for half
 * a minute at most: then the test fails. Everything here asserts, so it stays out of fibers.
 */
struct served {
    struct runtime *runtime;
    struct http_server *http;
    _Atomic int64_t turns; /* of the first loop */
    struct loop_source turn_counter;
};

/** serve() - @handler behind a fresh server on 127.0.0.1; @change may be NULL or hold what differs
 *  from the fixture's settings (members that are 0 do not). */
void serve(struct served *s, int loops, http_handler *handler, const struct http_settings *change);
void serve_with(struct served *s, const struct runtime_settings *runtime, http_handler *handler,
                const struct http_settings *change);
/** unserve() - stop and free; what runs may finish within @seconds. */
void unserve(struct served *s, int64_t seconds);
/** turns_in() - turns of the first loop in the next @ms. */
int64_t turns_in(struct served *s, int ms);

struct client {
    int fd;
    struct buf in; /* received and not looked at */
    bool was_reset;
};

void client_open(struct client *c, const struct served *s);
/** client_can_connect() - somebody listens at @address. */
bool client_can_connect(const char *address);
void client_close(struct client *c);
void client_send(struct client *c, const char *text);
void client_send_n(struct client *c, const void *p, size_t n);
/** client_try_send() - how many of the bytes went out before the other side reset. */
size_t client_try_send(struct client *c, const void *p, size_t n);
/** client_await_close() - read until the other side closes; the bytes stay in c->in. */
void client_await_close(struct client *c);

struct reply {
    int status; /* 0 = the connection ended before one came */
    struct buf head, body;
    bool is_chunked, is_whole; /* its end was seen */
};

void reply_release(struct reply *r);
/** client_reply() - the next answer; @has_body is false for one to a HEAD. */
void client_reply(struct client *c, struct reply *r, bool has_body);
/** client_head() - only its head; client_chunk() - add its next chunk to r->body, false at its end.
 */
void client_head(struct client *c, struct reply *r);
bool client_chunk(struct client *c, struct reply *r);
/** reply_header() - into @out, "" when it is not there. */
const char *reply_header(const struct reply *r, const char *name, char out[256]);

/** exchange() - send @text, read the answer; returns its status. The body is in @body (may be
 *  NULL), cut at its size. */
int exchange(struct client *c, const char *text, char *body, size_t size);

/* Bytes whose order can be checked: the one at @offset is the same in every run. */
void pattern_fill(char *to, size_t n, int64_t offset);
bool pattern_is(const char *p, size_t n, int64_t offset);

/** memory_peak_reset() - forget the peak; memory_peak() - KiB the process had at most since then.
 */
void memory_peak_reset(void);
int64_t memory_peak(void);
/** memory_now() - KiB of the process. */
int64_t memory_now(void);
