"""Addresses of the console door: the daily pages; every shop page lies under /s/<slug>/."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("kizuna.web.console.pages.urls")),
]
