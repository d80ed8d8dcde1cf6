"""Kept answers say whose data they have, so that an erasure finds them."""

from chassis.tables import name_answers, unname_answers

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    name_answers()


def downgrade() -> None:
    unname_answers()
