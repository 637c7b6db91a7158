"""Django's registration of the portal."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """Names the room for Django, so that its templates and files are found."""

    name = "kizuna.web.portal"
    label = "portal"
