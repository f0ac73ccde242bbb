#include <stdlib.h>

#include "app/doctor.h"
#include "base/json.h"
#include "cli/command.h"
#include "cli/output.h"
#include "observe/log.h"

#define STATUS_FOUND 4

struct visit {
    struct cli *cli;
    const char *settings_problem;
    struct doctor_report report;
};

static enum errcode examine(struct engine *engine, const struct settings *settings, void *arg,
                            struct error *err)
{
    struct visit *v = arg;
    return doctor_run(engine, settings, v->settings_problem, v->cli->arena, &v->report, err);
}

static void print_json(const struct doctor_report *r, struct buf *out)
{
    struct json_writer w;
    jsonw_init(&w, out);
    jsonw_begin_object(&w);
    jsonw_kv_bool(&w, "sound", r->n_findings == 0);
    jsonw_key(&w, "checks");
    jsonw_begin_array(&w);
    for (size_t i = 0; i < r->n_checks; i++) {
        jsonw_begin_object(&w);
        jsonw_kv_text(&w, "name", r->checks[i].name);
        jsonw_kv_text(&w, "about", r->checks[i].about);
        jsonw_kv_bool(&w, "done", r->checks[i].n_looked_at >= 0);
        jsonw_kv_int(&w, "findings", (int64_t)r->checks[i].n_findings);
        jsonw_end_object(&w);
    }
    jsonw_end_array(&w);
    jsonw_key(&w, "findings");
    jsonw_begin_array(&w);
    for (size_t i = 0; i < r->n_findings; i++) {
        jsonw_begin_object(&w);
        jsonw_kv_text(&w, "check", r->findings[i].check);
        jsonw_kv_text(&w, "object", r->findings[i].object);
        jsonw_kv_text(&w, "message", r->findings[i].message);
        jsonw_end_object(&w);
    }
    jsonw_end_array(&w);
    jsonw_end_object(&w);
    buf_addc(out, '\n');
}

static void print_text(const struct doctor_report *r, struct buf *out)
{
    for (size_t i = 0; i < r->n_checks; i++) {
        const struct doctor_check *k = &r->checks[i];
        const char *word = k->n_findings ? "FOUND" : k->n_looked_at < 0 ? "-" : "ok";
        buf_printf(out, "%-6s %-12s %s\n", word, k->name, k->about);
    }
    for (size_t i = 0; i < r->n_findings; i++) {
        const struct doctor_finding *f = &r->findings[i];
        buf_printf(out, "%s%s: %s: %s\n", i ? "" : "\n", f->check, f->object, f->message);
    }
}

/* Settings that do not parse are a finding here, not an end: flags and TELAIO_DATA are read then.
 */
static enum errcode read_settings(struct visit *v, struct error *err)
{
    struct cli *c = v->cli;
    struct error why = ERROR_INIT;
    const char *data = getenv("TELAIO_DATA");
    if (cli_settings(c, c->arena, &c->settings, &why) == ERR_OK) {
        return ERR_OK;
    }
    v->settings_problem = arena_printf(c->arena, "%s%s%s", why.message, why.detail ? " " : "",
                                       why.detail ? why.detail : "");
    error_release(&why);
    settings_init(&c->settings, c->arena);
    TRY(cli_flags(&c->options, &c->settings, err));
    return data ? settings_set(&c->settings, "data", data, ORIGIN_ENVIRONMENT, err) : ERR_OK;
}

static enum errcode run_doctor(struct cli *c, struct error *err)
{
    struct visit v = {.cli = c};
    (void)log_set_level("error"); /* a word it knows */
    TRY(read_settings(&v, err));
    TRY(cli_check_folder(c, err));
    TRY(c->host->with_engine(&c->settings, examine, &v, err));
    if (c->json) {
        print_json(&v.report, &c->out);
    } else {
        print_text(&v.report, &c->out);
    }
    c->status = v.report.n_findings ? STATUS_FOUND : 0;
    return ERR_OK;
}

const struct command commands_doctor[] = {
    {
        .name = "doctor",
        .operands = "",
        .summary = "Look for what is wrong with an installation; exit 4 when something is",
        .text =
            "Only looks, also beside a running server: settings, permissions, integrity of every "
            "file, files that do not belong there, migrations, journal, registry, trash.",
        .example = "doctor --data /var/lib/telaio --json",
        .folder = FOLDER_UNUSED,
        .run = run_doctor,
    },
    {0},
};
