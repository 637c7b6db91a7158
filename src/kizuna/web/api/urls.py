"""Addresses of the api door, under /api/. Events come in over the capture door's wire, not here."""

from django.urls import URLPattern, URLResolver, path, re_path

from kizuna.web.api import access, customers, openapi, portfolio, wishes

urlpatterns: list[URLPattern | URLResolver] = [
    path("v1/customers", customers.list_customers, name="api_customers"),
    path("v1/customers/<uuid:public_id>", customers.show_customer, name="api_customer"),
    path("v1/portfolio", portfolio.show, name="api_portfolio"),
    path("v1/wishes", wishes.collection, name="api_wishes"),
    path("v1/wishes/<uuid:public_id>", wishes.show, name="api_wish"),
    path("v1/wishes/<uuid:public_id>/stage", wishes.move, name="api_wish_stage"),
    path("v1/openapi.json", openapi.show, name="api_openapi"),
    re_path(r"^v1/?$", access.refuse_unknown, name="api_root"),
    path("v1/<path:rest>", access.refuse_unknown, name="api_unknown"),
]
