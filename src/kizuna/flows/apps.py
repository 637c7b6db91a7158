"""Django's registration of the flows room."""

from collections.abc import Iterable, Iterator
from importlib import import_module
from pkgutil import iter_modules

from django.apps import AppConfig

NOT_FLOWS = frozenset({"apps", "management"})


class FlowsConfig(AppConfig):
    """Names the room for Django, and loads every flow, so that its schedules, pumps and tasks are known."""

    name = "kizuna.flows"
    label = "flows"

    def ready(self) -> None:
        """Import the modules of this room."""
        for name in _list_modules(self.name, [self.path]):
            import_module(name)


def _list_modules(package: str, folders: Iterable[str]) -> Iterator[str]:
    """Name the modules of a package, those of the packages in it too."""
    for found in iter_modules(folders):
        if found.name in NOT_FLOWS:
            continue
        name = f"{package}.{found.name}"
        yield name
        if found.ispkg:
            yield from _list_modules(name, list(import_module(name).__path__))
