"""Background work under Settings: what was given up is told to its own shop only, and tried again by one click."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from kizuna.flows import facts, upkeep
from kizuna.jobs.models import Job, JobState
from kizuna.shops import audit, sources
from kizuna.tracking import aside
from kizuna.tracking.models import Fact, SetAside
from kizuna.tracking.wire import RawEvent
from tests.web.console.shop_with_history import Place

ERROR = "Traceback ...\n  File secret.py\ndjango.db.utils.OperationalError: database is locked"


def _dead(**kwargs: int) -> UUID:
    now = datetime.now(UTC)
    job = Job(
        public_id=uuid4(),
        task="kizuna.flows.calendar.rebuild_days",
        kwargs=kwargs,
        state=JobState.DEAD,
        attempts=8,
        error=ERROR,
        run_after=now,
        enqueued_at=now,
        finished_at=now,
    )
    job.save(force_insert=True)
    return job.public_id


def test_jobs_given_up_are_told_and_revived(empty: Place, strange: Place) -> None:
    mine, theirs, ours = _dead(shop_id=empty.shop.pk), _dead(shop_id=strange.shop.pk), _dead()
    client, url = empty.client(), empty.url("settings/work/")
    page = client.get(url).content.decode()
    assert "Write local days anew" in page
    assert "The database was busy for too long." in page
    assert page.count("secret.py") == 1, "the error of the installation's own job may speak of other shops"
    assert (str(mine) in page, str(theirs) in page, str(ours) in page) == (True, False, True)
    assert client.post(f"{url}jobs/{theirs}/revive/").status_code == 404
    client.post(f"{url}jobs/{mine}/revive/")
    assert Job.objects.get(public_id=mine).state == JobState.READY
    assert Job.objects.get(public_id=theirs).state == JobState.DEAD
    [entry] = audit.list_entries(empty.shop, audit.Filter("job_tried_again"), 1)
    assert entry.person == empty.people["owner"]
    assert empty.client("marketer").get(url).status_code == 403


def test_events_set_aside_are_tried_again(full: Place, strange: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    source = sources.get_own_source(full.shop, "console")
    body = b'{"event": "Wheel Spun", "userId": "u-aside", "messageId": "aside-1"}'
    received = int(datetime.now(UTC).timestamp() * 1_000_000)
    aside.keep(source.pk, RawEvent("track", body, received), "ZeroDivisionError: we are wrong")
    waiting = SetAside.objects.get()
    client, url = full.client(), full.url("settings/work/")
    assert "A fault in Kizuna (ZeroDivisionError)." in client.get(url).content.decode()
    assert "Work is stuck" in full.client().get(full.url()).content.decode()
    assert "Work is stuck" not in full.client("operator").get(full.url()).content.decode()
    assert "Wheel" not in strange.client().get(strange.url("settings/work/")).content.decode()
    assert strange.client().post(strange.url(f"settings/work/events/{waiting.pk}/retry/")).status_code == 404

    def fail(*_: object) -> None:
        raise ValueError("still wrong")

    with monkeypatch.context() as broken:
        broken.setattr(facts, "take", fail)
        page = client.post(f"{url}events/{waiting.pk}/retry/", follow=True).content.decode()
    assert "It failed again" in page
    assert SetAside.objects.get().attempts == 2
    client.post(f"{url}events/{waiting.pk}/retry/")
    assert not SetAside.objects.exists()
    assert Fact.objects.filter(shop_id=full.shop.pk, name="Wheel Spun").count() == 1
    assert upkeep.count_stuck(full.shop) == 0
    assert "All work is done" in client.get(url).content.decode()
