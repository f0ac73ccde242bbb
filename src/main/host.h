#pragma once

#include "cli/cli.h"
#include "engine/engine.h"
#include "loop/loop.h"

/* The order of start and stop: engine, loops, application, and the way back. */
struct host {
    struct engine *engine;
    struct runtime *runtime;
    struct app *app; /* NULL when only the engine was asked for */
};

/** host_open() - @with_app false: the engine and the loops alone. @loops 0 = by the settings. On an
 *  error nothing is open. */
enum errcode host_open(const struct settings *settings, bool with_app, int loops, struct host *out,
                       struct error *err) MUST_CHECK;
void host_close(struct host *h);

/* What the command line is given. */
extern const struct cli_host cli_host;

/** serve() - as in struct cli_host. */
enum errcode serve(const struct settings *settings,
                   enum errcode (*read_again)(void *arg, struct arena *a, struct settings *out,
                                              struct error *err),
                   void *arg, struct error *err) MUST_CHECK;

/** routes_tell() - as each_route of struct cli_host. */
void routes_tell(void (*fn)(void *arg, const struct cli_route *route), void *arg);
