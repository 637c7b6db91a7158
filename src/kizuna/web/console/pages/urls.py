"""Addresses of the pages a shop's people work with every day."""

from django.urls import URLPattern, path

from kizuna.web.console.pages import (
    contact,
    customer,
    customers,
    debugger,
    explore,
    forecast,
    history,
    identities,
    portfolio,
    retention,
    today,
)

urlpatterns: list[URLPattern] = [
    path("s/<slug:slug>/", today.page, name="today"),
    path("s/<slug:slug>/portfolio/", portfolio.page, name="portfolio"),
    path("s/<slug:slug>/portfolio/selection/", portfolio.selection, name="portfolio_selection"),
    path("s/<slug:slug>/portfolio/places.json", portfolio.places, name="portfolio_places"),
    path("s/<slug:slug>/customers/", customers.page, name="customers"),
    path("s/<slug:slug>/customers/export.csv", customers.export, name="customers_export"),
    path("s/<slug:slug>/customers/views/", customers.keep_view, name="view_keep"),
    path("s/<slug:slug>/customers/views/<int:view_id>/remove/", customers.remove_view, name="view_remove"),
    path("s/<slug:slug>/customers/<uuid:public_id>/", customer.page, name="customer"),
    path("s/<slug:slug>/customers/<uuid:public_id>/history/", history.page, name="customer_history"),
    path("s/<slug:slug>/customers/<uuid:public_id>/contact/", contact.page, name="contact"),
    path("s/<slug:slug>/customers/<uuid:public_id>/merge/", identities.merge, name="merge"),
    path("s/<slug:slug>/customers/merges/", identities.suggestions, name="merges"),
    path("s/<slug:slug>/customers/merges/<int:suggestion_id>/accept/", identities.accept, name="merge_accept"),
    path("s/<slug:slug>/customers/merges/<int:suggestion_id>/decline/", identities.decline, name="merge_decline"),
    path("s/<slug:slug>/customers/merges/<int:merge_id>/undo/", identities.undo, name="merge_undo"),
    path("s/<slug:slug>/forecast/", forecast.page, name="forecast"),
    path("s/<slug:slug>/forecast/progress/", forecast.progress, name="forecast_progress"),
    path("s/<slug:slug>/forecast/start/", forecast.start, name="forecast_start"),
    path("s/<slug:slug>/forecast/export.csv", forecast.export, name="forecast_export"),
    path("s/<slug:slug>/explore/", explore.page, name="explore"),
    path("s/<slug:slug>/explore/refresh/", explore.refresh, name="explore_refresh"),
    path("s/<slug:slug>/explore/export.csv", explore.export_csv, name="explore_csv"),
    path("s/<slug:slug>/explore/export.parquet", explore.export_parquet, name="explore_parquet"),
    path("s/<slug:slug>/explore/views/", explore.keep_view, name="explore_view_keep"),
    path("s/<slug:slug>/explore/views/<int:view_id>/remove/", explore.remove_view, name="explore_view_remove"),
    path("s/<slug:slug>/retention/", retention.page, name="retention"),
    path("s/<slug:slug>/debugger/", debugger.page, name="debugger"),
]
