/* path: JSONPath, RFC 9535: compiled once, run per message.
 *
 * A path selects nodes of a value tree, in the RFC's order. Running allocates from the arena alone, and
 * is bounded: a run that selects more than JSON_PATH_NODES_MAX nodes fails, and so does one in which a
 * regular expression takes too long, or that takes more work than is left: a node visited is a step.
 * Numbers compare exactly, as decimals.
 *
 * The patterns of match() and search() are I-Regexp (RFC 9485), with `^` and `$` as anchors, as the
 * RFC's compliance suite has it. A literal pattern that is wrong is an error of the path; one that
 * comes with the message matches nothing, as the RFC says. */
#ifndef JSON_PATH_H
#define JSON_PATH_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/work.h"
#include "json/value.h"

#define JSON_PATH_NODES_MAX 100000

struct json_path;

/* What a run selects: `items` in the arena. */
struct json_nodes {
    const struct json_value **items;
    size_t count;
};

/* Compiles the segments that follow an identifier: `text` starts right behind `$`, `@`, or whatever the
 * caller names a start by (`$order` of a mapping), and may hold more than the path: `ret_size` is how
 * many bytes the path took (0: no segment, which selects the start itself). On failure NULL, `ret_size`
 * is where in `text` the error is, and `error` says what was expected there. Free with
 * json_path_free(). */
__attribute__((warn_unused_result)) struct json_path *
json_path_compile(struct slice text, size_t *ret_size, struct error *error);
void json_path_free(struct json_path *path);

/* Whether it can select one node at most (RFC 9535: a singular query). */
bool json_path_is_singular(const struct json_path *path);

/* Runs from `start`; `root` is what `$` means inside filters. */
__attribute__((warn_unused_result)) bool
json_path_run(const struct json_path *path, const struct json_value *root,
              const struct json_value *start, struct arena *arena, struct work *work,
              struct json_nodes *ret_nodes, struct error *error);

/* The same, but `json_null` holds the place of what the names and indices at the end of the path do not
 * find: `[*].price` gives as many nodes as `[*]`, each at its place. */
__attribute__((warn_unused_result)) bool
json_path_run_places(const struct json_path *path, const struct json_value *root,
                     const struct json_value *start, struct arena *arena, struct work *work,
                     struct json_nodes *ret_nodes, struct error *error);

/* The node that a singular path selects from `start`, or NULL. It goes down only, so that no value is
 * visited twice, and counts its steps in `work` without looking at it. */
const struct json_value *json_path_single(const struct json_path *path,
                                          const struct json_value *start, struct work *work);

/* Writes the normalised path of a node, "$['items'][0]['sku']" (RFC 9535, section 2.7): the one by which
 * it stands in the tree of `root`. False, and nothing is written, when it is not in there. It looks
 * through the tree, so it is for what people read, not for every message. */
bool json_path_normalised(const struct json_value *root, const struct json_value *node,
                          struct buffer *buffer);

#endif
