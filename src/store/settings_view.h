#pragma once

#include "store/store.h"

/**
 * settings_view_make() - the read-only view settings_audit of the specification, for whoever asks
 * the store with a program of their own: every schema change with who, when, from where, what ran
 * and how it ended
 *
 * Nothing is done where it is there already, or on an engine that has no view of its own here. Ours
 * read store_settings_audit() (audit.h), which says the same on every engine.
 */
enum errcode settings_view_make(struct store *s, struct error *err) MUST_CHECK;
