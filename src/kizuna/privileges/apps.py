"""Django's registration of the privileges room."""

from django.apps import AppConfig


class PrivilegesConfig(AppConfig):
    """Names the room for Django."""

    name = "kizuna.privileges"
    label = "privileges"
