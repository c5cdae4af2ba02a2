"""people, bank accounts, invoice data and purchase approval of organisations

Revision: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op


revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('organisation_bank_account',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('organisation_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('holder', sa.String(length=100), nullable=False),
    sa.Column('bank_name', sa.String(length=60), nullable=False),
    sa.Column('branch', sa.String(length=80), nullable=False),
    sa.Column('account_sealed', sa.Text(), nullable=False),
    sa.Column('account_last4', sa.String(length=4), nullable=False),
    sa.Column('created_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('length(account_last4) = 4', name=op.f('ck_organisation_bank_account_last4_is_four')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_organisation_bank_account_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_organisation_bank_account')),
    sa.UniqueConstraint('organisation_id', 'position', name=op.f('uq_organisation_bank_account_organisation_id_position'))
    )
    op.create_table('organisation_invitation',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('organisation_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('role', sa.String(length=16), nullable=False),
    sa.Column('address', sa.String(length=254), nullable=False),
    sa.Column('created_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('accepted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('accepted_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('accepted_at IS NULL OR revoked_at IS NULL', name=op.f('ck_organisation_invitation_one_end')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_organisation_invitation_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_organisation_invitation')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_organisation_invitation_token_hash'))
    )
    with op.batch_alter_table('organisation_invitation', schema=None) as batch_op:
        batch_op.create_index('ix_organisation_invitation_organisation_expires', ['organisation_id', 'expires_at'], unique=False)

    op.create_table('organisation_invoice_data',
    sa.Column('organisation_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('invoice_kind', sa.String(length=8), nullable=False),
    sa.Column('email', sa.String(length=254), nullable=False),
    sa.Column('address', sa.String(length=200), nullable=False),
    sa.Column('phone', sa.String(length=30), nullable=False),
    sa.Column('bank_name', sa.String(length=100), nullable=False),
    sa.Column('account_sealed', sa.Text(), nullable=False),
    sa.Column('account_last4', sa.String(length=4), nullable=False),
    sa.Column('updated_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("invoice_kind IN ('ordinary', 'special')", name=op.f('ck_organisation_invoice_data_kind_known')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_organisation_invoice_data_organisation_id')),
    sa.PrimaryKeyConstraint('organisation_id', name=op.f('pk_organisation_invoice_data'))
    )
    op.create_table('organisation_join_request',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('organisation_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('user_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('message', sa.String(length=300), nullable=False),
    sa.Column('role', sa.String(length=16), nullable=True),
    sa.Column('reason', sa.String(length=500), nullable=False),
    sa.Column('decided_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('state', sa.String(length=24), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_organisation_join_request_organisation_id')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_organisation_join_request_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_organisation_join_request'))
    )
    with op.batch_alter_table('organisation_join_request', schema=None) as batch_op:
        batch_op.create_index('ix_organisation_join_request_organisation_state', ['organisation_id', 'state'], unique=False)
        batch_op.create_index(batch_op.f('ix_organisation_join_request_state'), ['state'], unique=False)
        batch_op.create_index('ix_organisation_join_request_state_due', ['state', 'due_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_organisation_join_request_user_id'), ['user_id'], unique=False)
        batch_op.create_index('uq_organisation_join_request_open', ['user_id'], unique=True, sqlite_where=sa.text("state = 'requested'"), postgresql_where=sa.text("state = 'requested'"))

    with op.batch_alter_table('organisation', schema=None) as batch_op:
        batch_op.add_column(sa.Column('legal_representative', sa.String(length=60), server_default='', nullable=False))
        batch_op.add_column(sa.Column('registrar', sa.String(length=60), server_default='', nullable=False))
        batch_op.add_column(sa.Column('business_scope', sa.Text(), server_default='', nullable=False))
        batch_op.add_column(sa.Column('website', sa.String(length=200), server_default='', nullable=False))
        batch_op.add_column(sa.Column('service_hotline', sa.String(length=30), server_default='', nullable=False))
        batch_op.add_column(sa.Column('service_highlights', sa.Text(), server_default='', nullable=False))
        batch_op.add_column(sa.Column('approval_above_fen', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True))
        batch_op.create_check_constraint(op.f('ck_organisation_approval_limit_not_negative'), 'approval_above_fen IS NULL OR approval_above_fen >= 0')

    with op.batch_alter_table('purchase_order', schema=None) as batch_op:
        batch_op.add_column(sa.Column('requested_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('approved_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True))
        batch_op.add_column(sa.Column('approved_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.alter_column('placed_at',
               existing_type=sa.DateTime(timezone=True),
               nullable=True)
        batch_op.create_check_constraint(op.f('ck_purchase_order_approver_differs'), 'approved_by_id <> placed_by_id')


def downgrade() -> None:
    with op.batch_alter_table('purchase_order', schema=None) as batch_op:
        batch_op.drop_constraint(op.f('ck_purchase_order_approver_differs'), type_='check')
        batch_op.alter_column('placed_at',
               existing_type=sa.DateTime(timezone=True),
               nullable=False)
        batch_op.drop_column('approved_at')
        batch_op.drop_column('approved_by_id')
        batch_op.drop_column('requested_at')

    with op.batch_alter_table('organisation', schema=None) as batch_op:
        batch_op.drop_constraint(op.f('ck_organisation_approval_limit_not_negative'), type_='check')
        batch_op.drop_column('approval_above_fen')
        batch_op.drop_column('service_highlights')
        batch_op.drop_column('service_hotline')
        batch_op.drop_column('website')
        batch_op.drop_column('business_scope')
        batch_op.drop_column('registrar')
        batch_op.drop_column('legal_representative')

    with op.batch_alter_table('organisation_join_request', schema=None) as batch_op:
        batch_op.drop_index('uq_organisation_join_request_open', sqlite_where=sa.text("state = 'requested'"), postgresql_where=sa.text("state = 'requested'"))
        batch_op.drop_index(batch_op.f('ix_organisation_join_request_user_id'))
        batch_op.drop_index('ix_organisation_join_request_state_due')
        batch_op.drop_index(batch_op.f('ix_organisation_join_request_state'))
        batch_op.drop_index('ix_organisation_join_request_organisation_state')

    op.drop_table('organisation_join_request')
    op.drop_table('organisation_invoice_data')
    with op.batch_alter_table('organisation_invitation', schema=None) as batch_op:
        batch_op.drop_index('ix_organisation_invitation_organisation_expires')

    op.drop_table('organisation_invitation')
    op.drop_table('organisation_bank_account')