#include "api/api.h"
#include "main/host.h"

static const char *const bodies[] = {
    [BODY_NONE] = "none",
    [BODY_JSON] = "json",
    [BODY_OPTIONAL] = "optional",
    [BODY_STREAM] = "stream",
};

void routes_tell(void (*fn)(void *arg, const struct cli_route *route), void *arg)
{
    size_t n;
    const struct route *const *rows = api_routes(&n);
    for (size_t i = 0; i < n; i++) {
        struct cli_route told = {
            .method = rows[i]->method,
            .pattern = rows[i]->pattern,
            .action = action_row(rows[i]->action)->slug,
            .body = bodies[rows[i]->body],
            .query = rows[i]->query,
            .summary = rows[i]->summary,
        };
        fn(arg, &told);
    }
}
