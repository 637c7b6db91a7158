"""kill -9 of the sender at any point: nothing is lost, and no mail ever goes out under a second Message-ID."""

import json
import os
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from tests.mail_sink import running_sink
from tests.processes import ROOT, make_variables, prepare_home

LONG = os.environ.get("KIZUNA_TEST_LONG") == "1"


@pytest.mark.parametrize("seed", [7])
def test_a_sender_killed_at_any_point_loses_nothing_and_names_nothing_twice(
    seed: int, tmp_path: Path, own_database: str
) -> None:
    with running_sink() as sink:
        command = [sys.executable, "-m", "tests.flows.mail_out.doomed_sender", "20" if LONG else "4", str(seed)]
        done = subprocess.run(
            [*command, str(sink.port)],
            env=make_variables(prepare_home(tmp_path), KIZUNA_DATABASE_URL=own_database, KIZUNA_MAIL_RATE="0"),
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-6000:]
    told = json.loads(next(line for line in done.stdout.splitlines() if line.startswith("RESULT "))[7:])
    copies = Counter(taken.message_id for taken in sink.taken)
    names = defaultdict(set)
    for taken in sink.taken:
        names[taken.recipients[0]].add(taken.message_id)
    assert all(len(ids) == 1 for ids in names.values()), names
    for mail_id, marketing, state, address in told["mails"]:
        assert state in (("sent", "uncertain") if marketing else ("sent",)), (address, state)
        assert copies[mail_id] >= (1 if state == "sent" else 0), (address, state)
        assert not marketing or copies[mail_id] <= 1, (address, copies[mail_id])
    sent = sum(state == "sent" for _, _, state, _ in told["mails"])
    assert told["facts"] == told["named"] == sent
