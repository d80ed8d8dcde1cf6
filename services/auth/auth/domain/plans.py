"""Roles within an account and the plans an account can have (003)."""

from __future__ import annotations

from dataclasses import dataclass

from auth.domain.models import UNLIMITED

ADMIN, OWNER, EMPLOYEE = "ADMIN", "OWNER", "EMPLOYEE"
ROLES = (ADMIN, EMPLOYEE, OWNER)
MANAGERS = (ADMIN, OWNER)


@dataclass(frozen=True, slots=True)
class Plan:
    """How many locations and active users a plan allows; -1 is any number."""

    max_locations: int
    max_users: int


FREEMIUM, PREMIUM = "freemium", "premium"
PLANS = {FREEMIUM: Plan(1, 5), PREMIUM: Plan(UNLIMITED, UNLIMITED)}


def user_type(role: str) -> str:
    """003's word for a role."""
    return "inventarista" if role in MANAGERS else "employee"
