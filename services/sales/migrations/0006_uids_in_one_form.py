"""Uids that other systems gave, in Unicode's form C, in which they are looked up now."""

from chassis.tables import in_form_c

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    in_form_c("b2b_orders", "uid")
    in_form_c("b2b_orders", "user_uid")


def downgrade() -> None:
    """Earlier versions read either form."""
