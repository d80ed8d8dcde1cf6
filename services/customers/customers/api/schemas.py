"""Request and answer shapes of customers, their points and their credit (001, 11–18; contract, 5)."""

from __future__ import annotations

from typing import Any

import marshmallow as ma

from chassis import schemas
from chassis.access import current_user
from chassis.pagination import ListQuery
from customers.domain import phones
from customers.domain.errors import PaymentNotPositive
from customers.domain.models import ADJUSTMENT, CHARGE, CREDIT, EARN, PAYMENT, POINTS, REDEEM
from customers.queries import CHATBOT_USER_ORDERINGS, CUSTOMER_ORDERINGS, HISTORY_ORDERINGS

TRANSACTION_TYPES = (EARN, REDEEM, ADJUSTMENT)
CREDIT_TRANSACTION_TYPES = (CHARGE, PAYMENT, ADJUSTMENT)
MAX_POINTS = 100_000  # added in one line by hand: more is a slip of the finger; what is taken, the balance limits
_EMPTY = schemas.REQUIRED["required"]  # 001, 12: an empty string is a missing one here
_SETS_CREDIT = ("ADMIN", "OWNER")


class CustomerCreate(schemas.Schema):
    """A new customer."""

    first_name = schemas.Text(required=True, max_length=100, blank_message=_EMPTY)
    last_name = schemas.Text(required=True, max_length=100, blank_message=_EMPTY)
    phone_number = schemas.Text(required=True, max_length=20, blank_message=_EMPTY)
    email = schemas.Email(allow_none=True, blank=True, max_length=254)
    birth_date = schemas.Date(allow_none=True)
    credit_limit = schemas.Amount(minimum=0)

    @ma.pre_load
    def only_admins_set_credit(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """An employee's `credit_limit` is ignored, whatever is in it."""
        if current_user().role in _SETS_CREDIT:
            return data
        return {name: value for name, value in data.items() if name != "credit_limit"}

    @ma.post_load
    def no_email_is_null(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """An empty e-mail is none, so that two customers may both have none."""
        return {**data, "email": data["email"] or None} if "email" in data else data


class CustomerPatch(CustomerCreate):
    """A change of a customer: the same fields, none of them required."""


class CustomerOut(schemas.Schema):
    """A customer as the API shows it; amounts of money are strings."""

    id = schemas.Integer()
    first_name = schemas.Text()
    last_name = schemas.Text()
    phone_number = schemas.Text()
    email = schemas.Email(allow_none=True)
    birth_date = schemas.Date(allow_none=True)
    is_frequent = schemas.Boolean()
    current_points = schemas.Integer()
    credit_limit = schemas.Amount()
    credit_used = schemas.Amount()
    available_credit = schemas.Amount()


class PhoneFilter(schemas.Text):
    """A phone number in a query string, where an unencoded plus arrives as a blank."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        value = phones.from_query(value) if isinstance(value, str) else value
        return super()._deserialize(value, attr, data, **kwargs)


class CustomerQuery(ListQuery):
    """What the list of customers takes."""

    ordering = schemas.Ordering(CUSTOMER_ORDERINGS)
    phone_number = PhoneFilter(max_length=20)
    email = schemas.Email(max_length=254)
    is_frequent = schemas.Boolean()


class PointsChange(schemas.Schema):
    """Points by hand: EARN above zero, REDEEM with any sign, ADJUSTMENT either way; 100,000 added at most."""

    amount = schemas.Integer(required=True, validate=ma.validate.NoneOf([0], error="This value may not be zero."))
    transaction_type = schemas.Choice(TRANSACTION_TYPES, required=True)
    description = schemas.Text(blank=True, max_length=255, load_default="")

    @ma.validates_schema
    def earning_adds(self, data: dict[str, Any], **_: Any) -> None:
        """EARN takes nothing away, and nothing adds more than MAX_POINTS."""
        amount, kind = data["amount"], data["transaction_type"]
        if kind == EARN and amount < 1:
            raise ma.ValidationError({"amount": ["Ensure this value is greater than or equal to 1."]})
        if kind != REDEEM and amount > MAX_POINTS:
            raise ma.ValidationError({"amount": [f"Ensure this value is less than or equal to {MAX_POINTS}."]})


class PointsChangeOut(schemas.Schema):
    """The balance after a change."""

    status = schemas.Text()
    new_balance = schemas.Integer()


class PointsTransactionOut(schemas.Schema):
    """A line of the points ledger."""

    id = schemas.Integer()
    amount = schemas.Integer()
    transaction_type = schemas.Choice(TRANSACTION_TYPES)
    description = schemas.Text()
    created_at = ma.fields.AwareDateTime()


class PointsHistoryQuery(ListQuery):
    """What the points history takes."""

    ordering = schemas.Ordering(HISTORY_ORDERINGS)
    transaction_type = schemas.Choice(TRANSACTION_TYPES)


class CreditPayment(schemas.Schema):
    """Money towards the debt."""

    amount = schemas.Amount(required=True)
    description = schemas.Text(blank=True, max_length=255, load_default="")

    @ma.pre_load
    def something_is_paid(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """No amount at all has words of its own (001, 18, Case A)."""
        amount = data.get("amount")
        if amount is None or (isinstance(amount, str) and not amount.strip()):
            raise PaymentNotPositive
        return data

    @ma.post_load
    def more_than_nothing(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Nothing or less has the same words."""
        if data["amount"] <= 0:
            raise PaymentNotPositive
        return data


class CreditPaymentOut(schemas.Schema):
    """The balances after a payment, as strings."""

    status = schemas.Text()
    new_credit_used = schemas.Amount()
    available_credit = schemas.Amount()


class CreditTransactionOut(schemas.Schema):
    """A line of the credit ledger; amounts are strings."""

    id = schemas.Integer()
    amount = schemas.Amount()
    transaction_type = schemas.Choice(CREDIT_TRANSACTION_TYPES)
    description = schemas.Text()
    created_at = ma.fields.AwareDateTime()


class CreditHistoryQuery(ListQuery):
    """What the credit history takes."""

    ordering = schemas.Ordering(HISTORY_ORDERINGS)
    transaction_type = schemas.Choice(CREDIT_TRANSACTION_TYPES)


class ExportedCustomerOut(CustomerOut):
    """A customer with what the API does not show otherwise."""

    uid = schemas.Text()
    created_at = ma.fields.AwareDateTime()
    updated_at = ma.fields.AwareDateTime()
    deleted_at = ma.fields.AwareDateTime(allow_none=True)


class ExportedPointsOut(PointsTransactionOut):
    """A line of the points ledger, with its order."""

    order_uid = schemas.Text(allow_none=True)


class ExportedCreditOut(CreditTransactionOut):
    """A line of the credit ledger, with its order."""

    order_uid = schemas.Text(allow_none=True)


class CustomerExportOut(schemas.Schema):
    """All that is kept of a customer, oldest first."""

    customer = schemas.Nested(ExportedCustomerOut)
    points = schemas.List(schemas.Nested(ExportedPointsOut))
    credit = schemas.List(schemas.Nested(ExportedCreditOut))
    purchase_days = schemas.List(schemas.Date())


class CustomerFactsOut(schemas.Schema):
    """What `GET /internal/customers/{id}/` answers: the data of `CustomerUpdated` and the version it stands for."""

    customer_id = schemas.Integer()
    customer_uid = schemas.Text()
    first_name = schemas.Text()
    last_name = schemas.Text()
    full_name = schemas.Text()
    phone_number = schemas.Text()
    email = schemas.Email(allow_none=True)
    birth_date = schemas.Date(allow_none=True)
    is_frequent = schemas.Boolean()
    version = schemas.Integer()


class PaymentHoldCreate(schemas.Schema):
    """What is to be paid with points or on credit, for which order, and by whom at the till."""

    order_uid = schemas.Text(required=True, max_length=36)
    ticket_folio = schemas.Text(required=True, max_length=8)
    user_uid = schemas.Uid(required=True)
    customer_id = schemas.Integer(required=True)
    payment_method = schemas.Choice((POINTS, CREDIT), required=True)
    amount = schemas.Amount(required=True, minimum=0)


class PaymentHoldOut(schemas.Schema):
    """What was taken; `points` is null for credit."""

    order_uid = schemas.Text()
    customer_id = schemas.Integer()
    payment_method = schemas.Choice((POINTS, CREDIT))
    amount = schemas.Amount()
    points = schemas.Integer(allow_none=True)


class ChatbotUserPatch(schemas.Schema):
    """What can be changed of a chatbot user."""

    name = schemas.Text(required=True, max_length=255)


class ChatbotUserCreate(ChatbotUserPatch):
    """A new chatbot user. The number stands in paths, so it has nothing but digits and what people write between them."""

    mobile_number = schemas.Text(
        required=True, max_length=20, pattern=r"\+?[0-9][0-9 ().-]*", pattern_message="Enter a valid mobile number."
    )


class ChatbotUserQuery(ListQuery):
    """What the list of chatbot users takes."""

    ordering = schemas.Ordering(CHATBOT_USER_ORDERINGS)


class ChatbotUserOut(schemas.Schema):
    """A chatbot user as the API shows it."""

    mobile_number = schemas.Text()
    name = schemas.Text()
    last_interaction = ma.fields.AwareDateTime()
