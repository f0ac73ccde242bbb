#pragma once

#include <bson/bson.h>

/*
 * A client of the gateway: its commands run one after the other as calls of the DocumentDB
 * functions of the same name, on one backend of its own and, while a transaction is open, on a
 * second one. Nothing is shared between clients; a client that goes loses cursors and transaction.
 */
struct mongo_client;

struct mongo_client *mongo_client_new(const char *conninfo);
void mongo_client_free(struct mongo_client *c);

/** mongo_client_run() - the answer of @command into the initialised @answer; errors are answers. */
void mongo_client_run(struct mongo_client *c, const bson_t *command, bson_t *answer);
