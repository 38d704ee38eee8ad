"""What runs of all sorts have in common: topics, a sandbox behind a link, a crew of relays, a watcher of commits, and
the oracle's verdict at the end."""

import json
import pathlib
import shutil
import subprocess
import time
import types

from crew import Crew, Member, is_sanitized, now_ms
from link import Link
from oracle import Commits, Oracle
from scenarios import AUDIENCE
from stage import BIN, KAFKA_TOOL, Sandbox, Stage, tool, wait_until

PRODUCER = BIN / "tests/chaos/chaos_producer"
QUIET_S = 180  # for everything to be delivered and committed, once nothing is wrong any more
MEMORY_MIB = 64
COMPACTED = ("cleanup.policy=compact", "segment.ms=500", "min.cleanable.dirty.ratio=0.01", "max.compaction.lag.ms=1000",
             "delete.retention.ms=60000")
KEYS = 200  # of a compacted topic


class Trip:
    """One topic and one group on the shared cluster."""

    def __init__(self, stage, cluster, wire, name, api="event", partitions=6, kind="plain", letters="3"):
        self.stage, self.cluster, self.name, self.kind, self.api = stage, cluster, name, kind, api
        self.topic, self.letters, self.group = f"orders-{name}", f"dead-letters-{name}", f"group-{name}"
        cluster.create(self.topic, partitions, 3, *(COMPACTED if kind == "compacted" else ()))
        cluster.create(self.letters, 1, letters)
        self.journal = stage.folder / "journal"
        self.sandbox = Sandbox(stage, "--journal", self.journal)
        target = self.sandbox.audience_url if api == "audience" else self.sandbox.url
        self.link = Link(wire, int(target.rpartition(":")[2]))
        self.watcher = subprocess.Popen(
            [KAFKA_TOOL, "commits", cluster.inner, self.topic, self.group], stdin=subprocess.PIPE,
            stdout=open(stage.folder / "commits", "wb"), stderr=open(stage.folder / "watcher.log", "wb"))
        stage.processes.append(self.watcher)
        self.crew = Crew(self.make_member)
        self.kafka, self.settings = {}, {}
        self.deaf = []
        self.diary = open(stage.folder / "diary.log", "w", encoding="utf-8")

    def note(self, text):
        self.diary.write(f"{now_ms()} {text}\n")
        self.diary.flush()

    def make_member(self, name):
        api = types.SimpleNamespace(url=f"https://127.0.0.1:{self.link.port}", ca_file=self.sandbox.ca_file)
        settings = {"dead_letter__topic": self.letters, **self.settings}
        if self.api == "audience":
            settings = {**settings, **AUDIENCE}
        kafka = {"reconnect.backoff.max.ms": 1000, "heartbeat.interval.ms": 1000, **self.kafka}
        return Member(self.stage, api, self.cluster.outer, [self.topic], kafka, name, self.group, **settings)

    def produce(self, orders, rate, seed=0, poisoned=False):
        """Orders, in the background; wait_produced() waits for all of them."""
        keys = KEYS if self.kind == "compacted" else 0
        self.producer = subprocess.Popen(
            list(map(str, [PRODUCER, self.cluster.inner, self.topic, self.name, orders, rate, seed, int(poisoned), keys,
                           int(self.kind == "transactional")])),
            stdout=open(self.stage.folder / "produced", "wb"), stderr=open(self.stage.folder / "producer.log", "wb"))
        self.stage.processes.append(self.producer)

    def wait_produced(self):
        code = self.producer.wait(QUIET_S)
        assert code == 0, f"the producer ended with {code}: " + (self.stage.folder / "producer.log").read_text()[-500:]

    def offsets(self):
        return tool("offsets", self.cluster.inner, self.topic, self.group)[0]["partitions"]

    def is_quiet(self):
        self.crew.check()
        try:
            return all(max(one["committed"], 0) == one["end"] for one in self.offsets())
        except AssertionError:  # leaders have moved just now
            return False

    def wait_quiet(self):
        """Everything is committed up to its end."""
        try:
            wait_until(self.is_quiet, "committed offsets at the ends", QUIET_S, 0.3)
        except AssertionError as error:
            raise AssertionError(f"{error}: {self.offsets()}") from None

    def lines(self, name):
        return [json.loads(line) for line in (self.stage.folder / name).read_text().splitlines()]

    def close_watcher(self):
        self.watcher.stdin.close()
        self.watcher.wait(60)

    def judge(self, refused=()):
        """Once the crew is gone. `refused` are the numbers of orders that the API was told never to take."""
        oracle = Oracle(self.name, self.kind == "compacted")
        *orders, account = self.lines("produced")
        oracle.produced(orders)
        oracle.in_topic(tool("read", self.cluster.inner, self.topic))
        if self.kind != "compacted":
            assert oracle.verdict.orders == account["committed"], f"Kafka has lost orders: {account}"
        oracle.refused(refused)
        oracle.taken(self.lines("journal"))
        oracle.lettered(tool("read", self.cluster.inner, self.letters))
        self.close_watcher()
        verdict = oracle.judge(self.crew.tenures(), Commits(self.lines("commits")), self.deaf)
        self.check_members(verdict)
        self.orders = oracle.orders
        return verdict

    def check_members(self, verdict):
        changed = self.sandbox.account()["events"]["changed"]
        if changed > 0:
            verdict.fault(f"{changed} came again with another content")
        if self.crew.peak_mib() > MEMORY_MIB and not is_sanitized():
            verdict.fault(f"a member has taken {self.crew.peak_mib():.1f} MiB")
        for member in self.crew.members:
            account = member.account()
            if account is not None and account["consumed"] != sum(
                    account[name] for name in ("delivered", "skipped", "dead_lettered", "done_before", "given_back",
                                               "open")):
                verdict.fault(f"the account of {member.name} does not balance: {account}")

    def clear_up(self):
        self.link.close()
        self.diary.close()
        self.cluster.delete(self.topic)
        self.cluster.delete(self.letters)


class Run:
    """One trip, from its begin to its verdict; the figures stay when the stage is gone."""

    def __init__(self, cluster, wire):
        self.cluster, self.wire = cluster, wire
        self.seconds, self.peak_mib, self.verdict, self.problem = 0.0, 0.0, None, None

    def go(self, kept):
        """Logs are kept in the folder `kept` when the promise was not."""
        began = time.monotonic()
        with Stage() as stage:
            try:
                self.sail(stage)
            except (AssertionError, OSError, subprocess.SubprocessError) as error:
                self.problem = str(error)
            if not self.is_fine():
                keep(stage, kept)
                self.cluster.heal()
        self.seconds = time.monotonic() - began
        return self

    def is_fine(self):
        return self.problem is None and not self.verdict.faults

    def finish(self, trip, refused=()):
        """When nothing is wrong any more: until all is committed, and the crew is gone."""
        trip.wait_produced()
        trip.note("all is produced")
        trip.wait_quiet()
        trip.note("all is committed")
        self.peak_mib = trip.crew.peak_mib()
        trip.crew.dismiss()
        self.verdict = trip.judge(refused)
        self.peak_mib = trip.crew.peak_mib()
        trip.clear_up()


def keep(stage, kept):
    """Everything that a run that failed has left, but for certificates."""
    kept = pathlib.Path(kept)
    shutil.rmtree(kept, ignore_errors=True)
    shutil.copytree(stage.folder, kept, ignore=shutil.ignore_patterns("rokt-*"))
