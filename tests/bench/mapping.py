"""What mapping an order costs beside parsing it: bench_mapping on the benchmark's mapping and on those of the gallery.

A mapping of the gallery gets the largest order that tests/mapping has for it and that it maps; and, where the data is
there that is kept beside the checkout, the largest that its platform has published as a sample.
"""

import collections
import contextlib
import json
import os
import pathlib
import signal
import statistics
import subprocess

import profiles

STEPS = ("parse", "read", "map")
COUNT = 2_000  # orders of a turn
TURNS, QUICK_TURNS = 25, 7
COUNTED = 200  # orders under callgrind, and with counted allocations

# For one order: nanoseconds of each step, turn by turn; instructions of each step, by (owner, function); and the
# allocations of mapping, by (owner, functions).
Figures = collections.namedtuple("Figures", "bytes times instructions allocations")


def cases(source):
    """Names with a mapping and an order each."""
    found = {"17 fields": (source / "tests/bench/mapping.yaml", "-")}
    for mapping in sorted((source / "config/mappings").glob("*.yaml")):
        orders = [case.parent / "order.json" for case in (source / "tests/mapping").glob("*/expected.json")
                  if (case.parent / "mapping.yaml").resolve() == mapping and is_mapped(case)]
        if orders:
            found[mapping.stem] = (mapping, max(orders, key=size))
    return found


def published(source):
    """Names with a mapping and some orders, the largest first, of which the mapping may refuse the first ones."""
    shared = pathlib.Path(os.environ.get("ROKT_RELAY_SHARED", source.parent / "shared"))
    found = {}
    for mapping in sorted((source / "config/mappings").glob("*.yaml")):
        orders = sorted((shared / "orders").glob(f"{mapping.stem}_*.json"), key=size, reverse=True)
        found[f"{mapping.stem}, published"] = [(mapping, order) for order in orders]
    return found


def size(file):
    return file.stat().st_size


def is_mapped(expected):
    return json.loads(expected.read_text(encoding="utf-8"))["result"] == "mapped"


class Refused(AssertionError):
    """The mapping does not map the order."""


class Bench:
    """Runs one case, in a folder for what the counters write."""

    def __init__(self, stage, program, preload):
        self.folder, self.preload = stage.folder, preload
        self.stage, self.program = stage, program

    def measure(self, case, turns):
        bytes_and_times, _ = self.run([self.program, *case, COUNT, turns])
        return Figures(bytes_and_times.pop("bytes"), bytes_and_times, self.instructions(case),
                       self.allocations(case))

    def instructions(self, case):
        """Callgrind counts within run_many() alone, and writes a part whenever that is left: one for each step."""
        profile = self.folder / "mapping-profile"
        self.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={profile}", "--toggle-collect=run_many",
                  "--dump-after=run_many", self.program, *case, COUNTED, 1])
        return {step: each(profiles.instructions([f"{profile}.{part}"])) for part, step in enumerate(STEPS, 1)}

    def allocations(self, case):
        """Those on whose stack run_many() stands, behind the mapping."""
        table = self.folder / "mapping-allocations"
        table.unlink(missing_ok=True)
        _, maps = self.run([self.program, *case, COUNTED, 1],
                           {"LD_PRELOAD": str(self.preload), "BENCH_ALLOCATIONS": str(table)})
        counts = profiles.allocations(table, maps, self.program)
        return each({key: count for key, count in counts.items() if "map < run_many" in key[1]})

    def run(self, command, env=None):
        """What it prints, and the memory it had when it was done."""
        process = self.stage.start("mapping", command, env)
        line = process.stdout.readline()
        if not line:
            raise Refused(f"{' '.join(map(str, command))} failed")
        maps = (pathlib.Path("/proc") / str(process.pid) / "maps").read_text(encoding="utf-8")
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
        return json.loads(line), maps


def each(counts):
    return {key: count / COUNTED for key, count in counts.items()}


# ---- the table ------------------------------------------------------------------------------------------------------


def alone(step):
    """Mapping without reading, over parsing."""
    return (step["map"] - step["read"]) / step["parse"]


def whole(step):
    return step["map"] / step["parse"]


def turns_of(times):
    return [dict(zip(STEPS, turn)) for turn in zip(*(times[step] for step in STEPS))]


def spread(values):
    return f"{statistics.median(values):.2f} ({min(values):.2f}–{max(values):.2f})"


def report(figures):
    print("\nthe mapping alone, beside bare yajl on the same order (× parse)\n")
    print(f"{'':25}{'bytes':>7}{'instructions':>14}{'mapping':>9}{'with reading':>14}"
          f"{'CPU µs':>10}{'mapping':>20}{'with reading':>20}{'allocations':>13}")
    for name, one in figures.items():
        counts = {step: sum(one.instructions[step].values()) for step in STEPS}
        turns = turns_of(one.times)
        print(f"{name:25}{one.bytes:7,}{counts['map'] - counts['read']:14,.0f}{alone(counts):9.2f}"
              f"{whole(counts):14.2f}{statistics.median(turn['map'] - turn['read'] for turn in turns) / 1e3:10.2f}"
              f"{spread([alone(turn) for turn in turns]):>20}{spread([whole(turn) for turn in turns]):>20}"
              f"{sum(one.allocations.values()):13.2f}")
    print(f"{'aim':25}{'':21}{'≤ 1.00':>9}{'':24}{'≤ 1.00':>20}{'':25}{'0':>13}")


def print_hot(figures):
    """Of the case whose mapping costs most, and of the first."""
    cost = {name: alone({step: sum(one.instructions[step].values()) for step in STEPS})
            for name, one in figures.items()}
    for name in dict.fromkeys((next(iter(figures)), max(cost, key=cost.get))):
        read, mapped = figures[name].instructions["read"], figures[name].instructions["map"]
        more = {key: count - read.get(key, 0) for key, count in mapped.items()}
        print(f"\n{name}: instructions of the mapping alone, by owner and function (theirs alone)")
        for (owner, function), count in sorted(more.items(), key=lambda item: -item[1])[:25]:
            print(f"{count:10,.0f} {100 * count / sum(more.values()):5.1f} %  {owner}: {function}")
        for (owner, stack), count in sorted(figures[name].allocations.items(), key=lambda item: -item[1]):
            print(f"{count:10.2f} allocations  {owner}: {stack}")


def measure(stage, binaries, source, quick, say):
    programs = binaries / "tests/bench"
    bench = Bench(stage, programs / "bench_mapping", programs / "bench_allocations.so")
    figures = {}
    turns = QUICK_TURNS if quick else TURNS
    for name, case in cases(source).items():
        say(f"mapping: {name}")
        figures[name] = bench.measure(case, turns)
    for name, samples in published(source).items():
        for case in samples:
            with contextlib.suppress(Refused):
                figures[name] = bench.measure(case, turns)
                say(f"mapping: {name}")
                break
    return figures
