"""The sample orders of all shops through the mappings of the gallery, as deploy/demo has them."""
import urllib.parse

from scenarios import start_sandbox
from stage import SOURCE, Relay, Stage, wait_until

DEAD_LETTERS = "orders.rokt-dead-letter"


def each_conversion_is_of_an_order(sandbox, expected):
    events = sandbox.ask(f"events?limit={expected}")["events"]
    assert events, "the sandbox keeps the newest"
    for event in events:
        [transaction] = [each["value"] for each in event["objectData"] if each["name"] == "transactionid"]
        assert sandbox.ask(f"order?transactionid={urllib.parse.quote(transaction, safe='')}"), transaction


def the_account_is_that_of_the_orders(made, account):
    for ours, theirs in (("consumed", "produced"), ("delivered", "conversions"), ("skipped", "skipped"),
                         ("dead_lettered", "dead")):
        orders = sum(shop[theirs] for shop in made.values())
        assert account[ours] == orders, f"{account[ours]} {ours}, {orders} {theirs}"


def main():
    with Stage() as stage:
        sandbox = start_sandbox(stage, "--kafka", "--orders", "200")
        made = sandbox.ready["orders"]
        routes = [{"topics": [topic], "mapping": str(SOURCE / f"config/mappings/{topic.removeprefix('orders.')}.yaml")}
                  for topic in made]
        relay = Relay(stage, sandbox, sandbox.brokers, None, routes=routes, dead_letter={"topic": DEAD_LETTERS})
        expected = sum(shop["conversions"] for shop in made.values())
        dead = sum(shop["dead"] for shop in made.values())
        wait_until(lambda: sandbox.ask("account")["events"]["unique"] >= expected, "all conversions")
        wait_until(lambda: sandbox.ask("kafka")["dead_letters"] >= dead, "all dead letters")
        each_conversion_is_of_an_order(sandbox, expected)
        assert relay.stop() == 0
        the_account_is_that_of_the_orders(made, relay.events("account")[-1])
        print(f"samples: {expected} conversions, {dead} dead letters")


main()
