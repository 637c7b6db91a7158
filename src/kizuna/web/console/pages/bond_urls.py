"""Addresses of the pages about how far relationships have come and what is put into them."""

from django.urls import URLPattern, path

from kizuna.web.console.pages import claims, investing, investments, stages

urlpatterns: list[URLPattern] = [
    path("stages/", stages.page, name="stages"),
    path("stages/start/", stages.start, name="stages_start"),
    path("stages/export.csv", stages.export, name="stages_export"),
    path("claims/", claims.page, name="claims"),
    path("claims/start/", claims.start, name="claims_start"),
    path("investments/", investments.page, name="investments"),
    path("investments/start/", investments.start, name="investments_start"),
    path("investments/<int:investment_id>/correct/", investing.correct, name="investment_correct"),
]
