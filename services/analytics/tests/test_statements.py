"""Every prepared statement names the account, for each table of accounts in it."""

from chassis.testing_statements import test_every_prepared_statement_names_the_account

__all__ = ["test_every_prepared_statement_names_the_account"]
