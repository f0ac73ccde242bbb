#pragma once

/** crypt_start() - the library is ready, on any thread; every file of this room that calls it does
 *  so first. */
void crypt_start(void);
