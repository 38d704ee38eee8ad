"""Replays on a real Apache Kafka, with both of its group protocols."""

from kafka import Kafka
from replays import PARTITIONS, goes_back, mended, run_all, times
from scenarios import start_sandbox
from stage import tool


def start_cluster(stage):
    kafka = Kafka(stage)
    for name, count in PARTITIONS.items():
        tool("create", kafka.brokers, name, count)
    sandbox = start_sandbox(stage)
    sandbox.brokers = kafka.brokers
    return sandbox


# The mock cluster knows no times.
run_all([mended, goes_back, times], start_cluster)
run_all([mended], start_cluster, {"group.protocol": "consumer", "session.timeout.ms": None})
