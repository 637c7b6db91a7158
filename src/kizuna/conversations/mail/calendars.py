"""What an invitation says: enough to read it beside the mail. The file itself is kept as an attachment."""

import re

from kizuna.conversations.mail import charsets, tree
from kizuna.conversations.mail.parsed import Meeting
from kizuna.conversations.mail.tree import Node

LONGEST = 200_000
_LINE = re.compile(r"^([A-Za-z-]{1,40})((?:;[^:;]{1,200})*):(.*)$")
_KINDS = {"text/calendar", "application/ics"}


def find_meeting(root: Node) -> Meeting | None:
    """Find the first invitation in a mail."""
    for node in tree.walk(root):
        if node.kind in _KINDS and not node.mail.is_multipart():
            content = tree.payload(node.mail)[:LONGEST]
            text, _ = charsets.decode(content, tree.parameter(node.mail, "charset") or "utf-8")
            found = parse_calendar(text)
            if found is not None:
                method = tree.parameter(node.mail, "method").upper()[:20]
                return found if found.method else Meeting(method, *_rest(found))
    return None


def parse_calendar(text: str) -> Meeting | None:
    """Read the first event of a calendar; None where there is none."""
    unfolded = re.sub(r"\r?\n[ \t]", "", text[:LONGEST])
    method, inside, told = "", False, dict[str, str]()
    for line in unfolded.splitlines()[:5000]:
        found = _LINE.match(line[:4000])
        if found is None:
            continue
        name, value = found[1].upper(), found[3].strip()
        if name == "METHOD":
            method = value.upper()[:20]
        elif (name, value.upper()) == ("BEGIN", "VEVENT"):
            inside = True
        elif (name, value.upper()) == ("END", "VEVENT"):
            break
        elif inside:
            told.setdefault(name, _plain(value))
    if not inside:
        return None
    organizer = re.sub(r"^mailto:", "", told.get("ORGANIZER", ""), flags=re.IGNORECASE)
    return Meeting(
        method,
        told.get("SUMMARY", ""),
        told.get("DTSTART", ""),
        told.get("DTEND", ""),
        told.get("LOCATION", ""),
        organizer,
    )


def _plain(value: str) -> str:
    text = re.sub(r"\\([nN])", " ", value)
    return " ".join(re.sub(r"\\([\\;,])", r"\1", text).split())[:300]


def _rest(found: Meeting) -> tuple[str, str, str, str, str]:
    return found.summary, found.begins, found.ends, found.location, found.organizer
