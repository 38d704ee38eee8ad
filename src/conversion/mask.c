#include "conversion/mask.h"

#define TEXT_SIZE_MIN 3
#define NAMES_SIZE_MAX 64 /* what is longer is no name or number whose words would tell who it is */
#define SHOWN_SIZE_MAX 4096

struct mask_text {
    struct slice text;
    struct mask_text *next;
};

void mask_init(struct mask *mask, struct arena *arena)
{
    *mask = (struct mask){.arena = arena};
}

void mask_fill(struct mask *mask)
{
    mask->full = true;
}

void mask_add(struct mask *mask, struct slice text)
{
    text = slice_trim(text);
    if (text.size < TEXT_SIZE_MIN || text.size > SHOWN_SIZE_MAX || mask->full) {
        return;
    }
    if (mask->count == MASK_TEXTS_MAX) {
        mask_fill(mask);
        return;
    }
    struct mask_text *item = arena_alloc(mask->arena, sizeof *item);
    *item = (struct mask_text){arena_copy(mask->arena, text), mask->first};
    mask->first = item;
    mask->count++;
}

/* ---- words ------------------------------------------------------------------------------------ */

/* All bytes of what is not ASCII are letters here. */
static bool is_of_word(char byte)
{
    unsigned char code = (unsigned char)byte;
    return (code >= '0' && code <= '9') || (code >= 'A' && code <= 'Z') ||
           (code >= 'a' && code <= 'z') || code >= 0x80;
}

static bool stands_alone(struct slice text, size_t from, size_t size)
{
    size_t to = from + size;
    bool begins = from == 0 || !is_of_word(text.data[from - 1]) || !is_of_word(text.data[from]);
    bool ends = to == text.size || !is_of_word(text.data[to]) || !is_of_word(text.data[to - 1]);
    return begins && ends;
}

static bool holds_word(struct slice text, struct slice word)
{
    for (size_t from = 0; from + word.size <= text.size; from++) {
        if (slice_equal_ignoring_case(slice_part(text, from, word.size), word) &&
            stands_alone(text, from, word.size)) {
            return true;
        }
    }
    return false;
}

/* As much of one as tells it from "@type" and "$[?@.a]": something at both sides of an @. */
static bool holds_address(struct slice text)
{
    for (size_t i = 1; i + 1 < text.size; i++) {
        if (text.data[i] == '@' && is_of_word(text.data[i - 1]) && is_of_word(text.data[i + 1])) {
            return true;
        }
    }
    return false;
}

static bool hides(struct slice personal, struct slice text)
{
    return holds_word(text, personal) || (personal.size <= NAMES_SIZE_MAX &&
                                          text.size >= TEXT_SIZE_MIN && holds_word(personal, text));
}

bool mask_hides(const struct mask *mask, struct slice text)
{
    text = slice_trim(text);
    if (mask->full || text.size > SHOWN_SIZE_MAX || holds_address(text)) {
        return text.size > 0;
    }
    const struct mask_text *item = mask->first;
    while (item != NULL && !hides(item->text, text)) {
        item = item->next;
    }
    return item != NULL;
}

/* ---- conversions ------------------------------------------------------------------------------ */

static bool is_personal(size_t field)
{
    return field_info((enum field)field)->personal;
}

static const struct attribute *hide_all(const struct mask *mask,
                                        const struct attribute attributes[], size_t count)
{
    struct attribute *hidden = arena_calloc(mask->arena, count, sizeof *hidden);
    for (size_t i = 0; i < count; i++) {
        hidden[i].name = attributes[i].name;
        hidden[i].value = attributes[i].value.size > 0 ? MASK : attributes[i].value;
    }
    return hidden;
}

static void hide(const struct mask *mask, struct slice *text)
{
    if (mask_hides(mask, *text)) {
        *text = MASK;
    }
}

void mask_conversion(struct mask *mask, const struct conversion *conversion,
                     struct conversion *ret_conversion)
{
    struct conversion shown = *conversion;
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        if (is_personal(i)) {
            mask_add(mask, conversion->fields[i]);
            shown.fields[i] = conversion->fields[i].size > 0 ? MASK : conversion->fields[i];
        }
    }
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        if (!is_personal(i)) {
            hide(mask, &shown.fields[i]);
        }
    }
    hide(mask, &shown.account_id);
    hide(mask, &shown.client_event_id);
    hide(mask, &shown.event_type);
    shown.custom = hide_all(mask, conversion->custom, conversion->custom_count);
    shown.metadata = hide_all(mask, conversion->metadata, conversion->metadata_count);
    *ret_conversion = shown;
}
