"""Replays on librdkafka's mock cluster."""

from replays import PARTITIONS, bad_input, goes_back, interrupted, items, mended, orders, run_all
from scenarios import start_sandbox


def start_cluster(stage):
    topics = [argument for name, count in PARTITIONS.items() for argument in ("--topic", f"{name}:{count}")]
    return start_sandbox(stage, "--kafka", "--orders", "0", *topics)


run_all([mended, interrupted, goes_back, items, bad_input, orders], start_cluster)
