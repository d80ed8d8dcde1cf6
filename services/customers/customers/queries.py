"""The read side: selects and the dictionaries that the API answers with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, case, func, literal, or_, select
from sqlalchemy.orm import Session

from chassis.columns import Money
from chassis.money import ZERO
from chassis.ordering import order_by
from chassis.problems import NotFound
from chassis.search import is_number, matches, matches_number
from chassis.tenants import zone_of
from customers.domain import phones
from customers.domain.models import PAYMENT, ChatbotUser, CreditTransaction, Customer, PointsTransaction, PurchaseDay

COLUMNS = (
    Customer.id, Customer.uid, Customer.first_name, Customer.last_name, Customer.phone_number, Customer.email,
    Customer.birth_date, Customer.is_frequent, Customer.current_points, Customer.credit_limit, Customer.credit_used,
    Customer.version,
)  # fmt: skip
LIVING = Customer.deleted_at.is_(None)

# The text that is searched begins with the first name, and has neither case nor accents.
CUSTOMER_ORDERINGS = {
    "id": Customer.id, "first_name": Customer.search_text, "last_name": Customer.last_name,
    "current_points": Customer.current_points, "created_at": Customer.created_at,
}  # fmt: skip
HISTORY_ORDERINGS = ("created_at", "amount", "id")


def customer_dict(row: Any) -> dict[str, Any]:
    """A row of COLUMNS as the API shows it (001, 11; contract, 5)."""
    return {
        "id": row.id,
        "first_name": row.first_name,
        "last_name": row.last_name,
        "phone_number": row.phone_number,
        "email": row.email,
        "birth_date": row.birth_date,
        "is_frequent": row.is_frequent,
        "current_points": row.current_points,
        "credit_limit": row.credit_limit,
        "credit_used": row.credit_used,
        "available_credit": available_credit(row),
    }


def available_credit(row: Any) -> Decimal:
    """What a customer may still charge; not below zero when the limit was lowered under the debt."""
    available: Decimal = max(row.credit_limit - row.credit_used, ZERO)
    return available


def customer_row(session: Session, customer_id: int) -> Any:
    """A living customer's COLUMNS; NotFound otherwise."""
    row = session.execute(select(*COLUMNS).where(Customer.id == customer_id, LIVING)).first()
    if row is None:
        raise NotFound
    return row


def phone_key(session: Session, number: str) -> str:
    """The number's key, in the country of the account in force."""
    return phones.phone_key(phones.from_query(number), account_country(session))


def account_country(session: Session) -> str:
    """The country that phone numbers without a country code belong to, by the time zone of the account in force."""
    return phones.country_of(zone_of(session).key)


def customers(session: Session, query: Mapping[str, Any]) -> Select[*tuple[Any, ...]]:
    """The living customers that a list query asks for; every word of `search` must occur somewhere."""
    statement: Select[*tuple[Any, ...]] = select(*COLUMNS).where(LIVING)
    for name in ("email", "is_frequent"):
        if name in query:
            statement = statement.where(getattr(Customer, name) == query[name])
    if "phone_number" in query:
        # By ids: ordered by id, SQLite would else go through all customers of the account.
        same = select(Customer.id).where(Customer.phone_key == phone_key(session, query["phone_number"]), LIVING)
        statement = statement.where(Customer.id.in_(same))
    if "search" in query:
        statement = statement.where(_found(session, Customer, query["search"]))
    return statement.order_by(*order_by(query.get("ordering"), CUSTOMER_ORDERINGS, [Customer.id]))


def points_history(session: Session, customer_id: int, query: Mapping[str, Any]) -> Select[*tuple[Any, ...]]:
    """A living customer's points ledger, newest first (001, 15); NotFound otherwise."""
    return _history(session, PointsTransaction, customer_id, query)


def credit_history(session: Session, customer_id: int, query: Mapping[str, Any]) -> Select[*tuple[Any, ...]]:
    """A living customer's credit ledger, newest first (001, 16); NotFound otherwise."""
    return _history(session, CreditTransaction, customer_id, query)


def _history(
    session: Session,
    ledger: type[PointsTransaction] | type[CreditTransaction],
    customer_id: int,
    query: Mapping[str, Any],
) -> Select[*tuple[Any, ...]]:
    customer_row(session, customer_id)
    columns = (ledger.id, ledger.amount, ledger.transaction_type, ledger.description, ledger.created_at)
    statement: Select[*tuple[Any, ...]] = select(*columns).where(ledger.customer_id == customer_id)
    if "transaction_type" in query:
        statement = statement.where(ledger.transaction_type == query["transaction_type"])
    if "search" in query:
        statement = statement.where(ledger.description.icontains(query["search"], autoescape=True))
    allowed = {name: getattr(ledger, name) for name in HISTORY_ORDERINGS}
    newest_first = [ledger.created_at.desc(), ledger.id.desc()]
    return statement.order_by(*order_by(query.get("ordering"), allowed, newest_first))


def _found(session: Session, model: type[Customer] | type[ChatbotUser], term: str) -> ColumnElement[bool]:
    """The condition of `?search=`: its words stand in the text, or it is the row's number, or a part of it."""
    if not is_number(term):
        return matches(model.search_text, term)
    return or_(
        matches(model.search_text, term),
        matches_number(model.search_text, term),
        model.phone_key == phone_key(session, term),
    )


CHATBOT_USER = (ChatbotUser.mobile_number, ChatbotUser.name, ChatbotUser.last_interaction)
CHATBOT_USER_ORDERINGS = {column.key: column for column in CHATBOT_USER}


def chatbot_user_dict(row: Any) -> dict[str, Any]:
    """A row of CHATBOT_USER as the API shows it (001, 24)."""
    answer: dict[str, Any] = row._asdict()
    return answer


def chatbot_user_row(session: Session, mobile_number: str, *, lock: bool = False) -> Any:
    """The chatbot user of this number, however it is written, locked for a change if asked; NotFound."""
    # Of users that had the number twice before there were keys, the one with exactly these characters, or the first.
    exact_first = (ChatbotUser.mobile_number != mobile_number, ChatbotUser.phone_twin)
    same = ChatbotUser.phone_key == phone_key(session, mobile_number)
    statement = select(*CHATBOT_USER).where(same).order_by(*exact_first).limit(1)
    row = session.execute(statement.with_for_update() if lock else statement).first()
    if row is None:
        raise NotFound
    return row


def chatbot_users(session: Session, query: Mapping[str, Any]) -> Select[*tuple[Any, ...]]:
    """The chatbot users that a list query asks for, by number."""
    statement: Select[*tuple[Any, ...]] = select(*CHATBOT_USER)
    if "search" in query:
        statement = statement.where(_found(session, ChatbotUser, query["search"]))
    return statement.order_by(*order_by(query.get("ordering"), CHATBOT_USER_ORDERINGS, [ChatbotUser.mobile_number]))


def exported(session: Session, customer_id: int) -> dict[str, Any]:
    """Everything that is kept of a customer who is not erased, a deleted one included; NotFound otherwise."""
    columns = (*COLUMNS, Customer.created_at, Customer.updated_at, Customer.deleted_at)
    row = session.execute(select(*columns).where(Customer.id == customer_id, Customer.erased_at.is_(None))).first()
    if row is None:
        raise NotFound
    days = select(PurchaseDay.day).where(PurchaseDay.customer_id == customer_id).order_by(PurchaseDay.day)
    more = {name: getattr(row, name) for name in ("uid", "created_at", "updated_at", "deleted_at")}
    return {
        "customer": {**customer_dict(row), **more},
        "points": _whole_ledger(session, PointsTransaction, customer_id),
        "credit": _whole_ledger(session, CreditTransaction, customer_id),
        "purchase_days": session.scalars(days).all(),
    }


def _whole_ledger(
    session: Session, ledger: type[PointsTransaction] | type[CreditTransaction], customer_id: int
) -> list[dict[str, Any]]:
    columns = (
        ledger.id, ledger.amount, ledger.transaction_type, ledger.description, ledger.order_uid, ledger.created_at,
    )  # fmt: skip
    rows = select(*columns).where(ledger.customer_id == customer_id).order_by(ledger.created_at, ledger.id)
    return [row._asdict() for row in session.execute(rows)]


def balance_differences(session: Session) -> Sequence[Row[Any]]:
    """Customers whose points or debt are not the sum of their ledger: id, and both pairs."""
    signed = case(
        (CreditTransaction.transaction_type == PAYMENT, -CreditTransaction.amount), else_=CreditTransaction.amount
    )
    points = _sums(PointsTransaction.customer_id, func.sum(PointsTransaction.amount))
    debt = _sums(CreditTransaction.customer_id, func.sum(signed, type_=Money))
    points_sum = func.coalesce(points.c.total, 0).label("points_ledger")
    debt_sum = func.coalesce(debt.c.total, literal(ZERO, Money), type_=Money).label("credit_ledger")
    statement = (
        select(Customer.id, Customer.current_points, points_sum, Customer.credit_used, debt_sum)
        .outerjoin(points, points.c.customer_id == Customer.id)
        .outerjoin(debt, debt.c.customer_id == Customer.id)
        .where((Customer.current_points != points_sum) | (Customer.credit_used != debt_sum))
        .order_by(Customer.id)
    )
    return session.execute(statement).all()


def _sums(customer_id: Any, total: Any) -> Any:
    return select(customer_id.label("customer_id"), total.label("total")).group_by(customer_id).subquery()
