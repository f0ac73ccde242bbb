#pragma once

#include <stdbool.h>

#include "app/settings.h"
#include "engine/kind.h"

/*
 * Where a source may be. An address comes from a person who may administer one tenant of many, and
 * the server stands where that person does not: at its own files, its local sockets, the machines
 * beside it.
 *
 * The setting "source-hosts" lists what may be reached: names, "*.example.com", addresses, networks
 * ("10.0.0.0/8"), absolute paths that local sockets lie under, "*" for every host. Empty: those who
 * operate the platform (is_trusted) may name any host and socket, others public addresses only.
 * Never: what is no host at all (link-local, where clouds keep their secrets, multicast, 0.0.0.0).
 * The setting "source-folder" is the folder that database files lie under; empty: none may be
 * attached. Files of the server itself never.
 */

/**
 * source_place_judge() - may a source be there?
 * @o: the path is made absolute and free of links; where names and addresses could be told apart by
 *     a name server that answers twice, host becomes the address that was judged. Texts in @a
 *
 * Resolves names, so it may suspend. Errors: ERR_FORBIDDEN with a hint, ERR_NOT_FOUND for a file
 * that is not there, ERR_UNAVAILABLE for a name that nobody knows, ERR_INVALID for a part that is
 * missing.
 */
enum errcode source_place_judge(const struct settings *s, const struct engine_kind *kind,
                                struct arena *a, struct engine_options *o, bool is_trusted,
                                struct error *err) MUST_CHECK;
