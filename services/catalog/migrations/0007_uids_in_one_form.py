"""Uids that other systems gave, in Unicode's form C, in which they are looked up now."""

from chassis.tables import in_form_c

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    in_form_c(
        "categories",
        "uid",
        ("products", "category_uid"),
        ("categories", "parent_uid"),
        ("category_descriptions", "category_uid"),
    )
    in_form_c("attributes", "uid", ("attribute_descriptions", "attribute_uid"))
    in_form_c("attribute_values", "uid", ("attributes", "value_uid"))


def downgrade() -> None:
    """Earlier versions read either form."""
