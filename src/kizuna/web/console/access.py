"""Who may see which page of the console: the shop in the address, the person's membership, their role."""

from django.http import HttpRequest


def navigation(request: HttpRequest) -> dict[str, object]:
    """Give templates the shop and role that the view resolved, if any."""
    return {"shop": getattr(request, "shop", None), "role": getattr(request, "role", None)}
