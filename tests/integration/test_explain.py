"""rokt-relay explain on messages in Kafka: what it shows of them, and what it must not show."""

import json
import subprocess
import time

from scenarios import AUDIENCE
from stage import BIN, WAIT_S, Relay, Sandbox, Stage, tool, wait_until

PROGRAM = BIN / "rokt-relay"
CLICK = "r0ktclick77r0ktclick77r0ktclick7"
PERSONAL = ["Augusta", "Lovelace", "ada@example.org", "example.org", "867", "5309", "Marylebone", "W1U-6TQ", CLICK,
            "198.51.100.7", "Gondor", "C-4711"]
CUSTOMER = {"id": "C-4711", "first": "Augusta", "last": "Lovelace", "mail": "Ada@Example.org", "phone": "(323) 867-5309",
            "zip": "W1U-6TQ", "city": "Marylebone", "ip": "198.51.100.7"}
MAPPING = """\
name: explained
let:
  customer: $.customer
  page: $.page
when:
  paid: $.status == 'paid'
  real: $customer.last != 'Test'
  reachable: exists($.customer.phone) && $.customer.phone != ''
conversion:
  eventTime: $.at
  email: $customer.mail
  firstname: $customer.first
  lastname: $customer.last
  mobile: $customer.phone
  zipcode: $customer.zip
  city: $customer.city
  ipaddress: $customer.ip
  customerid: $customer.id
  passbackconversiontrackingid: $page | url_param('rtid')
  transactionid: $.id
  amount: {value: $.total, on_invalid: dead_letter}
  currency: $.currency
  productname: $.title
custom:
  realm: $.realm
require: [transactionid, amount, currency]
"""


def now():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def order(number, **changes):
    return {"id": f"T-{number}", "status": "paid", "at": now(), "customer": CUSTOMER, "total": 99.80, "currency": "EUR",
            "page": f"https://shop.example/?rtid={CLICK}&x=1", "title": "A card for Augusta", "realm": "Gondor", **changes}


def explain(config, *arguments, expect=0):
    done = subprocess.run([PROGRAM, "explain", "--config", config, *map(str, arguments)], capture_output=True, text=True,
                          timeout=WAIT_S, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == expect, (done.returncode, done.stdout, done.stderr)
    return done


def holds(text, *words):
    for word in words:
        assert word in text, f"{word!r} is not in\n{text}"


def shows_nothing_personal(done):
    text = (done.stdout + done.stderr).lower()
    for value in PERSONAL:
        assert value.lower() not in text, f"{value!r} is in\n{done.stdout}{done.stderr}"


def request_of(text):
    return json.loads(text.split("\nrequest: POST ")[1].split("\n", 1)[1].splitlines()[0])


def a_delivered_order(config, audience_config):
    done = explain(config, "orders", 0, 0)
    shows_nothing_personal(done)
    assert done.stderr == "", done.stderr
    holds(done.stdout, "  topic           orders\n", "  offset          0\n", "  mapping         explained\n",
          "mapped: 1 conversion", "  transactionid       T-0\n", "  email               ***\n", "  custom.realm        ***\n", "text 'paid'",
          '"amount":"99.8"')
    event = request_of(done.stdout)["events"][0]
    values = {pair["name"]: pair["value"] for pair in event["objectData"]}
    assert values["transactionid"] == "T-0" and values["email"] == "***" and values["productname"] == "***", values

    shown = explain(config, "--show-personal", "orders", 0, 0).stdout
    holds(shown, "ada@example.org", "Marylebone", CLICK, "Gondor")
    assert request_of(shown)["events"][0]["clientEventId"] == event["clientEventId"]

    masked = explain(audience_config, "orders", 0, 0)
    shows_nothing_personal(masked)
    batch = request_of(masked.stdout)[0]
    whole = request_of(explain(audience_config, "-P", "orders", 0, 0).stdout)[0]
    assert batch["source_request_id"] == whole["source_request_id"], (batch, whole)
    assert batch["user_identities"] == {"email": "***", "customerid": "***", "other": "***", "other2": "***"}, batch
    assert whole["user_identities"]["email"] == "ada@example.org", whole
    assert batch["user_attributes"].keys() == whole["user_attributes"].keys(), (batch, whole)


def orders_that_are_not_delivered(config):
    skipped = explain(config, "orders", 0, 1)
    shows_nothing_personal(skipped)
    holds(skipped.stdout, "skipped: paid\n", "text 'open'")
    unreachable = explain(config, "orders", 0, 2)
    shows_nothing_personal(unreachable)
    holds(unreachable.stdout, "skipped: real\n", "text ***")
    dead = explain(config, "orders", 0, 3)
    shows_nothing_personal(dead)
    holds(dead.stdout, "dead: invalid_field: amount")
    old = explain(config, "orders", 0, 4)
    shows_nothing_personal(old)
    holds(old.stderr, "note: this would not be sent now: eventTime is more than 18 months ago")
    broken = explain(config, "orders", 0, 5)
    shows_nothing_personal(broken)
    holds(broken.stdout, "dead: not_json: ")


def another_mapping_and_the_bare_value(config, folder):
    (folder / "mended.yaml").write_text(MAPPING.replace("$.total, on_invalid: dead_letter", "$.total ?? '1'")
                                        .replace("name: explained", "name: mended"))
    text = explain(config, "-m", folder / "mended.yaml", "orders", 0, 0).stdout
    holds(text, "  mapping         mended\n", "mapped: 1 conversion")
    assert json.loads(explain(config, "--value", "orders", 0, 0).stdout)["id"] == "T-0"
    (folder / "wrong.yaml").write_text("conversion: {emial: $.x}\n")
    holds(explain(config, "-m", folder / "wrong.yaml", "orders", 0, 0, expect=3).stderr, "emial")


def what_is_not_there(config, folder):
    for arguments, words in ((("orders", 0, 100), 'partition 0 of "orders" has no offset 100: it has 0 to 5'),
                             (("orders", 7, 0), 'the topic "orders" has no partition 7: it has 0 to 0'),
                             (("other", 0, 0), 'no route of the configuration has the topic "other"'),
                             (("--dead-letter", 0, 100), 'partition 0 of "dead-letters" has no offset 100')):
        done = explain(config, *arguments, expect=1)
        assert done.stdout == "", done.stdout
        holds(done.stderr, "rokt-relay explain: ", words)
    for arguments, words in (((), "TOPIC, PARTITION and OFFSET are wanted"), (("orders", 0), "there are 2"),
                             (("orders", "x", 0), "a number is wanted as the partition"),
                             (("orders", 0, "1x"), "a number is wanted as the offset"), (("-d", 1), "there is 1"),
                             (("orders", 0, "99999999999999999999"), "a number is wanted")):
        holds(explain(config, *map(str, arguments), expect=2).stderr, words, "rokt-relay explain --help")
    unreachable = folder / "unreachable.yaml"
    document = json.loads(config.read_text())
    document["kafka"]["bootstrap.servers"] = "127.0.0.1:1"
    unreachable.write_text(json.dumps(document))
    holds(explain(unreachable, "orders", 0, 0, expect=1).stderr, "no broker answers")


def letters(sandbox):
    return tool("read", sandbox.brokers, "dead-letters")


def a_dead_letter(config, sandbox):
    wait_until(lambda: len(letters(sandbox)) == 3, "dead letters")
    done = explain(config, "--dead-letter", 0, 0)
    shows_nothing_personal(done)
    holds(done.stdout, "dead letter\n  topic           dead-letters\n", "  reason          invalid_field\n",
          "  message         amount", "message\n  topic           orders\n  partition       0\n  offset          3\n",
          "dead: invalid_field: amount")
    of_the_order = explain(config, "orders", 0, 3).stdout
    assert of_the_order in done.stdout, "the letter is mapped as the order was"
    tool("send", sandbox.brokers, "dead-letters", stdin=b'{"no": "letter"}')
    wait_until(lambda: len(letters(sandbox)) == 4, "the one that is none")
    holds(explain(config, "--dead-letter", 0, 3, expect=1).stderr, "this is no dead letter of the relay's: ")


ROUTES = [{"topics": ["orders"], "mapping": "explained.yaml"}]


def write_config(relay, sandbox, **settings):
    """Another configuration with the same routes and brokers."""
    path = relay.stage.folder / "audience.yaml"
    path.write_text(relay.configuration(sandbox, sandbox.brokers, None, {}, {"routes": ROUTES, **AUDIENCE, **settings}))
    return path


def fill(sandbox):
    """At each offset an order of its own kind; the last is no JSON."""
    orders = [order(0), order(1, status="open"), order(2, customer={**CUSTOMER, "last": "Test"}),
              order(3, total="Augusta 5309"), order(4, at="2001-01-01T00:00:00Z")]
    lines = [*map(json.dumps, orders), '{"mail": "ada@example.org']
    tool("send", sandbox.brokers, "orders", stdin="\n".join(lines).encode())
    tool("send", sandbox.brokers, "other", stdin=b"{}")


def main():
    with Stage() as stage:
        sandbox = Sandbox(stage, "--kafka", "--orders", "0", "--topic", "orders:1", "--topic", "other:1",
                          "--topic", "dead-letters:1")
        fill(sandbox)
        (stage.folder / "explained.yaml").write_text(MAPPING)
        relay = Relay(stage, sandbox, sandbox.brokers, None, routes=ROUTES)
        a_delivered_order(relay.config, write_config(relay, sandbox, privacy__email="both"))
        orders_that_are_not_delivered(relay.config)
        another_mapping_and_the_bare_value(relay.config, stage.folder)
        what_is_not_there(relay.config, stage.folder)
        a_dead_letter(relay.config, sandbox)
        assert relay.stop() == 0
    print("explained: 6 messages and a letter")


main()
