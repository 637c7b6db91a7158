"""Django's registration of the console room."""

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    """Names the room for Django."""

    name = "kizuna.web.console"
    label = "console"
