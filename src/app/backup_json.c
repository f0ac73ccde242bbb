#include "app/backup_json.h"

#include "base/hash.h"
#include "base/time.h"

static void write_file(struct json_writer *w, const struct backup_file *f)
{
    jsonw_begin_object(w);
    jsonw_kv_text(w, "path", f->path);
    jsonw_kv_text(w, "namespace", f->namespace);
    jsonw_kv_int(w, "bytes", f->n_bytes);
    jsonw_kv_text(w, "sha256", f->sha256);
    jsonw_end_object(w);
}

void backup_manifest_write(struct json_writer *w, const struct backup_manifest *m)
{
    char created[INSTANT_TEXT_MAX];
    size_t n = instant_format(created, m->created_at);
    jsonw_begin_object(w);
    jsonw_kv_int(w, "format", m->format);
    jsonw_kv_text(w, "version", m->version);
    jsonw_kv_text(w, "migration", m->migration);
    jsonw_kv_str(w, "createdAt", (struct str){created, n});
    jsonw_key(w, "files");
    jsonw_begin_array(w);
    for (size_t i = 0; i < m->n_files; i++) {
        write_file(w, &m->files[i]);
    }
    jsonw_end_array(w);
    jsonw_end_object(w);
}

/* A manifest may come from anywhere: its paths stay below the folder. */
static bool path_is_inside(const char *path)
{
    struct str rest = str_of(path), part;
    bool any = false;
    while (str_split(&rest, '/', &part)) {
        if (part.n == 0 || part.p[0] == '.') {
            return false;
        }
        any = true;
    }
    return any && !text_eq(path, BACKUP_MANIFEST);
}

static bool is_hash(const char *text)
{
    struct str s = str_of(text);
    for (size_t i = 0; i < s.n; i++) {
        bool digit = s.p[i] >= '0' && s.p[i] <= '9';
        if (!digit && (s.p[i] < 'a' || s.p[i] > 'f')) {
            return false;
        }
    }
    return s.n == SHA256_HEX;
}

static enum errcode read_file(const json_t *doc, struct backup_file *out, struct error *err)
{
    static const char *const keys[] = {"path", "namespace", "bytes", "sha256", NULL};
    struct backup_file f = {.n_bytes = -1};
    TRY(doc_only(doc, keys, err));
    TRY(doc_text(doc, "path", &f.path, err));
    TRY(doc_opt_text(doc, "namespace", &f.namespace, err));
    TRY(doc_opt_int(doc, "bytes", &f.n_bytes, err));
    TRY(doc_text(doc, "sha256", &f.sha256, err));
    if (!path_is_inside(f.path) || !is_hash(f.sha256) || f.n_bytes < 0) {
        return ERROR(err, ERR_CORRUPT, "file \"%s\" of the manifest is none", f.path);
    }
    *out = f;
    return ERR_OK;
}

static enum errcode read_files(struct arena *a, const json_t *list, struct backup_manifest *m,
                               struct error *err)
{
    m->n_files = json_array_size(list);
    m->files = ARENA_ARRAY(a, m->n_files, struct backup_file);
    for (size_t i = 0; i < m->n_files; i++) {
        TRY(read_file(json_array_get(list, i), &m->files[i], err));
        for (size_t k = 0; k < i; k++) {
            if (text_eq(m->files[k].path, m->files[i].path)) {
                return ERROR(err, ERR_CORRUPT, "the manifest names \"%s\" twice", m->files[i].path);
            }
        }
    }
    return ERR_OK;
}

static enum errcode read_manifest(struct arena *a, const json_t *doc, struct backup_manifest *out,
                                  struct error *err)
{
    static const char *const keys[] = {"format",    "version", "migration",
                                       "createdAt", "files",   NULL};
    struct backup_manifest m = {0};
    const json_t *files = NULL;
    const char *created = NULL;
    TRY(doc_opt_int(doc, "format", &m.format, err));
    if (m.format > BACKUP_FORMAT) {
        ERROR(err, ERR_UNSUPPORTED, "the backup has format %lld, this program reads %d",
              (long long)m.format, BACKUP_FORMAT);
        return error_hint(err, "restore it with the version that made it, or a newer one");
    }
    TRY(doc_only(doc, keys, err));
    TRY(doc_text(doc, "version", &m.version, err));
    TRY(doc_opt_text(doc, "migration", &m.migration, err));
    TRY(doc_text(doc, "createdAt", &created, err));
    TRY(doc_array(doc, "files", &files, err));
    if (m.format < 1 || !instant_parse(str_of(created), &m.created_at)) {
        return ERROR(err, ERR_CORRUPT, "the manifest has no format or no time");
    }
    TRY(read_files(a, files, &m, err));
    *out = m;
    return ERR_OK;
}

enum errcode backup_manifest_parse(struct arena *a, struct str text, struct backup_manifest *out,
                                   struct error *err)
{
    json_t *doc = NULL;
    struct error why = ERROR_INIT;
    enum errcode code = doc_parse(a, text, JSON_DEPTH_MAX, &doc, &why);
    if (code == ERR_OK) {
        code = read_manifest(a, doc, out, &why);
    }
    if (code == ERR_OK || code == ERR_UNSUPPORTED || code == ERR_CORRUPT) {
        return code == ERR_OK ? ERR_OK : error_move(err, &why);
    }
    ERROR(err, ERR_CORRUPT, "the manifest cannot be read: %s", why.message);
    error_release(&why);
    return ERR_CORRUPT;
}
