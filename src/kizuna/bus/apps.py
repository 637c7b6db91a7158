"""Django's registration of the bus room."""

from django.apps import AppConfig


class BusConfig(AppConfig):
    """Names the room for Django."""

    name = "kizuna.bus"
    label = "bus"
