#pragma once

#include "base/buf.h"
#include "http/http.h"

/* A request without a connection: what the client sent, and what it would have got. */
#define FAKE_HEADERS_MAX 16

struct fake_header {
    const char *name;
    const char *value;
};

struct request {
    struct arena *arena;
    const char *method, *path, *query;
    struct fake_header sent[FAKE_HEADERS_MAX];
    size_t n_sent;
    struct str body;
    bool is_chunked; /* the length is not told */
    size_t n_reads;  /* how often the body was asked for */

    int status;
    struct fake_header got[FAKE_HEADERS_MAX];
    size_t n_got;
    struct buf out;
    bool is_streaming; /* headers are on their way */
    bool is_aborted;
};

void fake_init(struct request *r, struct arena *a, const char *method, const char *path);
void fake_free(struct request *r);
void fake_send(struct request *r, const char *name, const char *value);
/** fake_got() - a header of the answer, NULL = not there. */
const char *fake_got(const struct request *r, const char *name);
