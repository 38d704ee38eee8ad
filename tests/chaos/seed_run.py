"""One run by a seed: the storm that its plan says, and the quiet after it."""

import heapq
import itertools
import time

from crew import can_step_clocks, now_ms
from plan import CLOCKS, MEMBERS_MAX, POISON, PROTOCOLS, RATE, Plan
from trip import Run, Trip


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
        self.began = time.monotonic()
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

    def clock(self, step):
        member = self.pick(step, self.crew.running()) if can_step_clocks() else None
        if member:
            member.step_clock(CLOCKS[int(step.pick * 1000) % len(CLOCKS)])
        return member and member.name

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


class SeedRun(Run):
    """What becomes of a seed."""

    def __init__(self, cluster, wire, seed):
        super().__init__(cluster, wire)
        self.plan = Plan(seed)
        self.counts = {}

    def sail(self, stage):
        plan = self.plan
        name = f"s{plan.seed}t{now_ms() % 100000}"
        trip = Trip(stage, self.cluster, self.wire, name, plan.api, plan.partitions, plan.kind,
                    letters=f"@{plan.letters_broker}")
        trip.kafka = PROTOCOLS[plan.protocol]
        trip.settings = {"max_open_messages__per_partition": plan.max_open}
        storm = Storm(trip, plan)
        storm.set_faults()
        for _ in range(plan.members):
            trip.crew.hire()
        trip.produce(plan.orders, RATE, plan.seed, poisoned=True)
        storm.blow()
        self.counts = storm.counts
        self.calm(trip)
        self.finish(trip)

    def calm(self, trip):
        trip.note("calm")
        self.cluster.heal()
        trip.link.heal()
        trip.sandbox.set_faults(*POISON)
        trip.crew.wake()
        if not trip.crew.running():
            trip.crew.hire()
