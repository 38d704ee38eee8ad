"""rokt-relay test from outside: what it prints, and its exit codes."""

import subprocess

from stage import BIN, SOURCE, Stage

MAPPING = """\
when: {paid: $.status == 'paid'}
conversion:
  eventTime: kafka.timestamp
  email: $.email
  amount: $.total
"""
TESTS = """\
tests:
  - name: paid
    timestamp: 1700000000000
    message: {status: paid, email: a@example.com, total: 5.00}
    mapped: {amount: %s, currency: null}
  - {name: 'open #2', message: {status: open}, skipped: paid}
"""
FAILED = """\
  not ok  paid (wrong.yaml:7)
            amount
              expected  "5"
              got       "5.00"
  ok      open #2
"""
TAP = """\
TAP version 13
ok 1 - good.yaml: paid
ok 2 - good.yaml: open \\#2
not ok 3 - wrong.yaml: paid
# amount
#   expected  "5"
#   got       "5.00"
ok 4 - wrong.yaml: open \\#2
not ok 5 - broken.yaml: the mapping has errors
1..5
"""


def run(folder, *arguments, expect):
    result = subprocess.run([BIN / "rokt-relay", "test", *arguments], capture_output=True, text=True, timeout=60,
                            stdin=subprocess.DEVNULL, cwd=folder, check=False)
    assert result.returncode == expect, (result.returncode, result.stdout, result.stderr)
    return result


def check_what_is_right(folder):
    result = run(folder, "good.yaml", expect=0)
    assert result.stdout == "good.yaml\n  ok      paid\n  ok      open #2\n2 tests, 0 failed\n", result.stdout
    assert result.stderr == "", result.stderr


def check_strange_times(folder):
    text = (folder / "good.yaml").read_text()
    for timestamp, said in (5, "before the year 2000"), (253402300799000, "more than 5 minutes ahead"):
        (folder / "time.yaml").write_text(text.replace("1700000000000", str(timestamp)))
        for arguments, start in ([], "            note: "), (["--format", "tap"], "# note: "):
            result = run(folder, *arguments, "time.yaml", expect=0)
            assert f"\n{start}eventTime is {said}: " in result.stdout, result.stdout


def check_what_is_wrong(folder):
    result = run(folder, "wrong.yaml", expect=1)
    assert result.stdout == f"wrong.yaml\n{FAILED}2 tests, 1 failed\n", result.stdout


def check_a_mapping_with_errors(folder):
    result = run(folder, "broken.yaml", "wrong.yaml", expect=3)
    assert result.stdout == f"broken.yaml\nwrong.yaml\n{FAILED}2 tests, 1 failed, 1 mapping with errors\n", result.stdout
    assert "broken.yaml:1:1: error: " in result.stderr, result.stderr


def check_a_mapping_without_tests(folder):
    result = run(folder, "bare.yaml", expect=0)
    assert result.stderr == "bare.yaml: warning: this mapping has no tests\n", result.stderr


def check_tap(folder):
    result = run(folder, "--format", "tap", "good.yaml", "wrong.yaml", "broken.yaml", expect=3)
    assert result.stdout == TAP, result.stdout


def check_usage(folder):
    assert "a mapping is missing" in run(folder, expect=2).stderr
    assert "text or tap" in run(folder, "--format", "xml", "good.yaml", expect=2).stderr
    assert "cannot read the file" in run(folder, "absent.yaml", expect=3).stderr


def check_the_readme(folder):
    """Its example of a mapping has tests, which hold."""
    blocks = (SOURCE / "README.md").read_text(encoding="utf-8").split("```yaml\n")[1:]
    mappings = [block.split("```")[0] for block in blocks if "\nconversion:" in block]
    assert len(mappings) == 1, mappings
    (folder / "orders.yaml").write_text(mappings[0], encoding="utf-8")
    result = run(folder, "orders.yaml", expect=0)
    assert "2 tests, 0 failed" in result.stdout and result.stderr == "", result


def main():
    with Stage() as stage:
        folder = stage.folder
        (folder / "good.yaml").write_text(MAPPING + TESTS % "5.00")
        (folder / "wrong.yaml").write_text(MAPPING + TESTS % "5")
        (folder / "bare.yaml").write_text(MAPPING)
        (folder / "broken.yaml").write_text("conversions: {}\n")
        for check in (check_what_is_right, check_strange_times, check_what_is_wrong,
                      check_a_mapping_with_errors, check_a_mapping_without_tests, check_tap, check_usage, check_the_readme):
            check(folder)
            print(f"{check.__name__}: ok")


main()
