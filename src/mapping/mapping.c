#include "mapping/mapping.h"

#include "base/memory.h"
#include "plan.h"

#include <stdlib.h>

struct mapping *mapping_compile(const struct document *document, struct error_list *errors)
{
    size_t before = errors->errors;
    struct mapping *mapping = memory_new(1, sizeof *mapping);
    mapping->value_max = CONVERSION_ATTRIBUTE_VALUE_MAX;
    expression_pool_init(&mapping->pool);
    struct hash hash;
    hash_begin(&hash);
    hash_add(&hash, document_source(document)->text);
    plan_compile(mapping, document, &hash, errors);
    hash_end(&hash, mapping->hash);
    mapping->hash[MAPPING_HASH_SIZE] = '\0';
    if (errors->errors > before || !document_is_whole(document)) {
        mapping_free(mapping);
        return NULL;
    }
    return mapping;
}

struct mapping *mapping_load(const char *path, struct error_list *errors)
{
    struct document *document = document_load(path, errors);
    if (document == NULL) {
        return NULL;
    }
    struct mapping *mapping = mapping_compile(document, errors);
    document_free(document);
    return mapping;
}

void mapping_free(struct mapping *mapping)
{
    if (mapping != NULL) {
        expression_pool_done(&mapping->pool);
        free(mapping);
    }
}

void mapping_limit_values(struct mapping *mapping, size_t value_max)
{
    mapping->value_max = value_max;
}

bool mapping_names_account(const struct mapping *mapping)
{
    return mapping->account.value != NULL;
}

const char *mapping_name(const struct mapping *mapping)
{
    return mapping->name;
}

const char *mapping_hash(const struct mapping *mapping)
{
    return mapping->hash;
}
