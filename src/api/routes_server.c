#include "api/api.h"
#include "observe/metrics.h"

/* What watches the server: plain answers, no envelope, no credentials. */

static enum errcode answer_text(struct call *c, const char *media, struct str text,
                                struct error *err)
{
    response_header(c->request, "Content-Type", media);
    return response_write(c->request, text.p, text.n, err);
}

static enum errcode health(struct call *c, struct error *err)
{
    return answer_text(c, "application/json", STR("{\"status\":\"ok\"}"), err);
}

static enum errcode ready(struct call *c, struct error *err)
{
    TRY(app_ready(c->app, err));
    return answer_text(c, "application/json", STR("{\"status\":\"ready\"}"), err);
}

static enum errcode metrics(struct call *c, struct error *err)
{
    struct buf text;
    buf_init(&text, BUF_MAX_DEFAULT);
    metrics_print(&text);
    enum errcode code =
        answer_text(c, "text/plain; version=0.0.4; charset=utf-8", buf_str(&text), err);
    buf_release(&text);
    return code;
}

static enum errcode csp_report(struct call *c, struct error *err)
{
    (void)err;
    metric_add(METRIC_CSP_REPORTS, 1);
    response_status(c->request, 204);
    return ERR_OK;
}

const struct route routes_server[] = {
    {"GET", "/healthz", ACTION_PUBLIC, BODY_NONE, health, "*", "the process answers"},
    {"GET", "/readyz", ACTION_PUBLIC, BODY_NONE, ready, "*", "the store answers"},
    {"GET", "/metrics", ACTION_PUBLIC, BODY_NONE, metrics, "*", "measurements for Prometheus"},
    {"POST", "/api/csp-report", ACTION_PUBLIC, BODY_NONE, csp_report, "*",
     "a browser's report about the content security policy, counted only"},
    {0},
};
