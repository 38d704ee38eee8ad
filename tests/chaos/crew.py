"""The relays of a run: processes of one consumer group, what they say, and which partitions each of them had when.

Times are the machine's monotonic clock in milliseconds, as in the sandbox's journal.
"""

import dataclasses
import json
import os
import pathlib
import re
import signal
import subprocess
import threading
import time

from stage import BIN, WAIT_S, Relay

FAKETIME = next(iter(sorted(pathlib.Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))), None)


def now_ms():
    return time.monotonic_ns() // 1000000


def is_sanitized():
    """Sanitizers take memory of their own, and want no other library before them."""
    program = (BIN / "rokt-relay").read_bytes()
    return b"__asan_init" in program or b"__tsan_init" in program


def can_step_clocks():
    return FAKETIME is not None and not is_sanitized()


@dataclasses.dataclass
class Tenure:
    """That a member had a partition. It ended cleanly when everything of it had been finished and committed."""

    member: str
    partition: int
    since: int
    until: int = None
    clean: bool = True
    how: str = ""


class Member(Relay):
    """A relay whose log is read as it comes, each line with its time."""

    def __init__(self, stage, sandbox, brokers, topics, kafka, name, group, **settings):
        self.lines = []
        self.killed = False
        self.stopped = False
        self.paused = False
        self.peak_kib = 0
        self.ended_ms = None
        self.clock = stage.folder / f"{name}.clock"
        self.step_clock(0)
        super().__init__(stage, sandbox, brokers, topics, {**kafka, "group.id": group}, name, **settings)

    def start(self):
        self.process = subprocess.Popen(
            [BIN / "rokt-relay", "run", "--config", self.config], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=self.stage.folder,
            env={**os.environ, "TMPDIR": str(self.stage.folder), **self.faked_time()})
        self.stage.processes.append(self.process)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def faked_time(self):
        """The wall clock is read through libfaketime, the monotonic one is not: as on a machine whose clock is set."""
        if not can_step_clocks():
            return {}
        return {"LD_PRELOAD": str(FAKETIME), "FAKETIME_TIMESTAMP_FILE": str(self.clock), "FAKETIME_CACHE_DURATION": "1",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1", "FAKETIME_DONT_RESET": "1"}

    def step_clock(self, seconds):
        """Within a second its wall clock is so much ahead."""
        new = self.clock.with_suffix(".new")
        new.write_text(f"{seconds:+d}\n")
        new.rename(self.clock)

    def read(self):
        with open(self.stage.folder / f"{self.name}.log", "wb") as log:
            for line in self.process.stderr:
                log.write(b"%d " % now_ms() + line)
                log.flush()
                if line.startswith(b"{"):
                    self.lines.append((now_ms(), json.loads(line)))
        self.ended_ms = now_ms()

    def is_running(self):
        return not self.stopped and self.process.poll() is None

    def look(self):
        """Notes how much memory it has taken so far."""
        try:
            with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
                found = re.search(r"VmHWM:\s*(\d+) kB", status.read())
        except OSError:
            return
        if found:
            self.peak_kib = max(self.peak_kib, int(found[1]))

    def send(self, number):
        self.look()
        self.process.send_signal(number)

    def kill(self):
        self.killed = True
        self.send(signal.SIGKILL)
        self.wait()

    def pause(self):
        self.paused = True
        self.send(signal.SIGSTOP)

    def go_on(self):
        self.paused = False
        self.send(signal.SIGCONT)

    def ask_to_stop(self):
        """SIGTERM; a member that is paused hears of it when it goes on."""
        self.stopped = True
        if self.paused:
            self.go_on()
        self.send(signal.SIGTERM)

    def wait(self):
        self.process.wait(WAIT_S)
        self.reader.join(WAIT_S)
        return self.process.returncode

    def said(self, event):
        return [line for _, line in self.lines if line["event"] == event]

    def account(self):
        """Its last one; a member that was killed has none."""
        accounts = self.said("account")
        return accounts[-1] if accounts else None

    def tenures(self):
        """What it says itself, and what became of it: the partitions it had, of its one topic."""
        return Reading(self).tenures


def numbers(line):
    return [int(name.rpartition("-")[2]) for name in line["partitions"].split()]


class Reading:
    """A member's log, read for its tenures."""

    def __init__(self, member):
        self.member = member
        self.tenures = []
        self.held = {}
        self.leaving = set()
        self.uncommitted = False  # a last commit has failed: what ended before it comes again
        for at, line in member.lines:
            self.read(at, line)
        end = member.ended_ms if member.ended_ms is not None else now_ms()
        clean = not member.killed and not self.uncommitted
        self.finish(list(self.held), end, clean, "kill" if member.killed else "stop")

    def read(self, at, line):
        event = line["event"]
        if event == "partitions_assigned":
            for partition in numbers(line):
                self.held[partition] = Tenure(self.member.name, partition, at)
        elif event == "partitions_revoked":
            self.leaving.update(numbers(line))
        elif event == "partitions_released":
            self.finish(self.leaving, at, line["given_back"] == 0 and not self.uncommitted, "release")
            self.leaving, self.uncommitted = set(), False
        elif event == "assignment_lost":
            self.finish(list(self.held), at, False, "loss")
            self.leaving = set()
        elif event == "drain_incomplete" or (event == "commit_failed" and "code" not in line):
            self.uncommitted = True

    def finish(self, partitions, at, clean, how):
        for partition in partitions:
            tenure = self.held.pop(partition, None)
            if tenure is not None:
                tenure.until, tenure.clean, tenure.how = at, clean, how
                self.tenures.append(tenure)


class Crew:
    """All members of a run, those of before too."""

    def __init__(self, make):
        self.make = make  # make(name): a new Member
        self.members = []

    def running(self):
        return [member for member in self.members if member.is_running()]

    def awake(self):
        return [member for member in self.running() if not member.paused]

    def hire(self):
        member = self.make(f"relay-{len(self.members) + 1}")
        self.members.append(member)
        return member

    def wake(self):
        for member in self.running():
            if member.paused:
                member.go_on()

    def check(self):
        """Nobody has ended unasked."""
        for member in self.members:
            if not member.killed and not member.stopped and member.process.poll() is not None:
                raise AssertionError(f"{member.name} ended by itself, with {member.process.returncode}")

    def dismiss(self):
        """All stop as they are asked to; whoever was asked before has ended, too."""
        for member in self.running():
            member.ask_to_stop()
        for member in self.members:
            code = member.wait()
            # Who is asked before having begun, ends as any program does.
            ends = -signal.SIGKILL if member.killed else 0 if member.said("started") else -signal.SIGTERM
            assert code in (0, ends), f"{member.name} ended with {code}"

    def tenures(self):
        return [tenure for member in self.members for tenure in member.tenures()]

    def peak_mib(self):
        for member in self.running():
            member.look()
        return max((member.peak_kib for member in self.members), default=0) / 1024
