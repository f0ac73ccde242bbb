#pragma once

#include "app/app.h"
#include "app/settings.h"
#include "base/error.h"

/*
 * The command line: a table of commands (commands.h), each a thin door to the use cases of app/.
 * What it cannot know, the composition root gives it: how an engine and an application are opened
 * from settings, and how a server is run.
 */

/* Work on an open application or engine; runs as the only fiber of one loop. */
typedef enum errcode cli_app_fn(struct app *app, void *arg, struct error *err);
typedef enum errcode cli_engine_fn(struct engine *engine, const struct settings *settings,
                                   void *arg, struct error *err);

struct cli_route {
    const char *method, *pattern;
    const char *action; /* permission slug, "public" or "signed-in" */
    const char *body;   /* "none", "json", "optional", "stream" */
    const char *query;  /* names of its parameters, space separated */
    const char *summary;
};

struct cli_host {
    /* open loop, engine and application on @settings (the data folder is made when it is not
       there), run @fn(app, arg) as a fiber, close all; answers what @fn or the opening answered */
    enum errcode (*with_app)(const struct settings *settings, cli_app_fn *fn, void *arg,
                             struct error *err);
    /* the same with the engine alone, without touching the store: doctor, backup, migrate
       --system */
    enum errcode (*with_engine)(const struct settings *settings, cli_engine_fn *fn, void *arg,
                                struct error *err);
    /* run a server until a signal stops it; prints the "listening on" line and a set-up link to
       stdout. @read_again makes the settings anew from all origins (SIGHUP) */
    enum errcode (*serve)(const struct settings *settings,
                          enum errcode (*read_again)(void *arg, struct arena *a,
                                                     struct settings *out, struct error *err),
                          void *arg, struct error *err);
    /* tell every route of the server to @fn; NULL = the program has none */
    void (*each_route)(void (*fn)(void *arg, const struct cli_route *route), void *arg);
};

/**
 * cli_main() - run the command that @argv says; returns the exit status
 *
 * 0 ok, 1 error, 2 usage, 3 denied, 4 verification failed. Results go to stdout, everything else
 * to stderr.
 */
int cli_main(int argc, char **argv, const struct cli_host *host);
