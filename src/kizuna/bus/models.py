"""Notes passed between processes where there is no other bus: append, read on, prune."""

from django.db import models


class Note(models.Model):
    """One published note; the id is the order in which readers see it."""

    channel = models.CharField(max_length=100)
    body = models.TextField()
