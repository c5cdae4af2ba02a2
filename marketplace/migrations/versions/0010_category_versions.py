"""catalog: published definitions of categories and the drafts of the next ones

Revision: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('category_version',
        sa.Column('id', BIG, nullable=False),
        sa.Column('code', sa.String(length=6), nullable=False),
        sa.Column('number', sa.Integer(), nullable=False),
        sa.Column('definition', sa.JSON(), nullable=False),
        sa.Column('note', sa.String(length=300), nullable=False),
        sa.Column('published_at', sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint('number >= 1', name=op.f('ck_category_version_number')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_category_version')),
        sa.UniqueConstraint('code', 'number', name=op.f('uq_category_version_code_number')),
    )
    op.create_table('category_draft',
        sa.Column('id', BIG, nullable=False),
        sa.Column('code', sa.String(length=6), nullable=False),
        sa.Column('definition', sa.JSON(), nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_category_draft')),
        sa.UniqueConstraint('code', name=op.f('uq_category_draft_code')),
    )


def downgrade() -> None:
    op.drop_table('category_draft')
    op.drop_table('category_version')
