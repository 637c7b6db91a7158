"""The part of the API's description that speaks of wishes."""

from typing import Any

from kizuna.conversations.wishes import Stage
from kizuna.web.api.wishes import LARGEST_NUMBER, MOST, MOVES

TEXT = {"type": "string"}
INSTANT = {"type": ["string", "null"], "format": "date-time"}
ID = {"type": "string", "format": "uuid"}
NAMED = {"type": ["object", "null"], "properties": {"id": ID, "name": TEXT}}
ERROR = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
INSTANTS = (
    "forwarded_at",
    "understood_at",
    "accepted_at",
    "promised_until",
    "due_at",
    "fulfilled_at",
    "confirmed_at",
    "declined_at",
    "withdrawn_at",
)
WISH: dict[str, Any] = {
    "type": "object",
    "description": "A wish of a customer and how it is handled.",
    "properties": {
        "id": ID,
        **dict.fromkeys(("title", "text", "learned", "reason", "nearest", "outcome", "source"), TEXT),
        "stage": {"type": "string", "enum": list(Stage.values)},
        "customer": {"type": ["string", "null"], "format": "uuid"},
        "kind": NAMED,
        "department": NAMED,
        "priority": {"type": "integer", "minimum": 1, "maximum": 4, "description": "1 low to 4 urgent."},
        "own_priority": {"type": ["integer", "null"], "description": "The customer's own order: 1 first."},
        "units": {"type": "integer"},
        "confirmed_by_customer": {"type": "boolean"},
        "within_capability": {"type": ["boolean", "null"]},
        "waits_for_customer": {"type": "boolean", "description": "The clock stands until they answer."},
        **dict.fromkeys(INSTANTS, INSTANT),
    },
}
WISH_LIST = {
    "type": "object",
    "properties": {
        "shop": TEXT,
        "wishes": {"type": "array", "items": {"$ref": "#/components/schemas/Wish"}},
        "next": {"type": ["string", "null"], "description": "Pass it as `cursor` for the next page; null: the last."},
    },
}
ONE_WISH = {"type": "object", "properties": {"shop": TEXT, "wish": {"$ref": "#/components/schemas/Wish"}}}
SCHEMAS = {"Wish": WISH, "WishList": WISH_LIST, "OneWish": ONE_WISH}
_MEANINGS = {
    "400": "A parameter or field cannot be used; `field` names it.",
    "401": "No valid token.",
    "403": "The token's role may not do this, or its maker is gone.",
    "404": "This shop has no such wish.",
    "409": "The wish stands elsewhere, or the week is full: then `next_day` and `nearest` come with it.",
    "429": "Too many requests; wait as Retry-After says.",
}


def _answers(status: str, schema: str, *more: str) -> dict[str, Any]:
    good = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    refused = {each: {"description": _MEANINGS[each], "content": ERROR} for each in ("400", "401", "403", "429", *more)}
    return {status: {"description": "Done.", "content": good}, **refused}


def _body(required: list[str], properties: dict[str, Any]) -> dict[str, Any]:
    schema = {"type": "object", "required": required, "properties": properties, "additionalProperties": False}
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def _query(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "description": description, "schema": schema}


_PUBLIC_ID = {"name": "public_id", "in": "path", "required": True, "description": "The wish's id.", "schema": ID}
_COUNT = {"type": "integer", "minimum": 0, "maximum": LARGEST_NUMBER}
LIST = {
    "summary": "List wishes, the newest first",
    "operationId": "list_wishes",
    "parameters": [
        _query("stage", f"Any of {', '.join(Stage.values)}, with commas between.", TEXT),
        _query("department", "Only of this department, by its id; its open steps count too.", ID),
        _query("kind", "Only of this kind, by its id.", ID),
        _query("customer", "Only of this customer, by their id.", ID),
        _query("cursor", "`next` of the page before.", TEXT),
        _query("limit", "Rows a page.", {"type": "integer", "minimum": 1, "maximum": MOST, "default": 50}),
    ],
    "responses": _answers("200", "WishList"),
}
OPEN = {
    "summary": "Take up a wish",
    "operationId": "open_wish",
    "requestBody": _body(
        ["customer", "text"],
        {
            "customer": {**ID, "description": "Whose wish it is."},
            "text": {"type": "string", "minLength": 1, "maxLength": 10_000},
            "title": {"type": "string", "maxLength": 140},
            "kind": ID,
            "department": ID,
            "capability": {**ID, "description": "What it takes of what the shop can do."},
            "priority": {"type": "integer", "minimum": 1, "maximum": 4},
            "own_priority": {"type": "integer", "minimum": 1, "maximum": 999},
            "token": {"type": "string", "maxLength": 64, "description": "Sent again, it is the same wish."},
        },
    ),
    "responses": _answers("201", "OneWish"),
}
SHOW = {
    "summary": "Show one wish",
    "operationId": "show_wish",
    "parameters": [_PUBLIC_ID],
    "responses": _answers("200", "OneWish", "404"),
}
MOVE = {
    "summary": "Move a wish to another stage of handling",
    "operationId": "move_wish",
    "parameters": [_PUBLIC_ID],
    "requestBody": _body(
        ["to"],
        {
            "to": {"type": "string", "enum": [str(each) for each in MOVES]},
            "learned": {"type": "string", "maxLength": 5_000, "description": "understood: the wish in our words."},
            "confirmed": {"type": "boolean", "description": "understood: the customer said that it is so."},
            "day": {"type": "string", "format": "date", "description": "accepted: the promised day."},
            "capability": {**ID, "description": "accepted: what it takes of what the shop can do."},
            "units": {**_COUNT, "minimum": 1},
            "reason": {"type": "string", "maxLength": 2_000, "description": "declined or withdrawn: why."},
            "nearest": {"type": "string", "maxLength": 2_000, "description": "declined: the nearest thing possible."},
            "outcome": {"type": "string", "maxLength": 5_000, "description": "fulfilled: what was done."},
            "tell": {"type": "string", "maxLength": 20_000, "description": "Sent to the customer in the conversation."},
        },
    ),
    "responses": _answers("200", "OneWish", "404", "409"),
}
PATHS: dict[str, Any] = {
    "/api/v1/wishes": {"get": LIST, "post": OPEN},
    "/api/v1/wishes/{public_id}": {"get": SHOW},
    "/api/v1/wishes/{public_id}/stage": {"post": MOVE},
}
