"""The migrations make exactly the tables that the models describe, from nothing, and can be taken back."""

from sqlalchemy import text

from chassis import migrations
from chassis.testing_migrations import test_down_to_nothing_and_up_again, test_models_and_migrations_agree

__all__ = ["test_down_to_nothing_and_up_again", "test_models_and_migrations_agree"]


def test_older_uids_are_brought_into_one_form_and_twins_left_alone(client, others, database):
    old = {"a": "pe\u0301", "b": "e\u0301", "c": "e\u00e9"}
    for uid in (*old, "\u00e9"):
        assert client.post("/api/v1/order", {"data": [{"uid": uid, "user_uid": "user-456"}]}).status == 200
    with database.engine.begin() as connection:
        for uid, form in old.items():
            given = {"uid": uid, "form": form}
            connection.execute(text("UPDATE b2b_orders SET uid = :form, user_uid = :form WHERE uid = :uid"), given)
    migrations.downgrade(database, "0005")
    migrations.upgrade(database)
    with database.engine.connect() as connection:
        rows = connection.execute(text("SELECT uid, user_uid FROM b2b_orders ORDER BY id")).all()
    assert rows == [("p\u00e9", "p\u00e9"), ("e\u0301", "\u00e9"), ("e\u00e9", "e\u00e9"), ("\u00e9", "user-456")]
    assert client.get("/api/v1/order/pe\u0301").json["data"]["uid"] == "p\u00e9"
