"""Django's registration of the flows room."""

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
        for module in iter_modules([self.path]):
            if module.name not in NOT_FLOWS:
                import_module(f"{self.name}.{module.name}")
