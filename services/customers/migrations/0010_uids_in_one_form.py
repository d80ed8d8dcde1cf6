"""Uids that other systems gave, in Unicode's form C, in which they are looked up now."""

from chassis.tables import in_form_c

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    in_form_c("clients", "uid")


def downgrade() -> None:
    """Earlier versions read either form."""
