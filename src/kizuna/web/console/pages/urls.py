"""Addresses of the pages a shop's people work with every day."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
