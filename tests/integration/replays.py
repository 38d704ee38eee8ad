"""What must hold of replays: dead letters are delivered once, with the ids of the first time, whatever ends the replay
between. A sandbox here has the address of its cluster, with the topics of PARTITIONS."""

import json
import signal
import subprocess
import time

from scenarios import TOPIC, committed, now, wait_still
from stage import BIN, MAPPING, WAIT_S, Relay, Stage, tool, wait_until

# Ids are made from where the message stood, so that it shows when that is another place.
MENDED = "\n".join(line for line in MAPPING.splitlines() if "clientEventId" not in line) + "\n"
BROKEN = MENDED.replace("$.currency", "$.curency")
TICKETS = """\
name: tickets
for_each: $.tickets[*]
conversion:
  eventTime: $.created_at
  email: $.email
  transactionid: "@.id"
  amount: "@.price"
  currency: {text: EUR}
require: [transactionid, amount]
"""
LETTERS = "dead-letters"
EARLIER, LATER = "2026-11-22T10:00:00Z", "2026-11-23T10:00:00Z"


PARTITIONS = {TOPIC: 4, LETTERS: 3}
MEMBER = {}  # what a member of a group needs beside the usual, on this cluster


def make_relay(stage, sandbox, mapping, name="relay", kafka=None, **settings):
    (stage.folder / "mapping.yaml").write_text(mapping)
    return Relay(stage, sandbox, sandbox.brokers, [TOPIC], {**MEMBER, **(kafka or {})}, name, **settings)


def make_letters(stage, sandbox, count):
    """All orders are dead, by a mapping that does not fit; the relay that made them so has ended."""
    tool("produce", sandbox.brokers, TOPIC, count, "T", 600)
    relay = make_relay(stage, sandbox, BROKEN, dead_letter__max_share="100%")
    wait_until(lambda: len(letters(sandbox)) >= count, f"{count} dead letters", 120)
    assert relay.stop() == 0
    return relay


def letters(sandbox):
    return tool("read", sandbox.brokers, LETTERS)


class Replay:
    """One run of rokt-relay replay."""

    def __init__(self, stage, relay, *arguments):
        self.process = stage.start("replay", [BIN / "rokt-relay", "replay", "--config", relay.config, *arguments])

    def end(self):
        out, _ = self.process.communicate(timeout=WAIT_S)
        self.text = out.decode()
        self.code = self.process.returncode
        return self

    def count(self, name):
        """The figure of a line; 0 where the line is left out."""
        for line in self.text.splitlines():
            words = line.split()
            if line.strip().startswith(name + " "):
                return int(words[len(name.split())])
        return 0


def replay(stage, relay, *arguments, code=0):
    run = Replay(stage, relay, *arguments).end()
    assert run.code == code, f"exit code {run.code}\n{run.text}{(stage.folder / 'replay.log').read_text()[-3000:]}"
    return run


def events(sandbox):
    counts = sandbox.account()["events"]
    return counts["unique"], counts["repeated"], counts["changed"]


def mended(stage, sandbox):
    count = 300
    relay = make_letters(stage, sandbox, count)
    run = replay(stage, relay, "--dry-run", code=6)
    assert (run.count("read"), run.count("to go back"), run.count("to deliver")) == (count, count, 0), run.text
    (stage.folder / "mapping.yaml").write_text(MENDED)
    run = replay(stage, relay, "--dry-run")
    assert (run.count("missing_required"), run.count("to deliver")) == (count, count), run.text
    assert events(sandbox) == (0, 0, 0), "a dry run has delivered"
    partitions = tool("offsets", sandbox.brokers, LETTERS, relay.group + ".replay")[0]["partitions"]
    assert all(one["committed"] < 0 for one in partitions), "a dry run has committed"

    run = replay(stage, relay)
    assert (run.count("read"), run.count("delivered"), run.count("went back")) == (count, count, 0), run.text
    assert events(sandbox) == (count, 0, 0), sandbox.account()
    run = replay(stage, relay)
    assert (run.count("read"), run.count("delivered")) == (0, 0), run.text
    assert events(sandbox) == (count, 0, 0), sandbox.account()
    assert replay(stage, relay, "--dry-run").count("read") == 0
    assert committed(sandbox.brokers, relay.group) and len(letters(sandbox)) == count

    # The same orders by the usual way: the same ids with the same content.
    relay = make_relay(stage, sandbox, MENDED, "again", kafka={"group.id": "another"})
    wait_until(lambda: events(sandbox)[1] >= count, "all orders once more", 60)
    assert relay.stop() == 0
    assert events(sandbox) == (count, count, 0), sandbox.account()
    print(f"mended: {count} dead letters delivered once, with the ids of the orders")


def interrupted(stage, sandbox):
    """Stopped, then killed, then left alone: what was delivered before a stop does not come again, and after a kill
    what was under way."""
    count = 2000
    relay = make_letters(stage, sandbox, count)
    (stage.folder / "mapping.yaml").write_text(MENDED)
    sandbox.set_faults({"delay": 50, "share": 1})
    run = Replay(stage, relay, "--rate", "400")
    wait_until(lambda: events(sandbox)[0] >= 50, "some delivered", 60, 0.02)
    run.process.send_signal(signal.SIGTERM)
    run.end()
    stopped = events(sandbox)[0]
    assert run.code == 6 and "run the same command again" in run.text, run.text
    assert stopped == run.count("delivered") < count, run.text

    run = Replay(stage, relay, "--rate", "400")
    wait_until(lambda: events(sandbox)[0] >= stopped + 100, "more delivered", 60, 0.02)
    assert events(sandbox)[1] == 0, "what was delivered before the stop came again"
    run.process.kill()
    run.process.wait(WAIT_S)
    wait_still(lambda: events(sandbox)[0], "what was under way", 1)
    assert events(sandbox)[0] < count, "the kill came too late to tell anything"
    sandbox.set_faults()
    replay(stage, relay)
    unique, repeated, changed = events(sandbox)
    assert (unique, changed) == (count, 0), sandbox.account()
    assert replay(stage, relay).count("read") == 0
    assert events(sandbox) == (unique, repeated, changed)
    print(f"interrupted: {count} dead letters delivered, {stopped} of them before a stop; {repeated} came again after "
          "SIGKILL")


def goes_back(stage, sandbox):
    """What is dead again is a letter behind the end, with one attempt more, and is not read again by the same run."""
    count = 20
    relay = make_letters(stage, sandbox, count)
    run = replay(stage, relay, "--reason", "missing_required", "--reason", "not_json", code=6)
    assert (run.count("read"), run.count("went back")) == (count, count), run.text
    all_letters = letters(sandbox)
    attempts = sorted(letter["headers"]["rokt-relay.attempts"] for letter in all_letters)
    assert attempts == ["1"] * count + ["2"] * count, attempts
    places = sorted((letter["headers"]["rokt-relay.partition"], letter["headers"]["rokt-relay.offset"])
                    for letter in all_letters)
    assert places == sorted(places[::2] * 2), "a place is another one after the replay"
    run = replay(stage, relay, "--field", "nothing", "--dry-run")
    assert (run.count("read"), run.count("left out")) == (2 * count, 2 * count), run.text
    print(f"goes back: {count} letters with a second attempt")


def items(stage, sandbox):
    """Of an order of which one ticket was refused that one is delivered."""
    order = {"created_at": now(), "email": "ada@example.com",
             "tickets": [{"id": f"ticket-{i}", "price": "9.90"} for i in range(3)]}
    sandbox.set_faults({"unprocessed": "ValidationError", "match": '"ticket-1"'})
    tool("send", sandbox.brokers, TOPIC, stdin=json.dumps(order).encode() + b"\n")
    relay = make_relay(stage, sandbox, TICKETS)
    wait_until(lambda: letters(sandbox), "the letter", 60)
    assert relay.stop() == 0
    assert letters(sandbox)[0]["headers"]["rokt-relay.item"] == "1", letters(sandbox)
    assert events(sandbox) == (2, 0, 0), sandbox.account()
    sandbox.set_faults()
    run = replay(stage, relay)
    assert "1 conversions" in run.text, run.text
    assert events(sandbox) == (3, 0, 0), sandbox.account()
    print("items: the one that was refused is delivered, the others do not come again")


def bad_input(stage, sandbox):
    """What is no letter is counted and left; what is asked for and not there is refused."""
    count = 12
    relay = make_letters(stage, sandbox, count)
    (stage.folder / "mapping.yaml").write_text(MENDED)
    tool("send", sandbox.brokers, LETTERS, stdin=b"not a letter\n{}\n")
    run = replay(stage, relay)
    assert (run.count("read"), run.count("no letter"), run.count("delivered")) == (count + 2, 2, count), run.text
    for arguments, code in [(["--offsets", "0:0-1000"], 1), (["--offsets", "9:0"], 1), (["--topic", "nothing"], 1),
                            (["--offsets", "0:5-"], 2), (["--offsets", "0:1", "--offsets", "0:2"], 2),
                            (["--since", "yesterday"], 2), (["--topic", TOPIC, "--reason", "x"], 2),
                            (["--since", LATER, "--until", EARLIER], 2), (["--since", LATER, "--until", LATER], 2),
                            (["--topic", TOPIC, "--since", LATER, "--until", EARLIER], 2),
                            (["--group", relay.group], 2), (["--rate", "0"], 2)]:
        done = subprocess.run([BIN / "rokt-relay", "replay", "--config", relay.config, *arguments],
                              capture_output=True, timeout=WAIT_S, check=False)
        assert done.returncode == code, (arguments, done)
        assert done.stderr.startswith(b"rokt-relay replay: "), (arguments, done.stderr)
    print("bad input: two messages that are no letters left alone, twelve commands refused")


def orders(stage, sandbox):
    """A part of a topic of orders, once more: no more than was asked for, with the same ids."""
    tool("produce", sandbox.brokers, TOPIC, 40, "T", 600)
    relay = make_relay(stage, sandbox, MENDED)
    wait_until(lambda: events(sandbox)[0] == 40, "all orders", 60)
    assert relay.stop() == 0
    run = replay(stage, relay, "--topic", TOPIC, "--offsets", "2:3-5", "--offsets", "0:0")
    assert (run.count("read"), run.count("delivered")) == (4, 4), run.text
    assert events(sandbox) == (40, 4, 0), sandbox.account()
    run = replay(stage, relay, "--topic", TOPIC, "--offsets", "0:0", "--offsets", "2:3-5")
    assert run.count("read") == 4, "the order of the options is another replay"
    print("orders: 4 of 40 once more, with the same ids")


def moment():
    """The time now, which no record before has and none behind; to the millisecond, as records have theirs."""
    time.sleep(0.01)
    at = time.time()
    time.sleep(0.01)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at)) + f".{int(at * 1000) % 1000:03}Z"


def times(stage, sandbox):
    """Orders of some time, once more."""
    tool("produce", sandbox.brokers, TOPIC, 20, "A", 600)
    since = moment()
    tool("produce", sandbox.brokers, TOPIC, 30, "B", 600)
    until = moment()
    tool("produce", sandbox.brokers, TOPIC, 20, "C", 600)
    relay = make_relay(stage, sandbox, MENDED)
    wait_until(lambda: events(sandbox)[0] == 70, "all orders", 60)
    assert relay.stop() == 0
    period = ["--topic", TOPIC, "--since", since, "--until", until]
    assert replay(stage, relay, *period, "--dry-run").count("to deliver") == 30
    run = replay(stage, relay, *period)
    assert (run.count("read"), run.count("delivered")) == (30, 30), run.text
    assert events(sandbox) == (70, 30, 0), sandbox.account()
    assert all(count == (2 if name.startswith("B") else 1) for name, count in sandbox.transactions().items())
    assert replay(stage, relay, *period).count("read") == 0
    assert replay(stage, relay, "--topic", TOPIC, "--since", until, "--dry-run").count("read") == 20
    print("times: 30 of 70 orders once more")


def run_all(scenarios, start_cluster, member=None):
    """start_cluster(stage) gives the sandbox."""
    MEMBER.clear()
    MEMBER.update(member or {})
    for scenario in scenarios:
        with Stage() as stage:
            scenario(stage, start_cluster(stage))
