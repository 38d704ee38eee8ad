"""A backlog against Rokt's limits: how much of what may be sent a second is used, and how much is refused.

Real programs in real time: the relay with its defaults delivers over TLS, from the mock cluster to a sandbox that keeps
to the limits and takes a while to answer, as the way to Rokt does. The figures are the sandbox's.
"""

import collections
import time

from scenarios import AUDIENCE, PARTITIONS, TOPIC, all_committed
from stage import Relay, Sandbox, tool, wait_until

RATE, ACCELERATION = 270, 50  # conversions a second; per cent that a second may have beyond those before it
ANSWER_MS = 100
ORDERS, QUICK_ORDERS = 100_000, 8_000
ORDER_BYTES = 400  # so that the mock cluster keeps all of them
START_S = 20  # after that the rate has risen to what it will be

Figures = collections.namedtuple("Figures", "orders seconds steady_rate account")


def start(stage, orders):
    sandbox = Sandbox(stage, "--kafka", "--orders", 0, "--topic", f"{TOPIC}:{PARTITIONS}", "--topic", "dead-letters:1",
                      "--rate", RATE, "--acceleration", ACCELERATION, "--fault", f"delay={ANSWER_MS}")
    tool("produce", sandbox.brokers, TOPIC, orders, "L", ORDER_BYTES)
    settings = {**AUDIENCE, "rokt__rate": RATE, "rokt__base_url": sandbox.audience_url, "rokt__requests": {},
                "rokt__batch": {}}
    return sandbox, Relay(stage, sandbox, sandbox.brokers, [TOPIC], **settings)


def measure(stage, quick, say):
    orders = QUICK_ORDERS if quick else ORDERS
    sandbox, relay = start(stage, orders)
    taken = []  # (when, how many by then), from the first one on
    say(f"limit: {orders:,} conversions at {RATE} a second at most: {orders / RATE:.0f} s and more")

    def note():
        if relay.process.poll() is not None:
            raise AssertionError(f"the relay ended by itself with {relay.process.returncode}")
        count = sandbox.account()["events"]["accepted"]
        if count > 0:
            taken.append((time.monotonic(), count))
        return count

    wait_until(note, "the first conversion", 60, 0.02)
    wait_until(lambda: note() >= orders, "all conversions", 60 + 3 * orders / RATE, 0.1)
    wait_until(lambda: all_committed(sandbox.brokers, relay.group), "all offsets committed", 60)
    if relay.stop() != 0:
        raise AssertionError(f"the relay ended with {relay.process.returncode}")
    began = taken[0][0]
    risen = next(at for at in taken if at[0] >= began + START_S)
    steady_rate = (taken[-1][1] - risen[1]) / (taken[-1][0] - risen[0])
    return Figures(orders, taken[-1][0] - began, steady_rate, sandbox.stop())


def report(figures):
    requests, events = figures.account["requests"], figures.account["events"]
    refused = requests["limited"]
    rate = figures.orders / figures.seconds
    print(f"\n{figures.orders:,} conversions over TLS, {RATE} a second at most and {ACCELERATION} % more than before, "
          f"answered after {ANSWER_MS} ms\n")
    print(f"duration                     {figures.seconds:10.1f} s")
    print(f"rate                         {rate:10.1f} conversions/s, {100 * rate / RATE:.1f} % of the limit   (aim ≥ 95 %)")
    print(f"  after {START_S} s                 {figures.steady_rate:10.1f} conversions/s, "
          f"{100 * figures.steady_rate / RATE:.1f} % of the limit")
    print(f"requests                     {requests['total']:10,}")
    print(f"  answered 429               {sum(refused.values()):10,}, {100 * sum(refused.values()) / requests['total']:.2f} %"
          f"   (aim < 1 %); for the rate {refused['rate']}, for its rise {refused['acceleration']}")
    print(f"came twice                   {events['repeated'] + events['changed'] + events['dropped']:10,}")
