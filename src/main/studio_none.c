#include "base/attr.h"
#include "main/studio.h"

static const char page[] =
    "<!doctype html>\n"
    "<html lang=\"en\">\n"
    "<head><meta charset=\"utf-8\"><title>Telaio</title></head>\n"
    "<body><h1>Telaio</h1>\n"
    "<p>The server runs. It was built without its web studio: the API and the command line are\n"
    "complete, this page is all there is to see. <code>make build</code> puts the studio in.</p>\n"
    "</body></html>\n";

static const struct static_file files[] = {
    {
        .path = "/index.html",
        .media_type = "text/html; charset=utf-8",
        .digest = "none",
        .raw = {(const unsigned char *)page, sizeof page - 1},
    },
};

const struct static_files studio_files = {files, ARRAY_LEN(files)};
