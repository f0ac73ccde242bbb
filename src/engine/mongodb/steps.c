#include "base/attr.h"
#include "engine/mongodb/core.h"
#include "engine/mongodb/filter.h"
#include "engine/mongodb/model.h"
#include "engine/mongodb/planner.h"

void mongo_plan_fail(struct planner *p, enum errcode code)
{
    if (p->code == ERR_OK) {
        p->code = code;
    }
}

void mongo_plan_step(struct planner *p, const bson_t *command, const struct step_words *words)
{
    if (p->code != ERR_OK) {
        return;
    }
    struct plan_step *step = plan_add_step(p->plan, words->kind ? words->kind : STEP_RUN,
                                           p->operation, mongo_text(p->arena, command));
    step->comment = words->comment;
    step->undo = words->undo ? mongo_text(p->arena, words->undo) : NULL;
    step->lock = words->lock ? words->lock : "none";
    step->is_rewrite = words->is_rewrite;
}

void mongo_plan_late(struct planner *p, const bson_t *command, const struct step_words *words)
{
    struct late one = {command, p->operation, words->comment, words->is_rewrite};
    ARENA_PUSH(p->arena, p->late, p->n_late, one);
}

/* @level NULL: as it is. */
static void add_options(struct planner *p, bson_t *doc, const struct table *t, const char *level)
{
    const bson_t *validator = NULL;
    if (t->native) { /* not ours */
        BSON_APPEND_DOCUMENT(doc, "validator", foreign_validator(p->arena, t->native));
        BSON_APPEND_UTF8(doc, "validationLevel",
                         level ? level
                               : foreign_word(p->arena, t->native, "validationLevel", "strict"));
        BSON_APPEND_UTF8(doc, "validationAction",
                         foreign_word(p->arena, t->native, "validationAction", "error"));
        return;
    }
    enum errcode code = model_validator(p->arena, t, &validator, p->err);
    mongo_plan_fail(p, code);
    if (code == ERR_OK) {
        BSON_APPEND_DOCUMENT(doc, "validator", validator);
        BSON_APPEND_UTF8(doc, "validationLevel", level ? level : "strict");
        BSON_APPEND_UTF8(doc, "validationAction", "error");
    }
}

void step_create(struct planner *p, const struct table *t)
{
    bson_t *doc = mongo_doc(p->arena);
    bson_t *undo = mongo_doc(p->arena);
    BSON_APPEND_UTF8(doc, "create", t->name);
    add_options(p, doc, t, NULL);
    BSON_APPEND_UTF8(undo, "drop", t->name);
    mongo_plan_step(p, doc, &(struct step_words){.undo = undo});
}

static const bson_t *modify_of(struct planner *p, const struct table *t, const char *level)
{
    bson_t *doc = mongo_doc(p->arena);
    BSON_APPEND_UTF8(doc, "collMod", p->is->name);
    add_options(p, doc, t, level);
    return doc;
}

void step_validator(struct planner *p)
{
    mongo_plan_step(p, modify_of(p, p->is, NULL),
                    &(struct step_words){.lock = "exclusive", .undo = modify_of(p, p->was, NULL)});
}

void step_validation_off(struct planner *p)
{
    mongo_plan_step(p, modify_of(p, p->is, "off"),
                    &(struct step_words){.lock = "exclusive", .undo = modify_of(p, p->was, NULL)});
}

void step_validation_on(struct planner *p)
{
    mongo_plan_step(p, modify_of(p, p->is, NULL),
                    &(struct step_words){.lock = "exclusive", .undo = modify_of(p, p->is, "off")});
}

static const bson_t *rename_of(struct planner *p, const char *from, const char *to)
{
    bson_t *doc = mongo_doc(p->arena);
    BSON_APPEND_UTF8(doc, "renameCollection", from);
    BSON_APPEND_UTF8(doc, "to", to);
    BSON_APPEND_BOOL(doc, "dropTarget", false);
    return doc;
}

void step_rename(struct planner *p, const char *from, const char *to)
{
    mongo_plan_step(p, rename_of(p, from, to),
                    &(struct step_words){.lock = "exclusive", .undo = rename_of(p, to, from)});
}

/* {"createIndexes": …, "indexes": [specs…]} */
static const bson_t *create_indexes(struct planner *p, const char *table,
                                    const bson_t *const *specs, size_t n)
{
    bson_t *doc = mongo_doc(p->arena);
    bson_t list;
    BSON_APPEND_UTF8(doc, "createIndexes", table);
    BSON_APPEND_ARRAY_BEGIN(doc, "indexes", &list);
    for (size_t i = 0; i < n; i++) {
        char room[16];
        const char *at = NULL;
        bson_uint32_to_string((uint32_t)i, &at, room, sizeof room);
        BSON_APPEND_DOCUMENT(&list, at, specs[i]);
    }
    bson_append_array_end(doc, &list);
    return doc;
}

static const bson_t *drop_index(struct planner *p, const char *table, const char *name)
{
    bson_t *doc = mongo_doc(p->arena);
    BSON_APPEND_UTF8(doc, "dropIndexes", table);
    BSON_APPEND_UTF8(doc, "index", name);
    return doc;
}

static const bson_t *spec_of(struct planner *p, const struct table *t, const struct index *i)
{
    const bson_t *spec = NULL;
    if (i->native) { /* not ours: as the server told it */
        spec = mongo_doc_json(p->arena, i->native, NULL);
    } else {
        mongo_plan_fail(p, model_index(p->arena, t, i, &spec, p->err));
    }
    return spec ? spec : mongo_doc(p->arena);
}

void step_index(struct planner *p, const struct index *i)
{
    const bson_t *spec = spec_of(p, p->is, i);
    if (model_is_key(p->is, i)) {
        return;
    }
    mongo_plan_step(p, create_indexes(p, p->is->name, &spec, 1),
                    &(struct step_words){.undo = drop_index(p, p->is->name, i->name)});
}

void step_indexes(struct planner *p)
{
    size_t n = 0;
    const bson_t **specs = ARENA_ARRAY(p->arena, p->is->n_indexes + 1, const bson_t *);
    if (p->is->n_primary_key > 1) {
        specs[n++] = model_key_index(p->arena, p->is);
    }
    for (size_t i = 0; i < p->is->n_indexes; i++) {
        if (!model_is_key(p->is, &p->is->indexes[i])) {
            specs[n++] = spec_of(p, p->is, &p->is->indexes[i]);
        }
    }
    if (n > 0) {
        mongo_plan_step(p, create_indexes(p, p->is->name, specs, n), &(struct step_words){0});
    }
}

void step_key_index(struct planner *p)
{
    const bson_t *spec = model_key_index(p->arena, p->is);
    mongo_plan_step(p, create_indexes(p, p->is->name, &spec, 1),
                    &(struct step_words){.comment = "the primary key",
                                         .undo = drop_index(p, p->is->name, MODEL_KEY_INDEX)});
}

void step_drop_index(struct planner *p, const struct index *i)
{
    const bson_t *spec = spec_of(p, p->was, i);
    if (model_is_key(p->was, i)) {
        return;
    }
    mongo_plan_step(p, drop_index(p, p->is->name, i->name),
                    &(struct step_words){.lock = "exclusive",
                                         .undo = create_indexes(p, p->is->name, &spec, 1)});
}

void step_drop_key_index(struct planner *p)
{
    const bson_t *spec = model_key_index(p->arena, p->was);
    mongo_plan_step(p, drop_index(p, p->is->name, MODEL_KEY_INDEX),
                    &(struct step_words){.comment = "the primary key",
                                         .lock = "exclusive",
                                         .undo = create_indexes(p, p->is->name, &spec, 1)});
}

const bson_t *change_of(struct planner *p, const char *op, const char *field, const char *text)
{
    bson_t *doc = mongo_doc(p->arena);
    BCON_APPEND(doc, op, "{", field, BCON_UTF8(text), "}");
    return doc;
}

const bson_t *update_of(struct planner *p, const char *field, bool lacks, const bson_t *change)
{
    bson_t *doc = mongo_doc(p->arena);
    BCON_APPEND(doc, "update", BCON_UTF8(p->is->name), "updates", "[", "{", "q", "{", field, "{",
                "$exists", BCON_BOOL(!lacks), "}", "}", "u", BCON_DOCUMENT(change), "multi",
                BCON_BOOL(true), "}", "]");
    return doc;
}

void step_check(struct planner *p, const bson_t *filter, const char *comment)
{
    bson_t *doc = mongo_doc(p->arena);
    BCON_APPEND(doc, "find", BCON_UTF8(p->is->name), "filter", BCON_DOCUMENT(filter), "limit",
                BCON_INT32(1));
    mongo_plan_step(p, doc, &(struct step_words){.kind = STEP_CHECK, .comment = comment});
}

const bson_t *merge_of(struct planner *p, const char *from, const char *field, const char *into,
                       const char *to_field, bool makes)
{
    bson_t *doc = mongo_doc(p->arena);
    const char *path = arena_printf(p->arena, "$%s", field);
    BCON_APPEND(doc, "aggregate", BCON_UTF8(from), "pipeline", "[", "{", "$project", "{",
                BCON_UTF8(to_field), "{", "$ifNull", "[", BCON_UTF8(path), BCON_NULL, "]", "}", "}",
                "}", "{", "$merge", "{", "into", BCON_UTF8(into), "on", BCON_UTF8("_id"),
                "whenMatched", BCON_UTF8(makes ? "replace" : "merge"), "whenNotMatched",
                BCON_UTF8(makes ? "insert" : "discard"), "}", "}", "]", "cursor", "{", "}");
    return doc;
}
