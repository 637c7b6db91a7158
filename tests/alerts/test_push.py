"""A push as a browser gets it: encrypted for it, signed by this installation, never sent to where it must not go."""

import socket
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings as real

from kizuna.flows import alerts_push
from kizuna.flows.alerts_push import FAILED, GONE, TAKEN
from kizuna.shops.tenants import Refused
from tests.alerts.push_service import push_service, signed_by


@pytest.fixture
def service(settings):
    with push_service() as running:
        settings.PUSH_HOSTS = (running.netloc,)
        yield running


def test_a_browser_reads_what_was_sent_and_knows_who_signed_it(service):
    said = {"title": "A chat waits", "body": "Kettle & Leaf ☕"}
    assert alerts_push.send(service.subscription(), said, ttl_s=60).state == TAKEN
    assert service.arrived == [said]
    headers = service.headers[0]
    assert (headers["ttl"], headers["content-encoding"], headers["urgency"]) == ("60", "aes128gcm", "high")
    assert signed_by(headers["authorization"], "http://127.0.0.1") == alerts_push.public_key()


def test_the_key_is_made_once_and_only_its_owner_may_read_it():
    key = alerts_push.public_key()
    path = Path(real.HOME) / alerts_push.KEY_FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    alerts_push._keys.cache_clear()
    assert alerts_push.public_key() == key


@pytest.mark.parametrize(
    ("status", "state"),
    [(200, TAKEN), (404, GONE), (410, GONE), (301, FAILED), (413, FAILED), (429, FAILED), (503, FAILED)],
)
def test_what_the_push_service_answers_is_understood(service, status, state):
    service.status = status
    service.location = f"{service.url}/elsewhere" if status == 301 else ""
    assert alerts_push.send(service.subscription(), {"title": "x"}).state == state
    assert len(service.headers) == 1


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://push.example/a",
        "https://user:secret@push.example/a",
        "https://push.example:22/a",
        "https://push.example:99999/a",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https://push.example/\r\nHost: evil",
        "https://",
        "",
        "https://push.example/" + "a" * 2_000,
    ],
)
def test_what_is_no_push_service_is_refused_before_it_is_kept(service, endpoint):
    told = replace(service.subscription(), endpoint=endpoint)
    with pytest.raises(Refused):
        alerts_push.check(told)
    assert alerts_push.send(told, {"title": "x"}).state == FAILED


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "192.168.0.9", "169.254.169.254", "::1", "fd00::1", "::ffff:127.0.0.1", "0.0.0.0"],
)
def test_a_public_name_that_leads_into_a_private_network_is_not_followed(service, monkeypatch, address):
    def resolve(host, port, **_):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    def connect(*_, **__):
        raise AssertionError("connected")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket, "create_connection", connect)
    outcome = alerts_push.send(replace(service.subscription(), endpoint="https://push.example/a"), {"title": "x"})
    assert outcome.state == FAILED
    assert "private" in outcome.problem


def test_the_address_that_was_judged_is_the_one_connected_to(service, monkeypatch):
    answers = iter(["8.8.8.8", "127.0.0.1", "127.0.0.1"])
    connected = []

    def connect(address, **_):
        connected.append(address[0])
        raise OSError("far away")

    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, port, **_: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))],
    )
    monkeypatch.setattr(socket, "create_connection", connect)
    alerts_push.send(replace(service.subscription(), endpoint="https://push.example/a"), {"title": "x"})
    assert connected == ["8.8.8.8"]


@pytest.mark.parametrize("part", ["p256dh", "auth"])
def test_keys_that_are_none_are_refused(service, part):
    for told in ("", "AAAA", "%%%", "B" * 87):
        with pytest.raises(Refused):
            alerts_push.check(replace(service.subscription(), **{part: told}))
    alerts_push.check(service.subscription())
