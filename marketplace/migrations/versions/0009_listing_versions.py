"""catalog: approved content that was replaced is kept; listings know the definition and the version they show

Revision: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('listing_version',
        sa.Column('id', BIG, nullable=False),
        sa.Column('listing_id', BIG, nullable=False),
        sa.Column('number', sa.Integer(), nullable=False),
        sa.Column('category_version', sa.Integer(), nullable=False),
        sa.Column('content', sa.JSON(), nullable=False),
        sa.Column('replaced_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['listing_id'], ['listing.id'], name=op.f('fk_listing_version_listing_id_listing')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_listing_version')),
        sa.UniqueConstraint('listing_id', 'number', name=op.f('uq_listing_version_listing_id_number')),
    )
    with op.batch_alter_table('listing', schema=None) as batch_op:
        batch_op.add_column(sa.Column('category_version', sa.Integer(), server_default='1', nullable=False))
        batch_op.add_column(sa.Column('live_version', sa.Integer(), server_default='0', nullable=False))
        batch_op.create_check_constraint('live_version', 'live_version >= 0')
    op.execute("UPDATE listing SET live_version = 1 WHERE published_at IS NOT NULL")


def downgrade() -> None:
    with op.batch_alter_table('listing', schema=None) as batch_op:
        batch_op.drop_constraint(op.f('ck_listing_live_version'), type_='check')
        batch_op.drop_column('live_version')
        batch_op.drop_column('category_version')
    op.drop_table('listing_version')
