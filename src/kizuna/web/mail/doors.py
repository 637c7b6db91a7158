"""What listens and fetches as long as a process with the role `worker` lives: the mail door, and the mailboxes."""

from kizuna.web.mail.door import MailDoor, open_door
from kizuna.web.mail.imap import Fetchers


class Doors:
    """All ways mail comes in by, but for those that are pages."""

    def __init__(self, door: MailDoor | None) -> None:
        self._door = door
        self._fetchers = Fetchers()
        self._fetchers.start()

    def stop(self) -> None:
        """Take no more mail; what was acknowledged is stored."""
        if self._door is not None:
            self._door.stop()
        self._fetchers.stop()


def open_doors(address: tuple[str, int] | None) -> Doors:
    """Listen at an address where one is set, and fetch mailboxes where there are any."""
    return Doors(open_door(address))
