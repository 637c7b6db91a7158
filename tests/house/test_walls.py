"""Walls that imports do not show: ORM paths that climb out of a room."""

import ast

from django.apps import apps

from tests.house.source import list_src

FLOORS = {
    "flows": 4,
    "outreach": 3,
    "conversations": 3,
    "relationships": 3,
    "privileges": 3,
    "knowledge": 3,
    "sales": 3,
    "tracking": 3,
    "customers": 2,
    "shops": 1,
    "jobs": 0,
    "bus": 0,
}


def _climbing_names(room: str) -> set[str]:
    """Reverse relation names on this room's models that come from a room above or beside it."""
    names = set()
    for model in apps.get_app_config(room).get_models():
        for relation in model._meta.related_objects:
            other = relation.related_model._meta.app_label
            if other in FLOORS and other != room and FLOORS[other] >= FLOORS[room]:
                names.add(relation.name)
    return names


def test_orm_paths_never_climb_out_of_their_room() -> None:
    climbing = {room: _climbing_names(room) for room in FLOORS}
    every = set().union(*climbing.values())
    found = []
    for module in list_src():
        names = climbing.get(module.room, every if module.room in {"web", "demo"} else set())
        for node in ast.walk(module.tree):
            word = node.arg if isinstance(node, ast.keyword) else getattr(node, "value", None)
            if isinstance(word, str) and "__" in word and word.isidentifier() and set(word.split("__")) & names:
                found.append(f"{module.name}:{getattr(node, 'lineno', 0)} {word}")
    assert found == []
