/* What is wrong with a mapping as a whole though each part of it may be right. */
#include "compiler.h"
#include "conversion/conversion.h"

/* Without these no message could ever be delivered, or not with the right time. */
static void check_conversion(struct compiler *compiler, const struct node *conversion)
{
    if (!compiler->unknown_fields && !compiler_is_mapped(compiler, FIELD_EMAIL) &&
        !compiler_is_mapped(compiler, FIELD_EMAILSHA256) &&
        !compiler_is_mapped(compiler, FIELD_PASSBACKCONVERSIONTRACKINGID)) {
        compiler_error(compiler, conversion->key_place, NULL,
                       "nothing tells the customer: map email, emailsha256 or "
                       "passbackconversiontrackingid");
    }
    if (compiler->mapping->event_time.target == NULL) {
        compiler_warning(compiler, conversion->key_place, "to say so: `eventTime: kafka.timestamp`",
                         "eventTime is not mapped: the record's timestamp is taken");
    }
}

/* Whether the event's type is the usual one for certain. */
static bool is_standard_type(const struct assignment *event_type)
{
    const struct json_value *constant =
        event_type->value == NULL ? NULL : expression_constant(event_type->value);
    return event_type->value == NULL ||
           (constant != NULL && slice_equal(slice_trim(constant->text), CONVERSION_EVENT_TYPE));
}

static void check_types(struct compiler *compiler, const struct node *conversion)
{
    const struct node *type = node_child(conversion, "conversiontype");
    if (type != NULL && !is_standard_type(&compiler->mapping->event_type)) {
        compiler_warning(
            compiler, type->key_place, "leave one of the two out",
            "Rokt reads conversiontype when eventType is %.*s, and eventType is mapped too",
            SLICE_PRINT(CONVERSION_EVENT_TYPE));
    }
}

static const struct expression *field_value(const struct compiler *compiler, enum field field)
{
    const struct mapping *mapping = compiler->mapping;
    for (size_t i = 0; i < mapping->field_count; i++) {
        if (mapping->fields[i].field == field) {
            return mapping->fields[i].assignment.value;
        }
    }
    return NULL;
}

static void warn_of_same(struct compiler *compiler, const struct node *node,
                         const struct expression *value, const char *what_comes_of_it)
{
    if (node != NULL && value != NULL && !expression_uses_item(value)) {
        compiler_warning(compiler, compiler_value_place(node), "make it from @, which is the item",
                         "%.*s is the same for all items of for_each: %s", SLICE_PRINT(node->key),
                         what_comes_of_it);
    }
}

/* What has to tell the items of a message apart. */
static void check_items(struct compiler *compiler, const struct node *conversion)
{
    const struct mapping *mapping = compiler->mapping;
    enum field field = compiler_is_mapped(compiler, FIELD_TRANSACTIONID) ? FIELD_TRANSACTIONID
                                                                         : FIELD_CONFIRMATIONREF;
    if (!compiler->scope.has_item) {
        return;
    }
    warn_of_same(compiler, node_child(conversion, "clientEventId"), mapping->client_event_id.value,
                 "a message of several would be dead");
    warn_of_same(compiler, node_child(conversion, field_info(field)->name),
                 field_value(compiler, field), "Rokt would take them for one");
}

static void check_integration(struct compiler *compiler, const struct node *integration)
{
    if (integration == NULL) {
        return;
    }
    if (integration->kind != NODE_SCALAR ||
        !slice_equal(slice_trim(integration->text), SLICE("web_sdk_too"))) {
        compiler_error(compiler, integration->place, "leave it out where there is no Web SDK",
                       "integration is web_sdk_too: Rokt's Web SDK tells of the same orders");
        return;
    }
    compiler->mapping->web_sdk_too = true;
    if (!compiler_is_mapped(compiler, FIELD_TRANSACTIONID) &&
        !compiler_is_mapped(compiler, FIELD_CONFIRMATIONREF)) {
        compiler_error(compiler, integration->place, NULL,
                       "Rokt would count orders twice that the Web SDK tells of too: map "
                       "transactionid or confirmationref, by which it finds them");
    }
}

void compiler_check(struct compiler *compiler, const struct node *root)
{
    const struct node *conversion = node_child(root, "conversion");
    if (conversion != NULL && conversion->kind == NODE_MAPPING) {
        check_conversion(compiler, conversion);
        check_types(compiler, conversion);
        check_items(compiler, conversion);
    }
    check_integration(compiler, node_child(root, "integration"));
}
