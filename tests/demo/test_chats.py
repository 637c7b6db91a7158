"""The simulated panel: its queue is a queue, its truth is kept, and what the shop measures of it finds that truth."""

from pathlib import Path

import numpy as np
import pytest

from kizuna.conversations.live.marks import Invited
from kizuna.demo import simulator
from kizuna.demo.chat_rows import OPEN_HOURS, ChatTruth
from kizuna.demo.simulator_chats import HOLD_OUT, PATIENCE_S, SLOTS
from kizuna.demo.simulator_world import Plan, World
from kizuna.flows.live_report import loss, lot
from kizuna.flows.live_report.gathering import Money
from kizuna.flows.live_report.lot import Draw
from kizuna.science import queueing, running
from tests.demo.test_simulator import NOW_US


@pytest.fixture(scope="module")
def world() -> World:
    return simulator.simulate(Plan(NOW_US, customers=2500)).world


def _truth(world: World) -> ChatTruth:
    assert world.chat_truth is not None
    return world.chat_truth


def test_nobody_answers_more_at_once_than_they_can_and_only_while_they_sit(world: World) -> None:
    served = [chat for chat in world.chats if chat.fate == "served"]
    assert len(served) > 150
    for operator in {chat.operator for chat in served}:
        mine = [chat for chat in served if chat.operator == operator]
        sits = [(each.from_us, each.to_us) for each in world.shifts if each.operator == operator]
        for chat in mine:
            together = sum(other.served_us <= chat.served_us < other.ended_us for other in mine)
            assert together <= SLOTS
            assert any(begins <= chat.served_us <= ends for begins, ends in sits)
    for chat in world.chats:
        instants = [line.at_us for line in chat.lines]
        assert instants == sorted(instants)
        assert instants[0] == chat.at_us
        assert instants[-1] <= NOW_US
        assert chat.fate != "served" or chat.at_us <= chat.served_us <= chat.ended_us


def test_on_sundays_nobody_is_there(world: World) -> None:
    assert 6 not in OPEN_HOURS
    days = [(chat.at_us // 86_400_000_000 + 3) % 7 for chat in world.chats if chat.fate == "deferred"]
    assert 6 in days
    assert all(chat.served_us == 0 for chat in world.chats if chat.fate != "served")


def test_patience_is_found_again_although_most_are_answered_before_it_ends(world: World) -> None:
    truth = _truth(world)
    queued = np.isin(truth.fate, ["served", "abandoned"]) & (truth.wait_s > 0)
    found = queueing.fit_patience(truth.wait_s[queued].tolist(), (truth.fate[queued] == "abandoned").tolist())
    assert found.low < PATIENCE_S < found.high


def test_the_truth_survives_its_file(world: World, tmp_path: Path) -> None:
    _truth(world).save(tmp_path / "chats.npz")
    kept = ChatTruth.load(tmp_path / "chats.npz")
    assert (kept.chance == _truth(world).chance).all()
    assert kept.gain(kept.fate == "served") > 0.1
    assert kept.gain(kept.fate == "abandoned") < 0


def _by_lot(world: World) -> tuple[dict[str, float], float]:
    """What the report says of the simulated hold-out, and the gain that is true."""
    truth = _truth(world)
    bought = [(each.customer + 1, each.at_us) for each in world.purchases if each.at_us <= NOW_US]
    who, at_us = (np.array(each, dtype=np.int64) for each in zip(*bought, strict=True))
    ones = np.ones(len(who), dtype=np.int64)
    money = Money(running.make(who, at_us, ones), running.make(who, at_us, ones), {n + 1: n + 1 for n in range(2500)})
    drawn = np.flatnonzero(truth.arm != "asked")
    settled = [place for place, row in enumerate(drawn) if truth.at_us[row] < NOW_US - loss.AFTER_US]
    invited = [
        Invited(
            each.visitor, int(truth.customer[drawn[place]]) + 1 or None, each.held, each.at_us, each.accepted_us > 0
        )
        for place in settled
        for each in [world.invitations[place]]
    ]
    told = lot.by_lot(lot.own(invited, {}, money), Draw(0, NOW_US, HOLD_OUT), money)
    assert not told["odd"]
    rows = drawn[settled]
    alone = told["bought"]["second"] - float(truth.alone[rows][truth.arm[rows] == "held"].mean())
    return told["bought"], truth.gain(np.isin(np.arange(len(truth.arm)), rows) & (truth.arm == "invited")) * (1 - alone)


def test_the_lot_tells_what_being_invited_truly_brings(world: World) -> None:
    told, true = _by_lot(world)
    assert true > 0.02
    assert told["low"] < true < told["high"]
    held = [each.held for each in world.invitations]
    assert np.mean(held) == pytest.approx(HOLD_OUT, abs=0.05)


@pytest.mark.long
def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    worlds = (simulator.simulate(Plan(NOW_US, customers=2500, seed=seed)).world for seed in range(1, 31))
    holds = [told["low"] < true < told["high"] for told, true in map(_by_lot, worlds)]
    assert sum(holds) >= 25
