#include "api/api.h"

const struct route routes_tables[] = {{0}};
const struct route routes_changes[] = {{0}};
