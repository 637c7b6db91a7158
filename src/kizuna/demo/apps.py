"""Django's registration of the demo room."""

from django.apps import AppConfig


class DemoConfig(AppConfig):
    """Names the room for Django."""

    name = "kizuna.demo"
    label = "demo"
