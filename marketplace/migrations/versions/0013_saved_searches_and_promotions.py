"""catalog: searches that people save, with the day of their digest; advertisements beside the results

Revision: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op


BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')

revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_table('saved_search',
    sa.Column('id', BIG, nullable=False),
    sa.Column('user_id', BIG, nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('query', sa.String(length=1000), nullable=False),
    sa.Column('notify', sa.Boolean(), nullable=False),
    sa.Column('is_too_broad', sa.Boolean(), nullable=False),
    sa.Column('known', sa.JSON(), nullable=False),
    sa.Column('fresh', sa.JSON(), nullable=False),
    sa.Column('fresh_count', sa.Integer(), nullable=False),
    sa.Column('told_count', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('checked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('told_count >= 0 AND told_count <= fresh_count', name=op.f('ck_saved_search_told')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_saved_search_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_saved_search')),
    sa.UniqueConstraint('user_id', 'query', name=op.f('uq_saved_search_user_id_query'))
    )
    with op.batch_alter_table('saved_search', schema=None) as batch_op:
        batch_op.create_index('ix_saved_search_notify_checked_at', ['notify', 'checked_at'], unique=False)

    op.create_table('saved_search_digest',
    sa.Column('user_id', BIG, nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_saved_search_digest_user_id')),
    sa.PrimaryKeyConstraint('user_id', 'day', name=op.f('pk_saved_search_digest'))
    )
    op.create_table('promotion',
    sa.Column('id', BIG, nullable=False),
    sa.Column('listing_id', BIG, nullable=False),
    sa.Column('category_code', sa.String(length=6), nullable=False),
    sa.Column('first_day', sa.Date(), nullable=False),
    sa.Column('last_day', sa.Date(), nullable=False),
    sa.Column('note', sa.String(length=200), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('end_reason', sa.String(length=300), nullable=False),
    sa.CheckConstraint('last_day >= first_day', name=op.f('ck_promotion_days')),
    sa.ForeignKeyConstraint(['listing_id'], ['listing.id'], name=op.f('fk_promotion_listing_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_promotion'))
    )
    with op.batch_alter_table('promotion', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_promotion_category_code'), ['category_code'], unique=False)
        batch_op.create_index('ix_promotion_days', ['first_day', 'last_day'], unique=False)
        batch_op.create_index(batch_op.f('ix_promotion_listing_id'), ['listing_id'], unique=False)




def downgrade() -> None:

    with op.batch_alter_table('promotion', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_promotion_listing_id'))
        batch_op.drop_index('ix_promotion_days')
        batch_op.drop_index(batch_op.f('ix_promotion_category_code'))

    op.drop_table('promotion')
    op.drop_table('saved_search_digest')
    with op.batch_alter_table('saved_search', schema=None) as batch_op:
        batch_op.drop_index('ix_saved_search_notify_checked_at')

    op.drop_table('saved_search')

