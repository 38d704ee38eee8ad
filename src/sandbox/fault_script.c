#include "fault_script.h"

#include "dice.h"
#include "fault_check.h"

#include "base/memory.h"
#include "json/reader.h"

#include <pthread.h>
#include <stdlib.h>

struct fault_script {
    pthread_mutex_t mutex;
    struct dice dice;
    int64_t start_ms;
    struct fault faults[FAULTS_MAX];
    size_t count;
};

struct fault_script *fault_script_new(uint64_t seed)
{
    struct fault_script *script = memory_new(1, sizeof(struct fault_script));
    (void)pthread_mutex_init(&script->mutex, NULL);
    dice_init(&script->dice, seed);
    return script;
}

static void clear(struct fault_script *script)
{
    for (size_t i = 0; i < script->count; i++) {
        fault_done(&script->faults[i]);
    }
    script->count = 0;
}

void fault_script_free(struct fault_script *script)
{
    if (script != NULL) {
        clear(script);
        (void)pthread_mutex_destroy(&script->mutex);
        free(script);
    }
}

bool fault_script_add(struct fault_script *script, struct slice text, struct error *error)
{
    struct fault fault = {0};
    if (script->count == FAULTS_MAX) {
        error_set(error, "a script has at most %d faults", FAULTS_MAX);
        return false;
    }
    if (!fault_parse(text, &fault, error)) {
        fault_done(&fault);
        return false;
    }
    (void)pthread_mutex_lock(&script->mutex);
    script->faults[script->count++] = fault;
    (void)pthread_mutex_unlock(&script->mutex);
    return true;
}

void fault_script_start(struct fault_script *script, int64_t now_ms)
{
    (void)pthread_mutex_lock(&script->mutex);
    script->start_ms = now_ms;
    (void)pthread_mutex_unlock(&script->mutex);
}

void fault_script_clear(struct fault_script *script)
{
    (void)pthread_mutex_lock(&script->mutex);
    clear(script);
    (void)pthread_mutex_unlock(&script->mutex);
}

/* Reads the array into a script of its own, of which nothing but the faults is used. */
static bool read_faults(const struct json_value *list, struct fault_script *draft,
                        struct arena *arena, struct error *error)
{
    if (list->kind != JSON_ARRAY || list->count > FAULTS_MAX) {
        error_set(error, "the faults are an array of at most %d", FAULTS_MAX);
        return false;
    }
    for (const struct json_value *item = list->first; item != NULL; item = item->next) {
        struct fault *fault = &draft->faults[draft->count++];
        if (!fault_read(item, fault, arena, error)) {
            error_prefix(error, "faults[%zu]", draft->count - 1);
            return false;
        }
    }
    return true;
}

/* The draft's faults are the script's from now on. False when there is no room for them. */
static bool take_faults(struct fault_script *script, struct fault_script *draft,
                        struct error *error)
{
    if (script->count + draft->count > FAULTS_MAX) {
        error_set(error, "a script has at most %d faults", FAULTS_MAX);
        return false;
    }
    memcpy(script->faults + script->count, draft->faults, draft->count * sizeof(struct fault));
    script->count += draft->count;
    draft->count = 0;
    return true;
}

static bool read_draft(struct slice json, struct fault_script *draft, struct error *error)
{
    struct arena arena;
    const struct json_value *list = NULL;
    arena_init(&arena, 0);
    bool done = json_read(json, &arena, &list, error) && read_faults(list, draft, &arena, error);
    arena_done(&arena);
    return done;
}

bool fault_script_load(struct fault_script *script, struct slice json, struct error *error)
{
    struct fault_script *draft = fault_script_new(0);
    bool done = read_draft(json, draft, error);
    (void)pthread_mutex_lock(&script->mutex);
    done = done && take_faults(script, draft, error);
    (void)pthread_mutex_unlock(&script->mutex);
    fault_script_free(draft);
    return done;
}

bool fault_script_replace(struct fault_script *script, struct slice json, int64_t now_ms,
                          struct error *error)
{
    struct fault_script *draft = fault_script_new(0);
    bool done = read_draft(json, draft, error);
    (void)pthread_mutex_lock(&script->mutex);
    if (done) {
        clear(script);
        script->start_ms = now_ms;
        done = take_faults(script, draft, error);
    }
    (void)pthread_mutex_unlock(&script->mutex);
    fault_script_free(draft);
    return done;
}

void fault_script_write(struct fault_script *script, struct buffer *buffer)
{
    (void)pthread_mutex_lock(&script->mutex);
    buffer_append_byte(buffer, '[');
    for (size_t i = 0; i < script->count; i++) {
        if (i > 0) {
            buffer_append_byte(buffer, ',');
        }
        fault_write(&script->faults[i], buffer);
    }
    buffer_append_byte(buffer, ']');
    (void)pthread_mutex_unlock(&script->mutex);
}

static bool is_due(const struct fault *fault, double seconds, struct slice body)
{
    if (seconds < fault->from ||
        (fault_gives(fault, FAULT_FOR) && seconds >= fault->from + fault->period)) {
        return false;
    }
    struct slice match = {fault->match.data, fault->match.size};
    return slice_find(body, match) != SIZE_MAX;
}

/* Whether it happens to a request that it might happen to. */
static bool happens(struct fault *fault, struct dice *dice)
{
    fault->seen++;
    if ((fault_gives(fault, FAULT_COUNT) && fault->happened >= fault->count) ||
        (fault_gives(fault, FAULT_EVERY) && fault->seen % fault->every != 0) ||
        (fault_gives(fault, FAULT_SHARE) && !dice_chance(dice, fault->share))) {
        return false;
    }
    fault->happened++;
    return true;
}

static struct slice copy_text(const struct fault_text *text, struct arena *arena)
{
    return arena_copy(arena, (struct slice){text->data, text->size});
}

static void add_headers(const struct fault *fault, struct arena *arena, struct fault_effect *effect)
{
    for (size_t i = 0; i < FAULT_HEADERS_MAX && fault->headers[i].data != NULL; i++) {
        struct slice line = copy_text(&fault->headers[i], arena);
        size_t colon = slice_find(line, SLICE(":"));
        effect->headers[effect->header_count++] = (struct fault_header){
            .name = slice_trim(slice_part(line, 0, colon)),
            .value = slice_trim(slice_part(line, colon + 1, SIZE_MAX)),
        };
    }
}

static void set_texts(const struct fault *fault, struct arena *arena, struct fault_effect *effect)
{
    effect->has_body = fault_gives(fault, FAULT_BODY);
    effect->body = copy_text(&fault->body, arena);
    effect->denial.code = copy_text(&fault->unprocessed, arena);
    effect->denial.match = copy_text(&fault->match, arena);
    add_headers(fault, arena, effect);
}

/* True when the fault decides, and no other is to be tried. */
static bool apply(const struct fault *fault, struct arena *arena, struct fault_effect *effect)
{
    effect->delay_ms += (int64_t)fault->delay;
    effect->happens = fault_answers(fault);
    if (!effect->happens) {
        return fault->pass;
    }
    effect->reset = fault->reset;
    effect->truncate = fault->truncate;
    effect->accept = fault->accept;
    effect->status = (unsigned)fault->status;
    effect->denial.naming = (enum api_naming)fault->named;
    effect->retry_s = fault_gives(fault, FAULT_RETRY) ? (int64_t)fault->retry : -1;
    effect->has_date = fault_gives(fault, FAULT_DATE);
    effect->date = (enum fault_date)fault->date;
    effect->has_encoding = fault_gives(fault, FAULT_ENCODE);
    effect->encoding = (enum fault_encoding)fault->encode;
    set_texts(fault, arena, effect);
    return true;
}

void fault_script_draw(struct fault_script *script, struct slice body, int64_t now_ms,
                       struct arena *arena, struct fault_effect *ret_effect)
{
    *ret_effect = (struct fault_effect){.retry_s = -1};
    (void)pthread_mutex_lock(&script->mutex);
    double seconds = (double)(now_ms - script->start_ms) / 1000;
    for (size_t i = 0; i < script->count; i++) {
        struct fault *fault = &script->faults[i];
        if (is_due(fault, seconds, body) && happens(fault, &script->dice) &&
            apply(fault, arena, ret_effect)) {
            break;
        }
    }
    (void)pthread_mutex_unlock(&script->mutex);
}
