"""The bytes of a mail to a ParsedMail: every part read on its own, so that one bad part never costs the others.

`parse_mail` never raises. Who the sender is to us, and where the mail belongs, is matching's and the flow's affair.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import replace

from kizuna.conversations.mail import automatic, bodies, calendars, cutting, headers, reports, tree
from kizuna.conversations.mail.headers import Address
from kizuna.conversations.mail.parsed import ParsedMail, Verdict

MOST_RECIPIENTS = 100
_LIST_HEADERS = ("list-id", "list-post", "list-unsubscribe", "list-unsubscribe-post", "precedence")
_PGP = "-----BEGIN PGP MESSAGE-----"
_ORIGINAL = re.compile(r"^\s*\*?(?:From|Von|De|Da|Van)\s?:\*?\s(.{3,300})$", re.IGNORECASE | re.MULTILINE)
_CUT = {
    "too_deep": f"parts nested deeper than {tree.DEEPEST}",
    "too_many_lines": "everything after the beginning: too many lines",
    "headers_too_long": "headers after the first half megabyte",
    "structure": "parts: the structure could not be read",
}


def parse_mail(raw: bytes, envelope_from: str | None = None) -> ParsedMail:
    """Read a mail; whatever was wrong with it is told in `problems` and `cut`. Never raises.

    `envelope_from` is what the sending server said; None where nobody knows, empty for mail without a return address.
    """
    problems: list[str] = []
    root = _guarded(problems, "structure", lambda: tree.read(raw), None)
    if root is None:
        return ParsedMail(problems=("structure",), body_hash=hashlib.sha256(raw).hexdigest())
    problems.extend(root.problems)
    parsed = _guarded(problems, "headers", lambda: _read_headers(root.root.mail, envelope_from), ParsedMail())
    parsed = replace(parsed, body_hash=_hash_body(raw))
    parsed = _guarded(problems, "body", lambda: _read_body(root.root, parsed), parsed)
    parsed = _guarded(problems, "verdict", lambda: _judge(root.root, parsed), parsed)
    told = tuple(dict.fromkeys((*problems, *parsed.problems)))
    cut = (*parsed.cut, *(_CUT[each] for each in problems if each in _CUT))
    return replace(parsed, problems=told, cut=tuple(dict.fromkeys(cut)))


def _guarded[Found](problems: list[str], name: str, read: Callable[[], Found], otherwise: Found) -> Found:
    try:
        return read()
    except Exception:
        problems.append(name)
        return otherwise


def _read_headers(mail: tree.Mail, envelope_from: str | None) -> ParsedMail:
    senders, _ = headers.addresses_of(mail, "from")
    answers, _ = headers.addresses_of(mail, "reply-to")
    to, beyond_to = headers.addresses_of(mail, "to")
    cc, beyond_cc = headers.addresses_of(mail, "cc")
    problems, cut = [], []
    beyond = beyond_to + beyond_cc + max(0, len(to) + len(cc) - MOST_RECIPIENTS)
    if beyond:
        cut.append(f"{beyond} more recipients")
    if len(senders) > 1:
        problems.append("several_senders")
    if not senders:
        problems.append("no_sender")
    sender = senders[0] if senders else Address(headers.clean_address(envelope_from or ""))
    ids = headers.ids_of(mail, "message-id")
    return ParsedMail(
        message_id=ids[0] if ids else "",
        in_reply_to=tuple(headers.ids_of(mail, "in-reply-to")),
        references=tuple(headers.ids_of(mail, "references")),
        sender=sender,
        reply_to=tuple(answers[:10]),
        to=tuple(to[:MOST_RECIPIENTS]),
        cc=tuple(cc[: max(0, MOST_RECIPIENTS - len(to))]),
        delivered_to=_delivered_to(mail),
        return_path=_return_path(mail, envelope_from),
        subject=headers.text_of(mail, "subject")[:1000],
        date_us=headers.date_us_of(mail),
        list_headers={name: value[:300] for name in _LIST_HEADERS if (value := headers.text_of(mail, name))},
        auth_results=tuple(value[:4000] for value in headers.all_of(mail, "authentication-results", 10)),
        hops=sum(1 for name, _ in mail.raw_items() if name.lower() == "received"),
        problems=tuple(problems),
        cut=tuple(cut),
    )


def _read_body(root: tree.Node, parsed: ParsedMail) -> ParsedMail:
    body = bodies.read(root)
    whole = body.text.strip("\n").rstrip()
    protection = _find_protection(root, whole)
    attached, passed_on = _attached_mail(body)
    if not whole.strip() and attached is not None:
        whole = attached.full_text or attached.text
    forward = passed_on is not None or cutting.is_forward(parsed.subject, whole)
    shortened = cutting.cut_signature(whole) if forward else cutting.cut(whole)
    return replace(
        parsed,
        text=shortened.text,
        full_text=whole if shortened.text != whole else "",
        html=body.html,
        attachments=tuple(body.files),
        meeting=calendars.find_meeting(root),
        protection=protection,
        is_forward=forward,
        forwarded_from=(passed_on or _original_sender(whole)) if forward else "",
        problems=(*parsed.problems, *body.problems),
        cut=(*parsed.cut, *body.cut),
    )


def _judge(root: tree.Node, parsed: ParsedMail) -> ParsedMail:
    nobody = parsed.return_path == ""
    text = parsed.full_text or parsed.text
    report = reports.find_report(root, parsed.sender.address, parsed.subject, text, from_nobody=nobody)
    if report is not None:
        verdict = Verdict.COMPLAINT if report.feedback else Verdict.BOUNCE
        return replace(parsed, report=report, verdict=verdict, why="it reports what became of a mail")
    if parsed.hops > automatic.MOST_HOPS:
        return replace(parsed, verdict=Verdict.LOOP, why=f"it passed {parsed.hops} servers")
    verdict, why = automatic.judge(root, parsed.sender.address, parsed.subject, parsed.text, from_nobody=nobody)
    return replace(parsed, verdict=verdict, why=why)


def _hash_body(raw: bytes) -> str:
    """What tells two mails apart whatever way they came: everything after the headers."""
    ends = [end + len(mark) for mark in (b"\r\n\r\n", b"\n\n") if (end := raw.find(mark)) >= 0]
    body = raw[min(ends) :] if ends else b""
    return hashlib.sha256(body.replace(b"\r\n", b"\n").rstrip(b"\n")).hexdigest()


def _return_path(mail: tree.Mail, envelope_from: str | None) -> str | None:
    if envelope_from is not None:
        return headers.clean_address(envelope_from)
    paths = headers.all_of(mail, "return-path", 1)
    return headers.clean_address(paths[0]) if paths else None


def _delivered_to(mail: tree.Mail) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for name in ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-forwarded-to"):
        for value in headers.all_of(mail, name, 10):
            for each in value.split(","):
                known = headers.clean_address(each)
                if known:
                    found[known] = None
    return tuple(found)[:20]


def _find_protection(root: tree.Node, text: str) -> str:
    for node in tree.walk(root):
        if node.kind in {"application/pkcs7-mime", "application/x-pkcs7-mime"}:
            return "smime-signed" if "signed" in tree.parameter(node.mail, "smime-type").lower() else "smime-encrypted"
        if node.kind == "multipart/encrypted":
            return "pgp-encrypted"
        if node.kind == "multipart/signed":
            return "smime-signed" if "pkcs7" in tree.parameter(node.mail, "protocol").lower() else "pgp-signed"
    return "pgp-encrypted" if _PGP in text else ""


def _attached_mail(body: bodies.Body) -> tuple[ParsedMail | None, str | None]:
    """The only attached mail of one that says nothing itself: what was passed on is what is said."""
    mails = [each for each in body.files if each.content_type == "message/rfc822"]
    if len(mails) != 1 or not mails[0].content or body.text.strip():
        return None, None
    inner = tree.read(mails[0].content).root
    found = _read_headers(inner.mail, None)
    text = bodies.read(inner).text.strip("\n")
    return replace(found, text=text, full_text=text), found.sender.address


def _original_sender(text: str) -> str:
    line = _ORIGINAL.search(text[:20_000])
    if line is None:
        return ""
    return next((a for _, a in headers.pairs_of(line[1]) if a), "")
