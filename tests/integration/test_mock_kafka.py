"""Orders flow from librdkafka's mock cluster to the sandbox."""

from scenarios import PARTITIONS, TOPIC, limited, run_all, start_sandbox


def start_cluster(stage):
    sandbox = start_sandbox(stage, "--kafka", "--orders", "0", "--topic", f"{TOPIC}:{PARTITIONS}",
                            "--topic", "dead-letters:1")
    return sandbox, sandbox.brokers


run_all("mock cluster", start_cluster, more=[limited])
