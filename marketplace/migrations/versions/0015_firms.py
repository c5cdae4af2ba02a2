"""organisations: a place in the directory by pinyin, figures to sort by, standards and grades with evidence

Revision: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op


revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('firm_figure',
    sa.Column('organisation_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('service_count', sa.Integer(), nullable=False),
    sa.Column('rating_tenths', sa.Integer(), nullable=True),
    sa.Column('rating_count', sa.Integer(), nullable=False),
    sa.Column('clients_served', sa.Integer(), nullable=False),
    sa.Column('response_minutes', sa.Integer(), nullable=True),
    sa.Column('response_count', sa.Integer(), nullable=False),
    sa.Column('refreshed_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_firm_figure_organisation_id')),
    sa.PrimaryKeyConstraint('organisation_id', name=op.f('pk_firm_figure'))
    )
    with op.batch_alter_table('firm_figure', schema=None) as batch_op:
        batch_op.create_index('ix_firm_figure_rating', ['rating_tenths'], unique=False)
        batch_op.create_index('ix_firm_figure_refreshed', ['refreshed_at'], unique=False)
        batch_op.create_index('ix_firm_figure_services', ['service_count'], unique=False)

    op.create_table('firm_offer',
    sa.Column('organisation_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('category_code', sa.String(length=6), nullable=False),
    sa.Column('service_count', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_firm_offer_organisation_id')),
    sa.PrimaryKeyConstraint('organisation_id', 'category_code', name=op.f('pk_firm_offer'))
    )
    with op.batch_alter_table('firm_offer', schema=None) as batch_op:
        batch_op.create_index('ix_firm_offer_category', ['category_code', 'organisation_id'], unique=False)

    op.create_table('firm_standard',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('organisation_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('standard_no', sa.String(length=40), nullable=False),
    sa.Column('title', sa.String(length=120), nullable=False),
    sa.Column('level', sa.String(length=40), nullable=False),
    sa.Column('issuer', sa.String(length=80), nullable=False),
    sa.Column('issued_on', sa.Date(), nullable=True),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.Column('file_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('renews_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('reason', sa.String(length=500), nullable=False),
    sa.Column('reminded_on', sa.Date(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('submitted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('reviewed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('withdrawn_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('state', sa.String(length=24), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint('valid_to IS NULL OR issued_on IS NULL OR valid_to > issued_on', name=op.f('ck_firm_standard_term_forward')),
    sa.ForeignKeyConstraint(['file_id'], ['stored_file.id'], name=op.f('fk_firm_standard_file_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_firm_standard_organisation_id')),
    sa.ForeignKeyConstraint(['renews_id'], ['firm_standard.id'], name=op.f('fk_firm_standard_renews_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_firm_standard'))
    )
    with op.batch_alter_table('firm_standard', schema=None) as batch_op:
        batch_op.create_index('ix_firm_standard_organisation_state', ['organisation_id', 'state'], unique=False)
        batch_op.create_index(batch_op.f('ix_firm_standard_renews_id'), ['renews_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_firm_standard_state'), ['state'], unique=False)
        batch_op.create_index('ix_firm_standard_state_number', ['state', 'standard_no', 'valid_to'], unique=False)
        batch_op.create_index('ix_firm_standard_state_submitted', ['state', 'submitted_at'], unique=False)
        batch_op.create_index('uq_firm_standard_approved', ['organisation_id', 'standard_no'], unique=True, sqlite_where=sa.text("state = 'approved'"), postgresql_where=sa.text("state = 'approved'"))
        batch_op.create_index('uq_firm_standard_open', ['organisation_id', 'standard_no'], unique=True, sqlite_where=sa.text("state IN ('submitted', 'returned')"), postgresql_where=sa.text("state IN ('submitted', 'returned')"))

    with op.batch_alter_table('organisation', schema=None) as batch_op:
        batch_op.add_column(sa.Column('pinyin_key', sa.String(length=150), server_default='', nullable=False))
        batch_op.add_column(sa.Column('pinyin_words', sa.Text(), server_default='', nullable=False))
        batch_op.create_index('ix_organisation_kind_state_key', ['kind', 'state', 'pinyin_key'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('organisation', schema=None) as batch_op:
        batch_op.drop_index('ix_organisation_kind_state_key')
        batch_op.drop_column('pinyin_words')
        batch_op.drop_column('pinyin_key')

    with op.batch_alter_table('firm_standard', schema=None) as batch_op:
        batch_op.drop_index('uq_firm_standard_open', sqlite_where=sa.text("state IN ('submitted', 'returned')"), postgresql_where=sa.text("state IN ('submitted', 'returned')"))
        batch_op.drop_index('uq_firm_standard_approved', sqlite_where=sa.text("state = 'approved'"), postgresql_where=sa.text("state = 'approved'"))
        batch_op.drop_index('ix_firm_standard_state_submitted')
        batch_op.drop_index('ix_firm_standard_state_number')
        batch_op.drop_index(batch_op.f('ix_firm_standard_state'))
        batch_op.drop_index(batch_op.f('ix_firm_standard_renews_id'))
        batch_op.drop_index('ix_firm_standard_organisation_state')

    op.drop_table('firm_standard')
    with op.batch_alter_table('firm_offer', schema=None) as batch_op:
        batch_op.drop_index('ix_firm_offer_category')

    op.drop_table('firm_offer')
    with op.batch_alter_table('firm_figure', schema=None) as batch_op:
        batch_op.drop_index('ix_firm_figure_services')
        batch_op.drop_index('ix_firm_figure_refreshed')
        batch_op.drop_index('ix_firm_figure_rating')

    op.drop_table('firm_figure')
