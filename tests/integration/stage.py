"""The stage of an integration test: processes, their files and their ends.

Everything that a test starts belongs to a Stage, which ends it by its process id when the test is over,
whatever happened. Every wait is bounded.
"""

import json
import os
import pathlib
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request

SOURCE = pathlib.Path(os.environ.get("ROKT_RELAY_SOURCE", pathlib.Path(__file__).parents[2]))
BIN = pathlib.Path(os.environ.get("ROKT_RELAY_BIN", SOURCE / "build/release"))
KAFKA_TOOL = BIN / "tests/integration/kafka_tool"
SKIPPED = 77
WAIT_S = 120


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(SKIPPED)


def wait_until(condition, what, seconds=WAIT_S, interval=0.1):
    """The condition's first true value; fails when there is none in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(interval)
    raise AssertionError(f"{what}: not within {seconds} s")


def tool(*arguments, stdin=None):
    """Runs kafka_tool; its output as a list of objects."""
    done = subprocess.run([KAFKA_TOOL, *map(str, arguments)], input=stdin, capture_output=True,
                          timeout=WAIT_S, check=False)
    if done.returncode != 0:
        raise AssertionError(f"kafka_tool {arguments[0]}: {done.stderr.decode()}")
    return [json.loads(line) for line in done.stdout.splitlines()]


class Stage:
    """A temporary folder and the processes started in it."""

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="rokt-relay-test-"))
        self.processes = []
        return self

    def __exit__(self, kind, value, trace):
        for process in reversed(self.processes):
            if process.poll() is None:
                process.kill()
                process.wait()
        if kind is not None and not issubclass(kind, SystemExit):
            self.show_logs()
        shutil.rmtree(self.folder, ignore_errors=True)

    def show_logs(self):
        for log in sorted(self.folder.glob("*.log")):
            lines = log.read_text(errors="replace").splitlines()
            print(f"--- the last lines of {log.name}", *lines[-40:], sep="\n")

    def start(self, name, command, env=None):
        """Starts a process; its standard error goes to NAME.log, its standard output can be read."""
        log = open(self.folder / f"{name}.log", "ab")
        process = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, stderr=log,
                                   stdin=subprocess.DEVNULL, cwd=self.folder,
                                   env={**os.environ, "TMPDIR": str(self.folder), **(env or {})})
        log.close()
        self.processes.append(process)
        return process


class Sandbox:
    """rokt-sandbox, and its account."""

    def __init__(self, stage, *arguments):
        self.process = stage.start("sandbox", [BIN / "rokt-sandbox", *arguments])
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError("rokt-sandbox did not start")
        self.ready = json.loads(line)
        self.url = self.ready["event_api"]
        self.audience_url = self.ready["event_audience_api"]
        self.ca_file = self.ready.get("ca_file")
        self.brokers = self.ready.get("bootstrap_servers")
        self.tls = ssl.create_default_context(cafile=self.ca_file) if self.ca_file else None

    def ask(self, path, method="GET", body=None):
        request = urllib.request.Request(f"{self.url}/_sandbox/{path}", method=method, data=body)
        with urllib.request.urlopen(request, context=self.tls, timeout=30) as answer:
            return json.loads(answer.read() or b"null")

    def account(self):
        return self.ask("account")

    def transactions(self):
        """All that came, with the number of their comings."""
        with urllib.request.urlopen(f"{self.url}/_sandbox/ids", context=self.tls, timeout=30) as answer:
            lines = [json.loads(line) for line in answer.read().splitlines()]
        return {line["transactionid"]: line["count"] for line in lines}

    def set_faults(self, *faults):
        self.ask("faults", "PUT", json.dumps(faults).encode())

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        out, _ = self.process.communicate(timeout=WAIT_S)
        assert self.process.returncode == 0, f"rokt-sandbox ended with {self.process.returncode}"
        return json.loads(out.splitlines()[-1])


MAPPING = """\
name: test-orders
when:
  paid: $.status == 'paid'
conversion:
  eventTime: $.created_at
  clientEventId: uuid5('test', $.id)
  email: $.customer.email
  transactionid: $.id
  amount: $.total
  currency: $.currency
  quantity: $.lines[*].quantity | sum
  productname: $.lines[*].title | join(', ')
  sku: $.lines[*].sku | only
  firstname: $.customer.first_name
  lastname: $.customer.last_name
  conversiontype: {text: purchase}
custom:
  shop: {text: test}
require: [transactionid, amount, currency]
"""


class Relay:
    """rokt-relay run, with a configuration of its own."""

    def __init__(self, stage, sandbox, brokers, topics, kafka=None, name="relay", **settings):
        self.stage = stage
        self.name = name
        self.group = "rokt-relay-test"
        mapping = stage.folder / "mapping.yaml"
        if not mapping.exists():  # another relay may be about to read it
            mapping.write_text(MAPPING)
        self.config = stage.folder / f"{name}.yaml"
        self.config.write_text(self.configuration(sandbox, brokers, topics, kafka or {}, settings))
        self.start()

    def configuration(self, sandbox, brokers, topics, kafka, settings):
        properties = {"bootstrap.servers": brokers, "group.id": self.group,
                      "fetch.wait.max.ms": 20, "session.timeout.ms": 6000, **kafka}
        document = {
            "kafka": {name: str(value) for name, value in properties.items() if value is not None},
            "routes": [{"topics": topics, "mapping": "mapping.yaml"}],
            "rokt": {"base_url": sandbox.url, "account_id": "sandbox", "public_key": "rpub-sandbox",
                     "secret_key": "rsec-sandbox", "ca_file": sandbox.ca_file,
                     "batch": {"linger": "100ms"},
                     "requests": {"in_flight": 8, "timeout": "10s",
                                  "backoff": {"base": "20ms", "cap": "500ms"}},
                     "probe_interval": "1s"},
            "dead_letter": {"topic": "dead-letters"},
            "drain_timeout": "3s",
            "admin": {"listen": "off"},
            "log": {"format": "json", "level": "info"},
        }
        if sandbox.ca_file is None:
            del document["rokt"]["ca_file"]
        for path, value in settings.items():
            section = document
            *parents, last = path.split("__")
            for parent in parents:
                section = section.setdefault(parent, {})
            section[last] = value
        return json.dumps(document, indent=1)

    def start(self):
        self.process = self.stage.start(self.name, [BIN / "rokt-relay", "run", "--config", self.config])

    def log(self):
        lines = (self.stage.folder / f"{self.name}.log").read_text().splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def events(self, name):
        return [line for line in self.log() if line["event"] == name]

    def stop(self, signal_number=signal.SIGTERM):
        self.process.send_signal(signal_number)
        self.process.wait(WAIT_S)
        return self.process.returncode

    def kill(self):
        self.process.kill()
        self.process.wait(WAIT_S)
