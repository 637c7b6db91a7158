"""Django's registration of the customers room."""

from django.apps import AppConfig


class CustomersConfig(AppConfig):
    """Names the room for Django."""

    name = "kizuna.customers"
    label = "customers"
