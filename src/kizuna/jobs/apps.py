"""Django's registration of the jobs room."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    """Names the room for Django."""

    name = "kizuna.jobs"
    label = "jobs"
