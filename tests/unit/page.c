#include "base/page.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void shows(const struct page *page, const char *expected)
{
    if (!slice_equal(buffer_slice(page->buffer), slice_of(expected))) {
        fail_msg("shown is:\n%.*s", SLICE_PRINT(buffer_slice(page->buffer)));
    }
    buffer_reset(page->buffer);
}

static struct page page_of(struct buffer *buffer, size_t width)
{
    buffer_init(buffer, 4096);
    return (struct page){.buffer = buffer, .width = width, .indent = 2, .column = 10};
}

static void a_text_is_wrapped_at_blanks_beside_its_label(void **state)
{
    (void)state;
    struct buffer buffer;
    struct page page = page_of(&buffer, 30);
    page_entry(&page, "label", "twenty columns are a lot, here");
    shows(&page, "  label   twenty columns are a\n"
                 "          lot, here\n");
    page_entry(&page, "", "twenty columns are aa lot");
    shows(&page, "          twenty columns are\n"
                 "          aa lot\n");
    buffer_done(&buffer);
}

static void a_long_label_stands_alone(void **state)
{
    (void)state;
    struct buffer buffer;
    struct page page = page_of(&buffer, 30);
    page_entry(&page, "labels", "text");
    shows(&page, "  labels  text\n");
    page_entry(&page, "labels2", "text");
    shows(&page, "  labels2\n"
                 "          text\n");
    buffer_done(&buffer);
}

static void columns_are_code_points_and_backticks_are_not_shown(void **state)
{
    (void)state;
    struct buffer buffer;
    struct page page = page_of(&buffer, 30);
    page_entry(&page, "é", "`äöü` äöü äöü äöü `äöüä` `x`");
    shows(&page, "  é       äöü äöü äöü äöü äöüä\n"
                 "          x\n");
    buffer_done(&buffer);
}

static void a_long_word_and_a_narrow_terminal_lose_nothing(void **state)
{
    (void)state;
    struct buffer buffer;
    struct page page = page_of(&buffer, 5);
    page_entry(&page, "a", "b passbackconversiontrackingid c");
    shows(&page, "  a       b\n"
                 "          passbackconversiontrackingid\n"
                 "          c\n");
    page_entry(&page, "a", "");
    shows(&page, "  a       \n");
    buffer_done(&buffer);
}

static void a_line_stays_as_it_is(void **state)
{
    (void)state;
    struct buffer buffer;
    struct page page = page_of(&buffer, 30);
    page_line(&page, "example", "$.items[*].name | join('`')   | trim");
    shows(&page, "  example\n"
                 "          $.items[*].name | join('`')   | trim\n");
    buffer_done(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_is_wrapped_at_blanks_beside_its_label),
        cmocka_unit_test(a_long_label_stands_alone),
        cmocka_unit_test(columns_are_code_points_and_backticks_are_not_shown),
        cmocka_unit_test(a_long_word_and_a_narrow_terminal_lose_nothing),
        cmocka_unit_test(a_line_stays_as_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
