"""No statement can forget the account."""

from decimal import Decimal

import pytest
from sqlalchemy import bindparam, delete, func, select, text, update

from chassis.db import ALL_ACCOUNTS, Database, insert_for, utcnow
from chassis.messaging.inbox import InboxRow
from chassis.prepared import prepared
from chassis.tenancy import CrossTenantInsert, NoTenant, acting_for
from toy.domain.models import Widget


@pytest.fixture
def two_accounts(database):
    for account in (1, 2):
        with database.transaction(account) as session:
            session.execute(insert_for(session, Widget).values(name="w", price=Decimal(account)))
    return database


def test_select_update_and_delete_touch_one_account(two_accounts):
    with two_accounts.transaction(1) as session:
        session.execute(update(Widget).values(name="changed"))
        assert session.execute(select(Widget.account_id, Widget.name)).all() == [(1, "changed")]
        assert session.execute(select(func.sum(Widget.price))).scalar() == Decimal("1.00")
        session.execute(delete(Widget))
    with two_accounts.read(ALL_ACCOUNTS) as session:
        assert session.execute(select(Widget.account_id, Widget.name)).all() == [(2, "w")]


def test_objects_and_joins_are_scoped_too(two_accounts):
    with two_accounts.read(2) as session:
        assert [widget.account_id for widget in session.scalars(select(Widget))] == [2]
        inner = select(Widget.id).where(Widget.price > 0).subquery()
        assert session.execute(select(func.count()).select_from(inner)).scalar() == 1
        assert session.get(Widget, 1) is None


def test_without_an_account_nothing_runs(two_accounts):
    with two_accounts.read() as session, pytest.raises(NoTenant):
        session.execute(select(Widget.id))
    with two_accounts.read(1) as session, pytest.raises(NoTenant):
        session.execute(text("SELECT * FROM widgets"))
    with two_accounts.read(1) as session, pytest.raises(NoTenant):
        session.execute(select(Widget.__table__.c.id))


def test_an_insert_for_all_accounts_must_name_its_own(two_accounts):
    with pytest.raises(Exception) as caught, two_accounts.transaction(ALL_ACCOUNTS) as session:
        session.execute(insert_for(session, Widget).values(name="x", price=Decimal(1)))
    assert isinstance(caught.value, CrossTenantInsert) or isinstance(caught.value.__cause__, CrossTenantInsert)


def test_the_account_in_force_can_change_within_a_transaction(two_accounts):
    with two_accounts.transaction(ALL_ACCOUNTS) as session:
        for account in (1, 2):
            with acting_for(account):
                assert session.execute(select(Widget.account_id)).scalars().all() == [account]


COUNT = select(func.count()).select_from(Widget).scalar_subquery()
FIND = prepared(select(Widget.account_id, COUNT.label("count")).where(Widget.name == bindparam("called")))
RAISE = prepared(update(Widget).where(Widget.name == bindparam("called")).values(price=0).returning(Widget.account_id))


def test_prepared_statements_are_scoped_to_the_account_in_force(two_accounts):
    for account in (1, 2):
        with two_accounts.transaction(account) as session:
            assert FIND(session, called="w").all() == [(account, 1)]
            assert RAISE(session, called="w").scalars().all() == [account]
    for account in (None, ALL_ACCOUNTS):
        with two_accounts.read(account) as session, pytest.raises(NoTenant):
            FIND(session, called="w")


def test_an_error_rolls_back(two_accounts):
    class Halfway(Exception):
        pass

    def half_a_change():
        with two_accounts.transaction(1) as session:
            session.execute(delete(Widget))
            raise Halfway

    with pytest.raises(Halfway):
        half_a_change()
    with two_accounts.read(1) as session:
        assert session.execute(select(Widget.id)).all()


def test_money_keeps_cents_and_refuses_fractions(database):
    with database.transaction(1) as session:
        session.execute(insert_for(session, Widget).values(name="a", price=Decimal("0.10")))
        session.execute(insert_for(session, Widget).values(name="b", price=Decimal("0.20")))
        assert session.execute(select(func.sum(Widget.price))).scalar() == Decimal("0.30")
    with pytest.raises(Exception, match="fraction of a cent"), database.transaction(1) as session:
        session.execute(insert_for(session, Widget).values(name="c", price=Decimal("0.001")))


def test_a_connection_that_the_server_closed_is_replaced_unnoticed(postgresql_url):
    found, other = Database(postgresql_url, service="toy"), Database(postgresql_url, service="toy")
    with found.read(ALL_ACCOUNTS) as session:
        pid = session.execute(text("SELECT pg_backend_pid()")).scalar()
    with other.read(ALL_ACCOUNTS) as session:
        assert session.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid}).scalar()
    with found.read(ALL_ACCOUNTS) as session:
        assert session.execute(text("SELECT pg_backend_pid()")).scalar() != pid
    found.dispose()
    other.dispose()


def test_times_come_back_aware_in_utc(database):
    now = utcnow()
    with database.transaction(ALL_ACCOUNTS) as session:
        session.execute(insert_for(session, InboxRow).values(event_id="e", type="T", handled_at=now))
        assert session.execute(select(InboxRow.handled_at)).scalar() == now
