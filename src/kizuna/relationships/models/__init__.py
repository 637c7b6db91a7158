"""How strong each relationship is and what it earns, and how far it has come: the tables of this room.

`standing` holds the portfolio and what is reckoned for it, `bonds` stages, investments and referrals.
"""

from kizuna.relationships.models.bonds import (
    Investment,
    InvestmentKind,
    InvestmentTerms,
    KeptReport,
    Referral,
    ReferralCode,
    StageMove,
    StageStanding,
)
from kizuna.relationships.models.standing import (
    Criterion,
    ForecastPart,
    ForecastRun,
    IdentityStock,
    Indicator,
    IndicatorStock,
    Move,
    Place,
    Recalibration,
    Reference,
    ReferenceColumn,
    SavedView,
    Snapshot,
    Standing,
    ValidityCheck,
)

__all__ = [
    "Criterion",
    "ForecastPart",
    "ForecastRun",
    "IdentityStock",
    "Indicator",
    "IndicatorStock",
    "Investment",
    "InvestmentKind",
    "InvestmentTerms",
    "KeptReport",
    "Move",
    "Place",
    "Recalibration",
    "Reference",
    "ReferenceColumn",
    "Referral",
    "ReferralCode",
    "SavedView",
    "Snapshot",
    "StageMove",
    "StageStanding",
    "Standing",
    "ValidityCheck",
]
