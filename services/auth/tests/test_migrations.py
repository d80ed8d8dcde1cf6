"""The migrations make exactly the tables that the models describe, from nothing, and can be taken back."""

from sqlalchemy import text

from chassis import migrations
from chassis.testing_migrations import test_down_to_nothing_and_up_again, test_models_and_migrations_agree

__all__ = ["test_down_to_nothing_and_up_again", "test_models_and_migrations_agree"]


def test_older_login_names_are_found_in_the_new_form_too(database):
    """0004 adds to the names, so that the services of before go on finding the old ones."""
    with database.engine.begin() as connection:
        connection.execute(text("INSERT INTO login_names SELECT 'jos\u0065\u0301', id FROM users"))
        connection.execute(text("INSERT INTO login_names SELECT 'pen\u0303a', id FROM users"))
        before = set(connection.execute(text("SELECT name, user_id FROM login_names")).all())
    migrations.downgrade(database, "0003")
    migrations.upgrade(database)
    with database.engine.connect() as connection:
        after = set(connection.execute(text("SELECT name, user_id FROM login_names")).all())
    assert after == before | {("jos\u00e9", 1), ("pe\u00f1a", 1)}
