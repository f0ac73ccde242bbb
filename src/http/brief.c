#include "http/request.h"

#define BRIEF_US  4000 /* a wait that lasts longer is not brief */
#define BRIEF_MAX 64   /* a home; the library asks for each of them in every run */

void brief_wait(struct request *r)
{
    struct http_home *home = r->home;
    int64_t now = loop_turn_us(home->loop);
    if (!r->is_brief) {
        if (home->n_brief == BRIEF_MAX) {
            request_suspend(r);
            return;
        }
        r->is_brief = true;
        r->brief_until = now + BRIEF_US;
        home->n_brief++;
    } else if (now >= r->brief_until) {
        brief_end(r);
        request_suspend(r);
    }
}

void brief_end(struct request *r)
{
    if (r->is_brief) {
        r->is_brief = false;
        r->home->n_brief--;
    }
}

int64_t brief_timeout_us(const struct http_home *home)
{
    bool answers = home->n_answering > 0 && home->answer_runs > 0;
    return home->n_brief > 0 && !answers && home->busy_runs == 0 ? BRIEF_US : 0;
}
