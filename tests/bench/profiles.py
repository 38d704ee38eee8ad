"""Whose instructions and whose allocations they are: what callgrind and bench_allocations have counted, by owner.

The owner of an instruction is where it stands: a room of the relay, told by the debugging information of the source
file, or a library. The owner of an allocation is the innermost of {our code, librdkafka, libcurl} on its stack, so that
what yajl, the C library and OpenSSL allocate counts as that of whoever called them.
"""

import collections
import pathlib
import re
import struct
import subprocess

SOURCE = pathlib.Path(__file__).resolve().parents[2]
LIBRARIES = [("yajl", "yajl"), ("libcurl", "curl"), ("TLS", "ssl"), ("TLS", "crypto"), ("librdkafka", "rdkafka"),
             ("compression", "lz4"), ("compression", "zstd"), ("compression", "libz."), ("C library", "libc."),
             ("C library", "libc-"), ("loader", "ld-linux")]


def library_of(path):
    name = pathlib.PurePath(path).name
    return next((owner for owner, part in LIBRARIES if part in name), name)


def room_of(path):
    """The room of one of the project's source files, `bench` for the floor; None for anybody else's."""
    try:
        parts = pathlib.PurePath(path).relative_to(SOURCE).parts
    except ValueError:
        return None
    if parts[0] in ("src", "include"):
        return parts[1]
    return "bench" if parts[:2] == ("tests", "bench") else None


# ---- callgrind ------------------------------------------------------------------------------------------------------

NAMED = re.compile(r"(ob|cob|fl|fi|fe|cfi|cfl|fn|cfn)=(?:\((\d+)\))?\s?(.*)")
COST = re.compile(r"(?:[+-]?\d+|\*)(?: (\d+))?$")
KIND = {"ob": "ob", "cob": "ob", "fn": "fn", "cfn": "fn"}


def instructions(files):
    """Counters of instructions, by (owner, function), of all parts of a callgrind profile."""
    counts = collections.Counter()
    for file in files:
        with open(file, encoding="utf-8", errors="replace") as lines:
            read_profile(lines, counts)
    return counts


def read_profile(lines, counts):
    names = {}
    at = {"ob": "", "fl": "", "fi": "", "fn": ""}
    called = False
    for line in lines:
        if named := NAMED.match(line):
            key, number, name = named.groups()
            table = KIND.get(key, "file")
            if number:
                name = names.setdefault((table, number), name) or names[table, number]
            if key in ("ob", "fl", "fn"):
                at[key] = name
            if key in ("fl", "fi", "fe"):
                at["fi"] = name
        elif line.startswith("calls="):
            called = True  # the next line is the cost of what is called
        elif cost := COST.match(line):
            if not called:
                counts[owner_of(at), at["fn"]] += int(cost[1] or 0)
            called = False


def owner_of(at):
    """What is inlined from the system's headers belongs to the function that it stands in."""
    room = room_of(at["fi"]) or room_of(at["fl"])
    if room:
        return room
    if "rokt-relay" in at["ob"].rsplit("/", 1)[-1] or at["ob"].endswith("bench_floor"):
        return "librdkafka"  # linked statically
    return library_of(at["ob"])


# ---- allocations ----------------------------------------------------------------------------------------------------

DEPTH = 31
ENTRIES = 32768
ENTRY = struct.Struct(f"<Q{DEPTH}Q")


class Image:
    """The memory of a process as /proc/PID/maps had it, to say what an address is."""

    LINE = re.compile(r"([0-9a-f]+)-([0-9a-f]+) ..x. ([0-9a-f]+) \S+ \d+ +(/\S+)")

    def __init__(self, maps, program):
        self.program = str(program)
        self.segments = [(int(start, 16), int(end, 16), int(offset, 16), path)
                         for start, end, offset, path in self.LINE.findall(maps)]
        self.known = {}

    def learn(self, addresses):
        """Asks once for all addresses; those behind a call point behind it."""
        own = {}
        for address in addresses:
            for start, end, offset, path in self.segments:
                if start <= address < end:
                    self.known[address] = (library_of(path), "")
                    if path == self.program:
                        own[address] = address - start + offset - 1
        done = subprocess.run(["addr2line", "-f", "-e", self.program], text=True, check=True,
                              input="".join(f"{place:#x}\n" for place in own.values()), capture_output=True)
        answers = done.stdout.splitlines()
        for address, function, place in zip(own, answers[::2], answers[1::2]):
            ours = room_of(place.rsplit(":", 1)[0]) is not None
            self.known[address] = ("ours" if ours else "librdkafka", function)

    def owner(self, address):
        return self.known.get(address, ("?", ""))


def allocations(file, maps, program):
    """Counters of allocations, by (owner, the functions of ours that they come from)."""
    content = file.read_bytes()
    if struct.unpack_from("<Q", content, ENTRIES * ENTRY.size)[0] != 0:
        raise AssertionError("there are more stacks than bench_allocations has room for")
    stacks = [(entry[0], [frame for frame in entry[1:] if frame])
              for entry in ENTRY.iter_unpack(content[:ENTRIES * ENTRY.size]) if entry[0]]
    image = Image(maps, program)
    image.learn({frame for _, stack in stacks for frame in stack})
    counts = collections.Counter()
    for count, stack in stacks:
        known = [image.owner(frame) for frame in stack]
        owner = next((name for name, _ in known if name in ("ours", "librdkafka", "libcurl")), "others")
        counts[owner, " < ".join(function for name, function in known if name == "ours")] += count
    return counts
