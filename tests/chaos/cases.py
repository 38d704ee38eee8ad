"""Named cases: one thing at a time, each with its figures. They leave the brokers alone, so several can run at once on
the shared cluster."""

import time

from crew import now_ms
from stage import wait_until
from trip import Run, Trip

BOUND_S = 60  # of what should take seconds, on a slow machine


class Case(Run):
    """A case is a function of a trip that does what is to be done, and gives the figures for its row."""

    def __init__(self, cluster, wire, name, act):
        super().__init__(cluster, wire)
        self.name, self.act, self.figures = name, act, ""

    def sail(self, stage):
        trip = CaseTrip(stage, self.cluster, self.wire, f"{self.name}-t{now_ms() % 100000}")
        refused = self.act(trip)
        self.finish(trip, refused or ())
        if self.verdict.repeated > 0:
            self.verdict.fault(f"{self.verdict.repeated} came again, where nothing may")
        self.figures = trip.tell()


class CaseTrip(Trip):
    """With what cases ask about."""

    def __init__(self, stage, cluster, wire, name):
        super().__init__(stage, cluster, wire, name)
        self.settings = {"shutdown_timeout": "4s"}
        self.tell = lambda: ""

    def unique(self):
        return self.sandbox.account()["events"]["unique"]

    def wait_taken(self, count):
        wait_until(lambda: self.unique() >= count, f"{count} orders taken", BOUND_S)

    def requests(self):
        return self.sandbox.account()["requests"]["total"]

    def wait_request(self):
        """Until one more has been answered, whatever the answer."""
        before = self.requests()
        wait_until(lambda: self.requests() > before, "a request", BOUND_S)


def stop_and_time(member):
    began = now_ms()
    member.ask_to_stop()
    code = member.wait()
    assert code == 0, f"{member.name} ended with {code}"
    return (now_ms() - began) / 1000


def open_at_stop(member):
    return member.said("stopping")[-1]["open_messages"]


def begin(trip, orders=4000, rate=800):
    """One relay that is in full swing."""
    member = trip.crew.hire()
    trip.produce(orders, rate)
    trip.wait_taken(orders // 8)
    return member


def term_slow(trip):
    """SIGTERM while each answer takes three seconds: what is under way is waited for."""
    trip.settings = {"shutdown_timeout": "30s"}
    member = begin(trip)
    trip.sandbox.set_faults({"delay": 3000})
    trip.wait_request()
    seconds = stop_and_time(member)
    trip.sandbox.set_faults()
    left = open_at_stop(member)
    assert left > 0, "nothing was open: that tells nothing"
    assert not member.said("drain_incomplete"), "the drain was cut short"
    trip.crew.hire()
    trip.tell = lambda: f"{left} open at SIGTERM, drained in {seconds:.1f} s"


def outage(trip):
    """All requests fail, and have for long enough that what was taken before is committed."""
    member = begin(trip)
    trip.sandbox.set_faults({"status": 503})
    trip.wait_request()
    taken = trip.unique()
    wait_until(lambda: sum(max(one["committed"], 0) for one in trip.offsets()) >= taken, "commits", BOUND_S)
    return member


def term_outage(trip):
    """SIGTERM during an outage: it ends in time, and commits nothing that was not taken."""
    member = outage(trip)
    seconds = stop_and_time(member)
    left = open_at_stop(member)
    assert member.said("drain_incomplete") and left > 0, "nothing was open: that tells nothing"
    assert seconds < BOUND_S, seconds
    trip.sandbox.set_faults()
    trip.crew.hire()
    trip.tell = lambda: f"{left} open at SIGTERM, ended after {seconds:.1f} s (shutdown_timeout: 4 s)"


def kill_outage(trip):
    """SIGKILL during an outage: nothing that was taken is open."""
    outage(trip).kill()
    trip.sandbox.set_faults()
    trip.crew.hire()
    trip.tell = lambda: "all that was taken had been committed"


def unauthorized(trip, seconds):
    """401 to everything, with traffic going on."""
    member = begin(trip, int(100 * (seconds + 10)), 100)
    trip.sandbox.set_faults({"status": 401})
    wait_until(lambda: member.said("delivery_on_hold"), "the alarm", BOUND_S)
    time.sleep(seconds)
    held = trip.unique()
    trip.sandbox.set_faults()
    ended = now_ms()
    wait_until(lambda: trip.unique() > held, "delivery", BOUND_S)
    resumed = (now_ms() - ended) / 1000
    alarms = len(member.said("delivery_on_hold"))
    assert 1 <= alarms <= 2 + seconds / 60, f"{alarms} alarms"
    trip.tell = lambda: f"{alarms} alarm{'s' if alarms > 1 else ''}, taken again {resumed:.1f} s after its end"


def unauthorized_minute(trip):
    unauthorized(trip, 60)


def unauthorized_moment(trip):
    unauthorized(trip, 2.5)


def one_refusal(trip):
    """One 400 to one request among good ones: its orders are sent again, and none of them is dead."""
    member = begin(trip)
    trip.sandbox.set_faults({"status": 400, "count": 1})
    wait_until(lambda: member.said("request_divided"), "the refusal", BOUND_S)
    divided = member.said("request_divided")[0]["conversions"]
    trip.tell = lambda: f"a request of {divided} conversions was refused, and all of them were taken in smaller ones"


def refused_order(trip):
    """One order that gets 400 whatever is in the request with it: its neighbours and its partition go on."""
    poison = 2000
    trip.sandbox.set_faults({"status": 400, "match": f'"{trip.name}-{poison}"'})
    member = begin(trip)

    def tell():
        died = next(at for at, line in member.lines if line["event"] == "message_dead")
        delays = {order.number: order.arrivals[0].received_ms - order.produced_ms
                  for order in trip.orders.values() if order.arrivals}
        partition = trip.orders[poison].partition
        after = [delays[order.number] for order in trip.orders.values()
                 if order.partition == partition and order.number > poison and order.arrivals]
        assert after and max(delays.values()) < BOUND_S * 1000, f"an order took {max(delays.values())} ms"
        return (f"its letter after {died - trip.orders[poison].produced_ms} ms; other orders "
                f"were taken after {median(delays.values())} ms (at most {max(delays.values())}), those behind it in "
                f"its partition after {median(after)} (at most {max(after)})")

    trip.tell = tell
    return (poison,)


def median(values):
    return sorted(values)[len(values) // 2]


CASES = [unauthorized_minute, term_slow, term_outage, kill_outage, unauthorized_moment, one_refusal, refused_order]
