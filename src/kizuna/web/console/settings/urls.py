"""Addresses of a shop's settings, under /s/<slug>/settings/."""

from django.urls import URLPattern, path

from kizuna.web.console.settings import audit, currencies, factors, people, shop, sources, tokens, weights, work

urlpatterns: list[URLPattern] = [
    path("", shop.index, name="settings"),
    path("shop/", shop.edit, name="settings_shop"),
    path("sources/", sources.show, name="settings_sources"),
    path("sources/new/", sources.create, name="settings_source_new"),
    path("sources/<uuid:source>/", sources.connect, name="settings_source"),
    path("sources/<uuid:source>/rotate/", sources.rotate, name="settings_source_rotate"),
    path("sources/<uuid:source>/revoke/", sources.revoke, name="settings_source_revoke"),
    path("tokens/", tokens.show, name="settings_tokens"),
    path("tokens/new/", tokens.create, name="settings_token_new"),
    path("tokens/<int:token>/revoke/", tokens.revoke, name="settings_token_revoke"),
    path("people/", people.show, name="settings_people"),
    path("people/invite/", people.invite, name="settings_invite"),
    path("people/invitations/<int:invitation>/withdraw/", people.withdraw, name="settings_invitation_withdraw"),
    path("people/<uuid:person>/role/", people.change_role, name="settings_person_role"),
    path("people/<uuid:person>/remove/", people.remove, name="settings_person_remove"),
    path("people/<uuid:person>/reset/", people.send_reset, name="settings_person_reset"),
    path("factors/", factors.show, name="settings_factors"),
    path("factors/half-lives/", factors.change_half_lives, name="settings_half_lives"),
    path("factors/weights/", weights.by_hand, name="settings_weights"),
    path("factors/weights/equal/", weights.all_equal, name="settings_weights_equal"),
    path("factors/weights/comparison/", weights.by_comparison, name="settings_comparison"),
    path("factors/reference/", factors.freeze, name="settings_freeze"),
    path("factors/indicators/", factors.register, name="settings_indicator_new"),
    path("factors/versions/<int:version>/restore/", factors.restore, name="settings_version_restore"),
    path("currencies/", currencies.show, name="settings_currencies"),
    path("currencies/add/", currencies.add, name="settings_rate_add"),
    path("currencies/paste/", currencies.paste, name="settings_rates_paste"),
    path("currencies/<int:rate>/remove/", currencies.remove, name="settings_rate_remove"),
    path("work/", work.show, name="settings_work"),
    path("work/jobs/<uuid:job>/revive/", work.revive, name="settings_job_revive"),
    path("work/events/<int:event>/retry/", work.retry, name="settings_event_retry"),
    path("audit/", audit.show, name="settings_audit"),
]
