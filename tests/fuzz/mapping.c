/* The mapping. The first byte says what the rest is: the text of a mapping, which is compiled
 * and run on an order, or a record, which goes through a mapping that uses all transforms. */
#include "mapping/explain.h"
#include "mapping/test.h"

#include <stdlib.h>

#define BUFFER_MAX ((size_t)256 * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char order[] =
    "{\"id\": 4711, \"ref\": \"#1001\", \"total\": \"99.80\", \"cents\": 9980, \"currency\": "
    "\"EUR\","
    " \"at\": \"2026-11-23T10:03:00+01:00\", \"email\": \" John@Email.com \", \"ip\": \"8.8.8.8\","
    " \"url\": \"/?rtid=a%2Bb\", \"name\": \"Ada King\", \"items\": [{\"sku\": \"A\", \"qty\": 2},"
    " {\"sku\": \"B\", \"qty\": 1}, null, \"\", [1, [2]], {}], \"nil\": null, \"yes\": true}";

/* Every transform, with arguments from the message where it takes them. */
static const char all_transforms[] =
    "let: {items: '$.items[*]', each: $.each ?? $, o: $.o ?? $}\n"
    "tables: {t: {EUR: Euro, '': none}}\n"
    "for_each: $each[*] ?? $each\n"
    "when:\n"
    "  message: $.a != 1 || $.b in [1, 'x', $.c] && !present($.d)\n"
    "  item: '@.a <= $.b'\n"
    "  pattern: match($.ref, '#[0-9]+') || !search($.name, '(A|K)+.{2,4}$')\n"
    "  size: length($.name) > 1 || value($items.sku) == 'A'\n"
    "conversion:\n"
    "  eventTime: ($.at | timestamp) ?? ($.s | timestamp('s')) ??\n"
    "    ($.p | timestamp('%d.%m.%y %H:%M', 'Europe/Berlin')) ?? kafka.timestamp\n"
    "  email: (@.email | trim | lower) ?? $.email\n"
    "  emailsha256: ($.email | email_sha256) ?? ($.hash | sha256_digest)\n"
    "  passbackconversiontrackingid: $.url | url_param('rtid', $.name)\n"
    "  amount: {value: $.cents | minor_units($.currency), negative: allow}\n"
    "  currency: $.currency | upper\n"
    "  quantity: {value: $items.qty | sum, if: $.q == $.q}\n"
    "  productname: $items.name | html_decode | replace($.old, $.new) | distinct | join($.comma)\n"
    "  sku: $items.sku | only\n"
    "  margin: $.margin | shift($.places) | add($.n) | subtract($.n) | multiply($.n) |\n"
    "    divide($.n, $.scale, $.rounding) | round($.scale, $.rounding) | negate | absolute\n"
    "  age: $.items | count\n"
    "  firstname: $.name | given_name | strip_prefix($.prefix)\n"
    "  lastname: $.name | family_name | strip_suffix($.suffix)\n"
    "  mobile: ($.phone | phone('49')) ?? ($.phone | phone($.code)) ?? ($.phone | digits)\n"
    "  ipaddress: $.ip | public_ip\n"
    "  dob: $.dob\n"
    "  gender: $.gender | default($.other)\n"
    "  transactionid: uuid5($.space, $.id, $.ref)\n"
    "custom:\n"
    "  list: list($.items, $.list, $.o) | flatten | first\n"
    "  last: $..sku | last\n"
    "  hash: $.ref | sha256\n"
    "  number: ($.ref | decimal) ?? $.n\n"
    "  marks: $.ref | decimal($.comma, $.group)\n"
    "  connect: $.connect | connect_decimal($.scale)\n"
    "  header: kafka.headers.h\n"
    "  key: kafka.key\n"
    "  json: parse_json($.json).a[0] | min\n"
    "  base64: $.base64 | base64_decode | parse_json | max\n"
    "  part: $.name | substring($.from, $.length) | split($.comma) | last\n"
    "  regex: $.name | regex_replace('(?<a>[a-z]+)|([0-9])', '${a}$2') | regex_extract('.(.)')\n"
    "  url: $.url | percent_decode | last_segment\n"
    "  looked: $.currency | lookup('t', $.other)\n"
    "  pairs: zip_join($items.sku, $items.qty, $.comma) | join\n"
    "  total: product($items.qty, $items.price) | sum\n"
    "  each: \"$.items | each(@.name ?? @.sku | upper) | join\"\n"
    "  members: $.o | keys | join\n"
    "  values: $.o | values | first\n"
    "  member: $.o | member($.name, $.ref)\n"
    "  where: $.items | where('sku', $.ref) | first\n"
    "integration: web_sdk_too\n"
    "require: [transactionid | confirmationref]\n"
    "tests:\n"
    "  - {name: one, message: {id: 1}, dead: invalid_field}\n";

static void demand(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void check_text(struct slice text)
{
    demand(slice_is_utf8(text));
}

static void check_attributes(const struct attribute attributes[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        demand(attributes[i].name.size > 0 && attributes[i].value.size > 0);
        check_text(attributes[i].name);
        check_text(attributes[i].value);
        demand(slice_length(attributes[i].value) <= CONVERSION_ATTRIBUTE_VALUE_MAX);
    }
}

/* What the header promises of a conversion. */
static void check_conversion(const struct conversion *conversion)
{
    demand(conversion_has_identity(conversion));
    demand(conversion->client_event_id.size > 0 && conversion->event_type.size > 0);
    demand(slice_length(conversion->client_event_id) <= CONVERSION_CLIENT_EVENT_ID_MAX);
    demand(slice_length(conversion->event_type) <= CONVERSION_EVENT_TYPE_MAX);
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        check_text(conversion->fields[i]);
        demand(conversion->fields[i].size == 0 ||
               slice_length(conversion->fields[i]) <= CONVERSION_ATTRIBUTE_VALUE_MAX);
    }
    check_attributes(conversion->custom, conversion->custom_count);
    check_attributes(conversion->metadata, conversion->metadata_count);
}

static void demand_same(const struct mapping_result *one, const struct mapping_result *other)
{
    struct buffer first, second;
    buffer_init(&first, BUFFER_MAX);
    buffer_init(&second, BUFFER_MAX);
    mapping_result_write(one, &first);
    mapping_result_write(other, &second);
    demand(slice_equal(buffer_slice(&first), buffer_slice(&second)));
    demand(one->omitted == other->omitted);
    buffer_done(&first);
    buffer_done(&second);
}

/* The same comes of the message, and a terminal gets nothing but lines of text. */
static void explain(const struct mapping *mapping, const struct message *message, struct mask *mask,
                    const struct mapping_result *result, struct arena *arena)
{
    struct mapping_result explained;
    struct buffer text;
    buffer_init(&text, BUFFER_MAX);
    mapping_explain(mapping, message, &(struct explain_settings){.mask = mask}, arena, &text,
                    &explained);
    demand_same(result, &explained);
    check_text(buffer_slice(&text));
    for (size_t i = 0; i < text.size; i++) {
        demand(text.data[i] == '\n' || (unsigned char)text.data[i] >= ' ');
    }
    buffer_done(&text);
}

static void check_result(const struct mapping_result *result)
{
    demand((result->count > 0) == (result->outcome == MAPPING_MAPPED));
    demand((result->reason == NULL) == (result->outcome == MAPPING_MAPPED));
    demand((result->error.text[0] != '\0') == (result->outcome == MAPPING_DEAD));
    check_text(slice_of(result->error.text));
    for (size_t i = 0; i < result->count; i++) {
        check_conversion(&result->conversions[i]);
    }
}

static void run(const struct mapping *mapping, struct slice value)
{
    struct message_header header = {SLICE("h"), slice_part(value, 1, 5)};
    struct message message = {.topic = SLICE("orders"),
                              .offset = 7,
                              .timestamp_ms = 1795428180125,
                              .key = slice_part(value, 0, 4),
                              .value = value,
                              .headers = &header,
                              .header_count = 1};
    struct arena arena;
    struct mapping_result result;
    arena_init(&arena, 0);
    mapping_run(mapping, &message, &arena, &result);
    check_result(&result);
    struct mask mask;
    mask_init(&mask, &arena);
    explain(mapping, &message, NULL, &result, &arena);
    explain(mapping, &message, &mask, &result, &arena);
    arena_done(&arena);
}

static void run_tests(const struct mapping *mapping)
{
    struct arena arena;
    struct buffer difference;
    struct mapping_result result;
    arena_init(&arena, 0);
    buffer_init(&difference, BUFFER_MAX);
    for (size_t i = 0; i < mapping_test_count(mapping); i++) {
        buffer_reset(&difference);
        bool passed = mapping_test_run(mapping, i, &arena, &difference, &result);
        demand(passed == (difference.size == 0));
        check_text(buffer_slice(&difference));
    }
    buffer_done(&difference);
    arena_done(&arena);
}

static struct mapping *compile(struct slice text)
{
    struct error_list errors = {0};
    struct document *document = document_read("fuzz.yaml", text, &errors);
    struct mapping *mapping = document == NULL ? NULL : mapping_compile(document, &errors);
    demand((mapping == NULL) == (errors.errors > 0));
    struct buffer buffer;
    buffer_init(&buffer, BUFFER_MAX);
    error_list_write(&errors, &buffer);
    check_text(buffer_slice(&buffer));
    buffer_done(&buffer);
    document_free(document);
    error_list_done(&errors);
    return mapping;
}

static void compile_and_run(struct slice text)
{
    struct mapping *mapping = compile(text);
    if (mapping != NULL) {
        run(mapping, SLICE(order));
        run_tests(mapping);
    }
    mapping_free(mapping);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct mapping *all;
    if (size == 0) {
        return 0;
    }
    if (all == NULL) {
        all = compile(SLICE(all_transforms));
        demand(all != NULL);
    }
    struct slice rest = {(const char *)data + 1, size - 1};
    if (data[0] % 2 == 0) {
        compile_and_run(rest);
    } else {
        run(all, rest);
    }
    return 0;
}
