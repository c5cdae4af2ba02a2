"""catalog: changes of listings that are on line are requests; reasons are kept; tax note; who took a listing down

Revision: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('listing_change',
        sa.Column('id', BIG, nullable=False),
        sa.Column('listing_id', BIG, nullable=False),
        sa.Column('content', sa.JSON(), nullable=False),
        sa.Column('base_version', sa.Integer(), nullable=False),
        sa.Column('number', sa.Integer(), nullable=True),
        sa.Column('reason', sa.String(length=300), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('submitted_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('cancelled_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('state', sa.String(length=24), nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.CheckConstraint('base_version >= 1', name=op.f('ck_listing_change_base_version')),
        sa.ForeignKeyConstraint(['listing_id'], ['listing.id'], name=op.f('fk_listing_change_listing_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_listing_change')),
    )
    with op.batch_alter_table('listing_change', schema=None) as batch_op:
        batch_op.create_index('ix_listing_change_listing_id_id', ['listing_id', 'id'], unique=False)
        batch_op.create_index('ix_listing_change_queue', ['state', 'submitted_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_listing_change_state'), ['state'], unique=False)
        batch_op.create_index(
            'uq_listing_change_open', ['listing_id'], unique=True,
            sqlite_where=sa.text("state IN ('draft', 'submitted', 'returned')"),
            postgresql_where=sa.text("state IN ('draft', 'submitted', 'returned')"),
        )
    op.create_table('listing_reason',
        sa.Column('id', BIG, nullable=False),
        sa.Column('listing_id', BIG, nullable=False),
        sa.Column('change_id', BIG, nullable=True),
        sa.Column('event', sa.String(length=60), nullable=False),
        sa.Column('reason', sa.String(length=300), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['change_id'], ['listing_change.id'], name=op.f('fk_listing_reason_change_id')),
        sa.ForeignKeyConstraint(['listing_id'], ['listing.id'], name=op.f('fk_listing_reason_listing_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_listing_reason')),
    )
    with op.batch_alter_table('listing_reason', schema=None) as batch_op:
        batch_op.create_index('ix_listing_reason_listing_id_id', ['listing_id', 'id'], unique=False)
    with op.batch_alter_table('listing', schema=None) as batch_op:
        batch_op.add_column(sa.Column('tax_note', sa.String(length=12), server_default='', nullable=False))
        batch_op.add_column(sa.Column('withdrawn_by', sa.String(length=8), server_default='', nullable=False))


def downgrade() -> None:
    with op.batch_alter_table('listing', schema=None) as batch_op:
        batch_op.drop_column('withdrawn_by')
        batch_op.drop_column('tax_note')
    op.drop_table('listing_reason')
    op.drop_table('listing_change')
