"""Django's registration of the sales room."""

from django.apps import AppConfig


class SalesConfig(AppConfig):
    """Names the room for Django."""

    name = "kizuna.sales"
    label = "sales"
