"""Three Kafka brokers on loopback, which are also each other's controllers, and what happens to them.

A broker has two listeners: INNER, which the oracle, the producers and the other brokers use, and OUTER, which
relays reach through a link that can be cut.
"""

import base64
import signal
import subprocess
import uuid

from kafka import LOGGING, free_ports, jars
from link import Link
from stage import WAIT_S, tool, wait_until

NODES = (1, 2, 3)
OFFSET_PARTITIONS = 3  # of __consumer_offsets: groups have different coordinators

# A throw-away cluster that notices quickly what has died.
PROPERTIES = """\
process.roles=broker,controller
node.id={node}
controller.quorum.voters={voters}
listeners=INNER://127.0.0.1:{inner},OUTER://127.0.0.1:{outer},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=INNER://127.0.0.1:{inner},OUTER://127.0.0.1:{link}
listener.security.protocol.map=INNER:PLAINTEXT,OUTER:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=INNER
controller.listener.names=CONTROLLER
log.dirs={data}
auto.create.topics.enable=false
default.replication.factor=3
min.insync.replicas=2
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
replica.lag.time.max.ms=3000
leader.imbalance.check.interval.seconds=5
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
group.consumer.session.timeout.ms=6000
group.consumer.min.session.timeout.ms=1000
group.consumer.heartbeat.interval.ms=500
group.consumer.min.heartbeat.interval.ms=500
offsets.topic.num.partitions={offset_partitions}
offsets.topic.replication.factor=3
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=3
transaction.state.log.min.isr=2
log.cleaner.backoff.ms=500
log.cleaner.dedupe.buffer.size=4194304
log.cleaner.io.buffer.size=65536
num.network.threads=1
num.io.threads=2
num.recovery.threads.per.data.dir=1
"""


class Node:
    """One broker: its process, its link, and whether it is meant to be up."""

    def __init__(self, cluster, number, ports, wire):
        self.cluster = cluster
        self.number = number
        self.inner, self.outer, self.controller = ports
        self.link = Link(wire, self.outer)
        self.folder = cluster.stage.folder / f"broker-{number}"
        self.settings = cluster.stage.folder / f"broker-{number}.properties"
        self.log = cluster.stage.folder / f"broker-{number}.log"
        self.process = None
        self.starts = 0
        self.paused = False

    def format(self, cluster_id, voters):
        self.settings.write_text(PROPERTIES.format(
            node=self.number, voters=voters, inner=self.inner, outer=self.outer, controller=self.controller,
            link=self.link.port, data=self.folder, offset_partitions=OFFSET_PARTITIONS))
        self.cluster.java("kafka.tools.StorageTool", "format", "-t", cluster_id, "-c", self.settings)

    def start(self):
        self.starts += 1
        self.paused = False
        self.process = self.cluster.stage.start(f"broker-{self.number}",
                                                self.cluster.command("kafka.Kafka", self.settings))

    def is_up(self):
        """It has said so since its last start."""
        if self.process.poll() is not None:
            raise AssertionError(f"broker {self.number} ended by itself")
        return self.log.read_text(errors="replace").count("Kafka Server started") >= self.starts

    def end(self, number=signal.SIGKILL):
        self.process.send_signal(number)
        self.process.wait(WAIT_S)
        if not self.is_said_to_have_started():
            self.starts -= 1

    def is_said_to_have_started(self):
        return self.log.read_text(errors="replace").count("Kafka Server started") >= self.starts

    def is_down(self):
        return self.process.poll() is not None

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)
        self.paused = True

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)
        self.paused = False


class Cluster:
    """`inner` is the address for those who must not be disturbed, `outer` that for relays."""

    def __init__(self, stage, wire):
        self.stage = stage
        self.classpath = f"{jars(stage)}/*"
        (stage.folder / "log4j2.properties").write_text(LOGGING.replace("INFO", "WARN", 1) + STARTED)
        ports = free_ports(3 * len(NODES))
        self.nodes = {number: Node(self, number, ports[index * 3:index * 3 + 3], wire)
                      for index, number in enumerate(NODES)}
        voters = ",".join(f"{node.number}@127.0.0.1:{node.controller}" for node in self.nodes.values())
        cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode().replace("-", "A")
        for node in self.nodes.values():
            node.format(cluster_id, voters)
        self.inner = ",".join(f"127.0.0.1:{node.inner}" for node in self.nodes.values())
        self.outer = ",".join(f"127.0.0.1:{node.link.port}" for node in self.nodes.values())
        for node in self.nodes.values():
            node.start()
        self.wait_up()
        # Made by hand it is there at once; by the first member of a group it takes seconds.
        self.create("__consumer_offsets", OFFSET_PARTITIONS, 3, "cleanup.policy=compact", "compression.type=producer")

    def command(self, main, *arguments):
        return ["java", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto",
                f"-Dlog4j2.configurationFile={self.stage.folder}/log4j2.properties",
                "-cp", self.classpath, main, *arguments]

    def java(self, main, *arguments):
        done = subprocess.run(self.command(main, *arguments), capture_output=True, timeout=WAIT_S, check=False)
        if done.returncode != 0:
            raise AssertionError(f"{main}: {done.stderr.decode()[-2000:]}")

    def wait_up(self):
        wait_until(lambda: all(node.is_up() for node in self.nodes.values()), "the brokers' start", 120)

    def create(self, topic, partitions, replicas, *settings):
        tool("create", self.inner, topic, partitions, replicas, *settings)

    def delete(self, topic):
        tool("delete", self.inner, topic)

    def coordinator(self, group):
        """The node that coordinates the group now: it leads the group's partition of __consumer_offsets."""
        hashed = 0
        for letter in group:
            hashed = (31 * hashed + ord(letter)) & 0xffffffff
        leaders = tool("leaders", self.inner, "__consumer_offsets")[0]["leaders"]
        return self.nodes.get(leaders[(hashed & 0x7fffffff) % OFFSET_PARTITIONS])

    def is_whole(self):
        return not any(node.is_down() or node.paused for node in self.nodes.values())

    def heal(self):
        """All links whole, all brokers up."""
        for node in self.nodes.values():
            node.link.heal()
            if node.is_down():
                node.start()
            elif node.paused:
                node.go_on()
        self.wait_up()


# Of all that brokers say at this level only this line is waited for.
STARTED = """\
logger.started.name = kafka.server.KafkaRaftServer
logger.started.level = INFO
"""
