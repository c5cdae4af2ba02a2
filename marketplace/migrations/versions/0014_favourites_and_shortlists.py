"""Favourites and shortlists, each with the version and price that were seen.

Revision: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPEN = sa.text("archived_at IS NULL")

revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "shortlist",
        sa.Column("id", BIG, nullable=False),
        sa.Column("organisation_id", BIG, nullable=True),
        sa.Column("user_id", BIG, nullable=True),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("purpose", sa.String(length=200), nullable=False),
        sa.Column("note", sa.String(length=1000), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(organisation_id IS NULL) <> (user_id IS NULL)", name=op.f("ck_shortlist_one_owner")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_shortlist_organisation_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_shortlist_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shortlist")),
    )
    with op.batch_alter_table("shortlist", schema=None) as batch_op:
        batch_op.create_index("ix_shortlist_organisation_id", ["organisation_id", "updated_at"], unique=False)
        batch_op.create_index("ix_shortlist_user_id", ["user_id", "updated_at"], unique=False)
        batch_op.create_index(
            "uq_shortlist_organisation_name",
            ["organisation_id", "name"],
            unique=True,
            sqlite_where=OPEN,
            postgresql_where=OPEN,
        )
        batch_op.create_index(
            "uq_shortlist_user_name", ["user_id", "name"], unique=True, sqlite_where=OPEN, postgresql_where=OPEN
        )

    op.create_table(
        "favourite",
        sa.Column("id", BIG, nullable=False),
        sa.Column("user_id", BIG, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("listing_id", BIG, nullable=False),
        sa.Column("seen_version", sa.Integer(), nullable=False),
        sa.Column("seen_title", sa.String(length=80), nullable=False),
        sa.Column("seen_pricing_model", sa.String(length=24), nullable=False),
        sa.Column("seen_price_min_fen", BIG, nullable=True),
        sa.Column("seen_price_max_fen", BIG, nullable=True),
        sa.Column("seen_unit", sa.String(length=20), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["listing_id"], ["listing.id"], name=op.f("fk_favourite_listing_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_favourite_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_favourite")),
        sa.UniqueConstraint("user_id", "listing_id", name=op.f("uq_favourite_user_id_listing_id")),
    )
    with op.batch_alter_table("favourite", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_favourite_listing_id"), ["listing_id"], unique=False)

    op.create_table(
        "shortlist_item",
        sa.Column("id", BIG, nullable=False),
        sa.Column("shortlist_id", BIG, nullable=False),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("listing_id", BIG, nullable=False),
        sa.Column("seen_version", sa.Integer(), nullable=False),
        sa.Column("seen_title", sa.String(length=80), nullable=False),
        sa.Column("seen_pricing_model", sa.String(length=24), nullable=False),
        sa.Column("seen_price_min_fen", BIG, nullable=True),
        sa.Column("seen_price_max_fen", BIG, nullable=True),
        sa.Column("seen_unit", sa.String(length=20), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["listing_id"], ["listing.id"], name=op.f("fk_shortlist_item_listing_id")),
        sa.ForeignKeyConstraint(["shortlist_id"], ["shortlist.id"], name=op.f("fk_shortlist_item_shortlist_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shortlist_item")),
        sa.UniqueConstraint("shortlist_id", "listing_id", name=op.f("uq_shortlist_item_shortlist_id_listing_id")),
    )
    with op.batch_alter_table("shortlist_item", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_shortlist_item_listing_id"), ["listing_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("shortlist_item", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_shortlist_item_listing_id"))

    op.drop_table("shortlist_item")
    with op.batch_alter_table("favourite", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_favourite_listing_id"))

    op.drop_table("favourite")
    with op.batch_alter_table("shortlist", schema=None) as batch_op:
        batch_op.drop_index("uq_shortlist_user_name", sqlite_where=OPEN, postgresql_where=OPEN)
        batch_op.drop_index("uq_shortlist_organisation_name", sqlite_where=OPEN, postgresql_where=OPEN)
        batch_op.drop_index("ix_shortlist_user_id")
        batch_op.drop_index("ix_shortlist_organisation_id")

    op.drop_table("shortlist")
