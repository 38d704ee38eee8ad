"""Orders flow from a real Apache Kafka to the sandbox, with both of its group protocols."""

from kafka import Kafka
from scenarios import PARTITIONS, TOPIC, run_all, scale, start_sandbox, transactions
from stage import tool


def start_cluster(stage):
    kafka = Kafka(stage)
    tool("create", kafka.brokers, TOPIC, PARTITIONS)
    tool("create", kafka.brokers, "dead-letters", 1)
    return start_sandbox(stage), kafka.brokers


# Only here: the mock cluster refuses commits while its group rebalances, where a broker takes them, and it has no
# control records.
run_all("Apache Kafka, cooperative-sticky", start_cluster, more=[scale, transactions])
run_all("Apache Kafka, KIP-848", start_cluster, {"group.protocol": "consumer", "session.timeout.ms": None},
        [scale, transactions])
