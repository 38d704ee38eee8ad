"""rokt-relay map from outside: what it prints, in which form, and where."""

import json
import os
import subprocess
import time

from stage import BIN, Stage
from terminal import has_terminals, on_terminal

PROGRAM = BIN / "rokt-relay"
MAPPING = """\
when: {paid: $.status == 'paid'}
conversion:
  eventTime: kafka.timestamp
  email: $.email
  amount: $.total
"""
ORDERS = '{"status": "paid", "email": "a@example.com", "total": 5}\n\n{"status": "open"}\n'


def run(folder, *arguments, expect=0, **options):
    command = [PROGRAM, "map", "--mapping", folder / "mapping.yaml", "--timestamp", "1795428180125", *arguments]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL, **options)
    assert result.returncode == expect, (result.returncode, result.stderr)
    return result


def on_a_terminal(folder, **environment):
    """What it prints on a terminal of its own."""
    command = [PROGRAM, "map", "-m", folder / "mapping.yaml", "-T", "0", "--explain", folder / "orders.ndjson"]
    text, code = on_terminal(command, env={**os.environ, "TERM": "xterm", **environment}, stdin=None, stderr=None)
    assert code == 0, (code, text)
    return text


def check_results(folder):
    lines = run(folder, folder / "orders.ndjson").stdout.splitlines()
    assert [json.loads(line)["result"] for line in lines] == ["mapped", "skipped"], lines


def check_explanations(folder):
    text = run(folder, "--explain", folder / "orders.ndjson", folder / "orders.ndjson").stdout
    numbers = [line for line in text.splitlines() if line.startswith("message ")]
    assert numbers == ["message 1", "message 2", "message 3", "message 4"], numbers
    assert text.count("\nmapped: 1 conversion\n") == 2 and text.count("\nskipped: paid\n") == 2, text
    assert "$['status']" in text and "\x1b" not in text, text


def check_colours(folder):
    if not has_terminals("the colours of an explanation"):
        return
    assert "\x1b[32mmapped: 1 conversion\x1b[0m" in on_a_terminal(folder, NO_COLOR="")
    for environment in {"NO_COLOR": "1"}, {"NO_COLOR": "", "TERM": "dumb"}:
        text = on_a_terminal(folder, **environment)
        assert "mapped: 1 conversion" in text and "\x1b" not in text, text


NOTED = """\
for_each: $.items[*]
conversion:
  eventTime: $.at
  email: "@.email"
  amount: {value: "@.total", on_invalid: omit}
  sku: {value: "@.sku", if: "@.kind == 'goods'"}
"""


def notes(folder, message, *arguments):
    (folder / "message.json").write_text(json.dumps(message))
    command = [PROGRAM, "map", "--mapping", folder / "noted.yaml", *arguments, folder / "message.json"]
    text = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stderr
    return text.replace("rokt-relay map: note: message 1", "").splitlines()


def check_notes(folder):
    (folder / "noted.yaml").write_text(NOTED)
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    good, bad = {"email": "a@example.com", "total": 1}, {"email": "a@example.com", "total": -1}
    for arguments in [], ["--explain"], ["--request"]:
        for year, why in ("2001", "more than 18 months ago"), ("9999", "more than 5 minutes in the future"):
            got = notes(folder, {"at": year + now[4:].replace("02-29", "02-28"), "items": [good]}, *arguments)
            assert got == [f" would not be sent: eventTime is {why}"], got
        assert notes(folder, {"at": now, "items": [good]}, *arguments) == []
    for item, said in (
        ({"email": "a@example.com"}, ": nothing was found for: amount"),
        (bad, ": left out because of their values: amount"),
        ({"total": 1, "kind": "goods"}, ": nothing was found for: email, sku"),
    ):
        assert notes(folder, {"at": now, "items": [item]}) == [said], said
    (folder / "two.json").write_text('{\n  "a": 1\n}\n{\n  "a": 2\n}\n')
    assert "each stands on one line" in run(folder, folder / "two.json").stderr
    several = {"at": now, "items": [good, {"email": "b@example.com"}]}
    assert notes(folder, several) == [": nothing was found for: amount (1 of 2 conversions)"]


def check_usage(folder):
    assert "take one" in run(folder, "--request", "--explain", folder / "orders.ndjson", expect=2).stderr


def main():
    with Stage() as stage:
        folder = stage.folder
        (folder / "mapping.yaml").write_text(MAPPING)
        (folder / "orders.ndjson").write_text(ORDERS)
        for check in check_results, check_explanations, check_colours, check_notes, check_usage:
            check(folder)
            print(f"{check.__name__}: ok")


main()
