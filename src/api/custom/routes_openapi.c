#include "api/api.h"

const struct route routes_openapi[] = {{0}};
