"""The address table: each door under its own prefix; capture and live are raw and dispatched in config.asgi."""

from django.urls import include, path

urlpatterns = [
    path("", include("kizuna.web.public.urls")),
    path("api/", include("kizuna.web.api.urls")),
    path("account/", include("kizuna.web.console.account_urls")),
    path("mail/", include("kizuna.web.mail.urls")),
    path("p/<slug:slug>/", include("kizuna.web.portal.urls")),
    path("", include("kizuna.web.console.urls")),
]
