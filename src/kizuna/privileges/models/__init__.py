"""The tables of privileges, by theme: what the shop can do, tiers, and the premium site with its ways in."""

from kizuna.privileges.models.capabilities import Capability, CapabilityWeek, Promise
from kizuna.privileges.models.site import EntryAttempt, EntryLink, PremiumSite, SiteSession, UsedToken
from kizuna.privileges.models.tiers import HeldTier, Tier

__all__ = [
    "Capability",
    "CapabilityWeek",
    "EntryAttempt",
    "EntryLink",
    "HeldTier",
    "PremiumSite",
    "Promise",
    "SiteSession",
    "Tier",
    "UsedToken",
]
