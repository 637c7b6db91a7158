"""Signed ids: what was made is read back, whatever the case; what was changed or made for something else is not."""

from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from kizuna.conversations import mail_ids
from kizuna.conversations.mail_ids import Unsubscribe

SECRET, OTHER = "one secret", "another secret"
NUMBERS = st.integers(min_value=1, max_value=2**63 - 1)


@given(st.uuids())
def test_a_message_id_is_read_back_and_is_the_same_every_time(public_id: UUID) -> None:
    made = mail_ids.make_message_id(SECRET, public_id, "Shop.Example")
    assert made == mail_ids.make_message_id(SECRET, public_id, "shop.example")
    assert mail_ids.read_message_id(SECRET, f"<{made.upper()}>") == public_id
    assert not mail_ids.is_ours(OTHER, made)


def test_a_forged_message_id_is_not_ours() -> None:
    made = mail_ids.make_message_id(SECRET, uuid4(), "shop.example")
    forged = uuid4().hex + made[32:]
    for text in (forged, made + "\r\nBcc: x@y.example", "", "<>", "x@y", made.replace(".", "", 1)):
        assert not mail_ids.is_ours(SECRET, text), text


@given(NUMBERS)
def test_an_address_names_its_number_and_fits_before_the_at(number: int) -> None:
    reply = mail_ids.make_reply_address(SECRET, number, "care@Shop.Example")
    bounce = mail_ids.make_bounce_address(SECRET, number, "care@shop.example")
    assert mail_ids.read_reply_address(SECRET, reply.upper()) == number
    assert mail_ids.read_bounce_address(SECRET, f"<{bounce}>") == number
    assert mail_ids.read_reply_address(SECRET, bounce) is None
    assert mail_ids.read_reply_address(SECRET, bounce.replace("bounce+", "reply+")) is None
    assert mail_ids.read_reply_address(OTHER, reply) is None
    assert reply.endswith("@shop.example")
    assert len(reply.partition("@")[0]) <= 64


@given(st.text(max_size=80))
def test_whatever_is_written_there_nothing_breaks(text: str) -> None:
    assert mail_ids.read_reply_address(SECRET, f"reply+{text}@shop.example") is None
    assert mail_ids.read_unsubscribe_token(SECRET, text) is None
    assert mail_ids.read_message_id(SECRET, text) is None


@given(NUMBERS, NUMBERS, st.binary(min_size=16, max_size=16))
def test_an_unsubscribe_link_says_whom_it_is_for(shop_id: int, outgoing_id: int, key: bytes) -> None:
    told = Unsubscribe(shop_id, outgoing_id, key)
    token = mail_ids.make_unsubscribe_token(SECRET, told)
    assert mail_ids.read_unsubscribe_token(SECRET, token) == told
    assert mail_ids.read_unsubscribe_token(OTHER, token) is None
    changed = token[:3] + ("A" if token[3] != "A" else "B") + token[4:]
    assert mail_ids.read_unsubscribe_token(SECRET, changed) is None
