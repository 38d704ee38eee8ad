#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/entity.h"

static void expect(const char *text, const char *decoded)
{
    char room[128];
    assert_true(strlen(text) <= sizeof room);
    size_t size = entity_decode(slice_of(text), room);
    if (!slice_equal((struct slice){room, size}, slice_of(decoded))) {
        fail_msg("%s: %.*s and not %s", text, (int)size, room, decoded);
    }
}

static void references_become_what_they_stand_for(void **state)
{
    (void)state;
    expect("", "");
    expect("Path &#39;[1].ip&#39;", "Path '[1].ip'");
    expect("&lt;&quot;&amp;&quot;&gt;&apos;", "<\"&\">'");
    expect("&eacute;&#233;&#xE9;&#XE9;", "\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9");
    expect("&#x1F600;", "\xF0\x9F\x98\x80");
    expect("&AElig;&aelig;", "\xC3\x86\xC3\xA6"); /* names have a case */
}

static void what_was_escaped_twice_is_decoded_once(void **state)
{
    (void)state;
    expect("&amp;#39;", "&#39;");
    expect("&amp;amp;", "&amp;");
}

static void what_is_no_reference_stays(void **state)
{
    (void)state;
    static const char *const texts[] = {"&",      "&;",     "&#;",    "&#x;",  "Tom & Jerry;",
                                        "&none;", "&#12a;", "&#xfg;", "&quot", "\xFF&\xFE;"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        expect(texts[i], texts[i]);
    }
}

static void numbers_mean_what_html_says(void **state)
{
    (void)state;
    expect("&#128;", "\xE2\x82\xAC"); /* Windows-1252: the euro */
    expect("&#0;&#xD800;&#x110000;&#99999999999999;",
           "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
    expect("&#0000000000000000000000000039;", "'");
    expect("&#00000000000000000000000000000000000039;",
           "&#00000000000000000000000000000000000039;");
}

static void what_is_encoded_is_decoded_to_the_same(void **state)
{
    (void)state;
    static const char text[] = "<a href=\"x?a=1&amp;b\">Tom & J\xC3\xA9r\xC3\xB4me's</a>";
    struct buffer buffer;
    buffer_init(&buffer, 1000);
    entity_encode(&buffer, slice_of(text));
    assert_true(slice_equal(buffer_slice(&buffer),
                            SLICE("&lt;a href=&quot;x?a=1&amp;amp;b&quot;&gt;Tom &amp; "
                                  "J\xC3\xA9r\xC3\xB4me's&lt;/a&gt;")));
    buffer_append_byte(&buffer, '\0');
    expect(buffer.data, text);
    buffer_done(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(references_become_what_they_stand_for),
        cmocka_unit_test(what_was_escaped_twice_is_decoded_once),
        cmocka_unit_test(what_is_no_reference_stays),
        cmocka_unit_test(numbers_mean_what_html_says),
        cmocka_unit_test(what_is_encoded_is_decoded_to_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
