"""Django's registration of the demo room."""

from importlib import import_module

from django.apps import AppConfig


class DemoConfig(AppConfig):
    """Names the room for Django, and loads what a running demo does by itself."""

    name = "kizuna.demo"
    label = "demo"

    def ready(self) -> None:
        """Import the visitors, so that their pump is known."""
        import_module("kizuna.demo.visitors")
