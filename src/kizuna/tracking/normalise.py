"""A raw event of the Segment wire made into one fact, or dropped with the reason, the field and what was wrong.

Pure: no database, no clock. Here is also how far a source is believed: only server, file and console sources vouch
for an e-mail or phone (docs/decisions/0012). Who the customer is, and what the fact does, is decided later.
"""

import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import Any

from kizuna.customers.partition import Claims
from kizuna.customers.profiles import ProfileChange
from kizuna.tracking import plan
from kizuna.tracking.campaigns import find_source
from kizuna.tracking.cleaning import Unfit, clean, clean_text, find_address, find_phone, read_id, read_object
from kizuna.tracking.instants import BadInstant, happened_at, parse_instant
from kizuna.tracking.models import Channel
from kizuna.tracking.plan import EventShape
from kizuna.tracking.wire import MARKER, RawEvent, Unreadable
from kizuna.tracking.wire import read_object as decode

LARGEST_EVENT = 32 * 1024
LONGEST_NAME = 80
TRUSTED = frozenset({"server", "files", "console"})
ORDER_EVENTS = frozenset({plan.ORDER_PLACED, plan.ORDER_UPDATED, plan.ORDER_REFUNDED, plan.ORDER_CANCELLED})
_CALLS = frozenset({"track", *plan.CALLS})
_ROBOT = re.compile(r"bot\b|crawl|spider|slurp|headless|lighthouse|preview|monitor", re.IGNORECASE)
_MACHINE_SENDER = re.compile(r"(mailer-daemon|postmaster|no-?reply|do-?not-?reply|bounces?)([+@]|$)")
_MACHINE_PRECEDENCE = frozenset({"auto_reply", "bulk", "junk", "list"})
_OWN_TRAITS = frozenset(
    (
        *("name", "email", "phone", "country", "language", "locale", "address", "firstName", "lastName"),
        *("first_name", "last_name", "email_verified", "emailVerified", "phone_verified", "phoneVerified"),
    )
)


@dataclass(frozen=True, slots=True)
class Drop:
    """An event that is not taken: the reason counted, the field to blame, and what was wrong in words."""

    reason: str
    field: str
    detail: str
    name: str = ""
    who: str = ""


@dataclass(frozen=True, slots=True)
class Normalised:
    """One event, believed as far as its source is; everything in it is fit to be stored."""

    shape: EventShape
    call: str
    message_id: str
    happened_us: int
    received_us: int
    claims: Claims
    properties: dict[str, Any]
    trusted: bool
    is_human_mail: bool = False
    came_from: str = ""
    profile: ProfileChange | None = None
    consents: tuple[tuple[str, bool], ...] = ()
    remark: str = ""
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The name of the fact."""
        return self.shape.name

    @property
    def who(self) -> str:
        """The strongest identifier, for people who watch events arrive."""
        claims = self.claims
        return claims.user or claims.email or claims.phone or claims.visitor or ""


def normalise(raw: RawEvent, source_kind: str) -> Normalised | Drop:
    """Make a fact of an event, or say why not."""
    name = who = ""
    try:
        event = _open(raw)
        name = clean_text(str(event.get("event") or event.get("type") or raw.call), LONGEST_NAME)
        who = str(read_id(event.get("userId"), "userId") or read_id(event.get("anonymousId"), "anonymousId") or "")
        return _read(event, raw, source_kind)
    except Unfit as unfit:
        return Drop(unfit.reason, unfit.field[:120], unfit.message[:255], name, who)


def _open(raw: RawEvent) -> dict[str, Any]:
    if len(raw.body) > LARGEST_EVENT:
        raise Unfit("event", "too_large", f"has {len(raw.body)} bytes, the most is {LARGEST_EVENT}")
    try:
        return decode(raw.body)
    except Unreadable as problem:
        raise Unfit("event", "bad_json", str(problem)) from None


def _check_mark(event: dict[str, Any]) -> None:
    """The capture door leaves a mark in a batch where an event was that it could not keep."""
    mark, size = event.get(MARKER), event.get("bytes")
    if mark == "too_large":
        raise Unfit("event", "too_large", f"has {size} bytes, the most is {LARGEST_EVENT}")
    if mark == "erased":
        raise Unfit("event", "erased", "named a customer who was erased before it was taken")
    if mark == "unreadable":
        raise Unfit("event", "bad_json", f"has {size} bytes that are no JSON one can keep, such as a number like 1e999")


def _read(event: dict[str, Any], raw: RawEvent, source_kind: str) -> Normalised:
    _check_mark(event)
    trusted = source_kind in TRUSTED
    call = _call_of(event, raw.call)
    shape = plan.shape_of(_name_of(event, call))
    context = read_object(event, "context") or (raw.context if isinstance(raw.context, dict) else {})
    if not trusted and _ROBOT.search(str(context.get("userAgent") or "")):
        raise Unfit("context.userAgent", "robot", "a robot, not a customer")
    happened_us = _when(event, raw)
    traits = _traits_of(event, context, call)
    properties = clean(read_object(event, "properties"), "properties")
    remarks: list[str] = []
    profile = _profile_of(traits, properties, context, (happened_us, trusted, shape), remarks)
    claims = _claims_of(event, call, (traits, properties), (happened_us, trusted, shape))
    if call in ("identify", "group"):
        properties = {**traits, **({"groupId": read_id(event.get("groupId"), "groupId")} if call == "group" else {})}
    return Normalised(
        shape=shape,
        call=call,
        message_id=_message_id(event, raw, call),
        happened_us=happened_us,
        received_us=raw.received_us,
        claims=claims,
        properties=properties,
        trusted=trusted,
        is_human_mail=trusted and shape.name == plan.EMAIL_RECEIVED and not _is_machine_mail(properties),
        came_from=find_source(context, properties),
        profile=profile,
        consents=_consents_of(shape, properties, context),
        remark="; ".join(remarks)[:255],
    )


def _call_of(event: dict[str, Any], call: str) -> str:
    if call == "batch":
        raise Unfit("batch", "wrong_type", "a batch needs a list of events by the name of batch")
    call = call or event.get("type") or ""
    if not isinstance(call, str) or call not in _CALLS:
        raise Unfit("type", "unknown_type", f"{str(call)[:40]!r} is none of {', '.join(sorted(_CALLS))}")
    return call


def _name_of(event: dict[str, Any], call: str) -> str:
    if call != "track":
        return plan.CALLS[call]
    name = event.get("event")
    if not isinstance(name, str):
        raise Unfit("event", "wrong_type", "a track call needs the name of the event as text")
    name = clean_text(name, LONGEST_NAME).strip()
    if not name:
        raise Unfit("event", "missing", "a track call needs the name of the event")
    return name


def _when(event: dict[str, Any], raw: RawEvent) -> int:
    told = "originalTimestamp" if event.get("originalTimestamp") is not None else "timestamp"
    try:
        original = None if event.get(told) is None else parse_instant(event[told])
        return happened_at(original, _sent_at(event, raw), raw.received_us)
    except BadInstant as problem:
        raise Unfit(told, "bad_time", str(problem)) from None


def _sent_at(event: dict[str, Any], raw: RawEvent) -> int | None:
    """When the sender sent, by its own clock; what is no date there is no help, and no harm."""
    for value in (event.get("sentAt"), raw.sent_at):
        try:
            if value is not None:
                return parse_instant(value)
        except BadInstant:
            continue
    return None


def _traits_of(event: dict[str, Any], context: dict[str, Any], call: str) -> dict[str, Any]:
    if call == "group":
        return {str(key): value for key, value in clean(read_object(event, "traits"), "traits").items()}
    own: dict[str, Any] = clean(read_object(event, "traits"), "traits")
    carried = context.get("traits")
    if not isinstance(carried, dict):
        return own
    return {**clean(carried, "context.traits"), **own}


def _claims_of(
    event: dict[str, Any], call: str, said: tuple[dict[str, Any], dict[str, Any]], origin: tuple[int, bool, EventShape]
) -> Claims:
    traits, properties = said
    happened_us, trusted, shape = origin
    user = read_id(event.get("userId"), "userId")
    visitor = read_id(event.get("anonymousId"), "anonymousId")
    email = phone = None
    if trusted and call != "group":
        if True in (traits.get("email_verified"), traits.get("emailVerified")):
            email = find_address(traits.get("email"))
        if shape.is_transaction:
            email = email or find_address(properties.get("email"))
        if True in (traits.get("phone_verified"), traits.get("phoneVerified")):
            phone = find_phone(traits.get("phone"))
        if shape.is_transaction or shape.channel == Channel.PHONE:
            phone = phone or find_phone(properties.get("phone"))
    if call == "alias":
        former = read_id(event.get("previousId"), "previousId") or visitor
        if user is None or former is None:
            raise Unfit("userId" if user is None else "previousId", "no_identity", "an alias needs both ids")
        return Claims(happened_us, user, visitor=None if former == user else former, is_alias=True)
    if user is None and email is None and phone is None and visitor is None:
        raise Unfit("userId", "no_identity", "there is neither userId nor anonymousId")
    return Claims(happened_us, user, email, phone, visitor)


def _profile_of(
    traits: dict[str, Any],
    properties: dict[str, Any],
    context: dict[str, Any],
    origin: tuple[int, bool, EventShape],
    remarks: list[str],
) -> ProfileChange | None:
    happened_us, trusted, shape = origin
    campaign = context.get("campaign")
    touch = (
        {str(key)[:40]: clean_text(value, 200) for key, value in campaign.items() if isinstance(value, str) and value}
        if isinstance(campaign, dict)
        else {}
    )
    if shape.name == plan.GROUP:
        traits = {}
    address = traits.get("email") or (properties.get("email") if shape.is_transaction else None)
    email = find_address(address)
    if address and email is None:
        remarks.append("email: not an address, left out")
    phone = find_phone(traits.get("phone"))
    if traits.get("phone") and phone is None:
        remarks.append("phone: not a phone number, left out")
    country = traits.get("country") or _inside(traits.get("address"), "country")
    others = {key[:80]: value for key, value in traits.items() if key not in _OWN_TRAITS}
    texts = {"name": _full_name(traits), "email": email, "phone": phone, "country": country}
    texts["language"] = traits.get("language") or traits.get("locale") or (context.get("locale") if traits else None)
    known = {key: value.strip() for key, value in texts.items() if isinstance(value, str) and value.strip()}
    if not (known or others or touch):
        return None
    return ProfileChange(at_us=happened_us, trusted=trusted, traits=others, touch=touch, **known)


def _full_name(traits: dict[str, Any]) -> str | None:
    if isinstance(traits.get("name"), str):
        return str(traits["name"])
    parts = [traits.get("firstName") or traits.get("first_name"), traits.get("lastName") or traits.get("last_name")]
    return " ".join(part.strip() for part in parts if isinstance(part, str)) or None


def _inside(value: object, name: str) -> object:
    return value.get(name) if isinstance(value, dict) else None


def _consents_of(
    shape: EventShape, properties: dict[str, Any], context: dict[str, Any]
) -> tuple[tuple[str, bool], ...]:
    if shape.name == plan.UNSUBSCRIBED:
        return () if properties.get("machine") is True else (("email_marketing", False),)
    if shape.name == plan.CONSENT_UPDATED:
        choices = _inside(context.get("consent"), "categoryPreferences")
        return tuple(
            (_purpose(name), given)
            for name, given in (choices.items() if isinstance(choices, dict) else ())
            if isinstance(given, bool) and _purpose(name)
        )
    if shape.name not in (plan.CONSENT_GIVEN, plan.CONSENT_REFUSED):
        return ()
    asked = properties.get("purposes") or properties.get("purpose")
    purposes = [_purpose(each) for each in (asked if isinstance(asked, list) else [asked]) if isinstance(each, str)]
    if not any(purposes):
        raise Unfit("properties.purpose", "missing", "a consent needs the purpose it is for")
    return tuple((purpose, shape.name == plan.CONSENT_GIVEN) for purpose in purposes if purpose)


def _purpose(text: object) -> str:
    return re.sub(r"[^a-z0-9]+", "_", str(text).lower()).strip("_")[:40]


def _is_machine_mail(properties: dict[str, Any]) -> bool:
    """Whether a mail was written by no person: auto-replies, lists, bounces."""
    if properties.get("machine") is True or properties.get("bounce") is True:
        return True
    if str(properties.get("auto_submitted") or "no").lower() != "no":
        return True
    if str(properties.get("precedence") or "").lower() in _MACHINE_PRECEDENCE:
        return True
    sender = properties.get("from") or properties.get("email")
    return isinstance(sender, str) and _MACHINE_SENDER.match(sender.lower().strip()) is not None


def _message_id(event: dict[str, Any], raw: RawEvent, call: str) -> str:
    """The sender's own id; where it gives none (or one too long) one that the same event would have again."""
    told = event.get("messageId")
    if isinstance(told, str) and (text := clean_text(told).strip()):
        return text if len(text) < 100 else f"long-{_digest(text)}"
    parts = [call, *(event.get(name) for name in ("userId", "anonymousId", "event", "name", "properties", "traits"))]
    when = event.get("originalTimestamp") or event.get("timestamp") or raw.received_us
    return f"own-{_digest(json.dumps([*parts, when], sort_keys=True, default=str))}"


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest()
