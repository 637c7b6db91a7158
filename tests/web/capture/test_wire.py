"""The wire, endpoint by endpoint: what is stored, what is refused with which words, and what may be sent again."""

import asyncio
import gzip
import json
import zlib
from typing import Any

import pytest

from kizuna.tracking import inbox
from kizuna.web.capture import door, wire
from tests.web.capture.conftest import KEY, Caller


def _event(**fields: Any) -> dict[str, Any]:
    return {"type": "track", "event": "Product Viewed", "userId": None, "anonymousId": "a", "messageId": "m", **fields}


def _json(content: Any) -> bytes:
    return json.dumps(content).encode()


@pytest.mark.parametrize(("word", "call"), sorted(wire.CALLS.items()))
def test_every_endpoint_stores_the_body_as_it_came(caller: Caller, word: str, call: str) -> None:
    body = (
        _json({"batch": [_event()], "sentAt": "2026-11-22T09:00:00Z", "_metadata": {"x": 1}})
        if call == "batch"
        else (_json(_event(_metadata={"bundled": ["Segment.io"]}, text="日本語 🫖 \u202eעברית")))
    )
    answer = caller.call(f"/v1/{word}", body)
    assert (answer.status, answer.body) == (200, b'{"success": true}')
    assert answer.headers["access-control-allow-origin"] == "*"
    (row,) = caller.stored()
    assert (row.source_id, row.call, row.body) == (7, call, body)
    assert row.received_us > 1_700_000_000_000_000


def test_the_key_may_stand_in_header_or_body(caller: Caller) -> None:
    in_body = _json(_event(writeKey=KEY))
    assert caller.call("/v1/t", in_body, key=None, content_type="text/plain").status == 200
    assert caller.call("/v1/t", in_body, key="wrong").status == 200
    assert caller.call("/v1/t", _json(_event(writeKey="wrong"))).status == 200
    assert caller.call("/v1/b", _json({"batch": [], "writeKey": KEY}), key=None).status == 200
    assert caller.call("/v1/t", _json(_event()), authorization="Basic a3pfd19nb29k", key=None).status == 200
    for refused in (
        caller.call("/v1/t", _json(_event()), key=None),
        caller.call("/v1/t", _json(_event()), key="wrong"),
        caller.call("/v1/t", _json(_event()), key=None, authorization="Bearer x"),
        caller.call("/v1/t", _json(_event()), key=None, authorization="Basic ???"),
        caller.call("/v1/t", _json(_event(writeKey="")), key=None),
    ):
        assert refused.status == 401
        assert refused.error["field"] == "writeKey"
    assert caller.call("/v1/t", _json(_event(writeKey=5)), key=None).status == 400
    assert len(caller.stored()) == 5


@pytest.mark.parametrize(
    ("body", "words", "field"),
    [
        (b"", "not JSON", "body"),
        (b"{", "not JSON", "body"),
        (b"[]", "must be a JSON object", "body"),
        (b'"text"', "must be a JSON object", "body"),
        (b'{"properties": {"price": NaN}}', "not JSON", "body"),
        (b'{"properties": {"price": -Infinity}}', "not JSON", "body"),
        (b'{"properties": {"price": 1e999}}', "not JSON", "body"),
        (b'{"properties": {"price": ' + b"9" * 5000 + b"}}", "not JSON", "body"),
        (b'{"event": "\xff\xfe"}', "not UTF-8", "body"),
        (b'{"a":' * 3000 + b"1" + b"}" * 3000, "too deeply", "body"),
        (_json(_event(messageId="m" * 101)), "messageId is over 100", "messageId"),
    ],
)
def test_what_can_never_succeed_is_refused_naming_the_field(
    caller: Caller, body: bytes, words: str, field: str
) -> None:
    answer = caller.call("/v1/track", body)
    assert answer.status == 400
    assert words in answer.error["message"]
    assert answer.error["field"] == field
    assert caller.stored() == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"[]", "must be a JSON object"),
        (b"{}", "batch must be an array"),
        (b'{"batch": {}}', "batch must be an array"),
        (b'{"batch": null}', "batch must be an array"),
        (b'{"batch": [NaN]}', "not JSON"),
        (b'{"batch": [{}', "not JSON"),
        (b'{"batch": [' + b"[" * 3000 + b"]" * 3000 + b"]}", "too deeply"),
        (_json({"batch": [0] * 2501}), "at most 2500 events"),
    ],
)
def test_a_bad_envelope_is_refused(caller: Caller, body: bytes, words: str) -> None:
    answer = caller.call("/v1/batch", body)
    assert answer.status == 400
    assert words in answer.error["message"]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (_json(_event(messageId="big", text="x" * 33_000)), "too_large"),
        (b'{"messageId": "big", "event": "Product Viewed", "price": 1e999}', "unreadable"),
        (b'{"messageId": "big", "event": "Product Viewed", "text": "\xff"}', "unreadable"),
    ],
)
def test_a_bad_event_in_a_batch_gives_way_to_a_marker_and_its_neighbours_stay(
    caller: Caller, bad: bytes, reason: str
) -> None:
    good = _json(_event())
    body = b'{"sentAt":"2026-11-22T09:00:00Z","batch":[' + b",".join([good, bad, b"5", good]) + b'],"context":{"a":1}}'
    assert caller.call("/v1/batch", body).status == 200
    kept = json.loads(caller.stored()[0].body)
    assert kept["sentAt"] == "2026-11-22T09:00:00Z"
    assert kept["context"] == {"a": 1}
    assert kept["batch"][0] == kept["batch"][3] == _event()
    assert kept["batch"][2] == 5
    marker = kept["batch"][1]
    assert marker[wire.MARKER] == reason
    assert marker["bytes"] == len(bad)
    if reason == "too_large":
        assert (marker["messageId"], marker["event"], marker["type"]) == ("big", "Product Viewed", "track")


def test_half_an_emoji_loses_nothing(caller: Caller) -> None:
    cut = b'{"event": "kettle \\uD83E", "path": "C:\\\\ud83e", "whole": "\\ud83e\\uded6", "swapped": "\\uded6\\ud83e"}'
    assert caller.call("/v1/track", cut).status == 200
    assert caller.call("/v1/batch", b'{"batch": [%s, {}]}' % cut).status == 200
    single, batch = (json.loads(row.body) for row in caller.stored())
    assert single == {"event": "kettle \ufffd", "path": "C:\\ud83e", "whole": "🫖", "swapped": "\ufffd\ufffd"}
    assert batch["batch"] == [single, {}]


def test_limits_are_exact(caller: Caller) -> None:
    def padded(length: int) -> bytes:
        return b'{"t":"' + b"x" * (length - 8) + b'"}'

    assert caller.call("/v1/track", padded(32 * 1024)).status == 200
    refused = caller.call("/v1/track", padded(32 * 1024 + 1))
    assert (refused.status, refused.error["field"]) == (413, "body")
    whole = b'{"batch":[' + b",".join([padded(20_000)] * 25) + b"]"
    exact = whole + b" " * (500 * 1024 - len(whole) - 1) + b"}"
    assert caller.call("/v1/batch", exact).status == 200
    assert caller.call("/v1/batch", exact + b" ").status == 413
    assert caller.call("/v1/batch", [exact, b" "]).status == 413
    assert caller.call("/v1/batch", _json({"batch": [0] * 2500})).status == 200


def test_a_body_of_ten_megabytes_is_read_and_thrown_away_so_that_the_sender_sees_the_answer(caller: Caller) -> None:
    piece, sent, answers = b"x" * 1024 * 1024, iter(range(10)), []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": piece, "more_body": next(sent) < 9}

    async def send(message: Any) -> None:
        answers.append(message)

    scope = {"type": "http", "method": "POST", "path": "/v1/track", "query_string": b""}
    asyncio.run(caller.door({**scope, "headers": [(b"content-length", b"10485760")]}, receive, send))
    assert answers[0]["status"] == 413
    assert next(sent, None) is None


def test_a_body_announced_too_long_is_refused(caller: Caller) -> None:
    assert caller.call("/v1/track", b"{}", content_length=str(10 * 1024 * 1024)).status == 413
    assert caller.call("/v1/track", b"{}", content_length=str(10**12)).status == 413
    assert caller.call("/v1/track", b"{}", content_length="-1").status == 413


def test_gzip_is_read_and_bombs_are_not(caller: Caller) -> None:
    body = _json({"batch": [_event()]})
    assert caller.call("/v1/batch", gzip.compress(body), content_encoding="gzip").status == 200
    assert caller.stored()[0].body == body
    bomb = gzip.compress(b" " * 400_000_000)
    assert len(bomb) < 500 * 1024
    assert caller.call("/v1/batch", bomb, content_encoding="gzip").status == 413
    assert caller.call("/v1/batch", body, content_encoding="gzip").status == 400
    assert caller.call("/v1/batch", gzip.compress(body)[:-9], content_encoding="gzip").status == 400
    assert caller.call("/v1/batch", zlib.compress(body), content_encoding="br").status == 415


def test_browsers_may_ask_first_and_metrics_are_taken_and_dropped(caller: Caller) -> None:
    preflight = caller.call("/v1/t", method="OPTIONS", key=None)
    assert preflight.status == 204
    assert {"authorization", "content-type", "x-retry-count"} <= set(
        preflight.headers["access-control-allow-headers"].split(", ")
    )
    assert caller.call("/v1/m", b'{"series": []}', key=None).status == 200
    assert caller.stored() == []


def test_project_settings_point_the_browser_client_here(caller: Caller) -> None:
    answer = caller.call(f"/v1/projects/{KEY}/settings", method="GET", key=None)
    assert json.loads(answer.body)["integrations"]["Segment.io"] == {
        "apiKey": KEY,
        "apiHost": "127.0.0.1:8000/v1",
        "protocol": "http",
    }
    assert caller.call("/v1/projects/wrong/settings", method="GET", key=None).status == 401


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/track", 405),
        ("GET", "/v1/m", 405),
        ("POST", "/v1/nothing", 404),
        ("POST", "/v1/track/", 404),
        ("POST", "/v1/projects/x/settings", 404),
        ("PUT", "/v1/batch", 405),
    ],
)
def test_mistakes_get_an_error_and_never_a_redirect(caller: Caller, method: str, path: str, status: int) -> None:
    answer = caller.call(path, b"{}", method=method)
    assert answer.status == status
    assert answer.error["message"]
    assert "location" not in answer.headers


def test_a_source_that_sends_too_fast_is_asked_to_wait(limited: Caller) -> None:
    limited.door._buckets._clock = lambda: 100.0
    assert limited.call("/v1/batch", _json({"batch": [0] * 45})).status == 200
    refused = limited.call("/v1/batch", _json({"batch": [0] * 20}))
    assert refused.status == 429
    assert 1 <= int(refused.headers["retry-after"]) <= 2
    assert limited.call("/v1/track", b"{}").status == 200


def test_a_batch_larger_than_the_bucket_still_gets_through(limited: Caller) -> None:
    limited.door._buckets._clock = lambda: 100.0
    assert limited.call("/v1/batch", _json({"batch": [0] * 2000})).status == 200
    assert limited.call("/v1/track", b"{}").status == 429


def test_what_passes_gets_503_and_when_to_come_back(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "LONGEST_QUEUE_ROWS", 0)
    refused = caller.call("/v1/track", b"{}")
    assert (refused.status, refused.headers["retry-after"]) == (503, "2")


def test_a_broken_disk_is_not_the_senders_fault(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(rows: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(caller.inbox._store, "append", fail)
    refused = caller.call("/v1/track", b"{}")
    assert refused.status == 500
    assert int(refused.headers["retry-after"]) > 0
    assert "space" not in refused.error["message"]


def test_a_body_that_does_not_arrive_is_let_go(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "BODY_DEADLINE_S", 0.05)

    async def receive() -> dict[str, Any]:
        await asyncio.Event().wait()
        return {}

    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    asyncio.run(caller.door({"method": "POST", "path": "/v1/track", "headers": []}, receive, send))
    assert sent[0]["status"] == 408
