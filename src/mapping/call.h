/* call: one use of a transform while a message is mapped, and the functions behind the table's
 * rows.
 *
 * Texts that come in are valid UTF-8, and so must be those that go out. */
#ifndef MAPPING_CALL_H
#define MAPPING_CALL_H

#include "base/decimal.h"
#include "mapping/transform.h"

#define TRANSFORM_COUNT_MAX 128
#define CALL_SCALE_MAX 100 /* digits behind the point that an argument may ask for */

/* transform_table.c: all rows. */
extern const struct transform transform_table[];
extern const size_t transform_count;

/* Sets what could not be used. */
enum call_result call_misfit(struct call *call, const char *what);

/* The argument at `index` as a text; false, with the misfit set, when it is missing or no text. */
__attribute__((warn_unused_result)) bool call_text(struct call *call, size_t index,
                                                   struct slice *ret_text);

/* What a value is as a text. When it is none, as whoever works on it has to pass on: CALL_MISFIT, with the
 * misfit set, or CALL_NOTHING. */
enum call_result call_item_text(struct call *call, const struct json_value *item,
                                struct slice *ret_text);

/* The argument as a whole number between the two. */
__attribute__((warn_unused_result)) bool call_integer(struct call *call, size_t index, int64_t min,
                                                      int64_t max, int64_t *ret_integer);

/* The argument as a number. */
__attribute__((warn_unused_result)) bool call_number(struct call *call, size_t index,
                                                     struct decimal *ret_number);

/* What a value that is no number is, as a misfit. */
const char *call_no_number(const struct json_value *item);

/* What a value that is not missing is as a number; false, with the misfit set, when it is none. */
__attribute__((warn_unused_result)) bool
call_item_number(struct call *call, const struct json_value *item, struct decimal *ret_number);

/* A number as what the call gives. */
enum call_result call_gives(struct call *call, const struct decimal *number,
                            struct value *ret_value);

/* call_work.c: counts what the call costs before it is made, and what writing a result did. False,
 * with an error, when that is more work than is left. */
__attribute__((warn_unused_result)) bool
call_count_work(struct call *call, const struct value *value, struct error *error);
__attribute__((warn_unused_result)) bool
call_count_result(struct call *call, const struct value *value, struct error *error);

/* transform_text.c */
enum call_result call_trim(struct call *call, struct slice text, struct slice *ret_text);
enum call_result call_lower(struct call *call, struct slice text, struct slice *ret_text);
enum call_result call_upper(struct call *call, struct slice text, struct slice *ret_text);
enum call_result call_replace(struct call *call, struct slice text, struct slice *ret_text);
enum call_result call_strip_prefix(struct call *call, struct slice text, struct slice *ret_text);
enum call_result call_strip_suffix(struct call *call, struct slice text, struct slice *ret_text);
enum call_result call_substring(struct call *call, struct slice text, struct slice *ret_text);
enum call_result call_split(struct call *call, const struct json_value *item,
                            struct value *ret_value);
enum call_result call_digits(struct call *call, struct slice text, struct slice *ret_text);

/* transform_name.c */
enum call_result call_given_name(struct call *call, struct slice text, struct slice *ret_text);
enum call_result call_family_name(struct call *call, struct slice text, struct slice *ret_text);

/* transform_decode.c */
enum call_result call_html_decode(struct call *call, struct slice text, struct slice *ret_text);
enum call_result call_base64_decode(struct call *call, struct slice text, struct slice *ret_text);
enum call_result call_parse_json(struct call *call, const struct json_value *item,
                                 struct value *ret_value);

/* transform_url.c */
enum call_result call_percent_decode(struct call *call, struct slice text, struct slice *ret_text);
enum call_result call_url_param(struct call *call, struct slice text, struct slice *ret_text);
enum call_result call_last_segment(struct call *call, struct slice text, struct slice *ret_text);

/* transform_regex.c */
bool prepare_regex_extract(struct preparation *preparation, const void **ret_prepared);
bool prepare_regex_replace(struct preparation *preparation, const void **ret_prepared);
enum call_result call_regex_extract(struct call *call, struct slice text, struct slice *ret_text);
enum call_result call_regex_replace(struct call *call, struct slice text, struct slice *ret_text);

/* transform_list.c */
enum call_result call_join(struct call *call, const struct json_nodes *items,
                           struct value *ret_value);
enum call_result call_first(struct call *call, const struct json_nodes *items,
                            struct value *ret_value);
enum call_result call_last(struct call *call, const struct json_nodes *items,
                           struct value *ret_value);
enum call_result call_at(struct call *call, const struct json_nodes *items,
                         struct value *ret_value);
enum call_result call_only(struct call *call, const struct json_nodes *items,
                           struct value *ret_value);
enum call_result call_distinct(struct call *call, const struct json_nodes *items,
                               struct value *ret_value);
enum call_result call_count(struct call *call, const struct json_nodes *items,
                            struct value *ret_value);
enum call_result call_sum(struct call *call, const struct json_nodes *items,
                          struct value *ret_value);
enum call_result call_min(struct call *call, const struct json_nodes *items,
                          struct value *ret_value);
enum call_result call_max(struct call *call, const struct json_nodes *items,
                          struct value *ret_value);
enum call_result call_flatten(struct call *call, const struct json_nodes *items,
                              struct value *ret_value);
enum call_result call_list(struct call *call, const struct json_nodes *items,
                           struct value *ret_value);

/* transform_pair.c */
enum call_result call_zip_join(struct call *call, const struct json_nodes *items,
                               struct value *ret_value);
enum call_result call_product(struct call *call, const struct json_nodes *items,
                              struct value *ret_value);

/* transform_object.c */
enum call_result call_values(struct call *call, const struct json_value *item,
                             struct value *ret_value);
enum call_result call_keys(struct call *call, const struct json_value *item,
                           struct value *ret_value);
enum call_result call_member(struct call *call, const struct json_value *item,
                             struct value *ret_value);
enum call_result call_where(struct call *call, const struct json_value *item,
                            struct value *ret_value);

/* transform_decimal.c */
enum call_result call_decimal(struct call *call, const struct json_value *item,
                              struct value *ret_value);
bool call_decimal_prepare(struct preparation *preparation, const void **ret_prepared);
enum call_result call_connect_decimal(struct call *call, const struct json_value *item,
                                      struct value *ret_value);

/* transform_arithmetic.c */
enum call_result call_add(struct call *call, const struct json_value *item,
                          struct value *ret_value);
enum call_result call_subtract(struct call *call, const struct json_value *item,
                               struct value *ret_value);
enum call_result call_multiply(struct call *call, const struct json_value *item,
                               struct value *ret_value);
enum call_result call_divide(struct call *call, const struct json_value *item,
                             struct value *ret_value);
enum call_result call_round(struct call *call, const struct json_value *item,
                            struct value *ret_value);
enum call_result call_negate(struct call *call, const struct json_value *item,
                             struct value *ret_value);
enum call_result call_absolute(struct call *call, const struct json_value *item,
                               struct value *ret_value);

/* transform_number.c */
enum call_result call_minor_units(struct call *call, const struct json_value *item,
                                  struct value *ret_value);
enum call_result call_shift(struct call *call, struct slice text, struct slice *ret_text);

/* transform_time.c */
bool prepare_timestamp(struct preparation *preparation, const void **ret_prepared);
enum call_result call_timestamp(struct call *call, struct slice text, struct slice *ret_text);

/* transform_identity.c */
enum call_result call_email_sha256(struct call *call, struct slice text, struct slice *ret_text);
enum call_result call_sha256(struct call *call, struct slice text, struct slice *ret_text);
enum call_result call_sha256_digest(struct call *call, struct slice text, struct slice *ret_text);
enum call_result call_uuid5(struct call *call, struct slice text, struct slice *ret_text);
struct slice call_uuid5_space(struct slice text, struct arena *arena);

/* transform_address.c */
enum call_result call_public_ip(struct call *call, struct slice text, struct slice *ret_text);

/* transform_phone.c */
enum call_result call_phone(struct call *call, struct slice text, struct slice *ret_text);
/* Whether the text is a country's calling code; it is given without its plus. */
bool call_phone_code(struct slice text, struct slice *ret_code);

/* transform_lookup.c */
bool prepare_lookup(struct preparation *preparation, const void **ret_prepared);
enum call_result call_lookup(struct call *call, const struct json_value *item,
                             struct value *ret_value);

#endif
