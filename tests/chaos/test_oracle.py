"""The oracle finds what it is there to find: accounts in which the promise was broken, each in one way."""

import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "integration")]

# pylint: disable=wrong-import-position
from crew import Tenure
from oracle import Commits, Oracle

KILLED_MS = 5000


def order(number, status="paid", title="good"):
    return json.dumps({"id": f"T-{number}", "status": status, "customer": {"email": "a@example.com"},
                       "lines": [{"title": title}]})


def account(**changes):
    """Ten orders of partition 0, of which 8 is skipped and 9 is poisoned, all as it should be; the member is killed
    when 0 to 5 have been taken, 0 to 2 are committed, and 4 is told in the metadata."""
    values = {number: order(number) for number in range(8)} | {8: order(8, "open"), 9: order(9, title="poison-named")}
    parts = {
        "topic": [{"partition": 0, "offset": number, "timestamp": 0, "value": value}
                  for number, value in values.items()],
        "journal": [taken(1000, *range(6)), taken(8000, 6, 7)],
        "letters": [{"value": values[9]}],
        "tenures": [Tenure("one", 0, 0, KILLED_MS, False, "kill"), Tenure("two", 0, 5500, 9000, True, "stop")],
        "commits": [{"ms": 4000, "partitions": [{"partition": 0, "committed": 3, "metadata": "rokt-relay/1:BA:x"}]},
                    {"ms": 9000, "partitions": [{"partition": 0, "committed": 10, "metadata": ""}]}],
    }
    parts.update({name: change(parts[name]) for name, change in changes.items()})
    return parts


def taken(ms, *numbers, told=True):
    return {"received_ms": ms, "answered_ms": ms + 5, "told": told, "ids": [f"T-{number}" for number in numbers]}


def judge(deaf=(), is_compacted=False, **changes):
    parts = account(**changes)
    oracle = Oracle("T", is_compacted)
    oracle.produced([{"order": number, "partition": 0, "offset": number} for number in range(10)])
    oracle.in_topic(parts["topic"])
    oracle.taken(parts["journal"])
    oracle.lettered(parts["letters"])
    return oracle.judge(parts["tenures"], Commits(parts["commits"]), deaf)


def also(*lines):
    return lambda journal: journal + list(lines)


def is_fine(**changes):
    verdict = judge(**changes)
    assert not verdict.faults, verdict
    return verdict


def finds(text, **changes):
    verdict = judge(**changes)
    assert any(fault.startswith(text) for fault in verdict.faults), (text, verdict)
    return verdict


def given_back(how):
    """The first tenure did not end by SIGKILL."""
    return lambda tenures: [Tenure("one", 0, 0, KILLED_MS, how == "in order", how), tenures[1]]


verdict = is_fine()
assert (verdict.orders, verdict.delivered, verdict.dead, verdict.skipped, verdict.lost) == (10, 8, 1, 1, 0), verdict
assert verdict.open_at_breaks == 2, verdict  # 3 and 5: they had been taken, and nothing tells that they had ended

finds("lost: 7", journal=lambda journal: [journal[0], taken(8000, 6)])
finds("dead, and no letter", letters=lambda letters: [])
finds("a letter of what is not dead: 2", letters=lambda letters: letters + [{"value": order(2)}])
finds("a letter of what is not dead: 8", letters=lambda letters: letters + [{"value": order(8, "open")}])
finds("taken, though it is dead or skipped: 8", journal=also(taken(7000, 8)))
finds("taken, though it is dead or skipped: 9", journal=also(taken(7000, 9)))
finds("T-77 was taken, and never produced", journal=also(taken(7000, 77)))

# Aborted: in the log, and not to be seen. Of a compacted topic nobody can tell.
aborted = {"topic": lambda topic: [one for one in topic if one["offset"] != 5]}
finds("taken, though its transaction was aborted: 5", **aborted)
is_fine(is_compacted=True, **aborted)

# What came again was open at the kill, and comes again once.
assert is_fine(journal=also(taken(6000, 3, 5))).repeated == 2
assert finds("came again for no reason", journal=also(taken(6000, 2))).graceful == 1  # committed
finds("came again for no reason", journal=also(taken(6000, 4)))  # told in the metadata
finds("came again for no reason", journal=also(taken(9000, 6)))  # taken after the kill
finds("came again for no reason", journal=also(taken(6000, 3), taken(6000, 3)))
finds("became letters again", letters=lambda letters: letters * 3)
# A commit of the next member, before anybody knew of the end of the former, says nothing of what that one had finished.
is_fine(journal=also(taken(4600, 3)), tenures=lambda tenures: [tenures[0], Tenure("two", 0, 4500, 9000, True, "stop")],
        commits=lambda commits: [commits[0], {**commits[1], "ms": 4700}])

# A release in good order is no reason; one that ran out of time is, also of what was in batches by then.
finds("came again for no reason", journal=also(taken(6000, 3)), tenures=given_back("in order"))
is_fine(journal=also(taken(9000, 3, 6)), tenures=given_back("release"))
finds("came again for no reason", journal=also(taken(6000, 2)), tenures=given_back("release"))

# The client was not told, or could not hear it.
verdict = is_fine(journal=lambda journal: [taken(900, *range(3), told=False), *journal])
assert (verdict.repeated, verdict.untold) == (3, 3), verdict
is_fine(journal=also(taken(7000, 0)), deaf=[(900, 1003)])
finds("came again for no reason", journal=also(taken(7000, 0)), deaf=[(1100, 1200)])

print("the oracle finds what is lost, invented, dead for no reason, and repeated for no reason")
