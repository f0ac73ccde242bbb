#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"
#include "loop/loop.h"

/*
 * The server side of HTTP/1.1. Each request runs on a fiber of one loop: the handler reads its body
 * and writes its answer as if both blocked. What the library below does not check (two lengths,
 * length beside a coding, unknown codings, bare line feeds) is refused here before the handler.
 */
struct http_server;
struct request;

/* Runs on a fiber. When it returns the answer is complete. */
typedef void http_handler(struct request *r, void *arg);

struct http_settings {
    const char *listen;            /* "127.0.0.1:5950", "[::1]:0" */
    int64_t max_connections;       /* more are answered 503 with Retry-After */
    int64_t max_header_bytes;      /* of the header block */
    int64_t idle_seconds;          /* a connection without traffic is closed */
    int64_t drain_bytes, drain_ms; /* 0 = 1 MiB, 2,000: what is read of a body that was refused */
    http_handler *handler;
    void *arg;
};

/** http_start() - listening when this returns. Errors: ERR_UNAVAILABLE, ERR_INVALID_PARAMETER. */
enum errcode http_start(struct runtime *rt, const struct http_settings *s, struct http_server **out,
                        struct error *err) MUST_CHECK;
/** http_address() - "127.0.0.1:5950" with the port that was taken. */
const char *http_address(const struct http_server *h);
/** http_stop() - take no more connections, let what runs finish within @seconds, cancel the rest,
 *  free @h. From a thread that is no loop's. */
void http_stop(struct http_server *h, int64_t seconds);

struct http_counts {
    int64_t connections, requests, active, refused;
    int64_t suspensions; /* waits of requests that were not short */
};
void http_count(const struct http_server *h, struct http_counts *out);

/* ---- the request; all texts live as long as it does ----------------------------------------- */

struct arena *request_arena(struct request *r);
/** request_id() - the client's X-Request-Id when it is 1..64 of [A-Za-z0-9._-], else a new one. */
const char *request_id(const struct request *r);
const char *request_method(const struct request *r);
/** request_path() - as sent, still percent-encoded, without the query. */
struct str request_path(const struct request *r);
/** request_query() - behind the "?", still encoded; p NULL = none. */
struct str request_query(const struct request *r);
/** request_header() - the first of that name (any case); p NULL = not there. */
struct str request_header(const struct request *r, const char *name);
/** request_headers() - how many headers of that name there are. */
size_t request_headers(const struct request *r, const char *name);
/** request_peer() - IP address in text. */
const char *request_peer(const struct request *r);
/** request_length() - of the body; 0 = none, -1 = chunked. */
int64_t request_length(const struct request *r);

/**
 * request_read() - the next piece of the body; *@piece has n = 0 at its end
 *
 * Suspends. The piece is valid until the next call. Errors: ERR_CANCELLED (the client is gone, or
 * the answer began to be streamed and the rest of the body is thrown away), ERR_MALFORMED (a broken
 * body).
 */
enum errcode request_read(struct request *r, struct str *piece, struct error *err) MUST_CHECK;
/** request_body() - the whole body, in the request's arena. Errors: ERR_TOO_LARGE over @max bytes
 *  (decided by Content-Length where there is one), those of request_read(). */
enum errcode request_body(struct request *r, size_t max, struct str *out,
                          struct error *err) MUST_CHECK;

/* ---- the answer ----------------------------------------------------------------------------- */

/*
 * Status and headers may change until the answer is sent: it is held back until
 * RESPONSE_HOLD bytes were written, then it is streamed. What fits is sent with Content-Length.
 */
#define RESPONSE_HOLD 65536
void response_status(struct request *r, int status);
int response_status_now(const struct request *r);
/** response_header() - set (replace) a header; texts are copied. Line feeds in @value are a BUG,
 * one that is empty is not sent. Those of an answer have room for 2 KiB beside the largest request.
 */
void response_header(struct request *r, const char *name, const char *value);
/** response_header_now() - what a header of the answer is set to; p NULL = not set. */
struct str response_header_now(const struct request *r, const char *name);
/** response_write() - Errors: ERR_CANCELLED when the client is gone. Suspends once streaming. */
enum errcode response_write(struct request *r, const void *p, size_t n,
                            struct error *err) MUST_CHECK;
/** response_static() - @n bytes at @p that never go away become the whole answer's body. */
void response_static(struct request *r, const void *p, size_t n);
/** response_reset() - forget status, headers and bytes; false when they are sent already. */
bool response_reset(struct request *r);
/** response_abort() - an answer that is being streamed cannot be completed: cut the connection. */
void response_abort(struct request *r);
/** response_bytes() - written so far. */
int64_t response_bytes(const struct request *r);
