"""Django's registration of the public room."""

from django.apps import AppConfig


class PublicConfig(AppConfig):
    """Names the room for Django."""

    name = "kizuna.web.public"
    label = "public"
