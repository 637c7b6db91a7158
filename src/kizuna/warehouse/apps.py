"""Django's registration of the warehouse."""

from django.apps import AppConfig


class WarehouseConfig(AppConfig):
    """Names the room for Django."""

    name = "kizuna.warehouse"
    label = "warehouse"
