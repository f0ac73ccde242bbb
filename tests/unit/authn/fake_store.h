#pragma once

#include "store/session.h"
#include "store/user.h"

/*
 * A store in memory with the verbs that authn calls, a clock that a test turns, and a call that
 * fails on demand. Linked in place of the real one.
 */
#define FAKE_MAX 64

struct fake_store {
    struct arena *arena;
    int64_t now;
    struct user users[FAKE_MAX];
    struct tenant tenants[FAKE_MAX];
    struct user_tenant memberships[FAKE_MAX];
    struct login_session sessions[FAKE_MAX];
    struct api_token tokens[FAKE_MAX];
    struct login_attempt attempts[FAKE_MAX * 8];
    struct setup_token setups[FAKE_MAX];
    size_t n_users, n_tenants, n_memberships, n_sessions, n_tokens, n_attempts, n_setups;
    size_t n_reads;            /* sessions and tokens looked up by hash */
    size_t n_touches;          /* writes that only tell people something */
    enum errcode fail_insert;  /* the next insert of a user fails with this, once */
    enum errcode fail_reads;   /* lookups by hash fail with this */
    enum errcode fail_touches; /* so do the touches */
};

extern struct fake_store fake;

void fake_reset(void);
int64_t fake_now(void);
int64_t fake_tenant(const char *slug);
