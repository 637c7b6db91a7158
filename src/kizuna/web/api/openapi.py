"""The description of the API as an OpenAPI 3.1 document, written by hand; a test compares it with the addresses.

Served without a token: it says how to ask, never what a shop holds.
"""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_GET

from kizuna.relationships import lists
from kizuna.web.api import openapi_wishes
from kizuna.web.api.access import PER_MINUTE
from kizuna.web.api.customers import LONGEST_WORDS, MOST, MOST_FOUND, SEGMENTS

ERROR = {"$ref": "#/components/schemas/Error"}
NULLABLE_TEXT = {"type": ["string", "null"], "format": "date-time"}


@require_GET
def show(request: HttpRequest) -> JsonResponse:
    """Serve the document."""
    return JsonResponse({**DOCUMENT, "servers": [{"url": settings.PUBLIC_URL}]})


def _parameter(name: str, description: str, schema: dict[str, Any], place: str = "query") -> dict[str, Any]:
    return {"name": name, "in": place, "required": place == "path", "description": description, "schema": schema}


def _answers(description: str, content: dict[str, Any], *more: str) -> dict[str, Any]:
    meanings = {
        "400": "A parameter cannot be read; `field` names it.",
        "401": "No valid token.",
        "403": "The token's role may not do this.",
        "404": "This shop has no such customer.",
        "429": f"More than {PER_MINUTE} requests a minute; wait as Retry-After says.",
    }
    refusals = {
        status: {"description": meanings[status], "content": {"application/json": {"schema": ERROR}}}
        for status in ("400", "401", "403", "429", *more)
    }
    return {"200": {"description": description, "content": content}, **refusals}


def _reference(name: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}


FACTORS = {
    "type": "object",
    "description": "By factor: R, F, M, V, E and further indicators.",
    "additionalProperties": {"type": "number"},
}
CUSTOMER = {
    "type": "object",
    "description": "One customer as the lists of the console show them.",
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "label": {"type": "string"},
        "name": {"type": "string"},
        "email": {"type": "string"},
        "country": {"type": "string"},
        "known": {"type": "boolean", "description": "Has an identity stronger than a visitor key."},
        "first_order_at": NULLABLE_TEXT,
        "last_order_at": NULLABLE_TEXT,
        "last_seen_at": NULLABLE_TEXT,
        "orders": {"type": "integer"},
        "revenue_minor": {"type": "integer", "description": "In minor units of the shop's currency."},
        "stocks": FACTORS,
        "z": {**FACTORS, "description": "Scores against the reference, 0 to 1, by factor."},
        "rf": {"type": ["number", "null"], "minimum": 0, "maximum": 1, "description": "Relationship factor."},
        "net_profit_minor": {"type": ["integer", "null"], "description": "Over the period; null: not yet placed."},
        "e_cnrr": {"type": ["number", "null"], "description": "Net revenue ratio; null while it is undefined."},
        "segment": {"type": ["string", "null"], "enum": ["A", "B", "C", "D", None]},
        "expected_value_minor": {
            "type": ["integer", "null"],
            "description": "Net profit to expect by the last forecast, discounted; null: not in one yet.",
        },
        "still_customer": {
            "type": ["number", "null"],
            "minimum": 0,
            "maximum": 1,
            "description": "How likely they have not left for good, by the last forecast.",
        },
        "as_of": NULLABLE_TEXT,
    },
}
EXPECTED = {
    "type": "object",
    "description": "What to expect, and the ends of its interval.",
    "properties": {name: {"type": "number"} for name in ("expected", "low", "high")},
}
FORECAST = {
    "type": ["object", "null"],
    "description": "What the last forecast says of this customer; null: they are not in one yet.",
    "properties": {
        "as_of": NULLABLE_TEXT,
        "months": {"type": "integer", "description": "How far it looks ahead."},
        "still_customer": {"type": "number", "minimum": 0, "maximum": 1},
        "purchases": EXPECTED,
        "net_profit_minor": {**EXPECTED, "description": "Discounted to the present, less maintenance."},
        "interval": {"type": "number", "description": "How often an interval holds, such as 0.8."},
    },
}
CUSTOMER_LIST = {
    "type": "object",
    "properties": {
        "shop": {"type": "string"},
        "currency": {"type": "string"},
        "customers": {"type": "array", "items": {"$ref": "#/components/schemas/Customer"}},
        "next": {"type": ["string", "null"], "description": "Pass it as `cursor` for the next page; null: the last."},
    },
}
ONE_CUSTOMER = {
    "type": "object",
    "properties": {
        "shop": {"type": "string"},
        "currency": {"type": "string"},
        "customer": {
            "allOf": [
                {"$ref": "#/components/schemas/Customer"},
                {"type": "object", "properties": {"forecast": FORECAST}},
            ]
        },
    },
}
ERROR_SCHEMA = {
    "type": "object",
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {
                "code": {"type": "string", "description": "For programs."},
                "message": {"type": "string", "description": "For people."},
                "field": {"type": "string", "description": "The parameter to blame."},
            },
        }
    },
}
LIST_CUSTOMERS = {
    "summary": "List customers",
    "operationId": "list_customers",
    "parameters": [
        _parameter("segment", f"Any of {', '.join(SEGMENTS)}, with commas between.", {"type": "string"}),
        _parameter("known", "Only known customers, or only visitors.", {"type": "boolean"}),
        _parameter("country", "Exactly this country, as the shop writes it.", {"type": "string"}),
        _parameter("rf_min", "Relationship factor at least.", {"type": "number", "minimum": 0, "maximum": 1}),
        _parameter("rf_max", "Relationship factor at most.", {"type": "number", "minimum": 0, "maximum": 1}),
        _parameter("net_profit_min_minor", "Net profit of the period at least.", {"type": "integer"}),
        _parameter("net_profit_max_minor", "Net profit of the period at most.", {"type": "integer"}),
        _parameter(
            "q",
            "Words that each begin a name, an address, a phone number, an id or an order number of the customer; "
            f"at most {MOST_FOUND:,} are found, those seen last first.",
            {"type": "string", "maxLength": LONGEST_WORDS},
        ),
        _parameter("sort", "By what.", {"type": "string", "enum": list(lists.SORTS), "default": "profit"}),
        _parameter("direction", "Names rise by default, figures fall.", {"enum": ["rising", "falling"]}),
        _parameter("cursor", "`next` of the page before.", {"type": "string"}),
        _parameter("limit", "Rows a page.", {"type": "integer", "minimum": 1, "maximum": MOST, "default": 50}),
    ],
    "responses": _answers("A page of customers.", _reference("CustomerList")),
}
SHOW_CUSTOMER = {
    "summary": "Show one customer",
    "operationId": "show_customer",
    "parameters": [_parameter("public_id", "The customer's id.", {"type": "string", "format": "uuid"}, "path")],
    "responses": _answers("The customer.", _reference("OneCustomer"), "404"),
}
PORTFOLIO = {
    "type": "object",
    "description": "The portfolio as of an instant: stateless, no hysteresis.",
    "properties": {
        "shop": {"type": "string"},
        "as_of": {"type": "string", "format": "date-time"},
        "period": {
            "type": "object",
            "description": "(from, to]",
            "properties": {name: {"type": "string", "format": "date-time"} for name in ("from", "to")},
        },
        "currency": {"type": "string"},
        "half_life_days": {"description": "One number, or by factor where they differ."},
        "weights": FACTORS,
        "net_gain_minor": {"type": "integer"},
        "cuts": {
            "type": "object",
            "properties": {
                "rf": {"type": ["number", "null"]},
                "e_cnrr": {"type": ["number", "null"]},
                "n_star": {"type": "integer"},
            },
        },
        "customers": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "customer": {"type": "string", "description": "The identifier of the source."},
                    "stocks": FACTORS,
                    "z": FACTORS,
                    "rf": {"type": "number"},
                    "net_profit_minor": {"type": "integer"},
                    "e_cnrr": {"type": ["number", "null"]},
                    "segment": {"type": ["string", "null"]},
                },
            },
        },
    },
}
SHOW_PORTFOLIO = {
    "summary": "The whole portfolio as of an instant",
    "operationId": "show_portfolio",
    "description": "Needs a token with the role marketer or owner.",
    "parameters": [
        _parameter("as_of", "Such as 2011-12-10T00:00:00Z; without it, the shop's clock.", {"type": "string"}),
        _parameter("from", "Where the e-CNRR period begins; without it, the shop's months before.", {"type": "string"}),
        _parameter("format", "The form.", {"type": "string", "enum": ["json", "csv"], "default": "json"}),
        _parameter(
            "reference",
            "Score against the customers of that instant, or against the reference frozen by then.",
            {"type": "string", "enum": ["population", "frozen"], "default": "population"},
        ),
    ],
    "responses": _answers("The portfolio.", {**_reference("Portfolio"), "text/csv": {"schema": {"type": "string"}}}),
}
THIS = {
    "summary": "This description",
    "operationId": "openapi",
    "security": [],
    "responses": {"200": {"description": "OpenAPI 3.1.", "content": {"application/json": {"schema": {}}}}},
}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {
        "title": "Kizuna",
        "version": "1",
        "description": "One shop with an API token (Settings, API tokens). Events are sent with a write key "
        "over the Segment-compatible wire: POST /v1/track, /v1/identify, /v1/page, /v1/batch and their kin. "
        "Amounts are whole minor units of the shop's currency; instants are UTC.",
    },
    "security": [{"token": []}],
    "paths": {
        "/api/v1/portfolio": {"get": SHOW_PORTFOLIO},
        "/api/v1/customers": {"get": LIST_CUSTOMERS},
        "/api/v1/customers/{public_id}": {"get": SHOW_CUSTOMER},
        **openapi_wishes.PATHS,
        "/api/v1/openapi.json": {"get": THIS},
    },
    "components": {
        "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": "kz_t_..."}},
        "schemas": {
            "Portfolio": PORTFOLIO,
            "Customer": CUSTOMER,
            "CustomerList": CUSTOMER_LIST,
            "OneCustomer": ONE_CUSTOMER,
            **openapi_wishes.SCHEMAS,
            "Error": ERROR_SCHEMA,
        },
    },
}
