"""Django's registration of the relationships room."""

from django.apps import AppConfig


class RelationshipsConfig(AppConfig):
    """Names the room for Django."""

    name = "kizuna.relationships"
    label = "relationships"
