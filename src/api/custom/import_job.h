#pragma once

#include "api/custom/upload.h"

/**
 * import_job() - take the whole body into a file of the data folder, then import it in a job
 *
 * Answers 202 with the job. @in: format and options; its texts are copied. Errors: those of
 * upload_read(), ERR_DISK_FULL, ERR_IO, those of jobs_start().
 */
enum errcode import_job(struct call *c, struct upload *upload, const struct import_request *in,
                        struct error *err) MUST_CHECK;
