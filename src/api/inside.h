#pragma once

#include "api/api.h"
#include "app/repeat.h"

/* What the files of the dispatcher share. */
struct api {
    struct app *app;
    struct arena *arena;
    struct router *router;
    const struct static_files *studio; /* NULL = none */
    const struct static_file *index;   /* with the base path in it */
    const char *base;                  /* "/" or "/db/" */
    const char *policy;                /* content security policy of the studio */
    size_t max_body;
    int max_depth;
    unsigned char salt[32]; /* of this process; see repeat_begin() */
};

/** api_cookie() - the name of the session's cookie. */
#define API_COOKIE "telaio_session"

/** credentials_read() - what the request's headers say. Errors: ERR_UNAUTHENTICATED for an
 *  Authorization that is not understood. */
enum errcode credentials_read(struct request *r, struct caller_credentials *out,
                              struct error *err) MUST_CHECK;

/** query_check() - every parameter is one of the route's, none is repeated. */
enum errcode query_check(const struct call *c, struct error *err) MUST_CHECK;

/** body_read() - c->body by the route's row; *@text (for hashing) is what was read. */
enum errcode body_read(const struct api *api, struct call *c, struct str *text,
                       struct error *err) MUST_CHECK;

/** page_answer() - a file of the studio or its first page; false when @path is none of its. */
bool page_answer(const struct api *api, struct request *r, struct str path);
/** page_prepare() - api->index and api->policy. */
void page_prepare(struct api *api);

/** headers_begin() - what every answer of the API carries, until the handler says otherwise. */
void headers_begin(struct request *r);

/** error_answer() - @err as the answer; @is_trusted: its detail may be shown. Frees nothing. */
void error_answer(struct request *r, const struct error *err, bool is_trusted);

/* The answer kept under an Idempotency-Key while its request runs. */
struct repeat {
    struct kept_answer kept;
    const char *instead; /* the body to keep, NULL = the answer's own */
    bool is_finished;
};
/** repeat_begin() - @is_answered: the first answer was given again, nothing is left to do. */
enum errcode repeat_begin(const struct api *api, struct call *c, struct str body, bool *is_answered,
                          struct error *err) MUST_CHECK;
/** repeat_keep_instead() - what a repeated request is answered with, where the first answer has a
 *  secret: a whole body. Before answer_end(). */
void repeat_keep_instead(struct call *c, struct str body);
/** repeat_finish() - keep @body as the answer of @c. */
void repeat_finish(struct call *c, struct str body);
/** repeat_end() - the handler has ended; a key without an answer is given back. */
void repeat_end(struct call *c, bool is_error);
