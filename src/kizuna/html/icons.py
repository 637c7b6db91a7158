"""The icon set, drawn for Kizuna on a 24-unit grid as stroke paths, and the marks of the four segments.

An icon beside words is decoration and hidden from screen readers; a segment mark carries its letter as text nearby.
"""

from django.utils.safestring import SafeString

from kizuna.html.markup import element

PATHS = {
    "today": "M4 13h4l2.5-7 4 13 2.3-6H20",
    "portfolio": "M4 4v16h16M8.5 15.5h.01M11 11.5h.01M14.5 13h.01M16 7.5h.01M18.5 9.5h.01M13 6.5h.01",
    "customers": (
        "M15.5 19v-1.2c0-2.1-1.9-3.8-4.2-3.8H7.7c-2.3 0-4.2 1.7-4.2 3.8V19M9.5 10.5a3.2 3.2 0 1 0 0-6.4 3.2 "
        "3.2 0 0 0 0 6.4zM20.5 19v-1.2c0-1.8-1.2-3.2-3-3.7M15.3 4.3a3.2 3.2 0 0 1 0 6"
    ),
    "debugger": "M3.5 12h3l2-4 3 9 3.5-12 2.5 7h3",
    "live": (
        "M12 13.2a1.2 1.2 0 1 0 0-2.4 1.2 1.2 0 0 0 0 2.4zM8.2 15.8a5.4 5.4 0 0 1 0-7.6M15.8 8.2a5.4 5.4 0 0 "
        "1 0 7.6M5.3 18.7a9.5 9.5 0 0 1 0-13.4M18.7 5.3a9.5 9.5 0 0 1 0 13.4"
    ),
    "settings": (
        "M4 7h9M17 7h3M4 12h3M11 12h9M4 17h7M15 17h5M15 9a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM9 14a2 2 0 1 0 0-4 2 2 "
        "0 0 0 0 4zM13 19a2 2 0 1 0 0-4 2 2 0 0 0 0 4z"
    ),
    "search": "M10.8 17.1a6.3 6.3 0 1 0 0-12.6 6.3 6.3 0 0 0 0 12.6zM15.4 15.4 20 20",
    "chevron": "M7 10l5 5 5-5",
    "right": "M10 6l6 6-6 6",
    "left": "M14 6l-6 6 6 6",
    "up": "M12 19V5M6 11l6-6 6 6",
    "down": "M12 5v14M6 13l6 6 6-6",
    "sort": "M8 5v14M4.5 15.5 8 19l3.5-3.5M16 19V5M12.5 8.5 16 5l3.5 3.5",
    "plus": "M12 5v14M5 12h14",
    "check": "M5 12.5l4.5 4.5L19 7.5",
    "close": "M6 6l12 12M18 6L6 18",
    "alert": (
        "M12 8.5v4.5M12 16.5h.01M10.3 4.6 3.2 17.2A2 2 0 0 0 4.9 20h14.2a2 2 0 0 0 1.7-2.8L13.7 4.6a2 2 0 0 0-3.4 0z"
    ),
    "info": "M12 11v5.5M12 7.6h.01M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z",
    "clock": "M12 7v5.2l3.3 2M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z",
    "sun": (
        "M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 3v1.5M12 19.5V21M3 12h1.5M19.5 12H21M5.6 5.6l1.1 1.1M17.3 "
        "17.3l1.1 1.1M5.6 18.4l1.1-1.1M17.3 6.7l1.1-1.1"
    ),
    "moon": "M20 14.2A8.2 8.2 0 0 1 9.8 4 8.2 8.2 0 1 0 20 14.2z",
    "auto": "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 3v18M12 8l5.5-2.7M12 13l8.7-3.6M12 18l7.2-2.8",
    "out": "M14 4h4a2 2 0 0 1 2 2v12a2 2 0 0 1-2 2h-4M10 16l-4-4 4-4M6 12h9",
    "person": "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20c.6-3.6 3.7-5.5 7.5-5.5s6.9 1.9 7.5 5.5",
    "shop": (
        "M4 9l1.3-4.2A1.2 1.2 0 0 1 6.4 4h11.2c.5 0 1 .3 1.1.8L20 9M4 9a2.7 2.7 0 0 0 5.3 0 2.7 2.7 0 0 0 5.4 "
        "0A2.7 2.7 0 0 0 20 9M5.5 11.5V20h13v-8.5M10 20v-4.5h4V20"
    ),
    "download": "M12 4v11M7 11l5 5 5-5M5 20h14",
    "upload": "M12 16V5M7 9.5 12 4.5l5 5M5 20h14",
    "filter": "M4 6h16M7 12h10M10 18h4",
    "merge": "M6 4v4a5 5 0 0 0 5 5h8M6 20v-4a3 3 0 0 1 3-3M16 10l3 3-3 3",
    "split": "M5 12h5a5 5 0 0 0 4-2l4-5M10 12a5 5 0 0 1 4 2l4 5M14.5 5H18v3.5M14.5 19H18v-3.5",
    "star": "M12 4l2.4 5 5.6.8-4 3.9.9 5.6-4.9-2.6-4.9 2.6.9-5.6-4-3.9 5.6-.8z",
    "heart": "M12 19.5S4 14.8 4 9.4A4.3 4.3 0 0 1 12 7a4.3 4.3 0 0 1 8 2.4c0 5.4-8 10.1-8 10.1z",
    "cart": "M3.5 4.5h2l2.4 10.2h9.6l2-7.2H6.7M9 19.5h.01M16.5 19.5h.01",
    "mail": "M4 6h16v12H4zM4.5 6.5 12 13l7.5-6.5",
    "inbox": "M4 13.5 6.6 5.6h10.8L20 13.5V18.5H4zM4 13.5h4.5l1.2 2.3h4.6l1.2-2.3H20",
    "at": (
        "M12 15.8a3.8 3.8 0 1 0 0-7.6 3.8 3.8 0 0 0 0 7.6zM15.8 8.4V13a2.4 2.4 0 0 0 4.7.4c.9-4.6-2.6-9.2-8.5-9.2a7.8 "
        "7.8 0 1 0 4.4 14.3"
    ),
    "note": "M5 4.5h14v10L14.5 19.5H5zM14.5 19.5v-5H19M8.5 9h7M8.5 12.5h4",
    "reply": "M9.5 6 4.5 11l5 5M4.5 11h9a6 6 0 0 1 6 6v1.5",
    "clip": "M18.5 11.5 12 18a4.2 4.2 0 0 1-6-6l7-7a2.8 2.8 0 0 1 4 4l-7 7a1.4 1.4 0 0 1-2-2l6-6",
    "send": "M4.5 12 19.5 5l-5 14.5-3-6zM11.5 13.5l8-8.5",
    "tag": "M4 4.5h7.5L20 13l-7 7-8.5-8.5zM8 8.5h.01",
    "bolt": "M13 3.5 5.5 13.5H11l-1 7 7.5-10H12z",
    "phone": (
        "M6 4h3.5l1.5 4-2 1.6a11 11 0 0 0 5.4 5.4l1.6-2 4 1.5V18a2 2 0 0 1-2.2 2A15.8 15.8 0 0 1 4 6.2 2 2 0 0 1 6 4z"
    ),
    "chat": (
        "M5 5h14a1.5 1.5 0 0 1 1.5 1.5v8A1.5 1.5 0 0 1 19 16h-7l-4.5 4v-4H5a1.5 1.5 0 0 1-1.5-1.5v-8A1.5 1.5 0 0 1 5 5z"
    ),
    "fax": "M7 9V4h8l2 2v3M4.5 9h15v8.5h-15zM8 13h.01M11 13h.01M14 13h2M7 17.5V20h10v-2.5",
    "post": "M4 9.5 12 4l8 5.5V19H4zM4 9.8l8 5.2 8-5.2",
    "web": (
        "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM3.5 12h17M12 3c2.6 2.5 3.8 5.5 3.8 9s-1.2 6.5-3.8 "
        "9c-2.6-2.5-3.8-5.5-3.8-9S9.4 5.5 12 3z"
    ),
    "handshake": (
        "M3 8l4-2 5 2 5-2 4 2v7l-3 .5-4.5 3.5a1.5 1.5 0 0 1-2 0L6 15.5 3 15zM12 8l-3 3.5a1.5 1.5 0 0 0 2.2 "
        "2L13.5 12l4.5 4"
    ),
    "forecast": "M4 4.5V20h16M7.5 15.5l3.5-4 3 2 5-6.5M15.6 7H19v3.4",
    "validity": "M12 3.5l7 2.8v5c0 4.4-2.9 7.6-7 9.2-4.1-1.6-7-4.8-7-9.2v-5zM8.7 11.8l2.4 2.4 4.3-4.6",
    "code": "M8.5 7.5 4 12l4.5 4.5M15.5 7.5 20 12l-4.5 4.5",
    "pause": "M8.5 5.5v13M15.5 5.5v13",
    "play": "M8 5.5v13l10.5-6.5z",
    "lasso": (
        "M4 10c0-3 3.6-5.5 8-5.5s8 2.5 8 5.5-3.6 5.5-8 5.5c-1.6 0-3-.3-4.3-.9M7 15a2 2 0 1 0 0-.01M7.5 17c.4 "
        "1.5-.3 3-2 3.5"
    ),
    "explore": "M12 3.5l7.5 4v9l-7.5 4-7.5-4v-9zM12 12l7.5-4.5M12 12v8.5M12 12 4.5 7.5",
    "retention": "M4 5h4v4H4zM10 5h4v4h-4zM16 5h4v4h-4zM4 11h4v4H4zM10 11h4v4h-4zM4 17h4v2.5H4z",
    "table": "M4 5h16v14H4zM4 10h16M4 14.5h16M10 10v9",
    "bookmark": "M7 4h10v16l-5-4-5 4z",
    "more": "M6 12h.01M12 12h.01M18 12h.01",
    "refresh": "M19.5 11A7.6 7.6 0 0 0 6 7L4 9M4 4.5V9h4.5M4.5 13A7.6 7.6 0 0 0 18 17l2-2M20 19.5V15h-4.5",
    "key": "M14.5 13a4.5 4.5 0 1 0-4.3-3.2L4 16v4h4v-2.5h2.5V15l1.8-1.8M15.5 8.5h.01",
    "eye": (
        "M2.8 12S6 5.5 12 5.5 21.2 12 21.2 12 18 18.5 12 18.5 2.8 12 2.8 12zM12 14.6a2.6 2.6 0 1 0 0-5.2 2.6 "
        "2.6 0 0 0 0 5.2z"
    ),
}

MARKS = {
    "A": "M8 1.2 14.8 8 8 14.8 1.2 8z",
    "B": "M8 2 15 14H1z",
    "C": "M2.2 2.2h11.6v11.6H2.2z",
    "D": "M8 14.2A6.2 6.2 0 1 0 8 1.8a6.2 6.2 0 0 0 0 12.4z",
    "": "M8 14a6 6 0 1 0 0-12 6 6 0 0 0 0 12zm0-2.2a3.8 3.8 0 1 1 0-7.6 3.8 3.8 0 0 1 0 7.6z",
}


def icon(name: str, class_: str = "icon") -> SafeString:
    """Draw one icon by name; an unknown name raises KeyError, so a typo never reaches a page."""
    return element(
        "svg", element("path", d=PATHS[name]), class_=class_, viewbox="0 0 24 24", aria_hidden="true", focusable="false"
    )


def segment_mark(segment: str) -> SafeString:
    """Draw the shape of a segment (diamond, triangle, square, circle; a ring for not yet placed)."""
    path = element("path", d=MARKS[segment])
    letter = (segment or "none").lower()
    return element("svg", path, class_=f"mark seg-{letter}", viewbox="0 0 16 16", aria_hidden="true", focusable="false")
