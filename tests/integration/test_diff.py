"""rokt-relay diff on a topic: what two mappings make of the same messages, and what is not shown of them."""

import json
import re
import subprocess

from scenarios import start_sandbox
from stage import BIN, WAIT_S, Relay, Stage, tool
from terminal import has_terminals, on_terminal

PROGRAM = BIN / "rokt-relay"
PERSONAL = ["Augusta", "ada@example.org", "867-5309", "Gondor"]
OLD = """\
when: {paid: $.status == 'paid'}
conversion:
  eventTime: $.at
  email: $.mail
  firstname: $.first
  mobile: $.phone
  transactionid: $.id
  amount: $.total
  currency: $.currency
  productname: $.title
custom: {realm: $.realm}
"""
NEW = """\
when: {paid: "$.status in ['paid', 'open']"}
conversion:
  eventTime: $.at
  email: $.mail
  firstname: $.first | upper
  mobile: $.phone
  transactionid: $.id
  amount: $.total
  currency: $.currency ?? 'EUR'
  productname: list('A', $.title) | join(' ')
custom: {realm: $.realm | upper}
require: [amount]
"""
ORDERS = 500


def order(number):
    return {"id": f"T-{number}", "status": "paid", "at": "2026-11-23T10:03:00Z", "mail": "Ada@Example.org",
            "first": "Augusta", "phone": "867-5309", "total": 5, "currency": "EUR", "title": "card for Augusta",
            "realm": "Gondor"}


def fill(brokers):
    """Of 500 orders 10 are open, 5 have no total, and 20 no currency; all have a name."""
    orders = [order(number) for number in range(ORDERS)]
    for number in range(10):
        orders[10 + number]["status"] = "open"
    for number in range(5):
        del orders[100 + number]["total"]
    for number in range(20):
        del orders[200 + number]["currency"]
    tool("send", brokers, "orders", stdin="\n".join(map(json.dumps, orders)).encode())


def run(config, *arguments, expect):
    done = subprocess.run([PROGRAM, "diff", "--config", config, *map(str, arguments)], capture_output=True, text=True,
                          timeout=WAIT_S, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == expect, (done.returncode, done.stdout, done.stderr)
    for value in PERSONAL:
        assert value.lower() not in (done.stdout + done.stderr).lower(), f"{value!r} is in\n{done.stdout}{done.stderr}"
    return done


def counts(text):
    """What is counted, by its name."""
    return {name: int(count) for name, count in re.findall(r"^  (\S.*?)  +(\d+)\b", text, re.MULTILINE)}


def differences_are_counted(config, folder):
    done = run(config, "--old", folder / "old.yaml", "--new", folder / "new.yaml", "orders", expect=1)
    assert done.stdout.startswith(f"{ORDERS} messages: 0 the same, {ORDERS} different\n"), done.stdout
    got = counts(done.stdout)
    wanted = {"mapped to something else": 485, "newly mapped": 10, "newly dead": 5, "skipped: paid -> mapped": 10,
              "mapped -> dead: missing_required": 5, "firstname": 485, "productname": 485, "custom.realm": 485,
              "currency, only new": 20}
    assert got == wanted, (got, done.stdout)
    assert done.stdout.count("'EUR'\n") == 3 and "*** -> ***" in done.stdout, done.stdout
    assert "\r" not in done.stderr, "no progress where nobody looks"


def the_same_is_the_same(config, folder):
    done = run(config, "-o", folder / "old.yaml", "-n", folder / "old.yaml", "orders", expect=0)
    assert done.stdout == f"{ORDERS} messages: {ORDERS} the same, 0 different\n", done.stdout
    of_route = run(config, "-n", folder / "old.yaml", "orders", expect=0)
    assert of_route.stdout == done.stdout, "the route's mapping is the old one"


def a_part_of_the_topic(config, folder):
    new = ("-n", folder / "new.yaml", "orders")
    assert run(config, "--last", 7, *new, expect=1).stdout.startswith("7 messages: 0 the same, 7 different\n")
    assert run(config, "--last", 7000, "--until", "2999-01-01T00:00:00Z", *new, expect=1).stdout.startswith("500 messages")
    # The mock cluster finds no offset for any time: nothing is as late as that.
    assert run(config, "--since", "2h", *new, expect=0).stdout == "0 messages: 0 the same, 0 different\n"


def trouble_is_no_difference(config, folder):
    (folder / "wrong.yaml").write_text("conversion: {emial: $.x}\n")
    new = ("-n", folder / "new.yaml")
    for arguments, words in ((("-n", folder / "wrong.yaml", "orders"), "emial"),
                             ((*new, "nowhere"), 'has the topic "nowhere"'),
                             (("-o", folder / "old.yaml", *new, "nowhere"), "nowhere"), (new, "one TOPIC is wanted"),
                             (("orders",), "--new FILE is missing"),
                             ((*new, "-s", "1h", "-l", "3", "orders"), "--since and --last"),
                             ((*new, "-l", "0", "orders"), "a number of messages is wanted"),
                             ((*new, "-s", "1h", "-u", "2h", "orders"), "--since 1h: --until 2h is not later"),
                             ((*new, "-s", "yesterday", "orders"), "--since yesterday: a time like"),
                             ((*new, "-u", "2026-11-23", "orders"), "--until 2026-11-23: a time like")):
        done = run(config, *arguments, expect=2)
        assert done.stdout == "" and words in done.stderr, (words, done.stdout, done.stderr)


def progress_is_shown_on_a_terminal(config, folder):
    if not has_terminals("the progress of diff"):
        return
    command = [PROGRAM, "diff", "-c", config, "-n", folder / "new.yaml", "orders"]
    text, code = on_terminal(command, stdout=subprocess.DEVNULL)
    assert code == 1, (code, text)
    assert text.endswith("\r\x1b[K") and " messages, " in text, text


def main():
    with Stage() as stage:
        sandbox = start_sandbox(stage, "--kafka", "--orders", "0", "--topic", "orders:1", "--topic", "dead-letters:1")
        fill(sandbox.brokers)
        (stage.folder / "old.yaml").write_text(OLD)
        (stage.folder / "new.yaml").write_text(NEW)
        relay = Relay(stage, sandbox, sandbox.brokers, None, routes=[{"topics": ["orders"], "mapping": "old.yaml"}])
        for test in (differences_are_counted, the_same_is_the_same, a_part_of_the_topic, trouble_is_no_difference,
                     progress_is_shown_on_a_terminal):
            test(relay.config, stage.folder)
            print(f"diff: {test.__name__.replace('_', ' ')}", flush=True)
        assert relay.stop() == 0


main()
