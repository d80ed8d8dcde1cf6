"""The migrations make exactly the tables that the models describe, from nothing, and can be taken back."""

from sqlalchemy import text

from chassis import migrations
from chassis.db import ALL_ACCOUNTS
from chassis.testing_migrations import test_down_to_nothing_and_up_again, test_models_and_migrations_agree
from chassis.text_forms import in_other_form
from customers.domain.clients import Client
from customers.domain.models import Customer

__all__ = ["test_down_to_nothing_and_up_again", "test_models_and_migrations_agree"]


def test_older_emails_are_brought_into_one_form_and_twins_left_alone(client, register, database):
    first, twin, other, ascii_only = (register(email=f"{name}@x.mx") for name in ("jos\u00e9", "b", "c", "d"))
    with database.engine.begin() as connection:
        for id_, email in ((twin, "jose\u0301@x.mx"), (other, "pen\u0303a@x.mx")):
            connection.execute(text("UPDATE customers SET email = :email WHERE id = :id"), {"email": email, "id": id_})
    migrations.downgrade(database, "0008")
    migrations.upgrade(database)
    with database.engine.connect() as connection:
        emails = dict(connection.execute(text("SELECT id, email FROM customers")).all())
    assert emails == {first: "jos\u00e9@x.mx", twin: "jose\u0301@x.mx", other: "pe\u00f1a@x.mx", ascii_only: "d@x.mx"}
    with database.read(ALL_ACCOUNTS) as session:
        [sentence] = in_other_form(session, Customer.email, Client.email)
    assert sentence == (
        "account 1: Customer.email 'jose\u0301@x.mx' is in another Unicode form than the one it is looked up in"
    )
    assert [row["id"] for row in client.get("/api/customers/?email=pen\u0303a@x.mx").json] == [other]
