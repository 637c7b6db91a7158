"""How much was learned from customers in a span of time."""

from kizuna.knowledge.models import Lesson


def count_between(shop_id: int, from_us: int, until_us: int) -> int:
    """Count what was learned in [from, until), forgotten things too; a correction counts as learning."""
    return Lesson.objects.filter(shop_id=shop_id, learned_us__gte=from_us, learned_us__lt=until_us).count()
