"""Django's registration of the knowledge room."""

from django.apps import AppConfig


class KnowledgeConfig(AppConfig):
    """Names the room for Django."""

    name = "kizuna.knowledge"
    label = "knowledge"
