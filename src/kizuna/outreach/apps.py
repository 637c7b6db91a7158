"""Django's registration of the outreach room."""

from django.apps import AppConfig


class OutreachConfig(AppConfig):
    """Names the room for Django."""

    name = "kizuna.outreach"
    label = "outreach"
