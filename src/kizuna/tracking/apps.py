"""Django's registration of the tracking room."""

from django.apps import AppConfig


class TrackingConfig(AppConfig):
    """Names the room for Django."""

    name = "kizuna.tracking"
    label = "tracking"
