"""Django's registration of the shops room."""

from django.apps import AppConfig


class ShopsConfig(AppConfig):
    """Names the room for Django."""

    name = "kizuna.shops"
    label = "shops"
