#pragma once

#include "authz/authz.h"

/** template_of_role() - what a role holds; NULL for none. */
const struct authz_template *template_of_role(enum authz_role role);

/** template_of_level() - what a level holds; NULL for none. */
const struct authz_template *template_of_level(enum authz_level level);
