"""What people do within a wish: steps for departments, comments, approvals, and the history of it all.

The stages of handling themselves are in wishes.
"""

from uuid import UUID

from kizuna.conversations import teams, wishes
from kizuna.conversations.models import ServiceRequest, Team, WishApproval, WishComment, WishMove, WishStep
from kizuna.conversations.wishes import Actor
from kizuna.shops.hours import MINUTE_US, Schedule
from kizuna.shops.tenants import NotThere, Refused
from kizuna.tables import public_ids

MOST_STEPS = 50


class NotYet(Refused):
    """Something of the wish is not done or not allowed yet."""


def add_usual_steps(wish: ServiceRequest, now_us: int) -> None:
    """Give a new wish the steps that wishes of its kind usually take."""
    for title, department_id in wish.kind.usual_steps if wish.kind else []:
        known = Team.objects.filter(shop_id=wish.shop_id, pk=department_id).exists()
        _create(wish, str(title), department_id if known else None, now_us)


def give_to(wish: ServiceRequest, department_id: int | None) -> None:
    """Give a locked wish to a department, or take it from any. Raises NotThere."""
    found = None if department_id is None else Team.objects.filter(shop_id=wish.shop_id, pk=department_id).first()
    if department_id is not None and found is None:
        raise NotThere("department", "there is no such department")
    wish.department = found
    wish.save(update_fields=["department"])


def add_step(wish: ServiceRequest, title: str, department_id: int | None, actor: Actor, now_us: int) -> WishStep:
    """Add a step for a department. Raises Refused."""
    if not 1 <= len(title.strip()) <= 200:
        raise Refused("title", "say in 1 to 200 characters what is to do")
    if WishStep.objects.filter(wish=wish).count() >= MOST_STEPS:
        raise Refused("title", f"a wish has at most {MOST_STEPS} steps")
    if department_id is not None and teams.find(wish.shop_id, department_id) is None:
        raise Refused("department", "there is no such department")
    step = _create(wish, title.strip(), department_id, now_us)
    wishes.note(wish, "step", actor, now_us, after="added", words=step.title)
    return step


def get_step(wish: ServiceRequest, public_id: UUID | str) -> WishStep:
    """Get a step of a wish. Raises NotThere."""
    try:
        found = WishStep.objects.filter(wish=wish, public_id=UUID(str(public_id))).first()
    except ValueError:
        found = None
    if found is None:
        raise NotThere("step", "there is no such step")
    return found


def start_step(step: WishStep, schedule: Schedule, actor: Actor, now_us: int) -> bool:
    """Begin a step as the person's own; False where it was begun or done."""
    if step.started_us is not None or step.done_us is not None:
        return False
    step.started_us, step.assignee_id = now_us, actor.person_id
    step.waited_minutes = schedule.working_us(step.opened_us, now_us) // MINUTE_US
    step.save()
    wishes.note(step.wish, "step", actor, now_us, after="begun", words=step.title)
    return True


def finish_step(step: WishStep, result: str, schedule: Schedule, actor: Actor, now_us: int) -> bool:
    """End a step with what came of it; False where it was done."""
    if step.done_us is not None:
        return False
    if step.started_us is None:
        start_step(step, schedule, actor, now_us)
    step.done_us, step.result = now_us, result.strip()[:5000]
    step.worked_minutes = schedule.working_us(step.started_us or now_us, now_us) // MINUTE_US
    step.save()
    wishes.note(
        step.wish, "step", actor, now_us, after="done", words=f"{step.title}: {result}" if result else step.title
    )
    return True


def list_steps(wish: ServiceRequest) -> list[WishStep]:
    """List the steps of a wish in the order they were added."""
    return list(WishStep.objects.filter(wish=wish).select_related("department", "assignee").order_by("id"))


def comment(wish: ServiceRequest, text: str, actor: Actor, now_us: int) -> WishComment:
    """Write something to the others about a wish. Raises Refused."""
    if not 1 <= len(text.strip()) <= 5000:
        raise Refused("text", "write 1 to 5,000 characters")
    return WishComment.objects.create(
        shop_id=wish.shop_id, wish=wish, person_id=actor.person_id, text=text.strip(), at_us=now_us
    )


def ask_approval(wish: ServiceRequest, question: str, actor: Actor, now_us: int) -> WishApproval:
    """Ask somebody with the say. Raises Refused where a question stands open already."""
    if not 1 <= len(question.strip()) <= 500:
        raise Refused("question", "ask in 1 to 500 characters")
    if WishApproval.objects.filter(wish=wish, is_granted=None).exists():
        raise Refused("question", "there is a question that nobody has answered yet")
    wishes.note(wish, "approval", actor, now_us, after="asked", words=question.strip())
    return WishApproval.objects.create(
        shop_id=wish.shop_id,
        public_id=public_ids.make(now_us),
        wish=wish,
        question=question.strip(),
        asked_by_id=actor.person_id,
        asked_us=now_us,
    )


def answer_approval(wish: ServiceRequest, is_granted: bool, answer: str, actor: Actor, now_us: int) -> WishApproval:
    """Answer the open question of a wish. Raises NotThere where there is none."""
    asked = WishApproval.objects.filter(wish=wish, is_granted=None).first()
    if asked is None:
        raise NotThere("approval", "nothing is asked")
    asked.is_granted, asked.answer = is_granted, answer.strip()[:500]
    asked.answered_by_id, asked.answered_us = actor.person_id, now_us
    asked.save()
    wishes.note(wish, "approval", actor, now_us, after="granted" if is_granted else "refused", words=asked.answer)
    return asked


def check_approved(wish: ServiceRequest) -> None:
    """Raise NotYet while an approval that this wish needs is not granted."""
    last = WishApproval.objects.filter(wish=wish).order_by("-id").first()
    if last is not None and last.is_granted is None:
        raise NotYet("approval", "somebody was asked for approval and has not answered yet")
    if last is not None and last.is_granted is False:
        raise NotYet("approval", f"approval was refused: {last.answer or 'without a reason'}")
    if last is None and wish.kind is not None and wish.kind.needs_approval:
        raise NotYet("approval", f"wishes of the kind “{wish.kind.name}” need an approval first")


def history_of(wish: ServiceRequest) -> tuple[list[WishMove], list[WishComment], list[WishApproval]]:
    """Read what happened to a wish, what was said about it and what was asked, each from the beginning."""
    moves = WishMove.objects.filter(wish=wish).select_related("person").order_by("at_us", "id")
    comments = WishComment.objects.filter(wish=wish).select_related("person").order_by("at_us", "id")
    asked = WishApproval.objects.filter(wish=wish).select_related("asked_by", "answered_by").order_by("id")
    return list(moves), list(comments), list(asked)


def _create(wish: ServiceRequest, title: str, department_id: int | None, now_us: int) -> WishStep:
    return WishStep.objects.create(
        shop_id=wish.shop_id,
        public_id=public_ids.make(now_us),
        wish=wish,
        title=title[:200],
        department_id=department_id,
        opened_us=now_us,
    )
