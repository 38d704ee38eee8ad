"""What a group does to its members, on a real Apache Kafka: partitions that move, static members, processes that are
stopped, holds, new topics, offsets that are not there any more.

The cases share the cluster, each with topics, a group and a sandbox of its own, and run side by side: most of their
time they wait."""

import concurrent.futures
import signal
import time

from kafka import Kafka
from stage import Relay, Sandbox, Stage, tool, wait_until

PARTITIONS = 4
CLASSIC = {"heartbeat.interval.ms": 500}
EAGER = {"partition.assignment.strategy": "range"}
BROKERS_SIDE = {"group.protocol": "consumer", "session.timeout.ms": None}  # KIP-848; its session is the broker's: 6 s
# As short as drain_timeout allows.
SHORT_POLL = {"max.poll.interval.ms": 11000}
SHORT_DRAIN = {"drain_timeout": "500ms"}
AWAY_S = 2  # others hear of a member that leaves within half a second; the session is 6 s
SMALL = {"rokt__batch__events": 20}  # so that there is something to do for a while


class Case:
    """A topic, a group and a sandbox, and the relays between them."""

    def __init__(self, stage, brokers, name, protocol, partitions=PARTITIONS):
        self.stage, self.brokers, self.name, self.protocol = stage, brokers, name, protocol
        self.topic = f"orders.{name}"
        self.orders = 0
        tool("create", brokers, self.topic, partitions)
        self.sandbox = Sandbox(stage)

    def relay(self, name="relay", topics=None, kafka=None, **settings):
        properties = {"group.id": self.name, **self.protocol, **(kafka or {})}
        return Relay(self.stage, self.sandbox, self.brokers, topics or [self.topic], properties, name, **settings)

    def static(self, name, **settings):
        """A static member, whose id comes from the environment, as that of a pod does."""
        return self.relay(name, kafka={"group.instance.id": f"${{env:INSTANCE:-{name}}}"}, **settings)

    def produce(self, prefix, orders, topic=None):
        tool("produce", self.brokers, topic or self.topic, orders, prefix, 300)
        self.orders += orders

    def offsets(self):
        return tool("offsets", self.brokers, self.topic, self.name)[0]["partitions"]

    def events(self):
        return self.sandbox.account()["events"]

    def wait_for(self, orders):
        wait_until(lambda: self.events()["unique"] >= orders, f"{self.name}: {orders} orders", interval=0.05)

    def wait_all(self):
        self.wait_for(self.orders)
        wait_until(lambda: all(one["committed"] == one["end"] for one in self.offsets()),
                   f"{self.name}: all offsets committed")

    def finish(self, *relays, repeated=0):
        """All is delivered and committed, and nothing has come again but as often as may be."""
        self.wait_all()
        for relay in relays:
            assert relay.stop() == 0, relay.name
        events = self.events()
        assert events["unique"] == self.orders and events["changed"] == 0, events
        assert events["repeated"] <= repeated, events
        for account in (relay.events("account")[-1] for relay in relays):
            assert account["consumed"] == account["delivered"] + account["skipped"] + account["dead_lettered"] + \
                account["done_before"] + account["given_back"] + account["open"], account
        return events


def held_by(relay):
    """The partitions that it has, by its log."""
    partitions = set()
    for line in relay.log():
        if line["event"] in ("started", "assignment_lost"):
            partitions.clear()
        elif line["event"] == "partitions_assigned":
            partitions.update(line["partitions"].split())
        elif line["event"] == "partitions_revoked":
            partitions.difference_update(line["partitions"].split())
    return partitions


def wait_assigned(relay, count):
    wait_until(lambda: len(held_by(relay)) == count, f"{relay.name}: {count} partitions", interval=0.05)


def eager(case):
    """All partitions go and come back whenever a member comes or goes; what is open is finished before."""
    case.sandbox.set_faults({"delay": 200, "share": 1})
    case.produce("A", 12000)
    first = case.relay("first", **SMALL)
    case.wait_for(1000)
    second = case.relay("second", **SMALL)
    wait_assigned(second, PARTITIONS // 2)
    case.wait_for(4000)
    assert second.stop() == 0
    wait_assigned(first, PARTITIONS)
    assert case.events()["unique"] < case.orders, "there was nothing left to do"
    case.sandbox.set_faults()
    case.finish(first)
    assert first.events("partitions_revoked")[0]["count"] == PARTITIONS


def static_restart(case):
    """A static member that is back before its session has timed out has its partitions as before; the other one
    notices nothing, and nothing comes twice."""
    case.sandbox.set_faults({"delay": 200, "share": 1})
    case.produce("A", 12000)
    first, second = case.static("pod-0", **SMALL), case.static("pod-1", **SMALL)
    wait_assigned(first, PARTITIONS // 2)
    wait_assigned(second, PARTITIONS // 2)
    case.wait_for(2000)
    before, partitions = len(first.log()), held_by(second)
    assert second.stop() == 0
    time.sleep(AWAY_S)
    second.start()
    wait_until(lambda: len(second.events("started")) == 2, "the second's start", interval=0.05)
    wait_assigned(second, PARTITIONS // 2)
    assert case.events()["unique"] < case.orders, "there was nothing left to do"
    case.sandbox.set_faults()
    case.finish(first, second)
    told = [line["event"] for line in first.log()[before:]]
    assert not any("partitions" in event or "lost" in event for event in told), told
    assert held_by(second) == partitions, partitions


def static_kill(case):
    """With KIP-848 a static member that was killed is let in again when its session has timed out."""
    case.produce("A", 1000)
    relay = case.static("pod-0")
    wait_assigned(relay, PARTITIONS)
    case.wait_all()
    relay.kill()
    case.produce("B", 1000)
    relay.start()
    case.finish(relay)
    codes = [line["code"] for line in relay.events("kafka_notice")]
    assert codes == ["UNRELEASED_INSTANCE_ID"], codes


def fenced(case):
    """Of two processes with one id the first ends, and says so; the other goes on."""
    case.produce("A", 1000)
    first = case.relay("first", kafka={"group.instance.id": "pod-0"})
    wait_assigned(first, PARTITIONS)
    case.wait_all()
    second = case.relay("second", kafka={"group.instance.id": "pod-0"})
    first.process.wait(60)
    assert first.process.returncode == 5, first.process.returncode
    assert first.events("kafka_fenced")[0]["code"] == "FENCED_INSTANCE_ID"
    assert first.events("stopped")[0]["exit_code"] == 5
    case.produce("B", 1000)
    case.finish(second)


def stopped(case):
    """A process that is stopped for longer than its session and the poll interval: another one has its partitions
    meanwhile and repeats what was under way, with the same ids; when it goes on, it commits nothing of before."""
    case.sandbox.set_faults({"delay": 1500, "share": 1})
    case.produce("A", 4000)
    first = case.relay("first", kafka=SHORT_POLL, **SHORT_DRAIN)
    case.wait_for(400)
    wait_until(lambda: sum(max(one["committed"], 0) for one in case.offsets()) > 0, "a commit")
    first.process.send_signal(signal.SIGSTOP)
    halted = time.monotonic()
    second = case.relay("second", kafka=SHORT_POLL, **SHORT_DRAIN)
    wait_assigned(second, PARTITIONS)
    case.sandbox.set_faults()
    case.wait_all()
    wait_until(lambda: time.monotonic() - halted > 12, "the poll interval")
    first.process.send_signal(signal.SIGCONT)
    wait_until(lambda: first.events("assignment_lost"), "the loss", 60)
    lost = first.events("assignment_lost")[0]
    assert lost["partitions"] == PARTITIONS and lost["open_messages"] > 0, lost
    wait_until(lambda: 0 < len(held_by(first)) < PARTITIONS, "its new partitions", 60)
    case.produce("B", 1000)
    events = case.finish(first, second, repeated=4000)
    assert events["repeated"] > 0, events
    assert first.events("account")[-1]["given_back"] >= lost["open_messages"]


def held(case):
    """A hold of longer than the poll interval takes no member out of its group."""
    case.sandbox.set_faults({"status": 401})
    case.produce("A", 4000)
    relay = case.relay(kafka=SHORT_POLL, **SHORT_DRAIN)
    wait_until(lambda: relay.events("delivery_on_hold"), "the hold")
    begun = time.monotonic()
    wait_until(lambda: time.monotonic() - begun > 13, "the poll interval")
    case.sandbox.set_faults()
    case.finish(relay)
    told = [line["event"] for line in relay.log()]
    assert told.count("partitions_assigned") == 1, told
    assert "partitions_revoked" not in told and "assignment_lost" not in told, told


def new_topic(case):
    """A topic that is made while the relay runs, and that its expression takes, is read from its start."""
    case.produce("A", 100)
    relay = case.relay(topics=[f"^orders[.]{case.name}.*"], kafka={"topic.metadata.refresh.interval.ms": 500})
    case.wait_all()
    tool("create", case.brokers, f"{case.topic}.more", 2)
    case.produce("B", 100, f"{case.topic}.more")
    case.finish(relay)


def deleted(case):
    """What retention took before it was read is an alarm with its number."""
    tool("commit", case.brokers, case.topic, case.name, 10)
    case.produce("A", 40)
    tool("delete-records", case.brokers, case.topic, 25)
    case.orders = 15
    relay = case.relay()
    case.finish(relay)
    alarms = relay.events("messages_deleted")
    assert [(one["topic"], one["partition"], one["messages"]) for one in alarms] == [(case.topic, 0, 15)], alarms
    assert relay.events("account")[-1]["deleted_unread"] == 15


def blocked(case, committed, words, lost):
    """With auto.offset.reset: error the partition stands still, and it is said why."""
    tool("commit", case.brokers, case.topic, case.name, committed)
    case.produce("A", 40)
    tool("delete-records", case.brokers, case.topic, 25)
    relay = case.relay(kafka={"auto.offset.reset": "error"})
    wait_until(lambda: relay.events("partition_blocked"), "that it is blocked")
    assert relay.stop() == 0
    block, account = relay.events("partition_blocked")[0], relay.events("account")[-1]
    assert (block["topic"], block["partition"], block["code"]) == (case.topic, 0, "_AUTO_OFFSET_RESET"), block
    assert all(word in block["message"] for word in (*words, "--reset-offsets")), block
    assert [one["messages"] for one in relay.events("messages_deleted")] == [lost] * (lost > 0)
    assert (account["consumed"], account["deleted_unread"]) == (0, lost), account
    assert case.offsets()[0]["committed"] == committed


def blocked_before(case):
    blocked(case, 10, ("go on at offset 10", "before 25 has been deleted"), 15)


def blocked_behind(case):
    blocked(case, 1000, ("go on at offset 1000", "ends at 40"), 0)


def fallen(case):
    """A committed offset behind the end, as of a topic that was made anew: what is there now is read."""
    tool("commit", case.brokers, case.topic, case.name, 1000)
    case.produce("A", 40)
    relay = case.relay()
    case.finish(relay)
    assert [line["code"] for line in relay.events("kafka_notice")] == ["OFFSETS_FELL"]
    assert relay.events("account")[-1]["deleted_unread"] == 0


CASES = [(stopped, CLASSIC), (stopped, BROKERS_SIDE), (held, CLASSIC), (held, BROKERS_SIDE), (static_kill, BROKERS_SIDE),
         (new_topic, BROKERS_SIDE), (new_topic, CLASSIC), (static_restart, CLASSIC), (static_restart, BROKERS_SIDE),
         (fenced, CLASSIC), (eager, EAGER), (deleted, CLASSIC), (blocked_before, CLASSIC), (blocked_behind, CLASSIC),
         (fallen, CLASSIC)]
ONE_PARTITION = {deleted, blocked_before, blocked_behind, fallen}


def run(brokers, case, protocol):
    name = f"{case.__name__}-{protocol.get('group.protocol', 'classic')}"
    began = time.monotonic()
    with Stage() as stage:
        case(Case(stage, brokers, name, protocol, 1 if case in ONE_PARTITION else PARTITIONS))
    print(f"{name}: as it must be ({time.monotonic() - began:.1f} s)", flush=True)


def run_cases(brokers):
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(run, brokers, case, protocol) for case, protocol in CASES]:
            done.result()


with Stage() as cluster:
    kafka_node = Kafka(cluster)
    tool("create", kafka_node.brokers, "dead-letters", 1)
    run_cases(kafka_node.brokers)
