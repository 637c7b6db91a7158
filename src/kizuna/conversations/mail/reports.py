"""Bounces, delivery reports and complaints: what became of a mail of ours, standard or not.

Standard: RFC 3464 and 5965. Besides: qmail, exim, Exchange, and servers that only write prose. Whether a failure is
for good (hard) or for now (soft) is decided carefully: a soft one made permanent silences a customer.
"""

import re
from collections.abc import Iterable

from kizuna.conversations.mail import charsets, headers, tree
from kizuna.conversations.mail.parsed import Failure, Report
from kizuna.conversations.mail.tree import Node

LONGEST_PROSE = 20_000
MOST_FAILURES = 50
_STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_REPLY = re.compile(r"(?:^|[\s(<:#])([45]\d\d)(?=[\s\-#]|$)", re.MULTILINE)
_SENDERS = re.compile(r"^(mailer-daemon|postmaster|mail-daemon|mail\.daemon|maildaemon|mdaemon|bounce[sd]?)@", re.I)
_SUBJECTS = re.compile(
    r"^\s*(undeliver(able|ed)|delivery (status notification|failure|has failed)|failure notice"
    r"|mail delivery (failed|system|failure|subsystem)"
    r"|returned mail|non.?delivery|message (could not be delivered|delivery failure|not delivered)"
    r"|warning: (message|could not)|delayed mail|unzustellbar|nicht zustellbar|mail konnte nicht zugestellt"
    r"|échec de (la )?remise|non remis|mancato recapito|no se puede entregar|onbestelbaar|配信不能|mail system error"
    r"|nachricht konnte nicht)",
    re.IGNORECASE,
)
_HARD = re.compile(
    r"user unknown|unknown user|no such (user|recipient|mailbox|person|address|domain)|does(n't| not) exist|not exist"
    r"|invalid (recipient|mailbox|address)|mailbox (not found|unavailable)|no mailbox|unknown (recipient|address|local)"
    r"|unrouteable address|address rejected|recipient (address )?rejected|account (has been )?(disabled|closed|deleted)"
    r"|host or domain name not found|no such host|empfänger (ist )?unbekannt|adresse .{0,20}nicht gefunden"
    r"|address not found|wasn't found at|couldn't be found|unbekannter empfänger|user not found|not our customer",
    re.IGNORECASE,
)
_SOFT = re.compile(
    r"quota|mailbox (is )?full|postfach .{0,10}voll|insufficient (system )?(storage|space)|over.?quota|try again"
    r"|temporar"
    r"|greylist|graylist|too many|rate limit|throttl|timed? ?out|connection refused|spam|blocked|blacklist|blocklist"
    r"|policy|reputation|content rejected|message size|too large|will be retried|still trying|delayed|virus",
    re.IGNORECASE,
)
_NOW_FOR_5 = {(2, 2), (2, 3), (2, 4), (3, 1), (3, 2), (3, 4), (4, 2), (4, 5), (4, 7)}
_PROSE_ADDRESS = re.compile(
    r"<([^<>\s]{1,64}@[^<>\s]{1,190})>:?\s*$|^\s{0,8}([^\s<>:;,]{1,64}@[^\s<>:;,]{1,190}):?\s*$"
)
_FOR = re.compile(r"(?:to|for|recipient|an|address)\s*:?\s*<?([^\s<>;,\"']{1,64}@[^\s<>;,\"']{1,190})>?", re.I)
_ID_LINE = re.compile(r"^[> \t]*message-id:\s*<([^<>\s]{1,250})>", re.IGNORECASE | re.MULTILINE)


def find_report(root: Node, sender: str, subject: str, text: str, *, from_nobody: bool) -> Report | None:
    """Find what a mail reports of a mail of ours; None where it reports nothing."""
    nodes = list(tree.walk(root))
    feedback = next((node for node in nodes if node.kind == "message/feedback-report"), None)
    if feedback is not None:
        return _complaint(nodes, feedback)
    status = next((n for n in nodes if n.kind in {"message/delivery-status", "message/global-delivery-status"}), None)
    if status is not None:
        failures = _standard(_part_text(status), text)
        if failures:
            return Report(tuple(failures), _original_id(nodes, text), standard=True)
    failed = headers.raw_of(root.mail, "x-failed-recipients")
    if failed or status is not None or _looks_like_bounce(root, sender, subject, from_nobody=from_nobody):
        return _prose(nodes, failed, subject, text)
    return None


def is_hard(code: str, detail: str, action: str) -> bool:
    """Whether a failure is for good: the address itself is wrong, not the moment, the mail or our reputation."""
    if action.lower() in {"delayed", "delivered", "relayed", "expanded"}:
        return False
    status = _STATUS.search(code)
    if status is not None:
        if status[1] != "5":
            return False
        kind = int(status[2]), int(status[3])
        if kind in _NOW_FOR_5 or kind[0] in {3, 6, 7}:
            return kind[0] == 7 and kind[1] in {0, 1} and bool(_HARD.search(detail)) and not _SOFT.search(detail)
        return not (kind == (0, 0) or kind[0] == 4) or (bool(_HARD.search(detail)) and not _SOFT.search(detail))
    if _SOFT.search(detail) or code.startswith("4"):
        return False
    return bool(_HARD.search(detail))


def _looks_like_bounce(root: Node, sender: str, subject: str, *, from_nobody: bool) -> bool:
    if tree.parameter(root.mail, "report-type").lower() == "delivery-status":
        return True
    by_sender = bool(_SENDERS.match(sender))
    return bool(_SUBJECTS.match(subject)) and (by_sender or from_nobody)


def _standard(report: str, text: str) -> list[Failure]:
    found: dict[str, Failure] = {}
    for block in headers.fields_of(report)[: MOST_FAILURES + 1]:
        named = block.get("original-recipient") or block.get("final-recipient")
        if named is None:
            continue
        address = headers.clean_address(charsets.legible(named).rpartition(";")[2])
        action = block.get("action", "failed").split()[0].lower() if block.get("action", "").strip() else "failed"
        code = block.get("status", "").split(" ")[0].split("(")[0]
        detail = block.get("diagnostic-code", "").strip() or text[:500].strip()
        code = code if _STATUS.fullmatch(code) and not code.endswith(".0.0") else _code_of(detail) or code
        found.setdefault(address, Failure(address, action, is_hard(code, detail, action), code[:20], detail[:500]))
    return list(found.values())


def _prose(nodes: Iterable[Node], failed: str, subject: str, text: str) -> Report:
    nodes = list(nodes)
    prose = text[:LONGEST_PROSE]
    top = re.split(
        r"^-{3,}.{0,60}(copy of|original message|returned message|below this line)",
        prose,
        maxsplit=1,
        flags=re.I | re.M,
    )[0]
    addresses = [known for each in failed.split(",") if (known := headers.clean_address(each))]
    addresses = addresses or _addresses_in(top)
    code = _code_of(top) or _code_of(prose)
    later = bool(re.search(r"warning|delayed|still trying|will be retried|do not need to resend", subject + top, re.I))
    action = "delayed" if later and not _HARD.search(top) else "failed"
    detail = " ".join(top.split())[:500]
    hard = is_hard(code, top, action)
    failures = tuple(Failure(each, action, hard, code, detail) for each in addresses[:MOST_FAILURES])
    return Report(failures or (Failure("", action, hard, code, detail),), _original_id(nodes, prose), standard=False)


def _addresses_in(top: str) -> list[str]:
    found: list[str] = []
    for line in top.split("\n"):
        match = _PROSE_ADDRESS.search(line[:400])
        if match:
            found.append(headers.clean_address(match[1] or match[2]))
    found = [each for each in found if each]
    if not found:
        found = [known for each in _FOR.findall(top[:4000]) if (known := headers.clean_address(each.rstrip(".:")))]
    return [each for each in dict.fromkeys(found) if not _SENDERS.match(each)]


def _code_of(text: str) -> str:
    status = _STATUS.search(text)
    if status is not None and status[1] != "2":
        return status[0]
    reply = _REPLY.search(text)
    return reply[1] if reply else ""


def _complaint(nodes: list[Node], feedback: Node) -> Report:
    blocks = headers.fields_of(_part_text(feedback))
    told = blocks[0] if blocks else {}
    address = headers.clean_address(told.get("original-rcpt-to", ""))
    kind = told.get("feedback-type", "abuse").lower()[:40] or "abuse"
    original = _original(nodes)
    if not address and original is not None:
        for name in ("x-hmxmroriginalrecipient", "to"):
            found = headers.addresses_of(original, name)[0]
            address = address or (found[0].address if len(found) == 1 else "")
    return Report((Failure(address, "complaint", False, "", kind),), _original_id(nodes, ""), feedback=kind)


def _original(nodes: Iterable[Node]) -> tree.Mail | None:
    """The mail of ours that a report carries, whole or its headers alone."""
    for node in nodes:
        if node.kind == "message/rfc822" and node.mail.is_multipart():
            inner = node.mail.get_payload()
            if isinstance(inner, list) and inner and not isinstance(inner[0], str):
                return inner[0]
        if node.kind in {"text/rfc822-headers", "message/rfc822-headers"}:
            return tree.read(tree.payload(node.mail)[: tree.LONGEST_HEADERS]).root.mail
    return None


def _original_id(nodes: Iterable[Node], text: str) -> str:
    original = _original(nodes)
    if original is not None:
        found = headers.ids_of(original, "message-id")
        if found:
            return found[0]
    line = _ID_LINE.search(text)
    return line[1] if line else ""


def _part_text(node: Node) -> str:
    """The text of a report's part; the standard's parser reads its blocks as small mails."""
    if node.mail.is_multipart():
        inner = node.mail.get_payload()
        parts = [each for each in inner if not isinstance(each, str)] if isinstance(inner, list) else []
        blocks = ["\n".join(f"{name}: {value}" for name, value in part.raw_items()) for part in parts]
        return charsets.legible("\n\n".join(blocks))
    return charsets.decode(tree.payload(node.mail), "utf-8")[0]
