"""What can be wrong with a customer, their points and their credit, in the API documents' words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, ClassVar

from chassis.money import text
from chassis.problems import Conflict, Invalid, Problem


class AlreadyRegistered(Invalid):
    """Another living customer of the account has this phone number or e-mail (001, 12, Case A)."""

    example: ClassVar[Mapping[str, Any]] = {"fields": ["phone_number", "email"]}

    def __init__(self, fields: Iterable[str]) -> None:
        super().__init__({field: [f"customer with this {field.replace('_', ' ')} already exists."] for field in fields})


class NotEnoughPoints(Problem):
    """The balance does not cover what is to be taken off it; both in pesos, one a point (001, 23, Case C)."""

    example: ClassVar[Mapping[str, Any]] = {"available": 50, "total": Decimal(120)}

    def __init__(self, *, available: int, total: Decimal) -> None:
        super().__init__(
            f"Saldo de puntos insuficiente. Puntos disponibles: {available}.00, Total a pagar: {text(total)}"
        )


class CreditExceeded(Problem):
    """A charge would lift the debt above the limit (001, 18, Case B). Limit and debt stand beside, for sales' own words."""

    example: ClassVar[Mapping[str, Any]] = {"credit_limit": Decimal(1000), "credit_used": Decimal(950)}

    def __init__(self, *, credit_limit: Decimal, credit_used: Decimal) -> None:
        available = max(credit_limit - credit_used, Decimal(0))
        message = f"Crédito insuficiente. Disponible: ${text(available)}"
        amounts = {"credit_limit": text(credit_limit), "credit_used": text(credit_used)}
        super().__init__(message, body={"error": [message], **amounts})


class PaymentNotPositive(Problem):
    """A credit payment of nothing or less (001, 18, Case A)."""

    def __init__(self) -> None:
        message = "El monto del abono debe ser positivo."
        super().__init__(message, body={"error": [message]})


class TooManyPointsByHand(Invalid):
    """An employee gives away more points by hand than a day allows."""

    example: ClassVar[Mapping[str, Any]] = {"cap": 10000, "left": 500}

    def __init__(self, *, cap: int, left: int) -> None:
        super().__init__({"amount": [f"No more than {cap} points a day can be added by hand; {left} are left today."]})


class HoldRefused(Conflict):
    """409: this order's uid holds another payment."""

    detail = "This order holds another payment."


class MobileNumberTaken(Invalid):
    """Another chatbot user of the account has this number (001, ChatBot Users, Case B)."""

    def __init__(self) -> None:
        super().__init__({"mobile_number": ["chat bot users with this mobile number already exists."]})
