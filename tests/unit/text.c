#include "conversion/text.h"

#include "base/buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void becomes(struct slice text, struct slice expected)
{
    struct arena arena;
    arena_init(&arena, 0);
    struct slice clean = text_clean(text, &arena);
    if (!slice_equal(clean, expected)) {
        fail_msg("'%.*s' becomes '%.*s'", SLICE_PRINT(text), SLICE_PRINT(clean));
    }
    arena_done(&arena);
}

static void a_text_without_control_characters_is_the_very_same(void **state)
{
    (void)state;
    /* Characters that begin with the same bytes as control characters among them. */
    struct slice text = SLICE(" £ — Â “quoted” \xc2\xa0 \xe2\x80\xa7 李 ");
    struct arena arena;
    arena_init(&arena, 0);
    assert_false(text_has_control(text));
    assert_ptr_equal(text_clean(text, &arena).data, text.data);
    assert_int_equal(arena_used(&arena), 0);
    arena_done(&arena);
}

static void each_control_character_becomes_one_space(void **state)
{
    (void)state;
    const struct slice controls[] = {
        SLICE("\0"),       SLICE("\t"),           SLICE("\n"),
        SLICE("\x1f"),     SLICE("\x7f"),         SLICE("\xc2\x80"),
        SLICE("\xc2\x9f"), SLICE("\xe2\x80\xa8"), SLICE("\xe2\x80\xa9")};
    for (size_t i = 0; i < sizeof controls / sizeof *controls; i++) {
        char text[16] = "é";
        memcpy(text + 2, controls[i].data, controls[i].size);
        memcpy(text + 2 + controls[i].size, "é", 2);
        struct slice whole = {text, 4 + controls[i].size};
        assert_true(text_has_control(whole));
        becomes(whole, SLICE("é é"));
    }
    becomes(SLICE("a\r\nb\r\n"), SLICE("a  b  "));
    becomes(SLICE("\na"), SLICE(" a"));
}

/* Eight bytes are looked at at once: which of them it is, and what is around it, makes no difference. */
static void control_characters_are_found_wherever_they_stand(void **state)
{
    (void)state;
    static const char *const controls[] = {"\x01", "\x1f", "\x7f", "\xc2\x80", "\xe2\x80\xa8"};
    static const char *const around[] = {"x", " ", "~", "é", "\xc2\xa0"};
    for (size_t row = 0; row < sizeof controls / sizeof *controls * 5; row++) {
        struct slice control = slice_of(controls[row / 5]);
        struct slice other = slice_of(around[row % 5]);
        for (size_t before = 0; before < 20; before++) {
            struct buffer text;
            buffer_init(&text, 1024);
            for (size_t i = 0; i < 20; i++) {
                buffer_append(&text, other);
            }
            assert_false(text_has_control(buffer_slice(&text)));
            buffer_rollback(&text, before * other.size);
            buffer_append(&text, control);
            for (size_t i = before; i < 20; i++) {
                assert_true(text_has_control(buffer_slice(&text)));
                buffer_append(&text, other);
            }
            buffer_done(&text);
        }
    }
}

static void a_text_of_nothing_else_is_empty(void **state)
{
    (void)state;
    becomes(SLICE(""), SLICE(""));
    becomes(SLICE("  "), SLICE(""));
    becomes(SLICE("\0\n\xc2\x85"), SLICE(""));
    assert_false(text_has_control(SLICE("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_without_control_characters_is_the_very_same),
        cmocka_unit_test(each_control_character_becomes_one_space),
        cmocka_unit_test(control_characters_are_found_wherever_they_stand),
        cmocka_unit_test(a_text_of_nothing_else_is_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
