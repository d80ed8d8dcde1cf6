"""The migrations make exactly the tables that the models describe, from nothing, and can be taken back."""

from chassis.testing_migrations import test_down_to_nothing_and_up_again, test_models_and_migrations_agree

__all__ = ["test_down_to_nothing_and_up_again", "test_models_and_migrations_agree"]
