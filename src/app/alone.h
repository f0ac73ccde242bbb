#pragma once

#include <stdbool.h>

#include "base/error.h"

/*
 * Whether somebody else works in a data folder. Everybody who has the application open holds the
 * folder's lock shared; who gets it alone knows that there is nobody else, and keeps others from
 * coming until it is given back.
 */

/** alone_take() - *@lock = what alone_give_back() takes, or -1 when somebody else is there. Errors:
 *  ERR_IO. */
enum errcode alone_take(const char *folder, int *lock, struct error *err) MUST_CHECK;
/** alone_give_back() - -1 is fine. */
void alone_give_back(int lock);
