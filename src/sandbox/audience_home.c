#include "audience_home.h"

static const struct home {
    const char *name;
    const char *place;
} homes[] = {
    {"email", "user_identities"},
    {"emailsha256", "user_identities"},
    {"passbackconversiontrackingid", "user_identities"},
    {"customerid", "user_identities"},
    {"firstname", "user_attributes"},
    {"firstnamesha256", "user_attributes"},
    {"lastname", "user_attributes"},
    {"lastnamesha256", "user_attributes"},
    {"mobile", "user_attributes"},
    {"mobilesha256", "user_attributes"},
    {"billingzipcode", "user_attributes"},
    {"dob", "user_attributes"},
    {"gender", "user_attributes"},
    {"age", "user_attributes"},
    {"city", "user_attributes"},
    {"state", "user_attributes"},
    {"title", "user_attributes"},
    {"language", "user_attributes"},
    {"country", "user_attributes"},
    {"amount", "custom_attributes"},
    {"currency", "custom_attributes"},
    {"quantity", "custom_attributes"},
    {"conversiontype", "custom_attributes"},
    {"transactionid", "custom_attributes"},
    {"confirmationref", "custom_attributes"},
    {"productname", "custom_attributes"},
    {"sku", "custom_attributes"},
    {"paymenttype", "custom_attributes"},
    {"margin", "custom_attributes"},
    {"ipaddress", "ip"},
    {"useragent", "device_info"},
};

bool audience_home_check(struct slice name, const char *place, struct error *error)
{
    for (size_t i = 0; i < sizeof homes / sizeof homes[0]; i++) {
        if (slice_equal(name, slice_of(homes[i].name)) && strcmp(homes[i].place, place) != 0) {
            error_set(error, "%s belongs into %s.", homes[i].name, homes[i].place);
            return false;
        }
    }
    return true;
}
