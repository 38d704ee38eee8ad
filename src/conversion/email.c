#include "email.h"

#define LOCAL_MAX 64
#define ADDRESS_MAX 254
#define LABEL_MAX 63

static bool is_alphanumeric(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || (unsigned char)byte >= 0x80;
}

static bool is_atom(char byte)
{
    return byte != '\0' && (is_alphanumeric(byte) || strchr("!#$%&'+-/=?^_`{|}~", byte) != NULL);
}

/* What looks like nothing, or like something else, and stands in an address by mistake: C1 controls,
 * blanks, characters without width, the full-width '@'. */
static bool is_strange(uint32_t code_point)
{
    return (code_point >= 0x80 && code_point <= 0xA0) || code_point == 0xAD ||
           (code_point >= 0x2000 && code_point <= 0x200F) ||
           (code_point >= 0x2028 && code_point <= 0x202F) ||
           (code_point >= 0x205F && code_point <= 0x206F) || code_point == 0x3000 ||
           code_point == 0xFEFF || code_point == 0xFF20;
}

static bool has_strange(struct slice text)
{
    size_t size = 1;
    for (size_t at = 0; at < text.size; at += size) {
        uint32_t code_point = 0;
        size = slice_decode(slice_part(text, at, SIZE_MAX), &code_point);
        if (size == 0 || is_strange(code_point)) {
            return true;
        }
    }
    return false;
}

static const char *local_fault(struct slice local)
{
    if (local.size == 0 || local.size > LOCAL_MAX) {
        return "has nothing or more than 64 bytes before the '@'";
    }
    bool after_dot = true;
    for (size_t i = 0; i < local.size; i++) {
        bool dot = local.data[i] == '.';
        if (dot ? after_dot : !is_atom(local.data[i])) {
            return dot ? "has a misplaced dot before the '@'"
                       : "has a character before the '@' that no address has";
        }
        after_dot = dot;
    }
    return after_dot ? "has a misplaced dot before the '@'" : NULL;
}

static bool is_label(struct slice label)
{
    if (label.size == 0 || label.size > LABEL_MAX || label.data[0] == '-' ||
        label.data[label.size - 1] == '-') {
        return false;
    }
    for (size_t i = 0; i < label.size; i++) {
        if (!is_alphanumeric(label.data[i]) && label.data[i] != '-') {
            return false;
        }
    }
    return true;
}

/* A last label of digits alone would be the end of an IPv4 address. */
static bool is_number(struct slice label)
{
    for (size_t i = 0; i < label.size; i++) {
        if (label.data[i] < '0' || label.data[i] > '9') {
            return false;
        }
    }
    return true;
}

static const char *domain_fault(struct slice domain)
{
    size_t labels = 0;
    struct slice label = {NULL, 0};
    for (size_t from = 0; from <= domain.size; from += label.size + 1) {
        struct slice rest = slice_part(domain, from, SIZE_MAX);
        size_t dot = slice_find(rest, SLICE("."));
        label = slice_part(rest, 0, dot);
        if (!is_label(label)) {
            return "has no valid domain";
        }
        labels++;
    }
    if (labels < 2 || is_number(label)) {
        return "has no valid domain";
    }
    return NULL;
}

static bool has_bullet(struct slice text)
{
    static const char *const masks[] = {"•", "●", "…"};
    for (size_t i = 0; i < sizeof masks / sizeof *masks; i++) {
        if (slice_find(text, slice_of(masks[i])) != SIZE_MAX) {
            return true;
        }
    }
    return false;
}

const char *email_fault(struct slice text)
{
    if (memchr(text.data, '*', text.size) != NULL) {
        return "is masked: it holds '*'";
    }
    bool ascii = slice_is_ascii(text);
    if (!ascii && has_bullet(text)) {
        return "is masked: it holds a bullet or an ellipsis";
    }
    if (!ascii && has_strange(text)) {
        return "has a blank or an invisible character";
    }
    size_t at = slice_find(text, SLICE("@"));
    if (at == SIZE_MAX) {
        return "has no '@'";
    }
    if (text.size > ADDRESS_MAX) {
        return "is longer than 254 bytes";
    }
    struct slice domain = slice_part(text, at + 1, SIZE_MAX);
    if (slice_find(domain, SLICE("@")) != SIZE_MAX) {
        return "has more than one '@'";
    }
    const char *fault = local_fault(slice_part(text, 0, at));
    return fault != NULL ? fault : domain_fault(domain);
}
