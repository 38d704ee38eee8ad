"""One run by a seed: a topic, a group and a sandbox of its own on the shared cluster, the storm, the quiet after it,
and the verdict."""

import heapq
import itertools
import json
import pathlib
import shutil
import subprocess
import time
import types

from crew import Crew, Member, now_ms
from link import Link
from oracle import Commits, Oracle
from plan import MEMBERS_MAX, POISON, PROTOCOLS, RATE, Plan
from scenarios import AUDIENCE
from stage import BIN, KAFKA_TOOL, Sandbox, Stage, tool, wait_until

PRODUCER = BIN / "tests/chaos/chaos_producer"
QUIET_S = 180  # for everything to be delivered and committed, once nothing is wrong any more
MEMORY_MIB = 64
COMPACTED = ("cleanup.policy=compact", "segment.ms=500", "min.cleanable.dirty.ratio=0.01", "max.compaction.lag.ms=1000",
             "delete.retention.ms=60000")
LETTERS = "dead-letters"


class Trip:
    """What runs of all sorts have in common: topics, a sandbox behind a link, a crew, a watcher of commits, and
    the oracle's question at the end."""

    def __init__(self, stage, cluster, wire, name, api="event", partitions=6, kind="plain", letters="3"):
        self.stage, self.cluster, self.name, self.kind, self.api = stage, cluster, name, kind, api
        self.topic, self.letters, self.group = f"orders-{name}", f"{LETTERS}-{name}", f"group-{name}"
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
        kafka = {"reconnect.backoff.max.ms": 1000, **self.kafka}
        return Member(self.stage, api, self.cluster.outer, [self.topic], kafka, name, self.group, **settings)

    def produce(self, orders, rate=RATE, seed=0):
        """Orders, in the background; wait_produced() waits for all of them."""
        self.producer = subprocess.Popen(
            list(map(str, [PRODUCER, self.cluster.inner, self.topic, self.name, orders, rate, seed,
                           200 if self.kind == "compacted" else 0, int(self.kind == "transactional")])),
            stdout=open(self.stage.folder / "produced", "wb"), stderr=open(self.stage.folder / "producer.log", "wb"))
        self.stage.processes.append(self.producer)

    def wait_produced(self):
        code = self.producer.wait(QUIET_S)
        assert code == 0, f"the producer ended with {code}: " + (self.stage.folder / "producer.log").read_text()[-500:]

    def offsets(self):
        return tool("offsets", self.cluster.inner, self.topic, self.group)[0]["partitions"]

    def is_quiet(self):
        self.crew.check()
        return all(max(one["committed"], 0) == one["end"] for one in self.offsets())

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

    def judge(self):
        """Once the crew is gone."""
        oracle = Oracle(self.name, self.kind == "compacted")
        *orders, account = self.lines("produced")
        oracle.produced(orders)
        oracle.in_topic(tool("read", self.cluster.inner, self.topic))
        if self.kind != "compacted":
            assert oracle.verdict.orders == account["committed"], f"Kafka has lost orders: {account}"
        oracle.taken(self.lines("journal"))
        oracle.lettered(tool("read", self.cluster.inner, self.letters))
        self.close_watcher()
        verdict = oracle.judge(self.crew.tenures(), Commits(self.lines("commits")), self.deaf)
        self.check_members(verdict)
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


def is_sanitized():
    """Sanitizers take memory of their own: the bound is the release's."""
    return b"__asan_init" in (BIN / "rokt-relay").read_bytes() or b"__tsan_init" in (BIN / "rokt-relay").read_bytes()


class Storm:
    """The steps of a plan, and what ends them, each at its time."""

    def __init__(self, trip, plan):
        self.trip, self.plan, self.cluster, self.crew = trip, plan, trip.cluster, trip.crew
        self.agenda = []
        self.order = itertools.count()
        self.began = time.monotonic()
        self.counts = {}
        for step in plan.steps:
            self.later(step.at, lambda step=step: self.take(step))

    def later(self, at, do):
        heapq.heappush(self.agenda, (at, next(self.order), do))

    def after(self, seconds, do):
        self.later(time.monotonic() - self.began + seconds, do)

    def blow(self):
        while self.agenda:
            at, _, do = heapq.heappop(self.agenda)
            time.sleep(max(0, self.began + at - time.monotonic()))
            do()
            self.crew.check()

    def take(self, step):
        """Steps that make no sense at that time are left out: nobody to kill, a broker down already."""
        done = getattr(self, step.action)(step)
        self.trip.note(f"{step.action} {done or 'left out'} for {step.seconds} s")
        if done:
            self.counts[step.action] = self.counts.get(step.action, 0) + 1

    @staticmethod
    def pick(step, among):
        return among[int(step.pick * len(among))] if among else None

    # ---- members

    def hire(self, _step=None):
        if len(self.crew.running()) >= MEMBERS_MAX:
            return None
        return self.crew.hire().name

    def kill(self, step):
        member = self.pick(step, self.crew.running())
        if member:
            member.kill()
            self.after(step.seconds, self.hire)
        return member and member.name

    def fire(self, step):
        member = self.pick(step, self.crew.running())
        if member:
            member.ask_to_stop()
        return member and member.name

    def term(self, step):
        name = self.fire(step)
        if name:
            self.after(step.seconds, self.hire)
        return name

    def pause(self, step):
        member = self.pick(step, self.crew.awake())
        if member:
            member.pause()
            self.after(step.seconds, lambda: self.go_on(member))
        return member and member.name

    @staticmethod
    def go_on(member):
        if member.paused and member.is_running():
            member.go_on()

    # ---- brokers, never two at a time

    def down(self, node, step):
        if node is None or not self.cluster.is_whole():
            return None
        node.end()
        self.after(step.seconds, node.start)
        return f"broker {node.number}"

    def broker_kill(self, step):
        return self.down(self.pick(step, list(self.cluster.nodes.values())), step)

    def coordinator_kill(self, step):
        return self.cluster.is_whole() and self.down(self.cluster.coordinator(self.trip.group), step)

    def letters_kill(self, step):
        return self.down(self.cluster.nodes[self.plan.letters_broker], step)

    def broker_pause(self, step):
        node = self.pick(step, list(self.cluster.nodes.values()))
        if not self.cluster.is_whole():
            return None
        node.pause()
        self.after(step.seconds, node.go_on)
        return f"broker {node.number}"

    # ---- links

    def sever(self, links, step, how="cut"):
        for link in links:
            getattr(link, how)()
        self.after(step.seconds, lambda: [link.heal() for link in links])
        return how

    def brokers_cut(self, step):
        return self.sever([node.link for node in self.cluster.nodes.values()], step)

    def brokers_freeze(self, step):
        return self.sever([node.link for node in self.cluster.nodes.values()], step, "freeze")

    def broker_cut(self, step):
        return self.sever([self.pick(step, list(self.cluster.nodes.values())).link], step)

    def api_cut(self, step):
        self.trip.deaf.append((now_ms() - 200, now_ms() + int(step.seconds * 1000) + 1000))
        return self.sever([self.trip.link], step)

    def api_freeze(self, step):
        return self.sever([self.trip.link], step, "freeze")

    # ---- the API

    def set_faults(self, *faults):
        self.trip.sandbox.set_faults(*POISON, *faults, *self.plan.background)

    def api_hold(self, step):
        self.set_faults({"status": self.plan.hold})
        self.after(step.seconds, self.set_faults)
        return str(self.plan.hold)

    def api_outage(self, step):
        self.set_faults({"status": 503})
        self.after(step.seconds, self.set_faults)
        return "503"


class SeedRun:
    """A seed from its plan to its verdict. The figures stay when the stage is gone."""

    def __init__(self, cluster, wire, seed):
        self.cluster, self.wire, self.plan = cluster, wire, Plan(seed)
        self.counts, self.seconds, self.peak_mib, self.verdict = {}, 0.0, 0.0, None
        self.problem = None

    def go(self, kept):
        """Logs are kept in the folder `kept` when the promise was not."""
        began = time.monotonic()
        with Stage() as stage:
            try:
                self.sail(stage)
            except (AssertionError, OSError, subprocess.SubprocessError) as error:
                self.problem = str(error)
            if self.problem or self.verdict.faults:
                keep(stage, kept)
                self.cluster.heal()
        self.seconds = time.monotonic() - began
        return self

    def sail(self, stage):
        plan = self.plan
        name = f"s{plan.seed}t{now_ms() % 100000}"
        trip = Trip(stage, self.cluster, self.wire, name, plan.api, plan.partitions, plan.kind, f"@{plan.letters_broker}")
        trip.kafka = PROTOCOLS[plan.protocol]
        trip.settings = {"max_open_messages__per_partition": plan.max_open}
        storm = Storm(trip, plan)
        storm.set_faults()
        for _ in range(plan.members):
            trip.crew.hire()
        trip.produce(plan.orders, RATE, plan.seed)
        storm.began = time.monotonic()
        storm.blow()
        self.counts = storm.counts
        self.calm(trip)
        self.verdict = trip.judge()
        self.peak_mib = trip.crew.peak_mib()
        trip.clear_up()

    def calm(self, trip):
        trip.note("calm")
        self.cluster.heal()
        trip.link.heal()
        trip.sandbox.set_faults(*POISON)
        trip.crew.wake()
        if not trip.crew.running():
            trip.crew.hire()
        trip.wait_produced()
        trip.note("all is produced")
        trip.wait_quiet()
        trip.note("all is committed")
        trip.crew.peak_mib()
        trip.crew.dismiss()


def keep(stage, kept):
    """The logs of a run that failed, and of the brokers' too."""
    kept = pathlib.Path(kept)
    shutil.rmtree(kept, ignore_errors=True)
    shutil.copytree(stage.folder, kept, ignore=lambda folder, names: [name for name in names if name.startswith("rokt-")])
