"""What the writer wrote anew: without quoted history and signature. Two splitters must agree with common sense.

Both are asked on a shadow of the text with short lines and few of them, because their patterns take quadratic time on
hostile input; what they find is taken over by lines. Where everything would be cut, nothing is.
"""

import re
from dataclasses import dataclass

from mailparser_reply import EmailReplyParser
from quotequail import unwrap

SHADOW_LINES = 400
SHADOW_WIDTH = 160
LANGUAGES = ["en", "de", "fr", "it", "es", "nl", "pl", "sv", "da", "pt", "cs", "ja"]
_HEADS = (
    re.compile(r"^\s*(On|Am|Le|Il|El|Op|Den|Em|W dniu|Dne|Dnia)\b.{4,200}(wrote|schrieb|a écrit|ha scritto|escribió"
               r"|schreef|skrev|escreveu|napisał\(?a?\)?|napsal\(?a?\)?).{0,60}:\s*$", re.IGNORECASE),
    re.compile(r"^\s*\S.{0,120}\b(schrieb|wrote)\s.{0,80}(\d{4}|\d{1,2}:\d{2}).{0,60}:\s*$", re.IGNORECASE),
    re.compile(r"^\s*\d{4}\D\d{1,2}\D\d{1,2}.{0,40}[:：]\d{2}.{0,120}<[^>]{3,120}>.{0,20}[:：]?\s*$"),
    re.compile(r"^\s*-{2,}\s*(Original Message|Ursprüngliche Nachricht|Originalnachricht|Message d'origine"
               r"|Messaggio originale|Mensaje original|Oorspronkelijk bericht|Ursprungligt meddelande)\s*-{2,}\s*$",
               re.IGNORECASE),
    re.compile(r"^\s*_{20,}\s*$"),
)  # fmt: skip
_BLOCK = re.compile(r"^\s*\*?(From|Von|De|Da|Van|Från|Fra|Od|差出人)\s?:\*?\s.{2,200}$", re.IGNORECASE)
_BLOCK_NEXT = re.compile(
    r"^\s*\*?(Sent|Date|To|Subject|Cc|Gesendet|Datum|An|Betreff|Envoyé|À|Objet|Inviato|Data|A|Oggetto|Enviado|Para"
    r"|Asunto|Verzonden|Aan|Onderwerp|Skickat|Till|Ämne|送信日時|宛先|件名)\s?:\*?\s",
    re.IGNORECASE,
)
_SIGNATURE = re.compile(r"^(-- ?|__ ?|—— ?)$")
_PHONE = re.compile(
    r"^\s*(Sent from my|Sent from Outlook|Get Outlook for|Von meinem .{2,40} gesendet|Gesendet von meinem|Envoyé de mon"
    r"|Envoyé depuis mon|Inviato da|Enviado desde mi|Verstuurd vanaf mijn|Skickat från min|Sent with Proton"
    r"|Diese Nachricht wurde von meinem .{2,60} gesendet|iPhoneから送信).{0,120}$",
    re.IGNORECASE,
)
_FORWARD = re.compile(
    r"^\s*(-{4,}\s*(Forwarded message|Weitergeleitete Nachricht|Message transféré|Messaggio inoltrato"
    r"|Mensaje reenviado|Doorgestuurd bericht)\b.*|Begin forwarded message:|Anfang der weitergeleiteten Nachricht:"
    r"|Début du message réexpédié\s?:|Inizio messaggio inoltrato:)\s*-*\s*$",
    re.IGNORECASE,
)
_FORWARD_SUBJECT = re.compile(r"^\s*(fwd?|wg|tr|rv|i|doorst|vb|enc|转发)\s*:", re.IGNORECASE)
_MARKS = re.compile(r"^\s*>", re.MULTILINE)
_SIGNS = re.compile(r"wrote|schrieb|écrit|scritto|escribi|schreef|skrev|escreveu|napisa|napsal|@|-----|____|:\s", re.I)


@dataclass(frozen=True, slots=True)
class Cut:
    """What is left, and what was taken off: history, signature."""

    text: str
    marks: tuple[str, ...] = ()


def cut(text: str) -> Cut:
    """Take quoted history and signature off a reply; the text whole where nothing is left or nothing is quoted."""
    lines = text.split("\n")
    marks: list[str] = []
    end = _history_start(lines)
    if end < len(lines):
        end, interleaved = _unless_interleaved(lines, end)
        if not interleaved:
            marks.append("history")
    kept = lines[:end]
    signature = _signature_start(kept)
    if signature < len(kept):
        kept = kept[:signature]
        marks.append("signature")
    left = "\n".join(kept).strip("\n").rstrip()
    return Cut(left, tuple(marks)) if left.strip() and marks else Cut(text.strip("\n").rstrip())


def is_forward(subject: str, text: str) -> bool:
    """Whether the mail passes on another: then what it quotes is what it says."""
    if _FORWARD_SUBJECT.match(subject):
        return True
    return any(_FORWARD.match(line[:200]) for line in text.split("\n", 40)[:40])


def cut_signature(text: str) -> Cut:
    """Take only the signature off, for mails that quote nothing of ours."""
    lines = text.split("\n")
    at = _signature_start(lines)
    left = "\n".join(lines[:at]).strip("\n").rstrip()
    return Cut(left, ("signature",)) if at < len(lines) and left.strip() else Cut(text.strip("\n").rstrip())


def _history_start(lines: list[str]) -> int:
    """The line at which the history begins: the first that our own rules or either splitter names."""
    ours = _own_start(lines)
    if not any(_SIGNS.search(line[:SHADOW_WIDTH]) or line.startswith(">") for line in lines[:SHADOW_LINES]):
        return ours
    shadow = [line[:SHADOW_WIDTH] for line in lines[:SHADOW_LINES]]
    return min(ours, _first_splitter(shadow, len(lines)), _second_splitter(shadow, len(lines)))


def _own_start(lines: list[str]) -> int:
    for number, line in enumerate(lines):
        lean = line[:400]
        if any(head.match(lean) for head in _HEADS) and _is_history(lines, number):
            return number
        joined = f"{lean.rstrip()} {lines[number + 1].strip()[:200]}" if number + 1 < len(lines) else ""
        if joined and _HEADS[0].match(joined) and not _HEADS[0].match(lines[number + 1][:400]):
            return number
        if _BLOCK.match(lean) and any(_BLOCK_NEXT.match(after[:200]) for after in lines[number + 1 : number + 4]):
            return number
    quoted = len(lines)
    while quoted and (not lines[quoted - 1].strip() or lines[quoted - 1].lstrip().startswith(">")):
        quoted -= 1
    return quoted if any(line.lstrip().startswith(">") for line in lines[quoted:]) else len(lines)


def _is_history(lines: list[str], number: int) -> bool:
    """A line of underscores alone is a signature's ornament, unless headers of a mail follow."""
    if not lines[number].strip().startswith("____"):
        return True
    return any(_BLOCK.match(after[:400]) for after in lines[number + 1 : number + 4])


def _first_splitter(shadow: list[str], whole: int) -> int:
    try:
        found = unwrap("\n".join(shadow))
    except Exception:
        return whole
    if not found or found.get("type") != "reply" or not (found.get("text_top") or "").strip():
        return whole
    return _line_after(shadow, found["text_top"], whole)


def _second_splitter(shadow: list[str], whole: int) -> int:
    try:
        replies = EmailReplyParser(languages=list(LANGUAGES)).read("\n".join(shadow)).replies
    except Exception:
        return whole
    if len(replies) < 2 or not (replies[0].content or "").strip():
        return whole
    return _line_after(shadow, replies[0].content, whole)


def _line_after(shadow: list[str], top: str, whole: int) -> int:
    """The number of the line after a splitter's reply, found by its words, because splitters trim lines."""
    words = len("".join(top.split()))
    seen = 0
    for number, line in enumerate(shadow):
        if seen >= words:
            return number
        seen += len("".join(line.split()))
    return whole


def _unless_interleaved(lines: list[str], start: int) -> tuple[int, bool]:
    """Answers written between the quotes are the answer: then nothing is cut."""
    after = lines[start:]
    first = next((number for number, line in enumerate(after) if line.lstrip().startswith(">")), None)
    if first is None:
        return start, False
    rest = after[first:]
    last = max(number for number, line in enumerate(rest) if line.lstrip().startswith(">"))
    between = [line for line in rest[:last] if line.strip() and not line.lstrip().startswith(">")]
    tail = [line for line in rest[last + 1 :] if line.strip()]
    signature = _signature_start(tail)
    written = [line for line in tail[:signature] if not _PHONE.match(line[:200])]
    has_top = any(line.strip() for line in lines[:start])
    own_between = sum(1 for line in between if len(line.strip()) > 1)
    if own_between >= 1 and not has_top:
        return len(lines), True
    if own_between >= 2 or (written and not has_top):
        return len(lines), True
    return start, False


def _signature_start(lines: list[str]) -> int:
    for number, line in enumerate(lines):
        if _SIGNATURE.match(line.rstrip()[:5] if len(line) < 6 else line.rstrip()):
            following = [each for each in lines[number + 1 :] if each.strip()]
            if len(following) <= 15:
                return number
        if _PHONE.match(line[:200]) and not any(each.strip() for each in lines[number + 1 : number + 4]):
            return number
    return len(lines)
