"""The ways in: log-in and its brake, passwords, second factor, first run, invitations, landing."""

import re
import time
from datetime import timedelta

import pytest
from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.core.context import request_context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core import mail
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.module_loading import import_string

from kizuna.flows import installation
from kizuna.flows import people as flow
from kizuna.jobs.models import Job, JobState
from kizuna.shops import members
from kizuna.shops.models import AuditEntry, Person
from kizuna.shops.people import find_person
from tests.shops.making import NOW, PASSWORD, log_in, make_owner, make_person, make_shop

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(settings, tmp_path):
    """Keep the set-up token in a folder of the test's own."""
    settings.HOME = tmp_path


LOGIN = "/account/login/"
FIRST = {
    "name": "Fe", "email": "fe@example.com", "password": PASSWORD, "shop_name": "Blue Shop",
    "currency": "EUR", "timezone": "Europe/Berlin",
}  # fmt: skip


def run_jobs():
    """Run what the requests left to the worker."""
    for job in Job.objects.filter(state=JobState.READY):
        import_string(job.task).call(**job.kwargs)
        Job.objects.filter(pk=job.pk).update(state=JobState.DONE)


def log_in_by_form(client, email, password=PASSWORD):
    return client.post(LOGIN, {"login": email, "password": password})


def test_logging_in_starts_a_new_session_and_leads_to_the_only_shop():
    shop = make_shop("retail")
    person = make_owner(shop)
    client = Client()
    client.get(LOGIN)
    client.session["planted"] = "by somebody else"
    before = client.session.session_key
    response = log_in_by_form(client, person.email.upper())
    assert (response.status_code, response.url) == (302, "/")
    assert client.session.session_key not in {None, before}
    assert client.get("/").url == "/s/retail/"


def test_the_eleventh_wrong_password_is_refused_and_then_the_right_one_too():
    person = make_owner(make_shop())
    client = Client()
    for _ in range(10):
        assert b"Too many" not in log_in_by_form(client, person.email, "wrong password").content
    for password in ("wrong password", PASSWORD):
        response = log_in_by_form(client, person.email, password)
        assert b"Too many failed login attempts" in response.content
        assert not response.wsgi_request.user.is_authenticated
    other = make_owner(make_shop(), "other@example.com")
    assert log_in_by_form(Client(REMOTE_ADDR="10.1.1.1"), other.email).status_code == 302


def test_a_wrong_password_and_an_unknown_address_look_the_same():
    person = make_owner(make_shop())
    wrong = log_in_by_form(Client(), person.email, "wrong password").content.decode()
    unknown = log_in_by_form(Client(), "nobody@example.com", "wrong password").content.decode()
    words = [re.findall(r'role="alert">.*?</div></div>', page, re.S) for page in (wrong, unknown)]
    assert words[0] == words[1] != []


def test_nobody_signs_up_alone():
    make_owner(make_shop())
    form = {"email": "eve@example.com", "password1": PASSWORD}
    response = Client().post("/account/signup/", form)
    assert b"By invitation" in response.content
    assert find_person("eve@example.com") is None


def test_a_forgotten_password_is_chosen_anew_by_a_mailed_link_that_works_once():
    shop = make_shop()
    person = make_owner(shop)
    signed_in = log_in(person)
    client = Client()
    assert client.post("/account/password/reset/", {"email": person.email}).status_code == 302
    assert client.post("/account/password/reset/", {"email": "nobody@example.com"}).status_code == 302
    run_jobs()
    assert [message.to for message in mail.outbox] == [[person.email]]
    link = re.search(r"https?://[^/]+(/account/password/reset/key/\S+)", mail.outbox[0].body).group(1)
    page = client.get(link, follow=True)
    new = "a quite different phrase"
    done = client.post(page.redirect_chain[-1][0], {"password1": new, "password2": new})
    assert done.status_code == 302
    person.refresh_from_db()
    assert person.check_password(new)
    assert signed_in.get("/account/").status_code == 302
    assert b"not valid any more" in Client().get(link, follow=True).content
    assert AuditEntry.objects.filter(shop=shop, action="password_set", person=person).count() == 1


def test_asking_for_a_new_password_does_the_same_for_a_known_and_an_unknown_address():
    person = make_owner(make_shop())
    client = Client()
    answers = []
    for address in (person.email, "nobody@example.com"):
        with CaptureQueriesContext(connection) as queries:
            response = client.post("/account/password/reset/", {"email": address})
        answers.append((response.status_code, response.url, len(queries)))
        assert mail.outbox == []
    assert answers[0] == answers[1]
    run_jobs()
    assert [message.to for message in mail.outbox] == [[person.email]]


def test_mailed_links_begin_with_the_public_address_whatever_host_the_request_named(settings):
    settings.ALLOWED_HOSTS = ["*"]
    settings.PUBLIC_URL = "https://crm.example.com"
    person = make_owner(make_shop())
    Client(HTTP_HOST="evil.example").post("/account/password/reset/", {"email": person.email})
    run_jobs()
    assert "https://crm.example.com/account/password/reset/key/" in mail.outbox[0].body
    request = RequestFactory(HTTP_HOST="evil.example").get("/")
    with request_context(request):
        adapter = get_account_adapter(request)
        link = adapter.get_reset_password_from_key_url("1a-cxyz-0123")
        adapter.send_mail("account/email/password_changed", person.email, {"ip": "::1", "user_agent": "x"})
    assert link == "https://crm.example.com/account/password/reset/key/1a-cxyz-0123/"
    assert "evil" not in "".join(message.body + message.subject for message in mail.outbox)


def test_a_second_factor_is_set_up_stored_encrypted_and_asked_for():
    person = make_owner(make_shop())
    client = Client()
    log_in_by_form(client, person.email)
    asked = client.get("/account/2fa/totp/activate/")
    assert asked.url.startswith("/account/reauthenticate/")
    page = client.post(asked.url, {"password": PASSWORD}, follow=True)
    secret = re.search(r'id="secret"[^>]*value="([A-Z2-7]+)"', page.content.decode()).group(1)
    now = int(time.time()) // 30
    old, of_a_fast_clock = (format_hotp_value(hotp_value(secret, now + steps)) for steps in (-2, 1))
    assert client.post("/account/2fa/totp/activate/", {"code": old}).status_code == 200
    assert client.post("/account/2fa/totp/activate/", {"code": of_a_fast_clock}).status_code == 302
    stored = Authenticator.objects.get(user=person, type="totp")
    assert secret not in repr(stored.data)
    assert get_adapter().decrypt(stored.data["secret"]) == secret
    fresh = Client()
    response = log_in_by_form(fresh, person.email)
    assert response.url == "/account/2fa/authenticate/"
    assert fresh.get("/account/").status_code == 302
    assert fresh.post(response.url, {"code": "000000"}).status_code == 200
    assert fresh.get("/account/").status_code == 302


def test_the_first_run_makes_owner_and_shop_and_happens_once():
    client = Client(SERVER_NAME="localhost")
    assert client.get("/").url == "/welcome/"
    response = client.post("/welcome/", FIRST)
    assert response.status_code == 302
    assert client.get("/").url == "/s/blue-shop/"
    person = find_person("fe@example.com")
    assert members.find_entry("blue-shop", person).role == "owner"
    again = Client(SERVER_NAME="localhost")
    assert again.get("/welcome/").status_code == 302
    again.post("/welcome/", {**FIRST, "email": "eve@example.com"})
    assert Person.objects.count() == 1


@pytest.mark.parametrize(
    "away",
    [{"REMOTE_ADDR": "192.168.1.5"}, {"HTTP_X_FORWARDED_FOR": "127.0.0.1"}, {"SERVER_NAME": "testserver"}],
)
def test_from_elsewhere_the_first_run_asks_for_the_set_up_token(away):
    client = Client(**{"SERVER_NAME": "localhost", **away})
    assert b"Set-up token" in client.get("/welcome/").content
    response = client.post("/welcome/", {**FIRST, "token": "guessed"})
    assert b"not the set-up token" in response.content
    assert b"Blue Shop" in response.content
    assert not Person.objects.exists()
    token = installation.get_setup_token()
    assert token in installation.first_run_note()
    assert client.post("/welcome/", {**FIRST, "token": token}).status_code == 302
    assert installation.first_run_note() is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"password": "short"}, "at least 10"),
        ({"email": "fe"}, "valid email"),
        ({"currency": "XXX"}, "valid choice"),
        ({"shop_name": ""}, "required"),
    ],
)
def test_a_mistake_at_the_first_run_is_named_and_loses_nothing(change, words):
    response = Client(SERVER_NAME="localhost").post("/welcome/", {**FIRST, **change})
    page = response.content.decode()
    assert words in page
    assert 'aria-invalid="true"' in page
    assert 'value="Fe"' in page
    assert not Person.objects.exists()


def test_an_invited_newcomer_chooses_a_password_and_is_in():
    shop = make_shop("retail")
    owner = make_owner(shop)
    page = log_in(owner)
    invited = page.post(reverse("settings_invite", args=["retail"]), {"email": "new@example.com", "role": "marketer"})
    shown = page.get(invited.url).content.decode()
    link = re.search(r"https?://[^/]+(/join/[^<]+/)", shown).group(1)
    assert link not in page.get(invited.url).content.decode()
    client = Client()
    assert b"marketer" in client.get(link).content
    refused = client.post(link, {"name": "Nora", "password": "short"})
    assert b"at least 10" in refused.content
    assert client.post(link, {"name": "Nora", "password": PASSWORD}).url == "/s/retail/"
    assert members.find_entry("retail", find_person("new@example.com")).role == "marketer"
    assert client.get("/").url == "/s/retail/"
    assert Client().get(link).status_code == 410


def test_somebody_known_logs_in_before_an_invitation_counts():
    shop = make_shop("retail")
    owner, known = make_owner(shop), make_person(email="known@example.com")
    _, link = flow.invite(shop, known.email, "reader", lambda key: reverse("join", args=[key]), owner, NOW)
    shop.invitations.update(expires_at=timezone.now() + timedelta(days=1))
    assert Client().get(link).url.startswith(LOGIN)
    assert log_in(owner).get(link).status_code == 403
    assert log_in(known).post(link).url == "/s/retail/"
    assert members.find_entry("retail", known).role == "reader"


def test_who_works_for_several_shops_chooses_and_who_works_for_none_is_told():
    person = make_person(make_shop("one"), "reader")
    members.add_member(make_shop("two"), person, "owner")
    page = log_in(person).get("/").content.decode()
    assert "/s/one/" in page
    assert "/s/two/" in page
    assert "no shop has let you in" in log_in(make_person()).get("/").content.decode()


def test_an_owner_has_a_link_mailed_to_a_member(django_capture_on_commit_callbacks):
    shop = make_shop("retail")
    owner, member = make_owner(shop), make_person(shop, "operator")
    with django_capture_on_commit_callbacks(execute=True):
        answer = log_in(owner).post(reverse("settings_person_reset", args=[shop.slug, member.public_id]))
    assert answer.status_code == 302
    assert [message.to for message in mail.outbox] == [[member.email]]
