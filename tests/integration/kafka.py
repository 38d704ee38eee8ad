"""A real Apache Kafka: one KRaft node on loopback, fetched from Maven Central by Maven.

The jars are kept beside the librdkafka that deploy/setup builds, so that they are fetched once. Without them
(no Maven, no network) tests are skipped, unless ROKT_RELAY_REQUIRE_KAFKA says that they must run.
"""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import uuid
import base64

from stage import SOURCE, WAIT_S, skip, tool, wait_until

VERSION = "4.4.0"
POM = f"""\
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>rokt-relay</groupId><artifactId>kafka-for-tests</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId>
      <version>{VERSION}</version></dependency>
    <dependency><groupId>org.apache.logging.log4j</groupId><artifactId>log4j-slf4j-impl</artifactId>
      <version>2.25.5</version></dependency>
  </dependencies>
</project>
"""
LOGGING = """\
rootLogger.level = INFO
rootLogger.appenderRef.out.ref = OUT
appender.out.type = Console
appender.out.name = OUT
appender.out.target = SYSTEM_ERR
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d %p %m (%c)%n
"""
# A throw-away node: no waiting for members that may come, small internal topics.
PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
inter.broker.listener.name=PLAINTEXT
controller.listener.names=CONTROLLER
log.dirs={data}
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
group.consumer.session.timeout.ms=6000
group.consumer.min.session.timeout.ms=1000
group.consumer.heartbeat.interval.ms=500
group.consumer.min.heartbeat.interval.ms=500
group.consumer.regex.refresh.interval.ms=10000
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
"""


def cache():
    for name, below in (("ROKT_RELAY_DEPS", ""), ("XDG_CACHE_HOME", "rokt-relay"), ("HOME", ".cache/rokt-relay")):
        if os.environ.get(name):
            return pathlib.Path(os.environ[name]) / below
    return SOURCE / "build/deps"


def unavailable(reason):
    if os.environ.get("ROKT_RELAY_REQUIRE_KAFKA"):
        raise AssertionError(f"a real Kafka is demanded here, and is not to be had: {reason}")
    skip(f"no real Kafka: {reason}")


def jars(stage):
    """The folder with Kafka's jars, fetched when it is not there."""
    folder = cache() / f"kafka-{VERSION}"
    if folder.is_dir():
        return folder
    if not shutil.which("mvn") or not shutil.which("java"):
        unavailable("mvn and java are needed; deploy/setup test installs them")
    print(f"fetching Apache Kafka {VERSION} by Maven")
    (stage.folder / "pom.xml").write_text(POM)
    fetched = stage.folder / "jars"
    done = subprocess.run(["mvn", "--batch-mode", "--quiet", "-f", stage.folder / "pom.xml",
                           "dependency:copy-dependencies", f"-DoutputDirectory={fetched}"],
                          capture_output=True, timeout=400, check=False)
    if done.returncode != 0:
        unavailable(f"Maven failed:\n{done.stdout.decode()[-2000:]}")
    folder.parent.mkdir(parents=True, exist_ok=True)
    unfinished = folder.with_name(f"{folder.name}.{os.getpid()}")
    shutil.copytree(fetched, unfinished)
    try:
        unfinished.rename(folder)
    except OSError:  # another test was quicker
        shutil.rmtree(unfinished)
    return folder


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for free in sockets:
        free.bind(("127.0.0.1", 0))
    ports = [free.getsockname()[1] for free in sockets]
    for free in sockets:
        free.close()
    return ports


class Kafka:
    """One node; `brokers` is its address once it is started."""

    def __init__(self, stage):
        self.stage = stage
        self.classpath = f"{jars(stage)}/*"
        self.port, self.controller = free_ports(2)
        self.brokers = f"127.0.0.1:{self.port}"
        self.settings = stage.folder / "server.properties"
        self.settings.write_text(PROPERTIES.format(port=self.port, controller=self.controller,
                                                   data=stage.folder / "kafka-data"))
        (stage.folder / "log4j2.properties").write_text(LOGGING)
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode().replace("-", "A")
        self.java("kafka.tools.StorageTool", "format", "-t", cluster, "-c", self.settings)
        self.start()

    def command(self, main, *arguments):
        return ["java", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
                f"-Dlog4j2.configurationFile={self.stage.folder}/log4j2.properties",
                "-cp", self.classpath, main, *arguments]

    def java(self, main, *arguments):
        done = subprocess.run(self.command(main, *arguments), capture_output=True, timeout=WAIT_S, check=False)
        if done.returncode != 0:
            raise AssertionError(f"{main}: {done.stderr.decode()[-2000:]}")

    def start(self):
        self.process = self.stage.start("kafka", self.command("kafka.Kafka", self.settings))
        wait_until(self.started, "Kafka's start")
        # Made by hand it is there at once; by the first member of a group it takes seconds.
        tool("create", self.brokers, "__consumer_offsets", 1)

    def started(self):
        if self.process.poll() is not None:
            raise AssertionError("Kafka ended at its start")
        return "Kafka Server started" in (self.stage.folder / "kafka.log").read_text(errors="replace")

    def stop(self):
        self.process.send_signal(signal.SIGKILL)  # it is thrown away
        self.process.wait(WAIT_S)
