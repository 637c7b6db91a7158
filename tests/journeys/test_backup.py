"""What a backup holds and where it refuses to be written; that it is whole while events pour in is in test_kill."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

from kizuna.flows import backup, ingest
from kizuna.jobs import turns
from kizuna.tracking import inbox
from kizuna.tracking.cursors import Position, lock, move
from tests.flows.box import NOW, make_source
from tests.shops import making

pytestmark = pytest.mark.django_db


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    for name in (
        "secret.key",
        "push-key.pem",
        "files/ab/abc",
        "outbox/1.eml",
        "warehouse/1/ev-1.parquet",
        "turn-x.lock",
    ):
        path = tmp_path / "home" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    with override_settings(HOME=tmp_path / "home"):
        yield tmp_path / "home"


def test_everything_is_kept_but_what_is_made_anew(home: Path, tmp_path: Path) -> None:
    call_command("backup", str(tmp_path / "kept"))
    kept = {str(path.relative_to(tmp_path / "kept")) for path in (tmp_path / "kept").rglob("*") if path.is_file()}
    assert kept - {"kizuna.sqlite3"} == {"secret.key", "push-key.pem", "files/ab/abc", "outbox/1.eml", backup.NOTE}
    assert json.loads((tmp_path / "kept" / backup.NOTE).read_text())["database"] in (True, False)
    with pytest.raises(CommandError, match="not empty"):
        call_command("backup", str(tmp_path / "kept"))
    with pytest.raises(CommandError, match="inside the home folder"):
        call_command("backup", str(home / "backup"))


def test_a_copy_cut_short_has_no_note(home: Path, tmp_path: Path) -> None:
    (home / "inbox.sqlite3").write_text("this is no database, but long enough to be read as one by its head")
    with pytest.raises(CommandError, match=r"is not whole: inbox\.sqlite3"):
        call_command("backup", str(tmp_path / "kept"))
    assert not (tmp_path / "kept" / backup.NOTE).exists()


def test_nothing_is_pruned_from_the_inbox_while_a_backup_runs() -> None:
    box, source = inbox.open_inbox(), make_source(making.make_shop())
    box.append_and_wait(source.pk, "track", 1, b"{}")
    lock(inbox.CURSOR)
    move(inbox.CURSOR, Position(box.last_id()))
    with turns.take_turn(ingest.PRUNING) as mine:
        assert mine
        ingest.prune(NOW)
        assert box.last_id() > 0
    ingest.prune(NOW)
    assert box.last_id() == 0
