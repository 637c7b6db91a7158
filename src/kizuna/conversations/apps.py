"""Django's registration of the conversations room."""

from django.apps import AppConfig


class ConversationsConfig(AppConfig):
    """Names the room for Django."""

    name = "kizuna.conversations"
    label = "conversations"
