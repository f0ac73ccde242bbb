#include "http/request.h"

#define BRIEF_US  16000 /* a wait that lasts longer is not brief; lists may wait for others */
#define BRIEF_MAX 64    /* a home; the library asks for each of them in every run */

static bool begin(struct request *r)
{
    if (r->home->n_brief == BRIEF_MAX) {
        return false;
    }
    r->is_brief = true;
    r->home->n_brief++;
    return true;
}

void brief_wait(struct request *r)
{
    int64_t now = loop_turn_us(r->home->loop);
    if (!r->is_brief) {
        if (!begin(r)) {
            request_suspend(r);
            return;
        }
        r->brief_until = now + BRIEF_US;
    } else if (now >= r->brief_until) {
        brief_end(r);
        request_suspend(r);
    }
}

bool brief_gather(struct request *r)
{
    bool has_begun = begin(r);
    brief_ripen(r);
    return has_begun;
}

void brief_ripen(struct request *r)
{
    if (r->is_brief && !r->is_due && r->state != FIBER_WAITING) {
        r->is_due = true;
        r->home->n_due++;
    }
}

void brief_called(struct request *r)
{
    r->home->n_due -= r->is_due;
    r->is_due = false;
}

void brief_end(struct request *r)
{
    brief_called(r);
    r->home->n_brief -= r->is_brief;
    r->is_brief = false;
}

bool brief_is_all(const struct http_home *home)
{
    bool answers = home->n_answering > 0 && home->answer_runs > 0;
    return home->n_brief > 0 && home->n_due == 0 && !answers && home->busy_runs == 0;
}
