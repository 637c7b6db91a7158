"""The live stream over the real wire: who may listen, what arrives and how soon, and how it ends."""

import http.client
import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest

from tests.journeys.conftest import LiveKizuna, Serve
from tests.processes import PATIENCE_S, wait_until

_LOG_IN = """
import uuid
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.sessions.backends.db import SessionStore
from kizuna.shops import members, tenants
person = get_user_model().objects.create_user(f"{{uuid.uuid4().hex}}@example.org", "x")
for slug in {slugs!r}:
    members.add_member(tenants.get_shop(slug), person, "reader")
session = SessionStore()
session[SESSION_KEY] = str(person.pk)
session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
session[HASH_SESSION_KEY] = person.get_session_auth_hash()
session.save()
print(session.session_key)
"""


def log_in(live: LiveKizuna, *slugs: str) -> str:
    """Make a reader of these shops and return their session's key."""
    return live.python(_LOG_IN.format(slugs=slugs)).split()[-1]


def publish(live: LiveKizuna, slug: str, name: str, body: dict[str, object]) -> None:
    """Publish a note from another process."""
    live.python(
        "from kizuna.bus import notes; from kizuna.shops import tenants;"
        f"notes.publish(f'shop:{{tenants.get_shop({slug!r}).pk}}:{name}', {body!r})"
    )


@contextmanager
def open_stream(
    live: LiveKizuna, slug: str, session: str, query: str = "?channels=moves"
) -> Iterator[http.client.HTTPResponse]:
    """Ask for a stream and give the answer, open."""
    link = http.client.HTTPConnection(urlsplit(live.url).netloc, timeout=PATIENCE_S)
    headers = {"Cookie": f"other=1; sessionid={session}", "Last-Event-ID": "17"}
    link.request("GET", f"/live/{slug}/events{query}", headers=headers)
    try:
        yield link.getresponse()
    finally:
        link.close()


def read_event(answer: http.client.HTTPResponse) -> dict[str, str]:
    """Read the next event, passing comments."""
    fields: dict[str, str] = {}
    while True:
        line = answer.readline().decode().rstrip("\n")
        if not line and "event" in fields:
            return fields
        name, _, value = line.partition(": ")
        if name:
            fields[name] = value


@pytest.fixture(scope="module")
def shops(live_kizuna: LiveKizuna) -> LiveKizuna:
    """Two shops in one installation."""
    live_kizuna.create_shop("tea")
    live_kizuna.create_shop("coffee")
    return live_kizuna


def test_moves_and_arrivals_of_the_own_shop_arrive_and_no_others(shops: LiveKizuna) -> None:
    session = log_in(shops, "tea")
    with open_stream(shops, "tea", session, "?channels=moves,arrivals") as answer:
        assert answer.status == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.readline() == b"retry: 2000\n"
        publish(shops, "coffee", "moves", {"customers": ["theirs"]})
        publish(shops, "tea", "moves", {"customers": ["ours"], "at_us": 5})
        publish(shops, "tea", "arrivals", {"upto": 9})
        first, second = read_event(answer), read_event(answer)
    assert (first["event"], json.loads(first["data"])) == ("moves", {"customers": ["ours"], "at_us": 5})
    assert (second["event"], json.loads(second["data"])) == ("arrivals", {"upto": 9})
    assert int(first["id"]) < int(second["id"])


def test_a_stream_gives_only_the_channels_asked_for(shops: LiveKizuna) -> None:
    with open_stream(shops, "tea", log_in(shops, "tea"), "?channels=arrivals") as answer:
        answer.readline()
        publish(shops, "tea", "moves", {"customers": []})
        publish(shops, "tea", "arrivals", {"upto": 1})
        assert read_event(answer)["event"] == "arrivals"


@pytest.mark.parametrize(
    ("slug", "query", "status"),
    [
        ("coffee", "?channels=moves", 404),
        ("nowhere", "?channels=moves", 404),
        ("tea", "?channels=secrets", 400),
        ("tea", "", 400),
    ],
)
def test_other_shops_are_not_there_and_nonsense_is_refused(
    shops: LiveKizuna, slug: str, query: str, status: int
) -> None:
    with open_stream(shops, slug, log_in(shops, "tea"), query) as answer:
        assert answer.status == status


def test_strangers_hear_nothing(shops: LiveKizuna) -> None:
    for session in ("", "forged"):
        with open_stream(shops, "tea", session) as answer:
            assert answer.status == 404


def test_one_person_has_a_limited_number_of_streams(shops: LiveKizuna) -> None:
    session = log_in(shops, "tea")
    opened = [open_stream(shops, "tea", session) for _ in range(13)]
    answers = [each.__enter__() for each in opened]
    assert [answer.status for answer in answers] == [200] * 12 + [429]
    assert int(answers[-1].headers["retry-after"]) > 0
    for each in opened:
        each.__exit__(None, None, None)

    def may_listen_again() -> bool:
        with open_stream(shops, "tea", session) as answer:
            return answer.status == 200

    wait_until(may_listen_again, describe=lambda: "closed streams still count")


def test_the_server_ends_at_once_with_streams_open(serve: Serve) -> None:
    live = serve()
    live.create_shop("tea")
    with open_stream(live, "tea", log_in(live, "tea")) as answer:
        answer.readline()
        assert live.stop(signal.SIGTERM) == 0
        assert answer.read().endswith(b"\n\n")
    assert "graceful shutdown exceeded" not in live.said(), "uvicorn lost patience with the stream"
