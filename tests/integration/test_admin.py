"""What a running relay tells those who watch it, and that nothing they do reaches its orders."""

import http.client
import json
import shutil
import socket
import subprocess
import threading
import time
import urllib.parse

from scenarios import PARTITIONS, TOPIC, finish, produce, wait_delivered
from stage import Relay, Sandbox, Stage, wait_until

ORDERS = 20000
CONNECTIONS = 1000
PATIENCE_S = 60


def start_all(stage, **settings):
    sandbox = Sandbox(stage, "--kafka", "--orders", "0", "--topic", f"{TOPIC}:{PARTITIONS}", "--topic",
                      "dead-letters:1")
    relay = Relay(stage, sandbox, sandbox.brokers, [TOPIC],
                  **{"admin__listen": "127.0.0.1:0", **settings})
    said = wait_until(lambda: relay.events("admin_listening"), "the admin server listens")
    return sandbox, relay, urllib.parse.urlsplit(said[0]["url"]).port


def ask(port, path, method="GET", body=None, seconds=PATIENCE_S):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
    try:
        connection.request(method, path, body)
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), answer
    finally:
        connection.close()


def metrics(port):
    """By name and labels."""
    status, text, _ = ask(port, "/metrics")
    assert status == 200, text
    lines = [line.rpartition(" ") for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in lines}


def check_promtool(port):
    promtool = shutil.which("promtool")
    if promtool is None:
        print("NOT CHECKED: promtool is not installed (package prometheus): `promtool check metrics`")
        return
    text = ask(port, "/metrics")[1]
    done = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and not done.stderr.strip(), done.stderr


def wait_ready(port):
    wait_until(lambda: ask(port, "/readyz")[0] == 200, "ready")


def tells_the_account():
    with Stage() as stage:
        sandbox, relay, port = start_all(stage)
        wait_ready(port)
        assert ask(port, "/livez")[:2] == (200, "ok\n")
        produce(sandbox.brokers, orders=ORDERS)
        wait_delivered(sandbox, relay, ORDERS)

        def caught_up():
            values = metrics(port)
            lags = [value for name, value in values.items() if name.startswith("rokt_relay_partition_lag{")]
            return len(lags) == PARTITIONS and sum(lags) == 0 and \
                values["rokt_relay_conversions_accepted_total"] >= ORDERS

        wait_until(caught_up, "lag of all partitions is 0")
        values = metrics(port)
        ends = [value for name, value in values.items() if name.startswith("rokt_relay_partition_end{")]
        assert sum(ends) == ORDERS, ends
        assert values["rokt_relay_messages_consumed_total"] == ORDERS
        assert values['rokt_relay_messages_total{outcome="delivered"}'] == ORDERS
        assert values["rokt_relay_partitions_assigned"] == PARTITIONS
        check_promtool(port)
        status, page, answer = ask(port, "/status")
        assert status == 200 and answer.getheader("Content-Type").startswith("text/html"), page
        assert "<b>flowing</b>" in page and f"{TOPIC}-{PARTITIONS - 1}" in page, page
        told = json.loads(ask(port, "/status.json")[1])
        assert (told["state"], told["delivered"]) == ("well", ORDERS), told
        account = finish(sandbox, relay, sandbox.brokers, ORDERS)
        assert account["events"]["unique"] == ORDERS


def refuses_what_is_no_question():
    with Stage() as stage:
        _, relay, port = start_all(stage)
        status, _, answer = ask(port, "/metrics", "POST", b"x" * 100000)
        assert (status, answer.getheader("Allow")) == (405, "GET, HEAD")
        for method in ("PUT", "DELETE", "OPTIONS", "TRACE", "BREW"):
            assert ask(port, "/metrics", method)[0] == 405, method
        status, text, answer = ask(port, "/metrics", "HEAD")
        assert (status, text) == (200, "") and int(answer.getheader("Content-Length")) > 1000
        for path in ("/", "/metrics/", "//metrics", "/../etc/passwd", "/%2e%2e/etc/passwd", "/metrics%00", "/METRICS"):
            assert ask(port, path)[0] == 404, path
        assert ask(port, "/metrics?a=b")[0] == 200
        for request in (b"GET /" + b"x" * 1000000 + b" HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00" * 100, b"\r\n" * 1000,
                        b"GET /metrics HTTP/1.1\r\n" + b"A: b\r\n" * 100000 + b"\r\n"):
            answer = exchange(port, request)
            assert b" 200 " not in answer.split(b"\r\n")[0], answer[:100]
        assert ask(port, "/livez")[0] == 200
        assert relay.stop() == 0


def exchange(port, request):
    """What comes back for these bytes; a server that closes is fine."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as connection:
        try:
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        answer = b""
        try:
            while piece := connection.recv(65536):
                answer += piece
        except OSError:
            pass
        return answer


def crowd(port, stop, opened):
    """Connections that are held open and tell a byte now and then, or ask and do not read."""
    held = []
    beginnings = (b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n", b"G", b"")
    while not stop.is_set():
        while len(held) < CONNECTIONS:
            try:
                connection = socket.create_connection(("127.0.0.1", port), timeout=5)
                connection.sendall(beginnings[len(held) % 3])
                held.append(connection)
                opened.append(time.monotonic())
            except OSError:
                break
        time.sleep(0.2)
        for connection in list(held):
            try:
                connection.sendall(b"E")
            except OSError:
                held.remove(connection)
                connection.close()
    for connection in held:
        connection.close()


def a_crowd_does_not_reach_the_orders():
    with Stage() as stage:
        sandbox, relay, port = start_all(stage)
        stop, opened = threading.Event(), []
        visitors = threading.Thread(target=crowd, args=(port, stop, opened))
        visitors.start()
        try:
            wait_until(lambda: len(opened) >= CONNECTIONS, f"{CONNECTIONS} connections were opened")
            produce(sandbox.brokers, orders=ORDERS)
            wait_delivered(sandbox, relay, ORDERS)
            wait_until(lambda: probe(port), "a probe gets through the crowd")
        finally:
            stop.set()
            visitors.join(PATIENCE_S)
        account = finish(sandbox, relay, sandbox.brokers, ORDERS)
        assert account["events"]["unique"] == ORDERS, account


def probe(port):
    try:
        return ask(port, "/livez")[0] == 200
    except OSError:
        return False


def a_port_in_use_is_said_and_tried_again():
    with Stage() as stage, socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        sandbox = Sandbox(stage, "--kafka", "--orders", "0", "--topic", f"{TOPIC}:{PARTITIONS}", "--topic",
                          "dead-letters:1")
        relay = Relay(stage, sandbox, sandbox.brokers, [TOPIC], admin__listen=f"127.0.0.1:{port}")
        wait_until(lambda: relay.events("admin_not_listening"), "it is said")
        produce(sandbox.brokers, orders=1000)
        wait_delivered(sandbox, relay, 1000)
        taken.close()
        wait_until(lambda: relay.events("admin_listening"), "it is tried again")
        assert ask(port, "/livez")[0] == 200
        assert relay.stop() == 0


def a_hold_is_told_and_not_ready_if_so_configured():
    with Stage() as stage:
        sandbox, relay, port = start_all(stage, admin__ready_on_hold=False)
        wait_ready(port)
        sandbox.set_faults({"status": 401})
        produce(sandbox.brokers, orders=1000)
        wait_until(lambda: ask(port, "/readyz")[0] == 503, "not ready")
        assert "credentials" in ask(port, "/readyz")[1]
        assert metrics(port)['rokt_relay_hold{cause="credentials"}'] == 1
        assert ask(port, "/livez")[0] == 200
        sandbox.set_faults()
        wait_ready(port)
        wait_delivered(sandbox, relay, 1000)
        assert relay.stop() == 0


def a_scrape_while_it_stops_is_answered_or_cut():
    with Stage() as stage:
        sandbox, relay, port = start_all(stage)
        wait_ready(port)
        sandbox.set_faults({"status": 503})
        produce(sandbox.brokers, orders=1000)
        wait_until(lambda: metrics(port)["rokt_relay_messages_open"] > 0, "orders are open")
        stopped = threading.Thread(target=relay.process.terminate)
        stopped.start()
        wait_until(lambda: ask(port, "/readyz")[0] == 503, "not ready while it stops")
        assert ask(port, "/livez")[0] == 200
        sandbox.set_faults()
        stopped.join()
        relay.process.wait(PATIENCE_S)
        assert relay.process.returncode == 0
        assert relay.events("account_balances")


def main():
    for case in (tells_the_account, refuses_what_is_no_question, a_crowd_does_not_reach_the_orders,
                 a_port_in_use_is_said_and_tried_again, a_hold_is_told_and_not_ready_if_so_configured,
                 a_scrape_while_it_stops_is_answered_or_cut):
        began = time.monotonic()
        case()
        print(f"{case.__name__}: {time.monotonic() - began:.1f} s", flush=True)


main()
