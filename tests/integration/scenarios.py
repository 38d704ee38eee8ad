"""What must hold between a Kafka topic and Rokt's API, told by two accounts that are not the relay's: the
sandbox's (every event received) and Kafka's (committed offsets against ends)."""

import hashlib
import json
import os
import time

from completions import runs
from stage import MAPPING, SOURCE, Relay, Sandbox, Stage, tool, wait_until

ORDERS = int(os.environ.get("ROKT_RELAY_TEST_ORDERS", "200000"))
PARTITIONS = 8
ORDER_BYTES = 600
TOPIC = "orders.test"
AUDIENCE = {"rokt__api": "event-and-audience", "rokt__rate": 1000000, "rokt__account_id": None,
            "rokt__public_key": "key-sandbox", "rokt__secret_key": "secret-sandbox"}


def committed(brokers, group):
    return tool("offsets", brokers, TOPIC, group)[0]["partitions"]


def told(partition):
    """How many orders behind the committed offset the metadata of the commit says are done."""
    return sum(last - first + 1 for first, last in runs(partition["committed"], partition["metadata"]))


def all_committed(brokers, group):
    return all(max(one["committed"], 0) == one["end"] for one in committed(brokers, group))


def produce(brokers, prefix="T", orders=ORDERS):
    tool("produce", brokers, TOPIC, orders, prefix, ORDER_BYTES)
    ends = committed(brokers, "nobody")
    assert all(one["low"] == 0 for one in ends), "the cluster has dropped orders already"
    assert sum(one["end"] for one in ends) == orders


def wait_delivered(sandbox, relay, orders=ORDERS):
    def delivered():
        assert relay.process.poll() is None, "the relay ended by itself"
        return sandbox.account()["events"]["unique"] >= orders

    wait_until(delivered, f"{orders} orders delivered", 300, 0.2)


def finish(sandbox, relay, brokers, orders=ORDERS):
    """Everything is delivered and committed; the relay stops as asked, and its account agrees."""
    wait_delivered(sandbox, relay, orders)
    wait_until(lambda: all_committed(brokers, relay.group), "all offsets committed", 30)
    code = relay.stop()
    assert code == 0, f"the relay ended with {code}"
    account = relay.events("account")[-1]
    assert account["open"] == 0, account
    assert account["consumed"] == account["delivered"] + account["skipped"] + \
        account["dead_lettered"] + account["done_before"] + account["given_back"], account
    account = sandbox.account()
    assert account["events"]["changed"] == 0, account  # the same id always came with the same content
    return account


def no_faults(stage, sandbox, brokers, kafka):
    produce(brokers)
    relay = Relay(stage, sandbox, brokers, [TOPIC], kafka)
    account = finish(sandbox, relay, brokers)
    events = account["events"]
    assert (events["unique"], events["repeated"]) == (ORDERS, 0), account
    print(f"no faults: {ORDERS} orders, each exactly once, in {account['requests']['total']} requests")


def faults(stage, sandbox, brokers, kafka):
    """A fifth of the requests fails, in three ways; half of the failed answers come after the events were
    taken, as a lost answer does."""
    sandbox.set_faults({"status": 500, "share": 0.05}, {"status": 500, "share": 0.05, "accept": True},
                       {"status": 429, "share": 0.05, "header": "Retry-After: 0"},
                       {"reset": True, "share": 0.05, "accept": True})
    produce(brokers)
    relay = Relay(stage, sandbox, brokers, [TOPIC], kafka)
    account = finish(sandbox, relay, brokers)
    events = account["events"]
    assert events["unique"] == ORDERS, account
    assert 0 < events["repeated"] <= events["unacknowledged"], account
    print(f"faults: none of {ORDERS} lost, {events['repeated']} came again with the same id")


def audience(stage, sandbox, brokers, kafka):
    """The other API, with three requests in ten that fail in one way or another. An error that tells no conversion
    sends all of its request again, each alone; what comes again is dropped there, by its id."""
    orders = ORDERS // 10
    unclear = json.dumps({"errors": [{"code": "BAD_REQUEST", "message": "something is wrong"}]})
    sandbox.set_faults({"status": 500, "share": 0.06}, {"status": 503, "share": 0.06, "accept": True},
                       {"status": 429, "share": 0.06, "header": "Retry-After: 0"},
                       {"reset": True, "share": 0.06, "accept": True},
                       {"status": 202, "body": "<html>", "share": 0.06, "accept": True},
                       {"status": 202, "body": unclear, "count": 1, "accept": True})
    produce(brokers, orders=orders)
    relay = Relay(stage, sandbox, brokers, [TOPIC], kafka, rokt__base_url=sandbox.audience_url, privacy__email="both",
                  **AUDIENCE)
    account = finish(sandbox, relay, brokers, orders)
    events = account["events"]
    assert (events["unique"], events["accepted"]) == (orders, orders), account
    ended = relay.events("account")[-1]
    assert (ended["delivered"], ended["dead_lettered"]) == (orders, 0), ended
    print(f"the other API: each of {orders} taken once, {events['dropped']} came again and were dropped")


def refusals(stage, sandbox, brokers, kafka, body=None, **settings):
    """The storm of deploy/scenarios, and three conversions that will never do: one that the answer names, one that
    has its whole request refused, and one of which the answer does not say that it is the one. These are dead letters,
    and have never been taken; all others are delivered."""
    orders = ORDERS // 10
    dead = [f"T-{index:08}" for index in (orders // 5, orders // 2, orders * 4 // 5)]
    named, poison, unnamed = [f'"{one}"' for one in dead]
    whole = {"status": 400} if body is None else {"status": 400, "body": body}
    storm = json.loads((SOURCE / "deploy/scenarios/storm.json").read_text())
    sandbox.set_faults({"unprocessed": "ValidationError", "match": named}, {**whole, "match": poison},
                       {"unprocessed": "InternalError", "match": unnamed, "named": "not"}, *storm)
    produce(brokers, orders=orders)
    relay = Relay(stage, sandbox, brokers, [TOPIC], kafka, **settings)
    account = finish(sandbox, relay, brokers, orders - len(dead))
    events, ended = account["events"], relay.events("account")[-1]
    assert (ended["delivered"], ended["dead_lettered"]) == (orders - len(dead), len(dead)), ended
    assert events["repeated"] + events["dropped"] <= events["unacknowledged"], account
    assert account["batches"]["changed"] == 0 and account["requests"]["irregular"] == 0, account
    letters = tool("read", brokers, "dead-letters")
    assert sorted(json.loads(letter["value"])["id"] for letter in letters) == sorted(dead), letters
    alive = {f"T-{index:08}" for index in range(orders)} - set(dead)
    assert sandbox.transactions().keys() == alive, "what was taken is not all but the dead ones"
    log = (stage.folder / "relay.log").read_text()
    assert "example.com" not in log, "an address is in the log"
    print(f"refusals: {orders - len(dead)} delivered, {len(dead)} dead, none both, in a storm "
          f"({settings.get('rokt__api', 'event')})")


def audience_refusals(stage, sandbox, brokers, kafka):
    """The same with the other API, which drops what it was sent before; without a word about what it refuses whole."""
    refusals(stage, sandbox, brokers, kafka, body="", rokt__base_url=sandbox.audience_url, **AUDIENCE)
    assert sandbox.account()["events"]["repeated"] == 0


def limited(stage, sandbox, brokers, kafka):
    """The API keeps to the limit that the relay is configured with, and to one of the increase: hardly a request is
    refused (without a pace most would be), and what is refused is not lost. How quickly, tests/bench/run --limit says."""
    orders, rate = 5000, 1000
    sandbox.ask("limits", "PUT", json.dumps({"rate": rate, "acceleration": 50}).encode())
    produce(brokers, orders=orders)
    relay = Relay(stage, sandbox, brokers, [TOPIC], kafka, rokt__base_url=sandbox.audience_url,
                  **{**AUDIENCE, "rokt__rate": rate})
    account = finish(sandbox, relay, brokers, orders)
    events, requests = account["events"], account["requests"]
    refused = sum(requests["limited"].values())
    assert (events["unique"], events["accepted"], events["dropped"]) == (orders, orders, 0), account
    assert refused <= requests["total"] / 5, account
    print(f"limited: each of {orders} taken once, at {rate} a second at most; of {requests['total']} requests {refused} "
          "were refused")


def kill(stage, sandbox, brokers, kafka):
    produce(brokers)
    relay = Relay(stage, sandbox, brokers, [TOPIC], kafka)
    wait_until(lambda: sandbox.account()["events"]["unique"] >= ORDERS // 4, "a quarter delivered", 120, 0.02)
    relay.kill()
    time.sleep(1)  # what was under way arrives
    received = sandbox.account()["events"]["unique"]
    assert received < ORDERS, "the kill came too late to tell anything"
    partitions = committed(brokers, relay.group)
    uncommitted = received - sum(max(one["committed"], 0) for one in partitions)
    unknown = uncommitted - sum(map(told, partitions))
    relay.start()
    account = finish(sandbox, relay, brokers)
    events = account["events"]
    assert events["unique"] == ORDERS, account
    assert events["repeated"] <= unknown, (account, uncommitted, unknown)
    print(f"kill: none of {ORDERS} lost, {events['repeated']} came again; {uncommitted} were uncommitted, {unknown} "
          "of them not known to be done")


def refuse_the_first(sandbox):
    """The first order of partition 0, and whatever is in a request with it, does not end."""
    sandbox.set_faults({"status": 503, "match": '"T-00000000"'})


def wait_still(count, what, seconds=2.5):
    """Until the count has not changed for longer than offsets take to be committed."""
    last, since = count(), time.monotonic()
    until = since + 120
    while time.monotonic() - since < seconds:
        assert time.monotonic() < until, f"{what} goes on and on"
        time.sleep(0.1)
        now_count = count()
        if now_count != last:
            last, since = now_count, time.monotonic()
    return last


def kill_behind_open(stage, sandbox, brokers, kafka):
    """SIGKILL while one order does not end and all behind it have: what the metadata of the commit tells is not
    delivered again."""
    refuse_the_first(sandbox)
    produce(brokers)
    relay = Relay(stage, sandbox, brokers, [TOPIC], kafka)
    wait_until(lambda: sandbox.account()["events"]["unique"] >= ORDERS - 800, "all but a few delivered", 120)
    received = wait_still(lambda: sandbox.account()["events"]["unique"], "delivery")
    assert received < ORDERS, "nothing was open at the kill"
    relay.kill()
    partitions = committed(brokers, relay.group)
    uncommitted = received - sum(max(one["committed"], 0) for one in partitions)
    assert uncommitted > ORDERS // PARTITIONS // 2, partitions
    assert sum(map(told, partitions)) == uncommitted, partitions
    sandbox.set_faults()
    relay.start()
    account = finish(sandbox, relay, brokers)
    assert (account["events"]["unique"], account["events"]["repeated"]) == (ORDERS, 0), account
    assert relay.events("account")[-1]["done_before"] == uncommitted, account
    longest = max(len(one["metadata"]) for one in partitions)
    print(f"kill behind an open order: {uncommitted} done and not committed, none came again; metadata of {longest} "
          "characters at most")


def slow_order(stage, sandbox, brokers, kafka):
    """One order does not end for a while: its partition stops at the limit, is alarmed, and goes on."""
    refuse_the_first(sandbox)
    produce(brokers)
    relay = Relay(stage, sandbox, brokers, [TOPIC], kafka, max_open_messages__per_partition=2000)
    wait_until(lambda: relay.events("open_messages_limit"), "the alarm of the limit", 60)
    stopped = wait_still(lambda: sandbox.account()["events"]["unique"], "delivery", 1)
    alarm = relay.events("open_messages_limit")[0]
    assert alarm["waiting"] == 2000 and alarm["topic"] == TOPIC, alarm
    assert 2000 - 800 <= stopped < ORDERS, stopped
    sandbox.set_faults()
    account = finish(sandbox, relay, brokers)
    assert (account["events"]["unique"], account["events"]["repeated"]) == (ORDERS, 0), account
    print(f"slow order: {stopped} of {ORDERS} delivered while it was open, each of all exactly once in the end")


def scale(stage, sandbox, brokers, kafka):
    """A second member comes, and goes: what is open of the partitions that move is finished first, so nothing
    comes twice."""
    def taken():
        return sandbox.account()["events"]["unique"]

    sandbox.set_faults({"delay": 100, "share": 1})
    produce(brokers)
    relay = Relay(stage, sandbox, brokers, [TOPIC], kafka)
    wait_until(lambda: taken() >= ORDERS // 8, "an eighth delivered", 120, 0.05)
    second = Relay(stage, sandbox, brokers, [TOPIC], kafka, name="second")
    wait_until(lambda: second.events("partitions_assigned"), "the second member's partitions", 60)
    shared = taken()
    assert shared < ORDERS, "the second member came too late to tell anything"
    wait_until(lambda: taken() > shared + ORDERS // 16 or taken() == ORDERS, "more delivered", 120, 0.05)
    assert second.stop() == 0
    sandbox.set_faults()
    account = finish(sandbox, relay, brokers)
    assert account["events"]["unique"] == ORDERS, account
    assert account["events"]["repeated"] == 0, account
    print(f"scale: {ORDERS} orders, each exactly once, {shared} before the second member had partitions")


def mapping_hash(stage):
    """As `sha256sum mapping.yaml` begins."""
    return hashlib.sha256((stage.folder / "mapping.yaml").read_bytes()).hexdigest()[:16]


def broken_mapping(stage, sandbox, brokers, kafka):
    """A mapping that finds nobody kills all orders: some become letters, the others are held, and are delivered
    when the relay is started with a mended one."""
    orders, letters = 400, 99
    broken = MAPPING.replace("$.customer.email", "$.buyer.email")
    (stage.folder / "mapping.yaml").write_text(broken)
    broken_hash = mapping_hash(stage)
    produce(brokers, orders=orders)
    relay = Relay(stage, sandbox, brokers, [TOPIC], kafka)
    wait_until(lambda: relay.events("dead_letters_on_hold"), "the alarm", 60)
    wait_until(lambda: len(tool("read", brokers, "dead-letters")) == letters, "the letters", 60, 0.5)
    assert relay.stop() == 0
    ended, said = relay.events("account")[-1], relay.events("dead_letters_on_hold")[0]
    assert (ended["dead_lettered"], ended["delivered"]) == (letters, 0), ended
    assert ended["open"] == ended["held"] == ended["consumed"] - letters > 0, ended
    assert said["mapping_hash"] == broken_hash and said["reasons"] == "missing_identity=1", said
    assert relay.events("account_balances") and not relay.events("drain_incomplete")
    (stage.folder / "mapping.yaml").write_text(MAPPING)
    relay.start()
    account = finish(sandbox, relay, brokers, orders - letters)
    assert (account["events"]["unique"], account["events"]["repeated"]) == (orders - letters, 0), account
    written = tool("read", brokers, "dead-letters")
    assert len(written) == letters
    assert all(one["headers"]["rokt-relay.mapping_hash"] == broken_hash for one in written)
    print(f"broken mapping: {letters} letters of {orders} orders, the others delivered by the mended one")


def bad_messages(stage, sandbox, brokers, kafka):
    """What cannot be mapped goes to the dead-letter topic as it came; its neighbours are delivered."""
    deep = b"[" * 100000
    bad = [b"not json", deep, b'{"id":"\xff\xfe"}', b'{"status":"paid","id":"no-identity"}']
    good = [json.dumps({"id": f"G-{i}", "status": "paid", "created_at": now(), "total": "9.90",
                        "currency": "EUR", "customer": {"email": f"g{i}@example.com"},
                        "lines": [{"quantity": 1, "title": "x", "sku": "s"}]}).encode() for i in range(5)]
    twice = good[0].replace(b'"G-0"', b'"G-x","id":"G-twice"')  # a name twice: the last value counts
    lines = [good[1], *bad, b"", good[2], twice, b'{"status":"open"}', good[3]]
    tool("send", brokers, TOPIC, stdin=b"\n".join(lines) + b"\n")
    relay = Relay(stage, sandbox, brokers, [TOPIC], kafka)
    account = finish(sandbox, relay, brokers, 4)
    assert account["events"]["unique"] == 4, account
    letters = tool("read", brokers, "dead-letters")
    values = sorted(letter["value"] if isinstance(letter["value"], str) else str(letter["value"])
                    for letter in letters)
    expected = sorted([bad[0].decode(), deep.decode(), str({"bytes": len(bad[2])}), bad[3].decode()])
    assert values == expected, [value[:80] for value in values]
    for letter in letters:
        headers = letter["headers"]
        field = {"not_json": None, "missing_event_time": "eventTime"}[headers["rokt-relay.reason"]]
        assert headers.get("rokt-relay.field") == field, headers
        assert (headers["rokt-relay.topic"], headers["rokt-relay.attempts"]) == (TOPIC, "1"), headers
        assert headers["rokt-relay.first_time"] == headers["rokt-relay.last_time"], headers
        assert headers["rokt-relay.mapping"] == "test-orders", headers
        assert headers["rokt-relay.mapping_hash"] == mapping_hash(stage), headers
        assert "rokt-relay.status" not in headers and "rokt-relay.item" not in headers, headers
    ended = relay.events("account")[-1]
    assert (ended["delivered"], ended["skipped"], ended["dead_lettered"]) == (4, 2, 4), ended
    print("bad messages: 4 delivered, 2 skipped, 4 dead letters byte for byte")


def transactions(stage, sandbox, brokers, kafka):
    """Control records stand between the orders and behind the last one: they are passed, aborted orders are not
    delivered, and a member that finds nothing else to do passes what an earlier one left."""
    tool("transactions", brokers, TOPIC, 4, "X")
    relay = Relay(stage, sandbox, brokers, [TOPIC], kafka)
    account = finish(sandbox, relay, brokers, 2 * PARTITIONS)
    assert (account["events"]["unique"], account["events"]["repeated"]) == (2 * PARTITIONS, 0), account
    tool("transactions", brokers, TOPIC, 2, "Y")
    tool("transactions", brokers, TOPIC, 2, "Z")
    relay.start()
    account = finish(sandbox, relay, brokers, 4 * PARTITIONS)
    assert (account["events"]["unique"], account["events"]["repeated"]) == (4 * PARTITIONS, 0), account
    print("transactions: committed orders exactly once, aborted ones never, offsets committed up to the end")


def compressed(stage, sandbox, brokers, kafka):
    """Every body is gzip, those of retries too, and the account is what it is without."""
    orders = ORDERS // 10
    sandbox.set_faults({"status": 500, "share": 0.1, "accept": True}, {"status": 503, "share": 0.1})
    produce(brokers, orders=orders)
    relay = Relay(stage, sandbox, brokers, [TOPIC], kafka, rokt__requests__compression="gzip")
    account = finish(sandbox, relay, brokers, orders)
    events, requests = account["events"], account["requests"]
    assert events["unique"] == orders and events["repeated"] <= events["unacknowledged"], account
    assert requests["compressed"] == requests["total"], account
    print(f"compressed: each of {orders} taken, {account['bytes'] // orders} bytes for each")


def new_keys(stage, sandbox, brokers, kafka):
    """Keys that change on disk are used without a restart: on hold at once, though the next probe would be an hour
    away. What cannot be used is told, and changes nothing."""
    orders = 1000
    key = stage.folder / "secret-key"

    def write(text):
        new = key.with_suffix(".new")
        new.write_text(text)
        new.rename(key)

    write("rsec-wrong")
    relay = Relay(stage, sandbox, brokers, [TOPIC], kafka, rokt__secret_key="${file:secret-key}",
                  rokt__probe_interval="1h", rokt__batch__events=10)
    produce(brokers, "A", orders)
    wait_until(lambda: relay.events("delivery_on_hold"), "the hold", 60)
    write("two words")
    wait_until(lambda: relay.events("credentials_not_renewed"), "what is wrong with the key", 20)
    assert relay.events("delivery_on_hold")[0]["status"] == 401
    assert sandbox.account()["events"]["unique"] == 0
    write("rsec-sandbox\n")
    wait_delivered(sandbox, relay, orders)
    write("rsec-wrong")  # not on hold: it is noticed within some seconds
    wait_until(lambda: len(relay.events("credentials_renewed")) == 2, "the wrong key", 30)
    tool("produce", brokers, TOPIC, orders, "B", ORDER_BYTES)
    wait_until(lambda: len(relay.events("delivery_on_hold")) == 2, "the second hold", 60)
    write("rsec-sandbox")
    account = finish(sandbox, relay, brokers, 2 * orders)
    assert (account["events"]["unique"], account["events"]["repeated"]) == (2 * orders, 0), account
    assert len(relay.events("delivery_resumed")) == 2
    log = (stage.folder / "relay.log").read_text()
    assert "rsec-" not in log and "two words" not in log, "a key is in the log"
    print(f"new keys: {2 * orders} delivered over two holds, without a restart")


def now():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


SCENARIOS = [no_faults, faults, audience, refusals, audience_refusals, kill, kill_behind_open, slow_order, bad_messages, broken_mapping,
             new_keys, compressed]


def run_all(name, start_cluster, kafka=None, more=()):
    """start_cluster(stage) gives the sandbox and the address of a cluster that has TOPIC and dead-letters."""
    for scenario in [*SCENARIOS, *more]:
        with Stage() as stage:
            sandbox, brokers = start_cluster(stage)
            began = time.monotonic()
            scenario(stage, sandbox, brokers, kafka or {})
            print(f"  ({name}, {time.monotonic() - began:.1f} s)", flush=True)


def start_sandbox(stage, *arguments):
    return Sandbox(stage, *arguments)
