"""What the simulated panel leaves behind: chats, invitations, shifts, and the truth about all of them.

Rows only; how they come about is simulator_chats, how they get into the shop is chatting.
"""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from kizuna.demo.simulator_calendar import Floats, Ints

if TYPE_CHECKING:
    from kizuna.demo.simulator_world import Line

type Flags = NDArray[np.bool_]

OPEN_HOURS: Final = {**dict.fromkeys(range(5), (8, 20)), 5: (10, 16)}
"""When the simulated shop has people at the desk, by weekday; on Sundays nobody."""


@dataclass(frozen=True, slots=True)
class Shift:
    """A stretch in which an operator (by number) was available, busy or away."""

    operator: int
    state: str
    from_us: int
    to_us: int


@dataclass(frozen=True, slots=True)
class Invitation:
    """A moment at which the panel would open by itself; `chat` is what began by it, if anything."""

    visitor: str
    at_us: int
    held: bool
    chat: str = ""
    accepted_us: int = 0


@dataclass(frozen=True, slots=True)
class Chat:
    """One question in the panel and what became of it: served, abandoned or deferred (fate).

    `operator` is -1 where nobody answered, `served_us` 0 where nobody had it, `ended_us` 0 where it is not over.
    """

    key: str
    customer: int
    visitor: str
    fate: str
    language: str
    page: str
    subject: str
    at_us: int
    served_us: int
    ended_us: int
    operator: int
    lines: "tuple[Line, ...]"
    rated: tuple[int, int, int] | None
    wish: str


@dataclass
class ChatTruth:
    """What is true of each moment at which somebody was invited, held, or asked; side by side.

    `arm` is invited, held or asked; `chance` is that of a further order as it went, `alone` without a chat. Both are 0
    for strangers and for those who leave for good within the week.
    """

    customer: Ints
    at_us: Ints
    arm: NDArray[np.str_]
    fate: NDArray[np.str_]
    patience_s: Floats
    wait_s: Floats
    chance: Floats
    alone: Floats
    ordered: Flags

    def save(self, path: Path) -> None:
        """Keep the truth for tests."""
        np.savez_compressed(path, **{each.name: getattr(self, each.name) for each in fields(self)})

    @classmethod
    def load(cls, path: Path) -> "ChatTruth":
        """Read what `save` kept."""
        with np.load(path, allow_pickle=False) as kept:
            return cls(**{each.name: kept[each.name] for each in fields(cls)})

    def gain(self, chosen: Flags) -> float:
        """The true mean gain in the chance of an order over some moments."""
        return float((self.chance - self.alone)[chosen].mean())
