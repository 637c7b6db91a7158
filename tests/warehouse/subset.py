"""What SQL every engine reads alike: one rule a function, each bought by a wrong answer of one of them.

A rule gets the tokens of a statement and yields what is wrong. Keywords and functions are uppercase and from a list,
names are lowercase: what is not listed here is refused. docs/engines.md tells the same in words.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from kizuna.warehouse.questions import CHAINS
from kizuna.warehouse.schema import SMALL

_WORDS = """ALL AND AS ASC BETWEEN BIGINT BY CASE CROSS DESC DISTINCT ELSE END FROM GROUP HAVING IN IS JOIN LEFT NOT
NULL ON OR ORDER OVER PARTITION PRECEDING ROWS SELECT THEN UNBOUNDED UNION WHEN WHERE WITH"""
_CALLED = "ABS CAST COALESCE COUNT EXP LAG LEAD MAX MIN POWER ROW_NUMBER SUM"
KEYWORDS, FUNCTIONS = frozenset(_WORDS.split()), frozenset(_CALLED.split())
TABLES = frozenset({"event", "order_line", "who", "product"})
BELOW = frozenset({*CHAINS, *SMALL, "ev_sealed", "ev_tail", "line_sealed", "line_tail"})
UNIQUE = frozenset({"ev_id", "line_id", "customer_id", "n"})
INSTANTS = frozenset({"ts_us", "first_us", "last_us", "bought_us"})
_TOKEN = re.compile(r"'[^']*'|:\w+|\d[\w.]*(?:(?<=e)[+-]\d+)?|\w+|<>|<=|>=|\s+|.", re.DOTALL)
_WHOLE = re.compile(r"CAST\(\((\w+(?:\.\w+)?) - \1 % (:?\w+)\) / \2 AS BIGINT\)")


@dataclass(frozen=True)
class Statement:
    """A statement without comments: its text with single spaces, its tokens, and which tables it may read."""

    text: str
    tokens: tuple[str, ...]
    tables: frozenset[str]

    def calls(self, name: str) -> Iterator[tuple[int, list[list[str]]]]:
        """Yield where each call of a function stands and its arguments."""
        for place, token in enumerate(self.tokens[:-1]):
            if token == name and self.tokens[place + 1] == "(":
                yield place, _arguments(self.tokens, place + 1)

    def windows(self) -> Iterator[tuple[str, list[str]]]:
        """Yield the function before each OVER and the tokens between its brackets."""
        for place, token in enumerate(self.tokens):
            if token == "OVER":
                inside = [word for part in _arguments(self.tokens, place + 1) for word in [*part, ","]][:-1]
                yield self.tokens[_opening(self.tokens, place - 1) - 1], inside


def read(text: str, tables: frozenset[str] = TABLES) -> Statement:
    """Cut a statement into tokens."""
    kept = "\n".join(line for line in text.splitlines() if not line.startswith("--"))
    tokens = tuple(token for token in _TOKEN.findall(kept) if not token.isspace())
    return Statement(" ".join(kept.split()), tokens, tables)


def _arguments(tokens: tuple[str, ...], opening: int) -> list[list[str]]:
    depth, parts = 0, [[]]  # type: int, list[list[str]]
    for token in tokens[opening:]:
        depth += (token == "(") - (token == ")")
        if depth == 0:
            break
        if token == "," and depth == 1:
            parts.append([])
        elif not (token == "(" and depth == 1):
            parts[-1].append(token)
    return parts


def _opening(tokens: tuple[str, ...], closing: int) -> int:
    depth = 0
    for place in range(closing, -1, -1):
        depth += (tokens[place] == ")") - (tokens[place] == "(")
        if depth == 0:
            return place
    return 0


def characters(told: Statement) -> Iterator[str]:
    """No dialect's quotes, casts, operators or second statement; ASCII; nothing that Spark unescapes in a text."""
    for token, after in zip(told.tokens, (*told.tokens[1:], ""), strict=True):
        if re.fullmatch(r"[^\w\s'(),.*+/%=<>:-]", token) or not token.isascii():
            yield f"the sign {token}"
        if token.startswith("'") and (len(token) < 2 or "\\" in token or after.startswith("'")):
            yield f"the text {token}{after}"
    if "::" in told.text or "!=" in told.text:
        yield ":: or !="


def words(told: Statement) -> Iterator[str]:
    """Keywords and functions from the list, everything else lowercase."""
    for place, token in enumerate(told.tokens):
        if not token[0].isalpha() and token[0] != "_":
            continue
        called = told.tokens[place + 1 : place + 2] == ("(",)
        if token not in KEYWORDS | FUNCTIONS and not token.islower():
            yield f"the word {token}"
        elif called and token.islower() and told.tokens[place - 1] not in {"AS", ",", "WITH"}:
            yield f"the function {token}"


def lag_defaults(told: Statement) -> Iterator[str]:
    """LAG and LEAD say what stands before the first and after the last row: engines differ where it is left out."""
    for name in ("LAG", "LEAD"):
        for _, arguments in told.calls(name):
            if len(arguments) != 3:
                yield f"{name} without offset and default"


def frames(told: Statement) -> Iterator[str]:
    """An aggregate over ordered rows says ROWS: the default frame joins rows with equal keys."""
    for function, inside in told.windows():
        if function not in {"LAG", "LEAD", "ROW_NUMBER"} and "ORDER" in inside and "ROWS" not in inside:
            yield f"{function} over ordered rows without ROWS"


def ties(told: Statement) -> Iterator[str]:
    """The last key of an order in a window is unique, so that no engine chooses."""
    for function, inside in told.windows():
        if "ORDER" in inside:
            keys = inside[inside.index("ORDER") + 2 :]
            keys = keys[: keys.index("ROWS")] if "ROWS" in keys else keys
            last = [word for word in keys if word not in {"ASC", "DESC"}][-1]
            if last not in UNIQUE:
                yield f"{function} ordered at last by {last}"


def casts(told: Statement) -> Iterator[str]:
    """CAST only AS BIGINT: other types have other names elsewhere. Doubles are made by EXP(0) *."""
    for _, arguments in told.calls("CAST"):
        if arguments[0][-2:] != ["AS", "BIGINT"]:
            yield f"CAST {' '.join(arguments[0][-2:])}"


def floats(told: Statement) -> Iterator[str]:
    """A float literal has an exponent: Spark and PostgreSQL read 0.5 as a decimal."""
    for token in told.tokens:
        if re.fullmatch(r"\d+\.\d*|\d*\.\d+", token):
            yield f"the number {token}"


def big_integers(told: Statement) -> Iterator[str]:
    """No integer beyond 64 bits, not even under a minus: SQLite makes it a float."""
    for token in told.tokens:
        if token.isdigit() and int(token) > 2**63 - 1:
            yield f"the number {token}"


def sums_of_instants(told: Statement) -> Iterator[str]:
    """Instants are never summed: four thousand of them leave 64 bits."""
    for _, arguments in told.calls("SUM"):
        if INSTANTS & set(re.sub(r"WHEN .*? THEN", "", " ".join(arguments[0])).split()):
            yield f"SUM({' '.join(arguments[0])})"


def counts(told: Statement) -> Iterator[str]:
    """COUNT and ROW_NUMBER are cast at once: ClickHouse counts without sign, and 1 - 2 becomes 2^64 - 1."""
    for name in ("COUNT", "ROW_NUMBER"):
        for place, _ in told.calls(name):
            if told.tokens[place - 2 : place] != ("CAST", "(") and told.tokens[place - 1] != "HAVING":
                yield f"{name} without CAST AS BIGINT"


def divisions(told: Statement) -> Iterator[str]:
    """Divide by a float literal, or a multiple inside a cast: 7 / 2 is 3 in two engines and 3.5 in three."""
    rest = told.text
    while (shorter := _WHOLE.sub("0", rest)) != rest:
        rest = shorter
    for divisor in re.findall(r"/ ?(\S+)", rest):
        if not re.match(r"\d[\d.]*e\d+", divisor):
            yield f"division by {divisor}"


def joins(told: Statement) -> Iterator[str]:
    """Joined by equality only, which every engine hashes and ClickHouse takes alone."""
    for condition in re.findall(r"\bON (.*?)(?= JOIN | LEFT | CROSS | WHERE | GROUP | ORDER | UNION |\)|$)", told.text):
        for part in condition.split(" AND "):
            if not re.fullmatch(r"\w+\.\w+ = \w+\.\w+", part.strip()):
                yield f"joined on {part.strip()}"


def unions(told: Statement) -> Iterator[str]:
    """UNION says ALL."""
    for place, token in enumerate(told.tokens):
        if token == "UNION" and told.tokens[place + 1 : place + 2] != ("ALL",):
            yield "UNION without ALL"


def stars(told: Statement) -> Iterator[str]:
    """Columns by name: engines order those of a star differently after a join."""
    for place, token in enumerate(told.tokens):
        if token == "*" and told.tokens[place - 1] in {"SELECT", ",", ".", "DISTINCT"}:
            yield "SELECT *"


def sources(told: Statement) -> Iterator[str]:
    """Only the tables of the seam, and what the statement itself names with WITH."""
    own = set(re.findall(r"(?:WITH|,) (\w+) AS \(", told.text))
    for name in re.findall(r"\b(?:FROM|JOIN) (\w+)", told.text):
        if name not in told.tables | own:
            yield f"reads {name}"


RULES: tuple[Callable[[Statement], Iterator[str]], ...] = (
    characters,
    words,
    lag_defaults,
    frames,
    ties,
    casts,
    floats,
    big_integers,
    sums_of_instants,
    counts,
    divisions,
    joins,
    unions,
    stars,
    sources,
)


def problems(told: Statement) -> dict[str, list[str]]:
    """What is wrong with a statement, by the rule it breaks."""
    found = {rule.__name__: list(rule(told)) for rule in RULES}
    return {name: wrong for name, wrong in found.items() if wrong}
