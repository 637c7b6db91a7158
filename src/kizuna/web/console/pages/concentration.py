"""How much of the net profit the most profitable customers bring, drawn as a curve, for the portfolio page."""

from django.utils.safestring import SafeString

from kizuna.html import charts, figures
from kizuna.html.charts import Axes, Line
from kizuna.html.scales import Linear
from kizuna.relationships import snapshots
from kizuna.relationships.snapshots import SnapshotView
from kizuna.web.console.pages.words import concentration_words

TICKS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


def shares_held(snapshot: SnapshotView) -> SafeString:
    """Draw what the top so many per cent of the customers bring, beside what they would if all brought the same."""
    shares = snapshot.concentration.get("shares")
    if not shares:
        return SafeString("")
    points = [(place / (len(shares) - 1), share) for place, share in enumerate(shares)]
    axes = Axes(
        x=Linear(0, 1),
        y=Linear(0, 1),
        x_ticks=[(tick, figures.share(tick, 0)) for tick in TICKS],
        y_text=lambda value: figures.share(value, 0),
        marks=[(0.8, "80 % of the net profit")],
        height=240,
    )
    words = concentration_words(snapshots.concentration(snapshot))
    same = Line([(0.0, 0.0), (1.0, 1.0)], faint=True)
    return charts.line_chart(
        "Net profit by share of customers", words, [same, Line(points, "tone-a", filled=True)], axes
    )
