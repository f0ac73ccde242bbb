#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/settings.h"
#include "base/arena.h"
#include "base/error.h"
#include "engine/engine.h"

/*
 * The doctor: what is wrong with an installation. It only looks; every finding says what to do
 * where we know. Beside a running server it may be asked at any time.
 */
struct doctor_finding {
    const char *check;   /* name of the check, "permissions" */
    const char *object;  /* file, namespace, table … that it is about */
    const char *message; /* one line */
};

struct doctor_check {
    const char *name;
    const char *about;   /* what it looks at, one line */
    int64_t n_looked_at; /* files, namespaces, …; -1 = could not be made */
    size_t n_findings;
};

struct doctor_report {
    struct doctor_check *checks;
    size_t n_checks;
    struct doctor_finding *findings;
    size_t n_findings;
};

/**
 * doctor_run() - make all checks on the installation in the data folder of @settings
 * @settings_problem: why the settings could not be read as they stand; NULL = they could
 * @out: in @a
 *
 * Damage is a finding, never an error. Errors: ERR_NOT_FOUND when there is no data folder,
 * ERR_FORBIDDEN when it cannot be read.
 */
enum errcode doctor_run(struct engine *engine, const struct settings *settings,
                        const char *settings_problem, struct arena *a, struct doctor_report *out,
                        struct error *err) MUST_CHECK;
