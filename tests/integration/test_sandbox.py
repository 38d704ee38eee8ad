"""rokt-sandbox from outside: each documented refusal and each fault, through real HTTPS."""

import base64
import gzip
import http.client
import json
import pathlib
import re
import signal
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

from stage import BIN, SOURCE, WAIT_S, Sandbox, Stage

PROGRAM = BIN / "rokt-sandbox"
CREDENTIALS = base64.b64encode(b"rpub-sandbox:rsec-sandbox").decode()
HEADERS = {"Content-Type": "application/json", "Charset": "utf-8", "Rokt-Version": "2020-05-21",
           "Authorization": f"Basic {CREDENTIALS}"}
CLICK_ID = "a1B2c3D4e5F6a7B8c9D0e1F2a3B4c5D6"
DAY_S = 24 * 60 * 60


def timestamp(offset_s=0):
    return time.strftime("%Y-%m-%dT%H:%M:%S.125Z", time.gmtime(time.time() + offset_s))


def event(number=1, **values):
    """A good event; a value of None leaves its attribute out."""
    names = {"email": f"buyer.{number}@example.com", "transactionid": f"T-{number}", "amount": "99.80",
             "currency": "EUR", "quantity": "2", **values}
    return {"clientEventId": f"id-{number}", "eventTime": timestamp(-DAY_S), "eventType": "conversion",
            "objectData": [{"name": name, "value": value} for name, value in names.items() if value is not None]}


def body_of(*events, **members):
    return {"accountId": "sandbox", "events": list(events), **members}


class Client:
    """One connection to the sandbox; opened again when the sandbox has closed it."""

    headers = HEADERS
    path = "/v2/events"

    def __init__(self, sandbox, url=None):
        parts = urllib.parse.urlsplit(url or sandbox.url)
        if sandbox.tls:
            self.connection = http.client.HTTPSConnection(parts.hostname, parts.port, timeout=20, context=sandbox.tls)
        else:
            self.connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=20)

    def send(self, body, method="POST", path=None, headers=None):
        """Status, headers and JSON (or text) of the answer."""
        data = body if isinstance(body, (bytes, str)) else json.dumps(body)
        self.connection.request(method, path or self.path, data, self.headers if headers is None else headers)
        answer = self.connection.getresponse()
        text = answer.read()
        try:
            return answer.status, answer.headers, json.loads(text)
        except ValueError:
            return answer.status, answer.headers, text.decode()

    def status(self, *arguments, **keywords):
        return self.send(*arguments, **keywords)[0]


class AudienceClient(Client):
    """The same, to the Event and Audience API."""

    headers = {"Content-Type": "application/json",
               "Authorization": "Basic " + base64.b64encode(b"key-sandbox:secret-sandbox").decode()}
    path = "/v2/bulkevents"

    def __init__(self, sandbox):
        super().__init__(sandbox, sandbox.audience_url)


YESTERDAY_MS = int(time.time() * 1000) - DAY_S * 1000  # once, so that the same batch has the same content


def batch(number=1, **members):
    """A good batch of one conversion; a value of None leaves its member out."""
    data = {"event_name": "conversion", "custom_event_type": "transaction", "source_message_id": f"id-{number}",
            "timestamp_unixtime_ms": YESTERDAY_MS,
            "custom_attributes": {"confirmationref": f"T-{number}", "amount": "99.80", "currency": "EUR"}}
    names = {"environment": "production", "source_request_id": f"r-{number}",
             "user_identities": {"email": f"buyer.{number}@example.com"},
             "events": [{"event_type": "custom_event", "data": data}], **members}
    return {name: value for name, value in names.items() if value is not None}


def batch_with(number=1, **attributes):
    """A good batch, with these attributes more; a value of None leaves one out."""
    made = batch(number)
    data = made["events"][0]["data"]
    data["custom_attributes"] = {name: value for name, value in {**data["custom_attributes"], **attributes}.items()
                                 if value is not None}
    return made


def expect(actual, wanted, what):
    assert actual == wanted, f"{what}: {actual!r} instead of {wanted!r}"


def unprocessed(answer):
    return answer["data"]["unprocessedRecords"]


def without(header):
    return {name: value for name, value in HEADERS.items() if name != header}


# --- What the Event API refuses ---------------------------------------------------------------------------------

def refuses_wrong_addresses_and_headers(sandbox):
    client, good = Client(sandbox), body_of(event())
    cases = [
        (404, "NotFound", {"path": "/v2/event"}),
        (404, "NotFound", {"path": "/"}),
        (405, "MethodNotAllowed", {"method": "PUT"}),
        (405, "MethodNotAllowed", {"method": "GET"}),
        (415, "UnsupportedMediaType", {"headers": without("Content-Type")}),
        (415, "UnsupportedMediaType", {"headers": {**HEADERS, "Content-Type": "text/plain"}}),
        (415, "UnsupportedMediaType", {"headers": {**HEADERS, "Content-Type": "application/json; charset=utf-8"}}),
        (400, "RequestValidationError", {"headers": without("Charset")}),
        (400, "RequestValidationError", {"headers": {**HEADERS, "Charset": "latin1"}}),
        (400, "RequestValidationError", {"headers": without("Rokt-Version")}),
        (400, "RequestValidationError", {"headers": {**HEADERS, "Rokt-Version": "2024-01-01"}}),
        (401, "UnauthorizedError", {"headers": without("Authorization")}),
        (401, "UnauthorizedError", {"headers": {**HEADERS, "Authorization": "Basic cnB1Yjpyc2Vj"}}),
        (401, "UnauthorizedError", {"headers": {**HEADERS, "Authorization": f"Bearer {CREDENTIALS}"}}),
    ]
    for status, code, how in cases:
        got, _, answer = client.send(good, **how)
        expect((got, answer["data"]["code"]), (status, code), str(how))
    expect(client.send(good, method="GET")[1]["Allow"], "POST", "the header of a 405")


def refuses_wrong_requests(sandbox):
    client, good = Client(sandbox), event()
    unmarshal, invalid = "RequestJsonUnmarshalError", "RequestValidationError"
    cases = [
        (400, unmarshal, b""),
        (400, unmarshal, b"{"),
        (400, unmarshal, b'{"accountId":"sandbox","events":[]} x'),
        (400, unmarshal, b'{"accountId":"\xff"}'),
        (400, invalid, b"[]"),
        (400, invalid, body_of()),
        (400, invalid, body_of(*[event(n) for n in range(101)])),
        (400, invalid, {"accountId": "sandbox"}),
        (400, invalid, body_of(events={"0": good})),
        (400, invalid, {"events": [good]}),
        (400, invalid, body_of(good, accountId=7)),
        (400, invalid, body_of(good, accountId="x" * 65)),
        (400, invalid, body_of(good, version=1)),
        (400, invalid, body_of("event")),
        (400, invalid, body_of(good, good)),
        (400, invalid, body_of({**good, "clientEventId": 5})),
        (400, invalid, body_of({**good, "clientEventId": ""})),
        (400, invalid, body_of({**good, "clientEventId": "x" * 37})),
        (400, invalid, body_of({name: value for name, value in good.items() if name != "clientEventId"})),
        (403, "Forbidden", body_of(good, accountId="another")),
        (413, "RequestEntityTooLarge", body_of(good, filler="x" * 1_000_000)),
    ]
    for status, code, body in cases:
        got, _, answer = client.send(body)
        expect((got, answer["data"]["code"]), (status, code), str(body)[:200])
    expect(sandbox.account()["events"]["accepted"], 0, "events accepted of refused requests")


def takes_what_is_just_within_the_limits(sandbox):
    client = Client(sandbox)
    largest = body_of(event(custom="x"), event(2, custom="x"))
    room = 1_000_000 - len(json.dumps(largest))
    for index in range(2):
        largest["events"][index]["objectData"] += [
            {"name": f"filler{n}", "value": "é" * 30_000} for n in range(2)]  # 2 bytes each on the wire
    text = json.dumps(largest, ensure_ascii=False)
    assert len(text.encode()) < 1_000_000 and room > 0
    padded = text.encode() + b" " * (1_000_000 - len(text.encode()))
    cases = [
        body_of(*[event(n) for n in range(100)]),
        padded,
        body_of({**event(), "clientEventId": "ü" * 36, "eventType": "t" * 128}),
        body_of({**event(), "eventTime": timestamp(4 * 60)}),
        body_of({**event(), "eventTime": timestamp(-540 * DAY_S)}),
        body_of({**event(), "eventTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}),
        body_of({**event(), "metaData": [{"name": "n" * 256, "value": "v"}]}),
        body_of(event(email=None, emailsha256="fab1e2e699b3b927cbf875046a64f2225df02d5cb306f3857424c2bbb87be61f")),
        body_of(event(email=None, passbackconversiontrackingid=CLICK_ID)),
        body_of(event(amount="0", margin="-3.10", mobile="+1 (323) 867-5309", ipaddress="2001:db8::1",
                      conversiontype="purchase", productname="one,two", sku="A 1", dob="19800229", ccbin="411111",
                      country="DE", gender="f", custom="x" * 65_536)),
    ]
    for body in cases:
        status, _, answer = client.send(body)
        expect((status, unprocessed(answer)), (200, []), str(body)[:200])


def bad_events():
    """Events that are unprocessed, each with a word of the reason."""
    good = event()
    attribute = [
        ("email", {"email": "Buyer@example.com"}), ("email", {"email": " buyer@example.com"}),
        ("email", {"email": "buyer.example.com"}), ("email", {"email": "2********@********.com"}),
        ("emailsha256", {"emailsha256": "FAB1" + "0" * 60}), ("emailsha256", {"emailsha256": "fab1"}),
        ("emailsha256", {"emailsha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}),
        ("passbackconversiontrackingid", {"passbackconversiontrackingid": "short"}),
        ("amount", {"amount": "99,80"}), ("amount", {"amount": "-1"}), ("amount", {"amount": "1e2"}),
        ("amount", {"amount": "1."}), ("must be a string, not number", {"amount": 99.8}),
        ("must be a string, not null", {"nothing": None, "amount": None}), ("currency", {"currency": "eur"}),
        ("currency", {"currency": "EURO"}), ("quantity", {"quantity": "2.0"}), ("sku", {"sku": "A-1,A-2"}),
        ("margin", {"margin": "ten"}), ("mobile", {"mobile": "none"}), ("ipaddress", {"ipaddress": "256.1.1.1"}),
        ("ccbin", {"ccbin": "4111"}), ("country", {"country": "Germany"}), ("age", {"age": "4x"}),
        ("gender", {"gender": "female"}), ("dob", {"dob": "1980-02-29"}), ("dob", {"dob": "19801329"}),
        ("empty", {"custom": ""}), ("longer than 65536", {"custom": "x" * 65_537}),
        ("longer than 256", {"n" * 257: "x"}), ("rokt. is reserved", {"rokt.x": "x"}),
        ("rokt. is reserved", {"RoKt.x": "x"}), ("a name is empty", {"": "x"}),
        ("email, emailsha256", {"email": None}),
    ]
    for reason, values in attribute:
        bad = event(**{name: value for name, value in values.items() if name != "nothing"})
        if "nothing" in values:
            bad["objectData"].append({"name": "amount", "value": None})
        yield reason, bad
    pair = {"name": "x", "value": "y"}
    yield "there twice", {**good, "objectData": good["objectData"] + [pair, pair]}
    yield "nothing else", {**good, "objectData": good["objectData"] + [{**pair, "type": "z"}]}
    yield "nothing else", {**good, "objectData": good["objectData"] + [{"name": "x"}]}
    yield "must be an object", {**good, "objectData": good["objectData"] + ["x"]}
    yield "objectData must be an array", {**good, "objectData": {"email": "x"}}
    yield "metaData[0]", {**good, "metaData": [{"name": "x", "value": 1}]}
    yield "metaData must be an array", {**good, "metaData": None}
    yield 'no member "extra"', {**good, "extra": 1}
    yield "eventType is missing", {name: value for name, value in good.items() if name != "eventType"}
    yield "eventType is longer", {**good, "eventType": "t" * 129}
    yield "conversiontype goes with", {**event(conversiontype="x"), "eventType": "other"}
    yield "eventTime is missing", {name: value for name, value in good.items() if name != "eventTime"}
    for wrong in ("2026-11-23", "2026-11-23T10:03:00+01:00", "2026-11-23 10:03:00Z", "2026-02-30T10:03:00Z", "now"):
        yield "RFC 3339", {**good, "eventTime": wrong}
    yield "older than 18 months", {**good, "eventTime": timestamp(-555 * DAY_S)}
    yield "more than 5 minutes", {**good, "eventTime": timestamp(6 * 60)}


def echoes_what_it_cannot_process(sandbox):
    client, cases = Client(sandbox), list(bad_events())
    for reason, bad in cases:
        before = sandbox.account()["events"]
        status, _, answer = client.send(body_of(event(2), {**bad, "clientEventId": "bad"}, event(3)))
        expect(status, 200, reason)
        (record,) = unprocessed(answer)
        expect(record["error"]["code"], "ValidationError", reason)
        assert reason in record["error"]["message"], (reason, record["error"])
        expect(record["record"], {**bad, "clientEventId": "bad"}, f"the echo of {reason}")
        after = sandbox.account()["events"]
        expect((after["accepted"] - before["accepted"], after["unprocessed"] - before["unprocessed"]), (2, 1), reason)
    assert len(cases) > 50


def refuses_whole_requests_when_told_so(stage):
    sandbox = Sandbox(stage, "--strict-request")
    client = Client(sandbox)
    status, _, answer = client.send(body_of(event(), event(2, amount="x")))
    expect((status, answer["data"]["code"]), (400, "RequestValidationError"), "a bad event")
    assert "events[1]: objectData[2]: amount must be" in answer["data"]["message"], answer
    expect(sandbox.account()["events"]["accepted"], 0, "its neighbours")
    expect(client.status(body_of(event())), 200, "a good one")
    sandbox.stop()


def takes_any_time_when_told_so(stage):
    sandbox = Sandbox(stage, "--any-time")
    client = Client(sandbox)
    for offset_s in (-5000 * DAY_S, 5000 * DAY_S):
        status, _, answer = client.send(body_of({**event(), "eventTime": timestamp(offset_s)}))
        expect((status, unprocessed(answer)), (200, []), f"{offset_s} s from now")
    sandbox.stop()


# --- What the Event and Audience API refuses ----------------------------------------------------------------------

def tells_the_apis_apart(sandbox):
    """Each has a port of its own, as each has a host of its own in the world."""
    assert sandbox.url != sandbox.audience_url
    expect(Client(sandbox).status(body_of(event())), 200, "the Event API")
    expect(AudienceClient(sandbox).send([batch()])[::2], (202, ""), "the Event and Audience API")
    expect(AudienceClient(sandbox).send(batch(2), path="/v2/events")[::2], (202, ""), "its path for one batch")
    expect(Client(sandbox).status([batch()], path="/v2/bulkevents"), 404, "a path of the other API")
    expect(Client(sandbox).status([batch()], headers=AudienceClient.headers), 400, "headers of the other API")
    expect(AudienceClient(sandbox).send(body_of(event()), headers=HEADERS)[::2], (403, ""), "keys of the other API")
    expect(AudienceClient(sandbox).status(body_of(event())), 400, "a body of the other API")


def refuses_wrong_requests_of_batches(sandbox):
    client, good = AudienceClient(sandbox), [batch()]
    headers = AudienceClient.headers
    wrong_key = {**headers, "Authorization": "Basic " + base64.b64encode(b"key-sandbox:wrong").decode()}
    empty = [
        (404, {"path": "/v2/bulkevent"}), (404, {"path": "/v1/events"}), (405, {"method": "GET"}),
        (405, {"method": "PUT"}), (415, {"headers": {**headers, "Content-Type": "text/plain"}}),
        (415, {"headers": {"Authorization": headers["Authorization"]}}),
        (401, {"headers": {"Content-Type": "application/json"}}), (403, {"headers": wrong_key}),
    ]
    for status, how in empty:
        expect(client.send(good, **how)[::2], (status, ""), str(how))
    expect(client.send([batch(user_attributes={"city": "x" * 300_000})])[::2], (413, ""), "an oversize request")
    cases = [b"", b"[", b'[{"environment":"\xff"}]', {"batches": good}, [], [batch(n) for n in range(101)],
             [batch(1, events=[batch()["events"][0]] * 101)]]
    for body in cases:
        status, _, answer = client.send(body)
        expect((status, [error["code"] for error in answer["errors"]]), (400, ["BAD_REQUEST"]), str(body)[:100])
    status, _, answer = client.send(good, headers={**headers, "Rokt-Version": "2020-05-21"})
    assert status == 400 and "Rokt-Version" in answer["errors"][0]["message"], answer


def bad_batches():
    """Batches that are refused, each with a word of the reason and the path to it."""
    data = ".events[0].data"
    attributes = f"{data}.custom_attributes"
    yield "environment", "", batch(environment=None)
    yield "production or development", ".environment", batch(environment="test")
    yield "source_request_id", "", batch(source_request_id=None)
    yield "email, other and other2", ".user_identities", batch(user_identities={})
    yield "email must be", ".user_identities.email", batch(user_identities={"email": "Buyer@example.com"})
    yield "emailsha256 must be", ".user_identities.other", batch(user_identities={"other": "buyer@example.com"})
    yield "32 characters", ".user_identities.other2", batch(user_identities={"other2": "short"})
    yield "click id must be the same", "", batch(user_identities={"other2": CLICK_ID})
    yield "Could not find member", ".user_identities.other_id_2", batch(user_identities={"other_id_2": CLICK_ID})
    yield "Could not find member", ".accountId", batch(accountId="sandbox")
    yield "amount belongs into", ".user_attributes.amount", batch(user_attributes={"amount": "1"})
    yield "a scalar is wanted", ".user_attributes.lists", batch(user_attributes={"lists": ["a"]})
    yield "no GUID", ".device_info.ios_idfv", batch(device_info={"ios_idfv": "123"})
    yield "ipaddress must be", ".ip", batch(ip="somewhere")
    yield "a scalar is wanted", f"{attributes}.items", batch_with(items=[{"sku": "A"}])
    yield "a scalar is wanted", f"{attributes}.items", batch_with(items={})
    yield "is empty", f"{attributes}.region", batch_with(region="")
    yield "longer than 4096", f"{attributes}.region", batch_with(region="x" * 4097)
    yield "longer than 256", f"{attributes}.{'n' * 257}", batch_with(**{"n" * 257: "x"})
    yield "more than 100 attributes", attributes, batch_with(**{f"n{n}": "x" for n in range(98)})
    yield "amount must be", f"{attributes}.amount", batch_with(amount="99,80")
    yield "confirmationref", attributes, batch_with(confirmationref=None, transactionid="T")
    yield "firstname belongs into", f"{attributes}.firstname", batch_with(firstname="Ada")
    for wrong, reason in ((int(time.time() * 1000) - 31 * DAY_S * 1000, "older than 30 days"),
                          (int(time.time() * 1000) + 360_000, "5 minutes ahead"), (timestamp(), "integer is wanted")):
        made = batch()
        made["events"][0]["data"]["timestamp_unixtime_ms"] = wrong
        yield reason, f"{data}.timestamp_unixtime_ms", made
    many = batch_with(**{f"n{n}": "x" * 4000 for n in range(32)})
    yield "more than 128000 bytes", "", many


def says_which_batch_is_wrong_and_where(sandbox):
    client, cases = AudienceClient(sandbox), list(bad_batches())
    sandbox.ask("reset", "POST")
    for number, (reason, path, bad) in enumerate(cases):
        good = [batch(1000 + 2 * number), batch(1001 + 2 * number)]
        body = json.dumps([good[0], bad, good[1]])
        status, _, answer = client.send(body)
        expect(status, 202, reason)
        (error,) = answer["errors"]
        expect(error["code"], "BAD_REQUEST", reason)
        assert reason in error["message"], (reason, error)
        told = re.search(r"Path '(.*)', line 1, position (\d+)\.$", error["message"])
        assert told and told[1] == f"[1]{path}", (path, error)
        before = json.dumps([good[0]])[:-1]
        assert len(before) < int(told[2]) <= len(body) - len(json.dumps(good[1])) - 1, error
    expect(client.send([bad for _, _, bad in cases[:3]])[0], 400, "nothing but bad batches")
    events = sandbox.account()["events"]
    expect((events["accepted"], events["unprocessed"]), (2 * len(cases), len(cases) + 3), "the account")
    assert len(cases) > 25


def drops_batches_that_came_before(sandbox):
    sandbox.ask("reset", "POST")
    client = AudienceClient(sandbox)
    for body in ([batch(1), batch(2)], [batch(1)], [batch(2, source_request_id="r-1")],
                 [batch(2, source_request_id="r-3")], [batch_with(2, amount="1")],
                 [{**batch_with(2, amount="1"), "source_request_id": "r-4"}]):
        expect(client.send(body)[::2], (202, ""), str(body))
    account = sandbox.account()
    expect(account["apis"], {"event": 0, "event-and-audience": 4}, "by API")
    expect(account["events"], {"accepted": 4, "dropped": 3, "unacknowledged": 0, "unprocessed": 0, "unique": 2,
                               "repeated": 1, "changed": 1, "untracked": 0}, "by source_message_id")
    expect(account["batches"], {"unique": 4, "repeated": 1, "changed": 2, "untracked": 0}, "by source_request_id")
    expect(account["transactions"]["unique"], 2, "by confirmationref")
    expect(sandbox.ask("event?clientEventId=id-1")["source_request_id"], "r-1", "the event of an id")


def notes_what_is_not_one_line_of_ascii(sandbox):
    sandbox.ask("reset", "POST")
    client = AudienceClient(sandbox)
    for text in (json.dumps([batch_with(region="Köln")], ensure_ascii=False), json.dumps([batch(2)], indent=1),
                 json.dumps([batch(3)])):
        expect(client.status(text.encode()), 202, text[:100])
    expect(sandbox.account()["requests"]["irregular"], 2, "irregular bodies")


# --- Faults -----------------------------------------------------------------------------------------------------

def expect_broken(client, kind):
    try:
        client.send(body_of(event()))
    except kind:
        client.connection.close()
        return
    raise AssertionError(f"the connection was not broken as by {kind}")


def answers_as_the_script_says(sandbox):
    client = Client(sandbox)
    sandbox.set_faults({"status": 429, "every": 3, "header": "Retry-After: 1"})
    statuses = [client.status(body_of(event(n))) for n in range(9)]
    expect(statuses, [200, 200, 429] * 3, "every third")
    sandbox.set_faults({"status": 503, "header": ["X-One: 1", "Content-Type: text/html"], "body": "<h1>no</h1>"})
    status, headers, answer = client.send(body_of(event()))
    expect((status, headers["X-One"], headers.get_all("Content-Type"), answer),
           (503, "1", ["text/html"], "<h1>no</h1>"), "headers and body")
    sandbox.set_faults({"status": 500, "count": 2}, {"status": 502, "count": 1})
    expect([client.status(body_of(event())) for _ in range(5)], [500, 500, 502, 200, 200], "counts, in order")
    sandbox.set_faults({"status": 200, "body": "not JSON"})
    expect(client.send(body_of(event()))[::2], (200, "not JSON"), "another body of a 200")
    sandbox.set_faults({"status": 400, "match": "T-13"})
    expect([client.status(body_of(event(n))) for n in (12, 13, 14)], [200, 400, 200], "match")
    sandbox.set_faults({"status": 500, "from": 0.6, "for": 60}, {"status": 503, "for": 0.3})
    expect(client.status(body_of(event())), 503, "before its end")
    time.sleep(0.7)
    expect(client.status(body_of(event())), 500, "after its start")
    sandbox.set_faults({"status": 204})
    expect(client.status(body_of(event())), 204, "an answer without a body")
    sandbox.set_faults()
    expect(client.status(body_of(event())), 200, "without faults")


def breaks_connections(sandbox):
    client = Client(sandbox)
    sandbox.set_faults({"reset": True, "count": 1})
    expect_broken(client, ConnectionResetError)
    expect(client.status(body_of(event())), 200, "after a reset")
    sandbox.set_faults({"truncate": True, "count": 1})
    expect_broken(client, http.client.IncompleteRead)
    sandbox.set_faults({"truncate": True, "status": 500, "body": "x" * 60_000, "count": 1})
    expect_broken(client, http.client.IncompleteRead)
    requests = sandbox.account()["requests"]
    expect((requests["reset"], requests["truncated"]), (1, 2), "the account of broken connections")


def knows_what_clients_cannot(sandbox):
    """With accept the events are taken, whatever the answer; without it they are not."""
    client = Client(sandbox)
    for fault in ({"status": 500}, {"status": 504, "accept": True}, {"truncate": True}):
        sandbox.ask("reset", "POST")
        sandbox.set_faults({**fault, "count": 1})
        if "truncate" in fault:
            expect_broken(client, http.client.IncompleteRead)
        else:
            client.send(body_of(event(1)))
        events = sandbox.account()["events"]
        taken = 1 if "accept" in fault else 0
        expect((events["accepted"], events["unacknowledged"]), (taken, taken), str(fault))
    sandbox.ask("reset", "POST")
    sandbox.set_faults({"reset": True, "accept": True, "count": 1})
    expect_broken(client, ConnectionResetError)
    expect(client.status(body_of(event(1))), 200, "the second time")
    events = sandbox.account()["events"]
    expect((events["accepted"], events["unique"], events["repeated"], events["unacknowledged"]), (2, 1, 1, 1), "reset")


def raw(client, body):
    """Status, headers and bytes of the answer; None when there is none, or not a whole one."""
    try:
        client.connection.request("POST", client.path, json.dumps(body), client.headers)
        answer = client.connection.getresponse()
        return answer.status, answer.headers, answer.read()
    except (ConnectionResetError, http.client.IncompleteRead):
        client.connection.close()
        return None


def retry_after_is_in(seconds, form):
    def check(headers, _):
        then = time.mktime(time.strptime(headers["Retry-After"], form)) - time.timezone
        return abs(then - time.time() - seconds) < 5
    return check


def says(text):
    return lambda _, body: text.encode() in body


def has(name, value):
    return lambda headers, _: headers[name] == value


EMPTY = lambda _, body: body == b""
EITHER_API = [  # the rows that both contracts have
    ("408", {"status": 408}, 408, None), ("425", {"status": 425}, 425, None), ("404", {"status": 404}, 404, None),
    ("405", {"status": 405}, 405, has("Allow", "POST")), ("415", {"status": 415}, 415, None),
    ("3xx", {"status": 302, "header": "Location: https://elsewhere.example/"}, 302, None),
    ("409", {"status": 409, "accept": True}, 409, None), ("413", {"status": 413}, 413, None),
    ("429 without a time", {"status": 429}, 429, has("Retry-After", None)),
    ("429 in seconds", {"status": 429, "retry": 17}, 429, has("Retry-After", "17")),
    ("429 until a date", {"status": 429, "retry": 60, "date": "imf"}, 429,
     retry_after_is_in(60, "%a, %d %b %Y %H:%M:%S GMT")),
    ("429 until a date of RFC 850", {"status": 429, "retry": 60, "date": "rfc850"}, 429,
     retry_after_is_in(60, "%A, %d-%b-%y %H:%M:%S GMT")),
    ("429 until a date of asctime", {"status": 429, "retry": 60, "date": "asctime"}, 429,
     retry_after_is_in(60, "%a %b %d %H:%M:%S %Y")),
    ("500", {"status": 500}, 500, None), ("502", {"status": 502}, 502, None), ("504", {"status": 504}, 504, None),
    ("503", {"status": 503, "retry": 1}, 503, has("Retry-After", "1")), ("other 5xx", {"status": 520}, 520, None),
    ("2xx that is no JSON", {"status": 200, "header": "Content-Type: text/html", "body": "<p>welcome"}, 200,
     says("welcome")),
    ("2xx that is empty", {"status": 200, "body": ""}, 200, EMPTY),
    ("2xx in gzip", {"unprocessed": "X", "encode": "gzip"}, None,
     lambda headers, body: headers["Content-Encoding"] == "gzip" and b'"code":"X"' in gzip.decompress(body)),
    ("2xx that is cut", {"truncate": True}, None, None), ("reset", {"reset": True}, None, None),
]
EVENT_API = [
    ("200", {"pass": True}, 200, says('"unprocessedRecords":[]')),
    ("200, one unprocessed", {"unprocessed": "X", "match": "T-2"}, 200, says('"record":{"clientEventId":"id-2",')),
    ("200, by its id", {"unprocessed": "X", "match": "T-2", "named": "id"}, 200, says('{"clientEventId":"id-2"}}]')),
    ("200, a record of none", {"unprocessed": "X", "named": "wrongly"}, 200, says('"record":{"clientEventId":"an id')),
    ("200, no record", {"unprocessed": "X", "named": "not"}, 200, says('script"}}]')),
    ("200, another charset", {"unprocessed": "X", "encode": "latin1"}, 200, lambda _, body: b"Zo\xeb" in body),
    ("400", {"status": 400}, 400, says('"RequestValidationError"')),
    ("400, data as an array", {"status": 400, "body": '{"data":[{"code":"X"}]}'}, 400, says('[{"code"')),
    ("401", {"status": 401}, 401, says('"UnauthorizedError"')), ("403", {"status": 403}, 403, says('"Forbidden"')),
]
AUDIENCE_API = [
    ("202", {"pass": True}, 202, EMPTY),
    ("202, no errors", {"status": 202, "accept": True, "body": '{"errors":[]}'}, 202, says('{"errors":[]}')),
    ("202, one failed", {"unprocessed": "X", "match": "T-2"}, 202, says("Path '[1].source_request_id', line 1, position")),
    ("202, by its path", {"unprocessed": "X", "match": "T-2", "named": "path"}, 202,
     says("script. Path '[1].source_request_id'.\"")),
    ("202, by its position", {"unprocessed": "X", "match": "T-2", "named": "position"}, 202,
     says("script. line 1, position ")),
    ("202, a path to none", {"unprocessed": "X", "named": "wrongly"}, 202, says("Path '[100]")),
    ("202, none named", {"unprocessed": "X", "named": "not"}, 202, says('script."}]}')),
    ("202 with what is used", {"header": "X-mp-rate-limit-percentage-used: 85"}, 202,
     has("X-mp-rate-limit-percentage-used", "85")),
    ("400, bad batches", {"status": 400, "unprocessed": "X", "named": "position"}, 400, says("position")),
    ("400 without a body", {"status": 400, "body": ""}, 400, EMPTY),
    ("401", {"status": 401}, 401, EMPTY), ("403", {"status": 403}, 403, EMPTY),
    ("429 of the acceleration", {"status": 429, "header": "X-mp-rate-limit-exceeded: acceleration"}, 429,
     has("X-mp-rate-limit-exceeded", "acceleration")),
    ("429 of the rate", {"status": 429, "header": "X-mp-rate-limit-exceeded: workspace"}, 429,
     has("X-mp-rate-limit-exceeded", "workspace")),
]


def gives_every_answer_of_the_contract(sandbox):
    event_body = body_of(event(1, firstname="Zoë"), event(2))
    audience_body = [batch(1), batch(2)]
    for client, body, rows in ((Client(sandbox), event_body, EITHER_API + EVENT_API),
                               (AudienceClient(sandbox), audience_body, EITHER_API + AUDIENCE_API)):
        success = 200 if client.path == "/v2/events" else 202
        for row, fault, status, check in rows:
            sandbox.set_faults(fault)
            answer = raw(client, body)
            if check is None and status is None:
                expect(answer, None, f"{client.path}: {row}")
                continue
            expect(answer[0], status or success, f"{client.path}: {row}")
            assert check is None or check(*answer[1:]), (client.path, row, answer[1].items(), answer[2])
    sandbox.set_faults()


def understands_gzip(sandbox):
    sandbox.ask("reset", "POST")
    for client, body, success in ((Client(sandbox), body_of(event()), 200), (AudienceClient(sandbox), [batch()], 202)):
        packed = {**client.headers, "Content-Encoding": "gzip"}
        text = json.dumps(body).encode()
        expect(client.status(gzip.compress(text), headers=packed), success, "gzip")
        expect(client.status(text, headers=packed), 400, "no gzip")
        expect(client.status(gzip.compress(text)[:-1], headers=packed), 400, "half of a gzip")
        expect(client.status(gzip.compress(b" " * 2_000_000), headers=packed), 413, "too much in a gzip")
        expect(client.status(text, headers={**packed, "Content-Encoding": "br"}), 415, "another encoding")
    account = sandbox.account()
    expect((account["requests"]["compressed"], account["events"]["accepted"]), (10, 2), "the account")


def plays_scenarios(stage):
    """Files of faults: answers one after the other, or at their times."""
    folder = SOURCE / "deploy/scenarios"
    sandbox = Sandbox(stage, "--plain", "--scenario", folder / "sequence.json", "--fault", "status=500")
    client = AudienceClient(sandbox)
    answers = [client.send([batch(n)]) for n in range(8)]
    expect([status for status, *_ in answers], [202, 202, 429, 503, 503, 503, 401, 401], "a sequence")
    expect(answers[2][1]["X-mp-rate-limit-exceeded"], "acceleration", "a header in it")
    expect(len(sandbox.ask("faults")), 5, "those of --fault come after")
    sandbox.stop()
    (stage.folder / "now.json").write_text('[{"status":503,"for":0.8},{"status":429,"from":0.8,"for":600}]')
    sandbox = Sandbox(stage, "--plain", "--scenario", stage.folder / "now.json")
    client = Client(sandbox)
    expect(client.status(body_of(event())), 503, "the first of a schedule")
    time.sleep(0.9)
    expect(client.status(body_of(event())), 429, "the second")
    sandbox.stop()
    for file in sorted(folder.iterdir()):
        sandbox = Sandbox(stage, "--plain", "--scenario", file)
        expect(len(sandbox.ask("faults")), len(json.loads(file.read_text())), file.name)
        sandbox.stop()
    (stage.folder / "wrong.json").write_text('[{"status":503},{"state":1}]')
    done = run("--scenario", stage.folder / "wrong.json")
    expect(done.returncode, 2, "a wrong scenario")
    assert "wrong.json: faults[1]: a fault has no key" in done.stderr, done.stderr
    expect(run("--scenario", stage.folder / "none.json").returncode, 2, "no scenario")


def delays_nobody_else(sandbox):
    sandbox.set_faults({"delay": 1500, "match": "T-1\""})
    slow, quick = Client(sandbox), Client(sandbox)
    slow.connection.request("POST", "/v2/events", json.dumps(body_of(event(1))), HEADERS)
    began = time.monotonic()
    for number in range(2, 7):
        expect(quick.status(body_of(event(number))), 200, "beside a delayed one")
    assert time.monotonic() - began < 1, "others had to wait"
    expect(slow.connection.getresponse().status, 200, "after its delay")
    assert time.monotonic() - began > 1.2, "it was not delayed"
    sandbox.set_faults({"delay": 200}, {"delay": 200}, {"status": 503})
    began = time.monotonic()
    expect(quick.status(body_of(event())), 503, "delays go on to the next fault")
    assert time.monotonic() - began >= 0.4, "delays must add up"
    sandbox.set_faults()


def leaves_events_unprocessed(sandbox):
    client = Client(sandbox)
    sandbox.ask("reset", "POST")
    sandbox.set_faults({"unprocessed": "InternalError", "match": "T-2"})
    status, _, answer = client.send(body_of(event(1), event(2), event(3)))
    (record,) = unprocessed(answer)
    expect((status, record["error"]["code"], record["record"]["clientEventId"]), (200, "InternalError", "id-2"), "one")
    sandbox.set_faults({"unprocessed": "TooBusy", "count": 1})
    (record,) = unprocessed(client.send(body_of(event(4), event(5)))[2])
    expect((record["error"]["code"], record["record"]["clientEventId"]), ("TooBusy", "id-4"), "the first")
    events = sandbox.account()["events"]
    expect((events["accepted"], events["unprocessed"], events["unacknowledged"]), (3, 2, 0), "the account")
    sandbox.set_faults()


def repeats_itself_with_the_same_seed(stage):
    runs = []
    for seed in (7, 7, 8):
        sandbox = Sandbox(stage, "--plain", "--seed", seed, "--fault", "status=503,share=0.3", "--fault",
                          "reset,share=0", "--fault", '{"status":500,"share":0.2,"body":"a,b"}')
        client = Client(sandbox)
        runs.append([client.status(body_of(event(n))) for n in range(200)])
        happened = [fault["happened"] for fault in sandbox.ask("faults")]
        expect(happened, [runs[-1].count(503), 0, runs[-1].count(500)], "how often the faults happened")
        sandbox.stop()
    assert runs[0] == runs[1] != runs[2], "the seed decides"
    assert 30 < runs[0].count(503) < 90, "about three in ten"


def refuses_faults_that_make_no_sense(sandbox):
    sandbox.set_faults({"status": 503, "every": 1000})
    cases = ["{}", "[1]", '[{"statu":500}]', '[{"status":99}]', '[{"status":500,"share":2}]', '[{"share":0.5}]',
             '[{"status":500,"reset":true}]', '[{"reset":true,"body":"x"}]', '[{"delay":1,"accept":true}]',
             '[{"unprocessed":"X","named":"else"}]', '[{"status":429,"date":"imf"}]', '[{"pass":true,"status":500}]',
             '[{"status":500,"header":"none"}]', '[{"status":500,"header":"A: b\\r\\nC: d"}]', '[{"unprocessed":""}]',
             '[{"status":500,"every":0}]', '[{"status":500.5}]', "[", json.dumps([{"status": 500}] * 65)]
    for text in cases:
        status, _, answer = Client(sandbox).send(text, method="PUT", path="/_sandbox/faults")
        expect(status, 400, text)
        assert answer["error"], text
    expect(len(sandbox.ask("faults")), 1, "the script is as it was")
    expect(sandbox.ask("faults", "DELETE"), [], "no faults any more")


# --- Limits of the rate -------------------------------------------------------------------------------------------

def limits_the_rate(sandbox):
    """270 conversions in any second, and no more; refused ones do not count."""
    sandbox.ask("reset", "POST")
    time.sleep(1.02)  # what came before counts, too
    expect(sandbox.ask("limits", "PUT", b'{"rate":270}'), {"rate": 270, "acceleration": 0}, "the limits")
    audience, first = AudienceClient(sandbox), Client(sandbox)
    batches, events = [[kind(n) for n in range(90)] for kind in (batch, event)]
    for client, body, status in ((audience, batches, 202), (first, body_of(*events), 200)):
        for share in (33, 66, 100):
            got, headers, _ = client.send(body)
            expect((got, headers["X-mp-rate-limit-percentage-used"]),
                   (status, str(share) if client is audience else None), "within the limit")
        status, headers, answer = client.send(body)
        expect((status, headers["Retry-After"]), (429, "1"), "beyond it")
        told = headers["X-mp-rate-limit-exceeded"], headers["X-mp-rate-limit-percentage-used"]
        expect(told, ("account", "100") if client is audience else (None, None), "what is told")
        expect(answer and answer["data"]["code"], "" if client is audience else "TooManyRequests", "the body")
    expect(audience.status(b"["), 400, "what is no request is not limited")
    time.sleep(1.02)
    expect((audience.status(batches), first.status(body_of(*events))), (202, 200), "a second later")
    account = sandbox.account()
    expect(account["requests"]["limited"], {"rate": 2, "acceleration": 0}, "the account")
    expect((account["events"]["accepted"], account["events"]["dropped"]), (5 * 90, 3 * 90), "what was refused is not taken")
    expect(sandbox.ask("limits", "DELETE"), {"rate": 0, "acceleration": 0}, "no limits")
    expect(audience.send(batches)[1]["X-mp-rate-limit-percentage-used"], None, "without limits")


def limits_the_acceleration(stage):
    sandbox = Sandbox(stage, "--plain", "--rate", "1000", "--acceleration", "50")
    expect(sandbox.ask("limits"), {"rate": 1000, "acceleration": 50}, "the limits")
    client = AudienceClient(sandbox)
    batches = [batch(n) for n in range(50)]
    expect([client.status(batches) for _ in range(2)], [202, 202], "a tenth of the rate")
    status, headers, _ = client.send([batch()])
    expect((status, headers["X-mp-rate-limit-exceeded"]), (429, "acceleration"), "more than that at once")
    time.sleep(1.1)
    expect([client.status(batches) for _ in range(6)], [202] * 5 + [429], "half as many more, and a tenth")
    for wrong in (b'{"rate":-1}', b'{"rates":1}', b'{"acceleration":1}', b"[]"):
        expect(client.status(wrong, method="PUT", path="/_sandbox/limits"), 400, str(wrong))
    expect(sandbox.ask("limits"), {"rate": 1000, "acceleration": 50}, "they are as they were")
    expect(sandbox.stop()["requests"]["limited"], {"rate": 0, "acceleration": 2}, "the account")


# --- The account ------------------------------------------------------------------------------------------------

def keeps_account(sandbox):
    sandbox.ask("reset", "POST")
    client = Client(sandbox)
    first, changed = event(1), event(1, amount="1.00")
    client.send(body_of(first, event(2)))
    client.send(body_of(first))
    client.send(body_of(changed, event(3, transactionid=None)))
    client.send(body_of({**event(4, transactionid=None, confirmationref="C-4"), "eventType": "other"}))
    client.status(b"{")
    account = sandbox.account()
    expect(account["requests"], {"total": 5, "status": {"200": 4, "400": 1}, "reset": 0, "truncated": 0,
                                 "compressed": 0, "irregular": 0, "limited": {"rate": 0, "acceleration": 0}}, "requests")
    expect(account["connections"], 1, "connections")
    expect(account["events"], {"accepted": 6, "dropped": 0, "unacknowledged": 0, "unprocessed": 0, "unique": 4, "repeated": 1,
                               "changed": 1, "untracked": 0}, "events")
    expect(account["transactions"], {"unique": 3, "repeated": 1, "changed": 1, "untracked": 0, "missing": 1},
           "transactions")
    expect(account["types"], {"conversion": 5, "other": 1}, "types")
    assert account["bytes"] > 1000
    status, headers, text = client.send(b"", method="GET", path="/_sandbox/ids", headers={})
    expect([json.loads(line) for line in text.splitlines()],
           [{"transactionid": "T-1", "count": 3}, {"transactionid": "T-2", "count": 1},
            {"transactionid": "C-4", "count": 1}], "ids")
    expect((status, headers["Content-Type"]), (200, "application/jsonl"), "the answer with ids")
    expect(sandbox.ask("event?clientEventId=id-1"), changed, "the newest with that id")
    expect(sandbox.ask("event?transactionid=T-2")["clientEventId"], "id-2", "by transaction")
    newest = [one["clientEventId"] for one in sandbox.ask("events?limit=2")["events"]]
    expect(newest, ["id-3", "id-4"], "the last two")
    expect(len(sandbox.ask("events")["events"]), 6, "the last ten")


def answers_only_what_it_knows(sandbox):
    client = Client(sandbox)
    expect(sandbox.ask("health"), {"status": "ok"}, "health")
    for status, method, path in ((404, "GET", "nothing"), (405, "POST", "account"), (404, "GET", "event?transactionid=x"),
                                 (400, "GET", "event"), (400, "GET", "events?limit=-1"), (404, "GET", "kafka"),
                                 (404, "GET", "order?transactionid=x")):
        got, _, answer = client.send(b"", method=method, path=f"/_sandbox/{path}", headers={})
        expect(got, status, path)
        assert answer["error"], path


# --- The process ------------------------------------------------------------------------------------------------

def run(*arguments):
    return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=WAIT_S, check=False)


def understands_its_arguments(stage):
    done = run("--help")
    expect((done.returncode, done.stderr), (0, ""), "--help")
    for word in ("--listen", "--fault", "share", "Exit codes"):
        assert word in done.stdout, word
    assert max(map(len, done.stdout.splitlines())) <= 120, "the help is too wide"
    expect(run("--version").stdout.split()[0], "rokt-sandbox", "--version")
    wrong = [["--lisen", "x"], ["more"], ["--listen"], ["--listen", "nowhere"], ["--listen", "1.2.3.4:99999"],
             ["--plain=1"], ["--seed", "x"], ["--seed", "-1"], ["--fault", "status=x"], ["--orders", "5"],
             ["--kafka", "--orders", "99999999999"], ["--kafka", "--shop", "ebay=t:1"], ["--kafka", "--shop", "stripe=t"],
             ["--acceleration", "50"], ["--rate", "1000001"], ["--audience-port", "65536"],
             ["--kafka", "--topic", "a b:1"], ["--kafka", "--topic", "t:0"], ["--kafka", "--topic", "t:1", "--topic", "t:2"],
             ["--kafka", "--topic", "t:1", "--orders", "5"], ["--plain", "--ca-file", "x"], ["--kafka", "--size", "900001"]]
    for arguments in wrong:
        done = run(*arguments)
        expect((done.returncode, done.stdout), (2, ""), str(arguments))
        assert done.stderr.startswith("rokt-sandbox: "), done.stderr
    assert "the nearest is --listen" in run("--lisen", "x").stderr
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = run("--listen", f"127.0.0.1:{taken.getsockname()[1]}")
        expect(done.returncode, 1, "a port that is taken")
        assert "in use" in done.stderr, done.stderr
    expect(run("--ca-file", stage.folder / "no" / "such").returncode, 1, "a file that cannot be written")


def is_described_as_it_is(stage):
    """deploy/README.md names options, faults and endpoints that exist, and no fault is left out."""
    text = (SOURCE / "deploy/README.md").read_text()
    text = text[text.index("## rokt-sandbox"):]
    options, faults = run("--help").stdout.split("A fault is written as")
    known = set(re.findall(r"^  (--[a-z-]+)", options, re.MULTILINE))
    expect(set(re.findall(r"--[a-z]+(?:-[a-z]+)*", text)) - known - {"--help"}, set(), "options that do not exist")
    keys = set(re.findall(r"^  ([a-z]+) +\S", faults, re.MULTILINE))
    assert len(keys) > 10, keys
    table, words = text.split("### Faults")[1].split("### Endpoints")[0].split("| `named` | Event API")
    rows = re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
    expect(set(re.findall(r"`([a-z]+)`", " ".join(rows))), keys, "the keys of faults")
    for list_of_words in re.findall(r": ((?:[a-z0-9]+, )+[a-z0-9]+)$", faults, re.MULTILINE):
        for word in list_of_words.split(", "):
            assert f"`{word}`" in table + words, word
    sandbox = Sandbox(stage, "--plain", "--kafka", "--orders", 1)
    for methods, path in re.findall(r"`((?:[A-Z]+`, `)*[A-Z]+) ([a-z]+)[^`]*` \|", text):
        for method in methods.split("`, `"):
            status = Client(sandbox).status(b"[]", method=method, path=f"/_sandbox/{path}", headers={})
            assert status in (200, 400), (status, method, path)  # 400: it wants an argument
    sandbox.stop()


def ends_with_its_account(stage):
    for number in (signal.SIGTERM, signal.SIGINT):
        files = stage.folder / "ready.json", stage.folder / "account.json"
        sandbox = Sandbox(stage, "--ready-file", files[0], "--account-file", files[1], "--account-id", "77",
                          "--public-key", "rpub-x", "--secret-key", "rsec-y", "--listen", "localhost:0")
        expect(json.loads(files[0].read_text()), sandbox.ready, "the ready file")
        ca_file = pathlib.Path(sandbox.ca_file)
        assert ca_file.read_text().startswith("-----BEGIN CERTIFICATE-----")
        headers = {**HEADERS, "Authorization": "Basic " + base64.b64encode(b"rpub-x:rsec-y").decode()}
        expect(Client(sandbox).status(body_of(event(), accountId="77"), headers=headers), 200, "own credentials")
        waiting = Client(sandbox)
        sandbox.set_faults({"delay": 60_000})
        waiting.connection.request("POST", "/v2/events", "{}", headers)
        time.sleep(0.2)
        began = time.monotonic()
        sandbox.process.send_signal(number)
        out, _ = sandbox.process.communicate(timeout=WAIT_S)
        assert time.monotonic() - began < 10, "a delayed answer held it up"
        expect(sandbox.process.returncode, 0, "the exit code")
        account = json.loads(out)
        expect(account["events"]["unique"], 1, "the account at the end")
        expect(json.loads(files[1].read_text()), account, "the account's file")
        assert not ca_file.exists() and not ca_file.parent.exists(), "temporary files are left"


def is_trusted_by_its_authority_only(stage):
    kept = stage.folder / "authority.pem"
    sandbox = Sandbox(stage, "--ca-file", kept)
    expect(sandbox.ca_file, str(kept), "the authority's file")
    port = urllib.parse.urlsplit(sandbox.url).port
    for host in ("localhost", "127.0.0.1"):
        with socket.create_connection(("127.0.0.1", port)) as plain:
            with sandbox.tls.wrap_socket(plain, server_hostname=host) as secure:
                assert secure.version() in ("TLSv1.2", "TLSv1.3")
    for context, host in ((ssl.create_default_context(), "localhost"), (sandbox.tls, "api.rokt.com")):
        try:
            with socket.create_connection(("127.0.0.1", port)) as plain:
                context.wrap_socket(plain, server_hostname=host)
            raise AssertionError("trusted")
        except ssl.SSLCertVerificationError:
            pass
    sandbox.stop()
    assert kept.exists(), "a file that was asked for stays"


# --- Kafka ------------------------------------------------------------------------------------------------------

def serves_orders(stage):
    sandbox = Sandbox(stage, "--kafka", "--orders", 500, "--seed", 3)
    expect(sorted(sandbox.ready["orders"]), ["orders.adyen", "orders.shopify", "orders.stripe", "orders.woocommerce"],
           "the topics")
    made = sandbox.ready["orders"]
    expect(sum(one["produced"] for one in made.values()), 500, "all orders")
    for counts in made.values():
        expect(counts["conversions"] + counts["skipped"] + counts["dead"], counts["produced"], "the outcomes")
    kafka = sandbox.ask("kafka?group=nobody")
    ends = {name: [one["end"] for one in topic["partitions"]] for name, topic in kafka["topics"].items()}
    expect(ends, {"orders.shopify": [50] * 4, "orders.woocommerce": [50] * 2, "orders.stripe": [50] * 2,
                  "orders.adyen": [50] * 2}, "the ends")
    expect((kafka["group"], kafka["lag"], kafka["dead_letters"], kafka["feeding"]), ("nobody", 500, 0, False), "the rest")
    expect(sandbox.ask("kafka")["group"], None, "without a group")
    order = sandbox.ask(f"order?transactionid={first_shopify_id(sandbox)}")
    expect((order["topic"], str(order["order"]["id"])), ("orders.shopify", order["key"]), "an order")
    account = sandbox.stop()
    expect(account["kafka"]["lag"], 500, "Kafka in the account")


def first_shopify_id(sandbox):
    """Some of the orders are no conversions, and are not found."""
    for number in range(0, 100):
        request = f"{sandbox.url}/_sandbox/order?transactionid={5500000000000 + number * 5}"
        try:
            with urllib.request.urlopen(request, context=sandbox.tls, timeout=30) as answer:
                return json.load(answer)["order"]["id"]
        except urllib.error.HTTPError as error:
            assert error.code == 404, error
    raise AssertionError("none of the first orders is a conversion")


def is_the_same_with_the_same_seed(stage):
    ready = []
    for seed in (5, 5, 6):
        sandbox = Sandbox(stage, "--plain", "--kafka", "--shop", "stripe=a:1", "--shop", "adyen=b:3", "--topic", "c:2",
                          "--orders", 400, "--seed", seed)
        ready.append(sandbox.ready["orders"])
        expect([ready[-1][name]["produced"] for name in "ab"], [100, 300], "shared by partitions")
        expect(sorted(sandbox.ask("kafka")["topics"]), ["a", "b", "c"], "topics with and without orders")
        sandbox.stop()
    assert ready[0] == ready[1] != ready[2], "the seed decides"


def refuses_what_would_be_dropped(stage):
    done = run("--kafka", "--orders", 20_000)
    expect((done.returncode, done.stdout), (1, ""), "too many orders")
    for word in ("5 MiB", "orders.shopify", "more partitions", "--group"):
        assert word in done.stderr, done.stderr
    sandbox = Sandbox(stage, "--plain", "--kafka", "--shop", "adyen=a:8", "--orders", 1_000, "--size", 30_000)
    kafka = sandbox.ask("kafka")
    expect([one["low"] for one in kafka["topics"]["a"]["partitions"]], [0] * 8, "nothing dropped")
    sandbox.stop()
    sandbox = Sandbox(stage, "--plain", "--kafka", "--orders", 20_000, "--group", "g")
    time.sleep(1)
    kafka = sandbox.ask("kafka")
    assert kafka["feeding"] and 0 < kafka["lag"] < 20_000, "it waits for the group"
    assert all(one["low"] == 0 for topic in kafka["topics"].values() for one in topic["partitions"])
    expect(sandbox.ready["orders"]["orders.shopify"]["produced"], 8_000, "what is planned")
    expect(sandbox.stop()["kafka"]["group"], "g", "the group of the account")


def main():
    with Stage() as stage:
        sandbox = Sandbox(stage)
        for test in (refuses_wrong_addresses_and_headers, refuses_wrong_requests, takes_what_is_just_within_the_limits,
                     echoes_what_it_cannot_process, tells_the_apis_apart, refuses_wrong_requests_of_batches,
                     says_which_batch_is_wrong_and_where, drops_batches_that_came_before,
                     notes_what_is_not_one_line_of_ascii, answers_as_the_script_says, breaks_connections,
                     knows_what_clients_cannot, delays_nobody_else, leaves_events_unprocessed,
                     gives_every_answer_of_the_contract, understands_gzip,
                     refuses_faults_that_make_no_sense, limits_the_rate, keeps_account, answers_only_what_it_knows):
            test(sandbox)
            print("sandbox", test.__name__.replace("_", " "), flush=True)
        sandbox.stop()
        for test in (refuses_whole_requests_when_told_so, takes_any_time_when_told_so, limits_the_acceleration, plays_scenarios, repeats_itself_with_the_same_seed, understands_its_arguments,
                     is_described_as_it_is, ends_with_its_account, is_trusted_by_its_authority_only, serves_orders,
                     is_the_same_with_the_same_seed, refuses_what_would_be_dropped):
            test(stage)
            print("sandbox", test.__name__.replace("_", " "), flush=True)


main()
