#include "api/api.h"

const struct route routes_rows[] = {{0}};
const struct route routes_transfer[] = {{0}};
const struct route routes_openapi[] = {{0}};
