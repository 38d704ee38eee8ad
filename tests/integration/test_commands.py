"""The commands of rokt-relay that need no Kafka: what they print, and what they answer to wrong arguments."""

import hashlib
import json
import pathlib
import subprocess
import tempfile

from stage import BIN, SOURCE, WAIT_S
from terminal import has_terminals, on_terminal

PROGRAM = BIN / "rokt-relay"
README = (SOURCE / "config/README.md").read_text()
ORDER = '{"at": "2026-11-23T10:03:00Z", "email": "ada@example.org", "total": 99.80}'
MAPPING = "conversion: {eventTime: $.at, email: $.email, amount: $.total}\n"


def expect(got, wanted, what):
    assert got == wanted, f"{what}: {got!r} and not {wanted!r}"


def run(*arguments, stdin=""):
    return subprocess.run([PROGRAM, *map(str, arguments)], input=stdin, capture_output=True, text=True, timeout=WAIT_S,
                          check=False)


def refuses(*arguments, words):
    """Exit code 2, nothing on standard output, and these words with the way to the help."""
    done = run(*arguments)
    expect((done.returncode, done.stdout), (2, ""), str(arguments))
    for word in (f"rokt-relay {arguments[0]}: ", f"see rokt-relay {arguments[0]} --help", *words):
        assert word in done.stderr, done.stderr


def help_is_complete(_folder):
    commands = [line.split()[0] for line in run("--help").stdout.split("commands:\n")[1].split("\n\n")[0].splitlines()]
    assert {"run", "check", "map", "transforms", "fields"} <= set(commands), commands
    for command in commands:
        done = run(command, "--help")
        expect((done.returncode, done.stderr), (0, ""), command)
        for word in (f"usage: rokt-relay {command}", "-h, --help", "xit code 0"):
            assert word in done.stdout, f"{command}: {word}"
        assert max(map(len, done.stdout.splitlines())) <= 100, f"the help of {command} is too wide"


def references_are_those_of_the_readme(_folder):
    for command in ("transforms", "fields"):
        done = run(command, "--markdown")
        expect((done.returncode, done.stderr), (0, ""), command)
        expect(done.stdout, README.split(f"<!-- {command} -->\n")[1].split(f"<!-- /{command} -->")[0], command)
        refuses(command, "--markdown", "trim", words=["takes no name"])
        refuses(command, "--markdwn", words=["unknown option --markdwn"])


def references_fit_the_terminal(_folder):
    for command in ("transforms", "fields"):
        plain = run(command).stdout
        assert max(map(len, plain.splitlines())) <= 80 and "|---" not in plain and "`" not in plain, plain
        for columns in (60, 100) if has_terminals(f"the width of {command}") else ():
            text, code = on_terminal([PROGRAM, command], columns=columns)
            text = text.replace("\r\n", "\n")
            expect(code, 0, command)
            widest = max(map(len, text.splitlines()))
            assert columns - 20 < widest <= columns, f"{widest} of {columns} columns"
            expect(text.split(), plain.split(), "the same words on any terminal")
    for name in ("eventTime", "email", "billingzipsha256", "shippingtype"):
        assert f"\n{name} " in "\n" + run("fields").stdout, name
    for name in ("trim", "uuid5(part, …)", "default(value)"):
        assert f"\n{name} " in "\n" + run("transforms").stdout, name


def a_name_is_shown_in_full(_folder):
    text = run("fields", "transactionid", "ccbin", "clientEventId").stdout
    for word in ("finds duplicates", "dead letter", "objectData", "custom_attributes.transactionid",
                 "also, unless mapped    custom_attributes.confirmationref", "65536 characters, 4096", "41111122",
                 "the event itself", "data.source_message_id"):
        assert word in text, text
    assert "custom_attributes.amount" not in text, "nothing that was not asked for"
    text = run("transforms", "strip_prefix", "default").stdout
    for word in ("strip_prefix(prefix)\n", "each value", "$.ref | strip_prefix('#')\n", "1001\n", "whatever there is",
                 '"ref": "#1001"'):
        assert word in text, text
    refuses("fields", "email", "emial", words=['no field "emial"', 'the nearest known is "email"'])
    refuses("transforms", "stripprefix", words=['no transform "stripprefix"', '"strip_prefix"'])
    refuses("transforms", "xyzzy-plugh", words=['no transform "xyzzy-plugh"\n'])


def map_reads_files_and_standard_input(folder):
    order = folder / "order.json"
    order.write_text(ORDER)
    mapping = folder / "mapping.yaml"
    mapping.write_text(MAPPING)
    for done in (run("map", "-m", mapping, order), run("map", "-m", mapping, stdin=ORDER),
                 run("map", "-m", mapping, "-", stdin=ORDER)):
        expect((done.returncode, done.stderr), (0, ""), "map")
        result = json.loads(done.stdout)
        expect(result["conversions"][0]["fields"], {"email": "ada@example.org", "amount": "99.80"}, "fields")
    lines = run("map", "-m", mapping, "-", order, stdin=f"{ORDER}\n{{}}\n").stdout.splitlines()
    expect([json.loads(line)["result"] for line in lines], ["mapped", "dead", "mapped"], "three messages")
    expect(json.loads(run("map", "-m", mapping).stdout), {"result": "skipped", "reason": "tombstone"}, "no bytes")


def map_says_what_is_missing(folder):
    mapping = folder / "mapping.yaml"
    mapping.write_text(MAPPING)
    refuses("map", words=["--mapping FILE is missing"])
    refuses("map", "-m", mapping, "-", "-", words=["- stands twice"])
    done = run("map", "-m", mapping, folder / "nowhere.json")
    expect((done.returncode, done.stdout), (1, ""), "a message that is not there")
    assert "nowhere.json: No such file or directory" in done.stderr, done.stderr
    done = run("map", "-m", folder / "nowhere.yaml", stdin=ORDER)
    expect((done.returncode, done.stdout), (3, ""), "a mapping that is not there")
    assert "nowhere.yaml" in done.stderr, done.stderr
    if has_terminals("map without a message"):
        text, code = on_terminal([PROGRAM, "map", "-m", mapping])
        expect(code, 2, "nobody types at this terminal")
        assert "the message's file is missing" in text, text


def map_prints_the_bytes_of_either_api(folder):
    mapping = folder / "mapping.yaml"
    mapping.write_text(MAPPING)
    digest = hashlib.sha256(b"ada@example.org").hexdigest()

    def request(*arguments, order=ORDER):
        done = run("map", "-m", mapping, "--request", *arguments, stdin=order)
        expect(done.returncode, 0, done.stderr)
        return done.stdout.removesuffix("\n"), json.loads(done.stdout)

    expect(request()[1]["events"][0]["objectData"][0], {"name": "email", "value": "ada@example.org"}, "plain")
    text, body = request("--api", "event-and-audience", order=ORDER.replace("ada@", "\\u00e4da@"))
    expect(len(body), 1, "one batch")
    assert text.isascii() and "\\u00e4da@example.org" in text.lower(), text
    expect(body[0]["environment"], "production", "the environment")
    expect(body[0]["events"][0]["data"]["custom_attributes"], {"amount": "99.80"}, "attributes")
    _, body = request("-A", "event-and-audience", "-E", "development", "-e", "sha256")
    expect((body[0]["environment"], body[0]["user_identities"]), ("development", {"other": digest}), "settings")
    _, body = request("--email", "both")
    expect([pair["value"] for pair in body["events"][0]["objectData"][:2]], ["ada@example.org", digest], "both")
    for arguments in (["--api", "audience"], ["--email", "none"], ["--environment", "test"]):
        refuses("map", "-m", mapping, *arguments, words=[f"{' '.join(arguments)}: ", " or ", " is wanted"])
    mapping.write_text(MAPPING + "account: $.shop\n")
    done = run("map", "-m", mapping, "--api", "event-and-audience", stdin=ORDER)
    expect((done.returncode, done.stdout), (3, ""), "a mapping with accounts")
    assert "the mapping names an account, and the keys of this API stand for one" in done.stderr, done.stderr


def map_holds_to_the_limits_of_the_api(folder):
    mapping = folder / "mapping.yaml"
    mapping.write_text(MAPPING + "custom: {note: $.note}\n")
    order = json.dumps({**json.loads(ORDER), "note": "x" * 5000})
    for api, notes in (("event", 1), ("event-and-audience", 0)):
        done = run("map", "-m", mapping, "--api", api, stdin=order)
        expect(len(json.loads(done.stdout)["conversions"][0]["custom"]), notes, api)


def check_knows_the_limits_of_the_api(folder):
    (folder / "mapping.yaml").write_text(MAPPING + "account: $.shop\n")
    configuration = folder / "relay.yaml"
    configuration.write_text("""\
kafka: {bootstrap.servers: 'localhost:1', group.id: g}
routes: [{topics: [orders], mapping: mapping.yaml}]
rokt:
  api: event-and-audience
  public_key: key
  secret_key: secret
  batch: {bytes: 250001}
dead_letter: {topic: dead}
""")
    done = run("check", "-c", configuration)
    expect(done.returncode, 3, done.stderr)
    for word in ("relay.yaml:7:18: error: rokt.batch.bytes must be at most 250kB with this rokt.api",
                 "relay.yaml:2:38: error: the mapping names an account"):
        assert word in done.stderr, done.stderr
    (folder / "mapping.yaml").write_text(MAPPING)
    configuration.write_text(configuration.read_text().replace("250001", "250kB"))
    done = run("check", "-c", configuration)
    expect((done.returncode, done.stderr), (0, ""), "a fine configuration")


def check_tells_all_errors_of_all_files(folder):
    (folder / "one.yaml").write_text(MAPPING + "wehn: {}\n")
    (folder / "two.yaml").write_text("conversion: {email: $.email, email: $.mail, amount: $.x | tim}\n")
    configuration = folder / "relay.yaml"
    configuration.write_text("""\
kafka: {bootstrap.servers: 'localhost:1', group.id: g, fetch.min.byte: 1, fetch.min.bytes: -1}
routes:
  - {topics: [a], mapping: none.yaml}
  - {topics: [b], mapping: one.yaml}
  - {topics: [c], mapping: two.yaml}
rokt: {account_id: '1', public_key: rpub-1, rate: many}
dead_letter: {topic: dead}
""")
    done = run("check", "-c", configuration)
    expect(done.returncode, 3, done.stderr)
    for word in ('relay.yaml:1:56: error: librdkafka ', 'relay.yaml:1:75: error: the property "fetch.min.bytes"',
                 "relay.yaml:3:28: error: cannot read the mapping", "relay.yaml:4:28: error: this mapping cannot",
                 "relay.yaml:6:1: error: rokt.secret_key is missing", "relay.yaml:6:51: error: rokt.rate must be",
                 "one.yaml:2:1: error: ", 'two.yaml:1:30: error: the key "email" stands twice',
                 'two.yaml:1:59: error: unknown transform "tim"'):
        assert word in done.stderr, f"{word}: {done.stderr}"
    expect(run("run", "-c", configuration).stderr, done.stderr, "the errors of run")


def check_tells_the_errors_of_a_mapping_once(folder):
    (folder / "both.yaml").write_text("conversion: {eventTime: $.at, email: $.x | tim}\n")
    (folder / "fine.yaml").write_text("conversion: {email: $.email}\n")
    configuration = folder / "relay.yaml"
    configuration.write_text("""\
kafka: {bootstrap.servers: 'localhost:1', group.id: g}
routes:
  - {topics: [a], mapping: both.yaml}
  - {topics: [b], mapping: both.yaml}
  - {topics: [c], mapping: fine.yaml}
  - {topics: [d], mapping: fine.yaml}
rokt: {account_id: '1', public_key: rpub-1, secret_key: rsec-1}
dead_letter: {topic: dead}
""")
    done = run("check", "-c", configuration)
    expect(done.returncode, 3, done.stderr)
    for word, count in (("unknown transform", 1), ("this mapping cannot be used", 2),
                        ("warning: eventTime is not mapped", 1)):
        expect(done.stderr.count(word), count, f"{word}: {done.stderr}")


def check_says_when_a_file_was_not_read_to_its_end(folder):
    mapping = folder / "broken.yaml"
    for text, end in (("conversion: {email: $.x | tim}\n\t- 1\nwehn: 1\n",
                       "1 error; of a file that is no YAML, the rest was not read\n"),
                      ("conversion: {email: $.x | tim}\n", "\n1 error\n")):
        mapping.write_text(text)
        done = run("map", "-m", mapping, stdin="{}")
        expect(done.returncode, 3, done.stderr)
        assert done.stderr.endswith(end), done.stderr


def main():
    for test in (help_is_complete, references_are_those_of_the_readme, references_fit_the_terminal,
                 a_name_is_shown_in_full, map_reads_files_and_standard_input, map_says_what_is_missing,
                 map_prints_the_bytes_of_either_api, map_holds_to_the_limits_of_the_api,
                 check_knows_the_limits_of_the_api, check_tells_all_errors_of_all_files,
                 check_tells_the_errors_of_a_mapping_once, check_says_when_a_file_was_not_read_to_its_end):
        with tempfile.TemporaryDirectory() as folder:
            test(pathlib.Path(folder))
        print("commands", test.__name__.replace("_", " "), flush=True)


main()
