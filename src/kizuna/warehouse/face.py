"""The face of the warehouse: one method per named question, whatever the engine behind it.

Answers are columns: numpy int64, float64 or object (text), in the order each question promises. Periods are (from, to]
in epoch microseconds; money is in minor units of the shop's currency. The meaning of each column: queries/*.sql.
"""

from kizuna.warehouse.engines.session import Answer, Session
from kizuna.warehouse.questions import BadNumber, get_question

MOST_STEPS = 1000


class Warehouse:
    """One shop's facts, ready to be asked."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def stocks(self, as_of_us: int, landmark_us: int) -> Answer:
        """Last purchase (-2^63: never) and the sums f30..f365, m.., v.., e.. against the landmark, of facts by then."""
        return self._ask("stocks", as_of_us=as_of_us, landmark_us=landmark_us)

    def net_profit(self, from_us: int, to_us: int) -> Answer:
        """Net profit over the period of every customer placed by its end."""
        return self._ask("net_profit", from_us=from_us, to_us=to_us)

    def purchases(self, until_us: int) -> Answer:
        """The customer-days: what each customer bought and gave back on each day."""
        return self._ask("purchases", until_us=until_us)

    def visits(self, from_us: int, to_us: int) -> Answer:
        """The visits that began in the period, by visitor key and time."""
        return self._ask("visits", from_us=from_us, to_us=to_us)

    def cohort_retention(self) -> Answer:
        """Buyers by the month of their first purchase: who purchased again in each month since."""
        return self._ask("cohort_retention")

    def transitions(self, step_us: int, from_us: int, to_us: int) -> Answer:
        """Counts of state, action, next state over whole steps of the period; at most 1000 steps."""
        if step_us <= 0 or (to_us - from_us) // step_us > MOST_STEPS:
            raise BadNumber(f"the period must hold at most {MOST_STEPS} steps of a positive length")
        return self._ask("transitions", step_us=step_us, from_us=from_us, to_us=to_us)

    def concentration(self, from_us: int, to_us: int) -> Answer:
        """Sales of each customer in the period, the largest first, with what those up to there hold together."""
        return self._ask("concentration", from_us=from_us, to_us=to_us)

    def last_touch(self, window_us: int, from_us: int, to_us: int) -> Answer:
        """Purchases of the period by the source their customer last came from within the window before."""
        return self._ask("last_touch", window_us=window_us, from_us=from_us, to_us=to_us)

    def first_touch(self) -> Answer:
        """The source each customer first came from, where anything names one."""
        return self._ask("first_touch")

    def attention(self, from_us: int, to_us: int, cap_us: int = 300_000_000) -> Answer:
        """Pages, clicks and dwell time of the period, each pause between pages counted up to cap_us (5 minutes)."""
        return self._ask("attention", cap_us=cap_us, from_us=from_us, to_us=to_us)

    def basket_pairs(self, least: int) -> Answer:
        """Pairs of products that at least so many orders hold together."""
        return self._ask("basket_pairs", least=least)

    def percentiles(self, from_us: int, to_us: int) -> Answer:
        """Exact percentiles of order values and of the time between purchases, of the purchases of the period."""
        return self._ask("percentiles", from_us=from_us, to_us=to_us)

    def cuboid(self) -> Answer:
        """The cube's finest grain: per day, channel, category and customer what was bought, visited and written."""
        return self._ask("cuboid")

    def _ask(self, name: str, **numbers: float) -> Answer:
        question = get_question(name)
        return self._session.ask(question.filled(**numbers), question.gives)
