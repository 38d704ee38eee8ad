"""What a seed stands for: the kind of topic, group and API, the faults of the API, and what is done, and when.

Everything is drawn before the run begins, so a seed always means the same; only which member or broker is meant by a
draw may differ, as it is one of those that are there at that time.
"""

import dataclasses
import random

PROTOCOLS = {
    "eager": {"partition.assignment.strategy": "range"},
    "cooperative": {"partition.assignment.strategy": "cooperative-sticky"},
    "consumer": {"group.protocol": "consumer", "session.timeout.ms": None, "heartbeat.interval.ms": None},
}
KINDS = ("plain", "plain", "transactional", "compacted")
APIS = ("event", "event", "audience")

MEMBERS_MAX = 6
CLOCKS = (-240, -30, 60, 3600, 20000)  # seconds ahead; orders that are 5 minutes ahead of the clock are dead
STORM_S = 8.0
RATE = 400  # orders a second

# What goes wrong at the API all the time, each in some seeds. Of what has `accept` the client is not told that the
# conversions were taken.
BACKGROUND = (
    {"status": 500},
    {"status": 500, "accept": True},
    {"status": 502},
    {"status": 503, "accept": True},
    {"status": 504},
    {"status": 408},
    {"status": 425},
    {"status": 429, "header": "Retry-After: 0"},
    {"status": 429, "retry": 1},
    {"reset": True},
    {"reset": True, "accept": True},
    {"truncate": True, "accept": True},
    {"delay": 300},
    {"delay": 1500},
)
# Answers that are no conversion's fault: everything is held.
HOLDS = (301, 401, 403, 404, 405, 415, 418)
# The orders that the API refuses, see producer.c. The first fault that happens decides: where both stand in a request,
# all of it is refused.
POISON = ({"status": 400, "match": "poison-whole"}, {"unprocessed": "ValidationError", "match": "poison-named"})

# What is done, how often compared with the others, and for how long at least and at most.
ACTIONS = {
    "kill": (5, 0.1, 2.5),  # SIGKILL; after a while another member comes
    "term": (4, 0.1, 2.5),  # SIGTERM, the same
    "pause": (3, 0.3, 8.5),  # SIGSTOP and SIGCONT; the longer ones lose the session
    "hire": (3, 0, 0),
    "fire": (2, 0, 0),  # SIGTERM, and nobody comes
    "clock": (2, 0, 0),  # a member's wall clock is set
    "broker_kill": (2, 0.2, 2.0),  # SIGKILL, and a start
    "broker_pause": (1, 0.5, 5.0),
    "coordinator_kill": (2, 0.2, 2.0),
    "letters_kill": (1, 0.5, 3.0),  # the only broker that has the dead-letter topic
    "brokers_cut": (1, 0.2, 3.0),
    "brokers_freeze": (1, 0.2, 3.0),
    "broker_cut": (1, 0.5, 4.0),
    "api_cut": (2, 0.2, 2.0),
    "api_freeze": (1, 0.2, 3.0),
    "api_hold": (2, 0.5, 3.0),
    "api_outage": (2, 0.5, 3.0),
}


@dataclasses.dataclass(frozen=True)
class Step:
    at: float  # seconds after the begin
    action: str
    pick: float  # which one, of those that there are: 0 to 1
    seconds: float  # how long it lasts


class Plan:
    """Everything that is drawn for a seed."""

    def __init__(self, seed):
        draw = random.Random(seed)
        self.seed = seed
        self.protocol = draw.choice(list(PROTOCOLS))
        self.kind = draw.choice(KINDS)
        self.api = draw.choice(APIS)
        self.partitions = draw.choice((1, 3, 6, 12))
        self.members = draw.randint(1, 4)
        self.letters_broker = draw.randint(1, 3)
        self.max_open = draw.choice((100, 1000, 50000))
        self.orders = int(RATE * STORM_S)
        self.background = self.draw_background(draw)
        self.hold = draw.choice(HOLDS)
        self.steps = sorted((self.draw_step(draw) for _ in range(draw.randint(4, 12))), key=lambda step: step.at)

    @staticmethod
    def draw_background(draw):
        chosen = draw.sample(BACKGROUND, draw.randint(0, 4))
        return [{**fault, "share": round(draw.uniform(0.02, 0.15), 3)} for fault in chosen]

    @staticmethod
    def draw_step(draw):
        weights = [weight for weight, _, _ in ACTIONS.values()]
        action = draw.choices(list(ACTIONS), weights)[0]
        _, least, most = ACTIONS[action]
        return Step(round(draw.uniform(0.5, STORM_S), 2), action, draw.random(), round(draw.uniform(least, most), 2))
