#include "cli/command.h"
#include "cli/output.h"
#include "observe/log.h"

static enum errcode run_serve(struct cli *c, struct error *err)
{
    if (options_flag(&c->options, "print-settings")) {
        settings_print(&c->settings, c->json, &c->out);
        return ERR_OK;
    }
    if (!log_set_level(c->settings.text[SETTING_LOG_LEVEL])) {
        return ERROR(err, ERR_USAGE, "log-level \"%s\" is none of error, warning, info, debug",
                     c->settings.text[SETTING_LOG_LEVEL]);
    }
    return c->host->serve(&c->settings, cli_settings, c, err);
}

static const struct option_row serve_options[] = {
    {"print-settings", NULL, "print every setting with its origin, and end", false},
    {0},
};

const struct command commands_serve[] = {
    {
        .name = "serve",
        .operands = "",
        .summary = "Run the server",
        .text =
            "Prints one line \"listening on http://ADDR:PORT\" when it is ready and, while there "
            "is no OWNER yet, a one-time set-up link. SIGTERM lets finish what runs and ends; "
            "SIGHUP reads the settings again.",
        .example = "serve --data /var/lib/telaio --listen 0.0.0.0:5950",
        .options = serve_options,
        .folder = FOLDER_ANY,
        .takes_settings = true,
        .run = run_serve,
    },
    {0},
};
