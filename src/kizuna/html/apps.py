"""Django's registration of the html room."""

from django.apps import AppConfig


class HtmlConfig(AppConfig):
    """Names the room for Django."""

    name = "kizuna.html"
    label = "html"
