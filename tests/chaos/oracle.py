"""Who says what must have become of the orders, and what has.

What was produced is read from the topic by a reader of its own; what was taken from the sandbox's journal, what is
dead from the dead-letter topic, what was committed from a watcher that asks the coordinator ten times a second. Of
the relays' own words only those are believed that say which partitions a member had, and when.

An order may come again for two reasons, each of which counts once: the client was not told that it had been taken,
or whoever had its partition lost it otherwise than in good order — by SIGKILL, by being thrown out of the group, by
a drain that ran out of time — and the order had not ended by the last commit before that.
"""

import bisect
import collections
import dataclasses
import json
import re
import time

from completions import runs

# What has been sent by then may be read by the sandbox a little later. Who loses its partitions otherwise than by being
# killed still sends what it has in batches: so many orders at most, for as long as the API may be out of order.
SENT_MS = 1500
BATCHED = 1000
BATCHED_MS = 15000


@dataclasses.dataclass
class Order:
    number: int
    partition: int
    offset: int
    kind: str = "gone"  # good, dead, skipped; gone: aborted or compacted away
    produced_ms: int = 0
    arrivals: list = dataclasses.field(default_factory=list)
    letters: int = 0


@dataclasses.dataclass
class Arrival:
    received_ms: int
    answered_ms: int
    told: bool


@dataclasses.dataclass
class Break:
    """A tenure that ended otherwise than in good order, and what is known to have been committed before."""

    how: str
    partition: int
    until: int
    committed: int
    ended: list  # runs of offsets behind it
    furthest: int = -1  # of all that had been delivered by then; only who lives delivers more

    def may_repeat(self, order):
        if order.partition != self.partition or order.offset < self.committed:
            return False
        return not any(first <= order.offset <= last for first, last in self.ended)

    def had_taken_in(self, order):
        """The order had been delivered by then, or may still be."""
        if not order.arrivals:
            return False
        if order.arrivals[0].received_ms <= self.until + SENT_MS:
            return True
        in_batches = 0 <= self.furthest and order.offset <= self.furthest + BATCHED
        return in_batches and order.arrivals[0].received_ms <= self.until + BATCHED_MS


@dataclasses.dataclass
class Verdict:
    """The figures of a run; `faults` is empty when the promise was kept."""

    orders: int = 0
    delivered: int = 0
    dead: int = 0
    skipped: int = 0
    lost: int = 0
    repeated: int = 0  # comings beyond the first
    untold: int = 0  # how many of them because the client was not told
    open_at_breaks: int = 0  # taken, and not known to have ended, at breaks
    graceful: int = 0  # repeated without any of the two reasons
    faults: list = dataclasses.field(default_factory=list)

    def fault(self, text, orders=()):
        some = ", ".join(f"{order.number} (partition {order.partition}, offset {order.offset})" for order in orders[:5])
        self.faults.append(text + (f": {some}{' …' if len(orders) > 5 else ''}" if orders else ""))


def kind_of(value):
    """What must become of an order, by what stands in it."""
    try:
        order = json.loads(value)
    except ValueError:
        return "dead"
    if order["status"] != "paid":
        return "skipped"
    if not order["customer"] or order["lines"][0]["title"].startswith("poison"):
        return "dead"
    return "good"


def number_of(text, prefix):
    """The number of the order, even of one that is no JSON."""
    found = re.search(re.escape(prefix) + r"-(\d+)", text)
    assert found, f"what is that? {text[:100]}"
    return int(found[1])


class Commits:
    """What the watcher has seen: for each partition, from when on, which commit."""

    def __init__(self, lines):
        self.times = [line["ms"] for line in lines]
        self.states = [{one["partition"]: (one["committed"], one["metadata"]) for one in line["partitions"]}
                       for line in lines]

    def before(self, ms, partition):
        """The newest that was there at that time for certain."""
        index = bisect.bisect_right(self.times, ms) - 1
        if index < 0:
            return 0, []
        committed, metadata = self.states[index][partition]
        return max(committed, 0), runs(max(committed, 0), metadata)


def breaks(tenures, commits):
    """Of each tenure that did not end in good order. Its partition was somebody else's from the next tenure on, whose
    commits say nothing of what the former had finished."""
    since = collections.defaultdict(list)
    for tenure in tenures:
        since[tenure.partition].append((tenure.since, tenure.member))
    found = []
    for tenure in tenures:
        if tenure.clean:
            continue
        later = [at for at, member in since[tenure.partition] if at > tenure.since]
        committed, ended = commits.before(min([tenure.until, *later]), tenure.partition)
        found.append(Break(tenure.how, tenure.partition, tenure.until, committed, ended))
    return found


def furthest(orders, broken):
    """The last offset of the partition that had been delivered when its tenure broke."""
    return max((order.offset for order in orders if order.partition == broken.partition and order.arrivals
                and order.arrivals[0].received_ms <= broken.until + SENT_MS), default=-1)


class Oracle:
    """All accounts of a run, held against each other."""

    def __init__(self, prefix, is_compacted):
        self.prefix = prefix
        self.is_compacted = is_compacted
        self.orders = {}
        self.verdict = Verdict()
        self.wall_ahead_ms = time.time_ns() // 1000000 - time.monotonic_ns() // 1000000

    def monotonic(self, wall_ms):
        return wall_ms - self.wall_ahead_ms

    def produced(self, lines):
        for line in lines:
            self.orders[line["order"]] = Order(line["order"], line["partition"], line["offset"])

    def in_topic(self, messages):
        """As whoever reads committed transactions sees it, at the end."""
        for message in messages:
            if message["value"] is None:
                number = self.at(message["partition"], message["offset"])
                self.orders[number].kind = "skipped"
            else:
                order = self.orders[number_of(message["value"], self.prefix)]
                order.kind = kind_of(message["value"])
                order.produced_ms = self.monotonic(message["timestamp"])
        kinds = collections.Counter(order.kind for order in self.orders.values())
        self.verdict.orders = len(self.orders) - kinds["gone"]
        self.verdict.skipped, self.verdict.dead = kinds["skipped"], kinds["dead"]

    def refused(self, numbers):
        """Orders in which there is nothing wrong, but which the API was told never to take."""
        for number in numbers:
            assert self.orders[number].kind == "good", self.orders[number]
            self.orders[number].kind = "dead"
        self.verdict.dead += len(numbers)

    def at(self, partition, offset):
        return next(order.number for order in self.orders.values()
                    if (order.partition, order.offset) == (partition, offset))

    def taken(self, journal):
        for line in journal:
            arrival = Arrival(line["received_ms"], line["answered_ms"], line["told"])
            for text in line["ids"]:
                order = self.orders.get(number_of(text, self.prefix))
                if order is None:
                    self.verdict.fault(f"{text} was taken, and never produced")
                else:
                    order.arrivals.append(arrival)

    def lettered(self, letters):
        for letter in letters:
            self.orders[number_of(letter["value"], self.prefix)].letters += 1

    def judge(self, tenures, commits, deaf):
        """`deaf`: spans of time in which answers may not have reached a client."""
        self.judge_fates()
        reasons = breaks(tenures, commits)
        for reason in reasons:
            if reason.how != "kill":
                reason.furthest = furthest(self.orders.values(), reason)
        self.verdict.open_at_breaks = len({(order.number, index) for index, reason in enumerate(reasons)
                                           for order in self.orders.values()
                                           if reason.may_repeat(order) and reason.had_taken_in(order)})
        unexplained = [order for order in self.orders.values() if self.repeats(order, reasons, deaf)]
        self.verdict.graceful = len(unexplained)
        if unexplained:
            self.verdict.fault("came again for no reason", unexplained)
        again = [order for order in self.orders.values()
                 if order.letters > 1 + sum(reason.may_repeat(order) for reason in reasons)]
        if again:
            self.verdict.fault("became letters again for no reason", again)
        return self.verdict

    def judge_fates(self):
        orders = self.orders.values()
        good = [order for order in orders if order.kind == "good"]
        lost = [order for order in good if not order.arrivals]
        unlettered = [order for order in orders if order.kind == "dead" and not order.letters]
        self.verdict.delivered = len(good) - len(lost)
        self.verdict.lost = len(lost) + len(unlettered)
        for text, wrong in (
                ("lost", lost),
                ("dead, and no letter is there", unlettered),
                ("a letter of what is not dead", [one for one in orders if one.letters and self.lives(one)]),
                ("taken, though it is dead or skipped",
                 [one for one in orders if one.arrivals and one.kind in ("dead", "skipped")]),
                ("taken, though its transaction was aborted",
                 [one for one in orders if one.arrivals and one.kind == "gone" and not self.is_compacted])):
            if wrong:
                self.verdict.fault(text, wrong)

    def lives(self, order):
        """What compaction has removed may have been anything."""
        return order.kind in ("good", "skipped") or (order.kind == "gone" and not self.is_compacted)

    def repeats(self, order, reasons, deaf):
        """Whether the order came more often than can be explained."""
        again = len(order.arrivals) - 1
        if again <= 0:
            return False
        self.verdict.repeated += again
        untold = sum(not arrival.told or any(begin <= arrival.answered_ms and arrival.received_ms <= end
                                             for begin, end in deaf)
                     for arrival in order.arrivals)
        self.verdict.untold += min(untold, again)
        return again > untold + sum(reason.may_repeat(order) and reason.had_taken_in(order) for reason in reasons)
