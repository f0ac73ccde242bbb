#include "http/router.h"

#include "base/percent.h"

static enum errcode read_pair(struct arena *a, struct str part, struct query_pair *out,
                              struct error *err)
{
    size_t name_n = str_find(part, '=');
    TRY(percent_decode(a, (struct str){part.p, name_n}, true, &out->name, err));
    return percent_decode(a, str_sub(part, name_n + 1), true, &out->value, err);
}

enum errcode query_parse(struct arena *a, struct str query, struct query_pair **out, size_t *n,
                         struct error *err)
{
    struct query_pair *pairs = NULL;
    size_t n_pairs = 0;
    struct str part;
    while (str_split(&query, '&', &part)) {
        if (part.n == 0) {
            continue;
        }
        if (n_pairs == QUERY_PAIRS_MAX) {
            return ERROR(err, ERR_MALFORMED, "more than %d query parameters", QUERY_PAIRS_MAX);
        }
        struct query_pair pair = {0};
        TRY(read_pair(a, part, &pair, err));
        ARENA_PUSH(a, pairs, n_pairs, pair);
    }
    *out = pairs;
    *n = n_pairs;
    return ERR_OK;
}
