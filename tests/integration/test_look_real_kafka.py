"""rokt-relay diff and explain on a real Apache Kafka: what the mock cluster does not know, times and transactions."""

import datetime
import json
import subprocess
import time

from kafka import Kafka
from scenarios import start_sandbox
from stage import BIN, WAIT_S, Relay, Stage, tool

PROGRAM = BIN / "rokt-relay"
MAPPING = "conversion: {email: $.mail, amount: $.total, transactionid: $.id}\n"


def run(*arguments, expect):
    done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=WAIT_S, check=False,
                          stdin=subprocess.DEVNULL)
    assert done.returncode == expect, (done.returncode, done.stdout, done.stderr)
    return done


def send(brokers, topic, count):
    order = json.dumps({"mail": "ada@example.org", "total": 5, "id": "T"})
    tool("send", brokers, topic, stdin="\n".join([order] * count).encode())


def now():
    """A time that no record sent before or behind it has."""
    time.sleep(0.05)
    text = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds")
    time.sleep(0.05)
    return text


def parts_by_time(config, folder, brokers):
    tool("create", brokers, "timed", 3)
    first = now()
    send(brokers, "timed", 3)
    second = now()
    send(brokers, "timed", 2)
    (folder / "other.yaml").write_text(MAPPING.replace("$.total", "6"))
    for arguments, count in (((), 5), (("-s", first), 5), (("-s", second), 2), (("-u", second), 3), (("-u", first), 0),
                             (("-s", first, "-u", second), 3), (("-s", "1h"), 5), (("-u", "1h"), 0), (("-s", now()), 0),
                             (("-l", 100, "-u", second), 3)):
        done = run("diff", "-c", config, "-o", folder / "mapping.yaml", "-n", folder / "other.yaml", *arguments, "timed",
                   expect=1 if count else 0)
        assert done.stdout.startswith(f"{count} message"), (arguments, count, done.stdout)


def messages_of_transactions(config, brokers):
    """In each partition: an order, the marker of its end, an aborted order, its marker, and so on."""
    tool("create", brokers, "orders", 1)
    tool("transactions", brokers, "orders", 4, "T")
    assert "\n  offset          0\n" in run("explain", "-c", config, "orders", 0, 0, expect=0).stdout
    for offset in (1, 2, 3):
        error = run("explain", "-c", config, "orders", 0, offset, expect=1).stderr
        assert f"there is no message at offset {offset} of partition 0: " in error, error
    assert "\n  offset          4\n" in run("explain", "-c", config, "orders", 0, 4, expect=0).stdout
    assert "has no offset 8: it has 0 to 7" in run("explain", "-c", config, "orders", 0, 8, expect=1).stderr


def main():
    with Stage() as stage:
        kafka = Kafka(stage)
        tool("create", kafka.brokers, "dead-letters", 1)
        sandbox = start_sandbox(stage)
        relay = Relay(stage, sandbox, kafka.brokers, ["orders"])
        (stage.folder / "mapping.yaml").write_text(MAPPING)
        parts_by_time(relay.config, stage.folder, kafka.brokers)
        print("diff: by time: ok", flush=True)
        messages_of_transactions(relay.config, kafka.brokers)
        print("explain: of transactions: ok", flush=True)
        assert relay.stop() == 0


main()
