#include "mapping/mistake.h"

#define NAME_MAX_SIZE 64

/* What begins with `token`; of a word, only the whole word. The first row that fits counts. */
struct token_mistake {
    const char *token;
    const char *hint;
};

struct name_mistake {
    const char *names; /* in small letters, a blank around each */
    const char *hint;
};

static const char no_templates[] =
    "there are no templates: list('Order ', $.id) | join('') puts texts together";
static const char long_form[] = "a field under a condition is {value: $.path, if: $.a == 1}";
static const char beginnings[] =
    "how a text begins or ends is asked so: search($.a, '^abc'), search($.a, 'abc$')";
static const char shell_reference[] =
    "$.order.total is a path; ${env:NAME} is for the configuration alone";
static const char unordered[] = "lists stay in their order: first, last, min or max takes one";
static const char quotes[] = "a text stands in plain quotes: 'text'";
static const char patterns[] = "match($.a, 'a.*') asks whether all of a text fits a pattern, "
                               "search($.a, 'a') whether some of it";
static const char lists[] = "whether a list holds a value is asked so: present($.tags[?@ == 'x'])";
static const char filter_scope[] =
    "a filter knows $, the message, and @, what is filtered, alone: $.lines[*] | where('order', "
    "$id) compares with other values";
static const char from_root[] = "a path begins with $: $.order.total";

static const struct token_mistake behind_values[] = {
    {"=~", patterns},
    {"==", "two comparisons are joined by &&: $.a > 1 && $.a < 5"},
    {"!=", "two comparisons are joined by &&: $.a > 1 && $.a < 5"},
    {"<", "two comparisons are joined by &&: $.a > 1 && $.a < 5"},
    {">", "two comparisons are joined by &&: $.a > 1 && $.a < 5"},
    {"=", "whether two are equal is asked with ==: $.status == 'paid'"},
    {"and", "and is written &&"},
    {"AND", "and is written &&"},
    {"&", "and is written &&"},
    {"or", "or is written ||, between conditions; ?? takes the first value that is there"},
    {"OR", "or is written ||, between conditions; ?? takes the first value that is there"},
    {"not", "not is written !: !($.status in ['paid'])"},
    {"is", "$.a == null asks for null, !present($.a) whether it is missing"},
    {"contains", lists},
    {"includes", lists},
    {"has", lists},
    {"like", patterns},
    {"matches", patterns},
    {"startswith", beginnings},
    {"starts_with", beginnings},
    {"endswith", beginnings},
    {"ends_with", beginnings},
    {"~",
     "texts are put together by list($.a, $.b) | join(' '); whether a pattern occurs is asked by "
     "search($.a, 'a.*')"},
    {"?.", "a path stops by itself at what is missing: $.order.total"},
    {"?",
     "?? takes the first value that is there; a field under a condition is {value: $.path, if: "
     "$.a == 1}"},
    {"if", long_form},
    {"unless", long_form},
    {"when", long_form},
    {"then", long_form},
    {"else", long_form},
    {"+", "numbers: $.a | add($.b); texts: list($.a, $.b) | join(' ')"},
    {"-", "$.a | subtract($.b)"},
    {"*", "$.a | multiply($.b)"},
    {"//", "?? takes the first value that is there: $.a ?? 'x'"},
    {"as", "a value is text by itself, and a number where a field or a transform wants one"},
    {"AS", "a value is text by itself, and a number where a field or a transform wants one"},
    {"/", "a path has points: $.order.total; numbers: $.a | divide($.b, 2)"},
    {",", "a path goes on with a point, $.order.id; so does a number, 12.50"},
    {":",
     "a name with other characters than letters, digits and _ stands in brackets: $['order:id']"},
    {"(", "a transform stands behind a pipe: … | trim"},
    {")", "there is no ( that it would close"},
    {"]", "there is no [ that it would close"},
    {"'", "a text ends at its quote: one is missing before, or \\' was meant"},
    {"\"", "a text ends at its quote: one is missing before, or \\\" was meant"},
    {"$", "what is done to a value stands behind a pipe; ?? takes the first value that is there"},
};

static const struct token_mistake for_values[] = {
    {"=", "whether two are equal is asked with ==, whether they differ with !="},
    {">", "whether two differ is asked with !="},
    {"#{", no_templates},
    {"{{", no_templates},
    {"{%", no_templates},
    {"{", "a list is list($.a, $.b); an object cannot be made"},
    {"[", "a list is list($.a, $.b)"},
    {".", from_root},
    {"/", from_root},
    {"‘", quotes},
    {"’", quotes},
    {"“", quotes},
    {"”", quotes},
    {"„", quotes},
    {"`", quotes},
    {")", "something is missing before it, or a comma is one too many"},
    {"]", "something is missing before it, or a comma is one too many"},
    {",", "something is missing before it, or it is one too many"},
    {"|", "something is missing before the pipe"},
    {"!", "! stands before a condition in parentheses: !($.a == 1)"},
    {"+", "a positive number has no sign"},
};

static const struct token_mistake for_names[] = {
    {"$", "?? takes the first value that is there; between conditions, or is written ||"},
    {"@", "?? takes the first value that is there; between conditions, or is written ||"},
    {"'", "a transform takes it: | join(', '), | default('none')"},
    {"\"", "a transform takes it: | join(', '), | default('none')"},
};

static const struct token_mistake behind_dots[] = {
    {"", "a path ends without a point"},
    {".", "two points look at all levels, and a name or * follows them: $..sku"},
    {"[", "brackets follow without a point: $.items[0]"},
    {"'", "a name in quotes stands in brackets: $['odd name']"},
    {"\"", "a name in quotes stands in brackets: $['odd name']"},
    {"0", "an index stands in brackets: $.items[0]"},
    {"$",
     "a name with other characters than letters, digits and _ stands in brackets: $['$oid']; a "
     "named value begins a path: $order.id"},
    {"@", "a name with other characters than letters, digits and _ stands in brackets: $['@type']"},
};

static const struct token_mistake in_brackets[] = {
    {"@", "a filter begins with ?: $.items[?@.kind == 'x']"},
    {"(@.length-1)", "the last item is $.items[-1]"},
    {"(", "a filter begins with ?: $.items[?@.kind == 'x']; the last item is $.items[-1]"},
    {"$", "what is in brackets is known before: a name in quotes, an index, or a filter"},
    {"]", "all items are $.items[*], the first one is $.items[0]"},
    {"=~", "whether a text fits a pattern is asked so: [?match(@.kind, 'a|b')]"},
    {"=", "whether two are equal is asked with ==: [?@.kind == 'x']"},
    {"and", "and is written &&"},
    {"or", "or is written ||"},
    {"not", "not is written !, before parentheses: [?!(@.kind == 'x')]"},
    {"contains", "[?search(@.name, 'abc')]; of a list in it: [?@.tags[?@ == 'x']]"},
    {"startswith", "[?search(@.name, '^abc')]"},
    {"starts_with", "[?search(@.name, '^abc')]"},
    {"endswith", "[?search(@.name, 'abc$')]"},
    {"ends_with", "[?search(@.name, 'abc$')]"},
    {"in", "several are asked for one by one: [?@.kind == 'a' || @.kind == 'b']"},
    {"&", "and is written &&"},
    {"|", "or is written ||"},
};

static const struct name_mistake words[] = {
    {" if case switch ", long_form},
    {" not ", "not is written !: !($.status in ['paid'])"},
    {" exists present ", "it wants parentheses: present($.a), exists($.a)"},
    {" headers header ", "a header of the record is kafka.headers.NAME"},
    {" none nil undefined nothing empty ", "$.a == null asks for null, !present($.a) whether it is "
                                           "missing; a field is left out by itself then"},
    {" this item it ", "the item of for_each and each is @"},
};

static const struct name_mistake transforms[] = {
    {" uppercase touppercase toupper ucase upcase ", "it is called upper"},
    {" lowercase tolowercase tolower lcase downcase ", "it is called lower"},
    {" strip trimall trimspace ", "it is called trim"},
    {" contains includes has ", lists},
    {" startswith beginswith endswith ", beginnings},
    {" defined isdefined isset ", "present($.a) asks whether it is there"},
    {" tofixed numberformat fixed ", "round(2) gives two digits behind the point"},
    {" format sprintf printf template ", no_templates},
    {" strftime dateformat formatdate toisostring iso8601 ",
     "timestamp reads a time, and gives it as eventTime wants it"},
    {" implode ", "it is called join"},
    {" explode ", "it is called split"},
    {" sort sorted orderby sortby reverse ", unordered},
    {" md5 sha1 crc32 ", "sha256 is what Rokt takes; uuid5 makes an id of a text"},
    {" reduce fold aggregate ",
     "sum, min, max, count and join make one value of a list; each(…) works "
     "each out before"},
    {" cast convert ",
     "a value is text by itself, and a number where a field or a transform wants one"},
    {" concat concatenate concatws ", "list($.a, $.b) | join(' ') puts texts together"},
    {" len size strlen charlength ", "length says how long a text is, or how many items an array "
                                     "has; count, how many values a list "
                                     "has"},
    {" unique uniq dedupe ", "it is called distinct"},
    {" slice mid left right ", "of a text: substring(start, length); of a list: $.items[0:2]"},
    {" text literal const constant ",
     "a constant is {text: EUR}, or 'EUR' in an expression; every value is "
     "text already"},
    {" tostring string str ", "every value is text already: nothing is needed"},
    {" tonumber number float parsefloat int integer parseint ", "it is called decimal"},
    {" date todate parsedate datetime todatetime strptime time totimestamp ",
     "it is called timestamp"},
    {" now today ", "kafka.timestamp is when the record was written"},
    {" sha sha2 ", "it is called sha256; for e-mail addresses there is email_sha256"},
    {" hash hashemail emailhash ", "sha256, and for e-mail addresses email_sha256"},
    {" coalesce ifnull nvl isnull or ", "$.a ?? $.b takes the first that is there"},
    {" map foreach transform ", "each works out an expression for each value: each(@.price)"},
    {" filter select find ", "a filter stands in the path: $.items[?@.kind == 'x']; where('id', "
                             "$.pid) compares with a value from elsewhere"},
    {" plus ", "it is called add"},
    {" minus sub ", "it is called subtract"},
    {" times mul ", "it is called multiply"},
    {" div ", "it is called divide"},
    {" abs ", "it is called absolute"},
    {" neg ", "it is called negate"},
    {" cents fromcents centstoamount ", "it is called minor_units"},
    {" uuid uuidv5 ", "it is called uuid5: the same for the same order"},
    {" uuid4 uuidv4 random ",
     "uuid5 makes the same id for the same order, which is what is wanted"},
    {" atob base64 frombase64 decodebase64 ", "it is called base64_decode"},
    {" urldecode decodeuri decodeuricomponent unescape ", "it is called percent_decode"},
    {" json fromjson jsonparse jsondecode ", "it is called parse_json"},
    {" get getpath path jsonpath ", "a path follows parentheses: ($.payload | parse_json).order"},
    {" regex regexp extract capture ", "it is called regex_extract"},
    {" match matches test search like ", patterns},
    {" single one ", "value takes the value of a list of exactly one; only that of equal ones"},
    {" gsub resub ", "it is called regex_replace"},
    {" nth index element ", "it is called at; in a path, an item by its index is $.items[0]"},
    {" maximum ", "it is called max"},
    {" minimum ", "it is called min"},
    {" total ", "it is called sum"},
    {" head ", "it is called first"},
    {" tail ", "it is called last; all but the first are $.items[1:]"},
    {" flat ", "it is called flatten"},
    {" if iif case switch when ", "a table and lookup, or {value: $.path, if: $.a == 1}"},
    {" translate mapvalue mapping dictionary ", "it is called lookup"},
    {" exists present ", "it stands before what it asks for: present($.a)"},
};

static const struct name_mistake fields[] = {
    {" orderid orderno ordernumber ordercode ordername orderref order id number reference "
     "purchaseid paymentid checkoutid invoiceid ",
     "transactionid, or confirmationref for the order's number"},
    {" rtid rclid clickid trackingid passback passbackid roktid roktclickid ",
     "the click id is passbackconversiontrackingid"},
    {" total price value revenue ordertotal totalprice grandtotal ordervalue ordertotalprice "
     "subtotal sum amountpaid totalamount ",
     "what was paid is amount"},
    {" qty items itemcount count units pieces ", "how many pieces is quantity"},
    {" mail emailaddress useremail customeremail ", "it is called email"},
    {" hashedemail emailhash sha256email ", "it is called emailsha256"},
    {" phone phonenumber telephone tel mobilenumber cell ", "it is called mobile"},
    {" ip clientip browserip remoteip ipaddr ", "it is called ipaddress"},
    {" zip postcode postalcode shippingzip shippingzipcode ", "it is called zipcode"},
    {" billingzip billingpostcode billingpostalcode ", "it is called billingzipcode"},
    {" first givenname forename ", "it is called firstname"},
    {" last surname familyname ", "it is called lastname"},
    {" name fullname customername ",
     "firstname: $.name | given_name, lastname: $.name | family_name"},
    {" product products productnames itemname description ", "it is called productname"},
    {" productid itemid variant skus articlenumber article ", "it is called sku"},
    {" payment paymentmethod gateway cardtype cardbrand ", "it is called paymenttype"},
    {" card bin cardbin cardnumber ", "the first six digits of the card are ccbin"},
    {" birthday birthdate dateofbirth ", "it is called dob"},
    {" sex ", "it is called gender"},
    {" region province ", "it is called state"},
    {" town ", "it is called city"},
    {" countrycode ", "it is called country"},
    {" lang locale ", "it is called language"},
    {" category maincategory ", "it is called majorcat"},
    {" subcategory ", "it is called minorcat"},
    {" shipping shippingmethod delivery deliverytype ", "it is called shippingtype"},
    {" profit ", "it is called margin"},
    {" type conversion kind ", "it is called conversiontype"},
    {" event eventname ", "it is called eventType"},
    {" time timestamp date datetime createdat orderdate ordertime orderedat ",
     "when the order happened is eventTime"},
    {" eventid uuid messageid ", "it is called clientEventId"},
    {" userid customernumber ", "it is called customerid"},
};

static const struct name_mistake formats[] = {
    {" iso8601 iso rfc3339 xml w3c ", "that is 'rfc3339', and need not be said"},
    {" rfc822 rfc2822 rfc5322 rfc1123 http mail ", "that is 'rfc2822'"},
    {" unix unixtime seconds second sec epochseconds epochsecond ",
     "seconds are 's'; 'epoch' goes by the number's size"},
    {" milliseconds millisecond millis unixms epochms epochmillis ", "milliseconds are 'ms'"},
    {" microseconds microsecond micros ", "microseconds are 'us'"},
    {" nanoseconds nanosecond nanos ", "nanoseconds are 'ns'"},
};

static const struct name_mistake parts[] = {
    {" value payload message body ", "the record's value is $: $.customer.email"},
    {" header ", "it is called headers: kafka.headers.NAME"},
    {" time date createdat ", "it is called timestamp"},
};

static const struct name_mistake keys[] = {
    {" path expression expr from source field ", "it is called value"},
    {" default fallback ", "?? takes the first that is there: {value: $.total ?? 0}"},
    {" when condition unless ", "it is called if"},
    {" transform transforms pipe ", "transforms stand in the expression: {value: $.name | trim}"},
    {" constant const literal static ", "it is called text"},
    {" required require ", "require: [amount] stands at the top, beside conversion"},
    {" type format ", "each field has its type; transforms make it: | decimal, | timestamp('utc')"},
};

static const struct name_mistake sections[] = {
    {" filter filters where condition conditions only if ", "it is called when"},
    {" conversions fields field mapping mappings map output event events data ",
     "it is called conversion"},
    {" attributes customattributes extra ", "it is called custom"},
    {" vars var variables define definitions with set ", "it is called let"},
    {" foreach loop each split ", "it is called for_each"},
    {" required requires ", "it is called require"},
    {" lookup lookups table ", "it is called tables"},
    {" example examples test ", "it is called tests"},
    {" accountid ", "it is called account"},
    {" topic topics kafka routes rokt deadletter commit log ",
     "it belongs to the configuration: rokt-relay check --config FILE"},
};

#define COUNT(table) (sizeof(table) / sizeof *(table))

static bool is_letter(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_';
}

static bool fits(struct slice rest, const char *token)
{
    struct slice wanted = slice_of(token);
    if (wanted.size == 0) {
        return rest.size == 0;
    }
    bool goes_on =
        is_letter(token[0]) && rest.size > wanted.size && is_letter(rest.data[wanted.size]);
    return slice_starts_with(rest, wanted) && !goes_on;
}

static const char *find_token(const struct token_mistake table[], size_t count, struct slice rest)
{
    for (size_t i = 0; i < count; i++) {
        if (fits(rest, table[i].token)) {
            return table[i].hint;
        }
    }
    return NULL;
}

/* Looks the name up as " name ", in small letters, without what only separates its words. */
static const char *find_name(const struct name_mistake table[], size_t count, struct slice name)
{
    char plain[NAME_MAX_SIZE + 2] = " ";
    size_t size = 1;
    for (size_t i = 0; i < name.size && i < NAME_MAX_SIZE; i++) {
        char byte = name.data[i];
        if (byte != '_' && byte != '-') {
            plain[size++] = (char)(byte >= 'A' && byte <= 'Z' ? byte - 'A' + 'a' : byte);
        }
    }
    plain[size++] = ' ';
    for (size_t i = 0; i < count && name.size > 0 && name.size <= NAME_MAX_SIZE; i++) {
        if (slice_find(slice_of(table[i].names), (struct slice){plain, size}) != SIZE_MAX) {
            return table[i].hint;
        }
    }
    return NULL;
}

/* Whether the last word before is the name of a transform behind its pipe. */
static bool is_behind_name(struct slice text, size_t at)
{
    struct slice before = slice_trim(slice_part(text, 0, at));
    while (before.size > 0 &&
           (is_letter(before.data[before.size - 1]) ||
            (before.data[before.size - 1] >= '0' && before.data[before.size - 1] <= '9'))) {
        before.size--;
    }
    before = slice_trim(before);
    return slice_ends_with(before, SLICE("|")) && before.size < at;
}

/* Behind a value a hyphen is a minus only when something separates them. */
static const char *behind_value(struct slice text, size_t at)
{
    struct slice rest = slice_part(text, at, SIZE_MAX);
    bool blank = at > 0 && memchr(" \t\r\n", text.data[at - 1], 4) != NULL;
    if (!blank && slice_starts_with(rest, SLICE("-"))) {
        return "a name with a hyphen stands in brackets: $['order-id']";
    }
    const char *hint = find_token(behind_values, COUNT(behind_values), rest);
    bool quote = rest.size > 0 && (rest.data[0] == '\'' || rest.data[0] == '"');
    if (blank && quote && is_behind_name(text, at)) {
        return "what a transform is told stands in parentheses: | join(',')";
    }
    if (at > 0 && text.data[at - 1] == '$' && slice_starts_with(rest, SLICE("{"))) {
        return shell_reference;
    }
    bool word = hint == NULL && rest.size > 0 && is_letter(rest.data[0]);
    return word ? "a transform stands behind a pipe: … | trim; a name with a blank in brackets: "
                  "$['order total']"
                : hint;
}

const char *mistake_in_expression(enum mistake_place place, struct slice text, size_t at)
{
    struct slice rest = slice_part(text, at, SIZE_MAX);
    switch (place) {
    case MISTAKE_VALUE:
        return find_token(for_values, COUNT(for_values), rest);
    case MISTAKE_BEHIND:
        return behind_value(text, at);
    case MISTAKE_NAME:
        return find_token(for_names, COUNT(for_names), rest);
    }
    return NULL;
}

const char *mistake_in_path(struct slice segments, size_t at)
{
    struct slice rest = slice_part(segments, at, SIZE_MAX);
    if (at > 0 && segments.data[at - 1] == '.') {
        bool digit = rest.size > 0 && rest.data[0] >= '0' && rest.data[0] <= '9';
        return find_token(behind_dots, COUNT(behind_dots), digit ? SLICE("0") : rest);
    }
    if (at > 0 && segments.data[at - 1] == '$' && rest.size > 0 && is_letter(rest.data[0])) {
        return filter_scope;
    }
    if (at > 0 && segments.data[at - 1] != '[' && rest.size > 0 &&
        (rest.data[0] == '@' || rest.data[0] == '(')) {
        return NULL; /* within a filter */
    }
    const char *hint = find_token(in_brackets, COUNT(in_brackets), rest);
    bool word = hint == NULL && at > 0 && rest.size > 0 && is_letter(rest.data[0]);
    if (word && segments.data[at - 1] == '[') {
        return "a name in brackets stands in quotes: $['order id']";
    }
    return word ? "a member of what is filtered is @.name: [?@.name == 'A']" : hint;
}

const char *mistake_of_word(struct slice word)
{
    return find_name(words, COUNT(words), word);
}

const char *mistake_of_transform(struct slice name)
{
    return find_name(transforms, COUNT(transforms), name);
}

const char *mistake_of_field(struct slice name)
{
    return find_name(fields, COUNT(fields), name);
}

const char *mistake_of_format(struct slice name)
{
    bool letters =
        slice_find(name, SLICE("yy")) != SIZE_MAX || slice_find(name, SLICE("YY")) != SIZE_MAX;
    return letters ? "patterns are those of strptime: '%Y-%m-%d %H:%M:%S'"
                   : find_name(formats, COUNT(formats), name);
}

const char *mistake_of_part(struct slice name)
{
    return find_name(parts, COUNT(parts), name);
}

const char *mistake_of_key(struct slice name)
{
    return find_name(keys, COUNT(keys), name);
}

const char *mistake_of_section(struct slice name)
{
    return find_name(sections, COUNT(sections), name);
}

const char *mistake_of_text(struct slice text)
{
    bool template =
        slice_find(text, SLICE("${")) != SIZE_MAX || slice_find(text, SLICE("{{")) != SIZE_MAX;
    return template ? no_templates : NULL;
}

bool mistake_is_path(struct slice constant)
{
    struct slice text = slice_trim(constant);
    bool root = slice_starts_with(text, SLICE("$")) || slice_starts_with(text, SLICE("@"));
    bool segment = text.size > 1 && (text.data[1] == '.' || text.data[1] == '[');
    return root && segment;
}
