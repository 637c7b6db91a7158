"""Raw events of strangers become facts, or are dropped with the field that is to blame; nothing passes unchecked."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.science.periods import epoch_us
from kizuna.tracking import wire
from kizuna.tracking.normalise import LARGEST_EVENT, Drop, Normalised, normalise

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
NOW_US = epoch_us(NOW)


def read(event: Any, kind: str = "browser", call: str = "track", sent_at: Any = None) -> Normalised | Drop:
    body = event if isinstance(event, bytes) else json.dumps(event).encode()
    return normalise(wire.RawEvent(call, body, NOW_US, sent_at), kind)


def taken(event: dict[str, Any], kind: str = "browser", call: str = "track", sent_at: Any = None) -> Normalised:
    result = read({"anonymousId": "v", "event": "Product Viewed", **event}, kind, call, sent_at)
    assert isinstance(result, Normalised), result
    return result


def dropped(event: Any, kind: str = "browser", call: str = "track") -> Drop:
    result = read({"anonymousId": "v", "event": "E", **event} if isinstance(event, dict) else event, kind, call)
    assert isinstance(result, Drop), result
    return result


@pytest.mark.parametrize(
    ("event", "reason", "field"),
    [
        (b"[1]", "bad_json", "event"),
        (b'{"event": ', "bad_json", "event"),
        ({"event": None}, "wrong_type", "event"),
        ({"event": 7}, "wrong_type", "event"),
        ({"event": "  "}, "missing", "event"),
        ({"userId": {"a": 1}}, "wrong_type", "userId"),
        ({"userId": True}, "wrong_type", "userId"),
        ({"userId": "x" * 256}, "too_long", "userId"),
        ({"anonymousId": ["v"]}, "wrong_type", "anonymousId"),
        ({"anonymousId": None}, "no_identity", "userId"),
        ({"anonymousId": "undefined", "userId": "null"}, "no_identity", "userId"),
        ({"properties": [1]}, "wrong_type", "properties"),
        ({"context": "x"}, "wrong_type", "context"),
        ({"timestamp": 1_700_000_000}, "bad_time", "timestamp"),
        ({"timestamp": "yesterday"}, "bad_time", "timestamp"),
        ({"timestamp": "0001-01-01T00:00:00Z"}, "bad_time", "timestamp"),
        ({"timestamp": "9999-12-31T23:59:59Z"}, "bad_time", "timestamp"),
        ({"timestamp": "1989-12-31T23:59:59Z"}, "bad_time", "timestamp"),
        ({"timestamp": "2026-03-02T12:00:01Z"}, "bad_time", "timestamp"),
        ({"originalTimestamp": "never"}, "bad_time", "originalTimestamp"),
        (b'{"anonymousId":"v","event":"E","properties":{"price":NaN}}', "bad_number", "properties.price"),
        (b'{"anonymousId":"v","event":"E","properties":{"a":[1e999]}}', "bad_number", "properties.a[0]"),
        ({"properties": {"n": 10**30}}, "bad_number", "properties.n"),
        ({"context": {"userAgent": "Googlebot/2.1"}}, "robot", "context.userAgent"),
        ({"properties": {"text": "x" * LARGEST_EVENT}}, "too_large", "event"),
    ],
)
def test_bad_input_is_dropped_with_its_field(event: Any, reason: str, field: str) -> None:
    drop = dropped(event)
    assert (drop.reason, drop.field) == (reason, field)
    assert drop.detail


def test_an_object_nested_without_end_is_dropped_and_does_no_harm() -> None:
    nested: dict[str, Any] = {}
    for _ in range(20):
        nested = {"a": nested}
    assert dropped({"properties": nested}).reason == "too_deep"
    assert dropped(b'{"anonymousId":"v","event":"E","properties":' + b'{"a":' * 3000 + b"1" + b"}" * 3001).reason in {
        "too_deep",
        "bad_json",
    }


def test_an_unknown_type_of_call_is_named() -> None:
    assert dropped({"type": "explode"}, call="").reason == "unknown_type"
    assert dropped({"type": 5}, call="").field == "type"


@pytest.mark.parametrize(
    ("told", "read_as"), [(17850.0, "17850"), (17850, "17850"), ("007", "007"), (" a ", "a"), ("17850.0", "17850.0")]
)
def test_identifiers_are_text_and_integral_numbers_lose_their_point(told: object, read_as: str) -> None:
    assert taken({"userId": told}).claims.user == read_as


def test_emoji_and_right_to_left_text_stay_and_broken_characters_go() -> None:
    event = '{"anonymousId":"v","event":"Product Viewed","properties":{"q":"שלום 🌸\\u0000\\ud800!"}}'
    result = read(event.encode())
    assert isinstance(result, Normalised)
    assert result.properties == {"q": "שלום 🌸!"}


def test_texts_are_cut() -> None:
    assert len(taken({"properties": {"q": "x" * 9000}}).properties["q"]) == 4000


def at(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def test_the_senders_clock_is_taken_out() -> None:
    wrong = timedelta(days=400)
    event = {"timestamp": at(NOW + wrong - timedelta(minutes=5)), "sentAt": at(NOW + wrong)}
    assert taken(event).happened_us == epoch_us(NOW - timedelta(minutes=5))


def test_the_envelope_says_when_a_batch_was_sent() -> None:
    event = {"timestamp": at(NOW - timedelta(hours=3))}
    result = taken(event, sent_at=at(NOW - timedelta(hours=2)))
    assert result.happened_us == epoch_us(NOW - timedelta(hours=1))


def test_history_keeps_its_time_and_a_broken_sending_clock_does_no_harm() -> None:
    past = datetime(2011, 12, 9, tzinfo=UTC)
    assert taken({"timestamp": at(past), "sentAt": at(NOW)}).happened_us == epoch_us(past)
    assert taken({"timestamp": at(past), "sentAt": "9999-01-01T00:00:00Z"}).happened_us == epoch_us(past)
    assert taken({"timestamp": at(past), "sentAt": ["?"]}).happened_us == epoch_us(past)
    assert taken({}).happened_us == NOW_US


def test_original_timestamp_goes_before_timestamp() -> None:
    event = {"timestamp": at(NOW), "originalTimestamp": at(NOW - timedelta(hours=1))}
    assert taken(event).happened_us == epoch_us(NOW - timedelta(hours=1))


TRAITS = {"email": "Ann@Example.com", "email_verified": True, "phone": "+49 170 1234567", "phone_verified": True}


def test_a_browser_cannot_verify_an_address() -> None:
    result = taken({"userId": "u", "traits": TRAITS}, call="identify")
    assert (result.claims.email, result.claims.phone) == (None, None)
    assert result.profile is not None
    assert (result.profile.email, result.profile.trusted) == ("ann@example.com", False)


@pytest.mark.parametrize("kind", ["server", "files", "console"])
def test_a_trusted_source_can_and_only_if_it_says_so(kind: str) -> None:
    claims = taken({"userId": "u", "traits": TRAITS}, kind, "identify").claims
    assert (claims.email, claims.phone) == ("ann@example.com", "+491701234567")
    said = {"email": "ann@example.com", "phone": "+49 170 1234567"}
    claims = taken({"userId": "u", "traits": said}, kind, "identify").claims
    assert (claims.email, claims.phone) == (None, None)


def test_the_address_of_an_order_is_verified_from_a_server_only() -> None:
    order = {"event": "Order Completed", "properties": {"order_id": 1, "email": "ann@example.com"}}
    assert taken(order, "server").claims.email == "ann@example.com"
    assert taken(order, "browser").claims.email is None


def test_what_is_no_address_is_left_out_with_a_remark_and_the_event_stays() -> None:
    result = taken({"userId": "u", "traits": {"email": "not an address", "plan": "gold"}}, call="identify")
    assert result.profile is not None
    assert (result.profile.email, dict(result.profile.traits)) == (None, {"plan": "gold"})
    assert "email" in result.remark


def mail(**properties: Any) -> dict[str, Any]:
    return {"event": "Email Received", "userId": "u", "properties": properties}


@pytest.mark.parametrize(
    "properties",
    [
        {"machine": True},
        {"bounce": True},
        {"auto_submitted": "auto-replied"},
        {"precedence": "Bulk"},
        {"from": "MAILER-DAEMON@example.com"},
        {"from": "no-reply+7@shop.example"},
    ],
)
def test_mails_of_machines_do_not_count(properties: dict[str, Any]) -> None:
    assert not taken(mail(**properties), "server").is_human_mail


def test_mails_of_people_count_from_trusted_sources() -> None:
    assert taken(mail(subject="Hello", auto_submitted="no"), "server").is_human_mail
    assert not taken(mail(subject="Hello"), "browser").is_human_mail


def test_the_message_id_is_the_senders_or_one_that_comes_out_the_same() -> None:
    assert taken({"messageId": "m-1"}).message_id == "m-1"
    assert taken({"messageId": "x" * 99}).message_id == "x" * 99
    long = taken({"messageId": "x" * 100}).message_id
    assert long == taken({"messageId": "x" * 100}).message_id != taken({"messageId": "x" * 101}).message_id
    assert len(long) < 100
    event = {"timestamp": at(NOW), "properties": {"a": 1, "b": 2}}
    assert taken(event).message_id == taken({"timestamp": at(NOW), "properties": {"b": 2, "a": 1}}).message_id
    assert taken(event).message_id != taken({"timestamp": at(NOW), "properties": {"a": 1, "b": 3}}).message_id


def test_campaigns_become_a_touch_and_names_are_put_together() -> None:
    result = taken(
        {
            "userId": "u",
            "traits": {"firstName": "Ann", "lastName": "Lee"},
            "context": {"campaign": {"source": "mail", "x": 1}},
        },
        call="identify",
    )
    assert result.profile is not None
    assert (result.profile.name, dict(result.profile.touch)) == ("Ann Lee", {"source": "mail"})


def test_consents_name_their_purpose() -> None:
    given_ = taken({"event": "Consent Given", "properties": {"purposes": ["Email Marketing", "analytics"]}})
    assert given_.consents == (("email_marketing", True), ("analytics", True))
    assert taken({"event": "Unsubscribed"}).consents == (("email_marketing", False),)
    assert taken({"event": "Unsubscribed", "properties": {"machine": True}}).consents == ()
    segment = {"context": {"consent": {"categoryPreferences": {"Advertising": False, "Analytics": True, "odd": "yes"}}}}
    result = taken({"event": "Segment Consent Preference Updated", **segment})
    assert result.consents == (("advertising", False), ("analytics", True))
    assert dropped({"event": "Consent Given"}).field == "properties.purpose"


def test_an_alias_links_a_former_id_and_needs_both() -> None:
    claims = taken({"userId": "u", "previousId": "v9"}, call="alias").claims
    assert (claims.user, claims.visitor, claims.is_alias) == ("u", "v9", True)
    assert taken({"userId": "u", "previousId": "u"}, call="alias").claims.visitor is None
    assert dropped({"userId": None, "previousId": "v"}, call="alias").field == "userId"


def test_a_batch_is_cut_without_one_bad_event_taking_the_others() -> None:
    body = b'{"batch":[{"type":"track","event":"A","userId":"1"},{"price":NaN},7],"sentAt":"2026-03-01T12:00:00Z"}'
    assert len(list(wire.split("batch", body, NOW_US))) == 1
    body = b'{"batch":[{"type":"track","event":"A","userId":"1"},{"type":"page","n":1e999},7],"sentAt":null}'
    first, second, third = (normalise(raw, "server") for raw in wire.split("batch", body, NOW_US))
    assert isinstance(first, Normalised)
    assert isinstance(second, Drop)
    assert isinstance(third, Drop)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)
names = st.sampled_from(
    ["userId", "anonymousId", "event", "type", "properties", "traits", "context", "timestamp", "sentAt", "messageId",
     "originalTimestamp", "previousId", "groupId"]
)  # fmt: skip


@given(
    st.dictionaries(names, json_values, max_size=8),
    st.sampled_from(["track", "page", "identify", "alias", "group", "screen", ""]),
    st.sampled_from(["browser", "server"]),
)
def test_whatever_comes_is_taken_or_dropped_and_fits_the_database(event: dict[str, Any], call: str, kind: str) -> None:
    result = normalise(wire.RawEvent(call, json.dumps(event).encode(), NOW_US), kind)
    if isinstance(result, Normalised):
        stored = json.dumps(result.properties, ensure_ascii=False, allow_nan=False)
        stored.encode("utf-8")
        assert "\x00" not in result.message_id + result.name
        assert len(result.message_id) < 100
        assert len(result.name) <= 80
        assert result.claims.user or result.claims.visitor or result.claims.email
    else:
        assert result.reason
