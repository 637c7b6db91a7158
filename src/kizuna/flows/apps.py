"""Django's registration of the flows room."""

from django.apps import AppConfig


class FlowsConfig(AppConfig):
    """Names the room for Django."""

    name = "kizuna.flows"
    label = "flows"
