"""The tables of outreach, by theme: dialogue mails and whom they reach, beside them who must not be written to."""

from kizuna.outreach.models.plays import MailMonth, Play, PlayState, Purpose, Rules, Target, TargetState
from kizuna.outreach.models.suppression import Reason, Scope, SoftBounces, Suppression

__all__ = [
    "MailMonth",
    "Play",
    "PlayState",
    "Purpose",
    "Reason",
    "Rules",
    "Scope",
    "SoftBounces",
    "Suppression",
    "Target",
    "TargetState",
]
