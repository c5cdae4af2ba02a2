"""consents, copies and requests of people, closed accounts, legal holds and retention runs, identity reports

Revision: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op


revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('identity_export',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('number', sa.String(length=20), nullable=False),
    sa.Column('period', sa.String(length=6), nullable=False),
    sa.Column('made_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('actor', sa.String(length=40), nullable=False),
    sa.Column('recipient', sa.String(length=100), nullable=False),
    sa.Column('reason', sa.String(length=300), nullable=False),
    sa.Column('row_count', sa.Integer(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_identity_export')),
    sa.UniqueConstraint('number', name=op.f('uq_identity_export_number'))
    )
    with op.batch_alter_table('identity_export', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_identity_export_made_by_id'), ['made_by_id'], unique=False)
        batch_op.create_index('ix_identity_export_period', ['period'], unique=False)

    op.create_table('retention_run',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('is_dry', sa.Boolean(), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('actor', sa.String(length=40), nullable=False),
    sa.Column('counts', sa.JSON(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_retention_run'))
    )
    op.create_table('consent',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('user_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('document', sa.String(length=24), nullable=False),
    sa.Column('document_version', sa.Integer(), nullable=False),
    sa.Column('decision', sa.String(length=10), nullable=False),
    sa.Column('how', sa.String(length=16), nullable=False),
    sa.Column('scope', sa.String(length=24), nullable=False),
    sa.Column('address', sa.String(length=45), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("decision IN ('given', 'withdrawn')", name=op.f('ck_consent_decision_known')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_consent_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_consent'))
    )
    with op.batch_alter_table('consent', schema=None) as batch_op:
        batch_op.create_index('ix_consent_user_id_id', ['user_id', 'id'], unique=False)

    op.create_table('data_export',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('number', sa.String(length=20), nullable=False),
    sa.Column('user_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('done_parts', sa.Integer(), nullable=False),
    sa.Column('total_parts', sa.Integer(), nullable=False),
    sa.Column('ready_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('fetched_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('size', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('archive', sa.LargeBinary(), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_data_export_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_data_export')),
    sa.UniqueConstraint('number', name=op.f('uq_data_export_number'))
    )
    with op.batch_alter_table('data_export', schema=None) as batch_op:
        batch_op.create_index('ix_data_export_ended_at', ['ended_at'], unique=False)
        batch_op.create_index('ix_data_export_user_id_id', ['user_id', 'id'], unique=False)
        batch_op.create_index('uq_data_export_open', ['user_id'], unique=True, sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))

    op.create_table('data_request',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('number', sa.String(length=20), nullable=False),
    sa.Column('user_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('answer', sa.Text(), nullable=False),
    sa.Column('answered_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('state', sa.String(length=24), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("kind IN ('query', 'correct', 'delete', 'complain')", name=op.f('ck_data_request_kind_known')),
    sa.ForeignKeyConstraint(['answered_by_id'], ['user_account.id'], name=op.f('fk_data_request_answered_by_id')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_data_request_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_data_request')),
    sa.UniqueConstraint('number', name=op.f('uq_data_request_number'))
    )
    with op.batch_alter_table('data_request', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_data_request_closed_at'), ['closed_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_data_request_kind'), ['kind'], unique=False)
        batch_op.create_index(batch_op.f('ix_data_request_state'), ['state'], unique=False)
        batch_op.create_index('ix_data_request_state_due', ['state', 'due_on'], unique=False)
        batch_op.create_index('ix_data_request_user_id_id', ['user_id', 'id'], unique=False)

    op.create_table('identity_archive',
    sa.Column('export_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['export_id'], ['identity_export.id'], name=op.f('fk_identity_archive_export_id')),
    sa.PrimaryKeyConstraint('export_id', name=op.f('pk_identity_archive'))
    )
    with op.batch_alter_table('identity_archive', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_identity_archive_expires_at'), ['expires_at'], unique=False)

    op.create_table('legal_hold',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('noun', sa.String(length=40), nullable=True),
    sa.Column('organisation_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('user_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('reason', sa.String(length=500), nullable=False),
    sa.Column('placed_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('lifted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('lifted_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('lift_reason', sa.String(length=500), nullable=True),
    sa.CheckConstraint('(CASE WHEN noun IS NULL THEN 0 ELSE 1 END) + (CASE WHEN organisation_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN user_id IS NULL THEN 0 ELSE 1 END) = 1', name=op.f('ck_legal_hold_one_subject')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_legal_hold_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_legal_hold'))
    )
    with op.batch_alter_table('legal_hold', schema=None) as batch_op:
        batch_op.create_index('ix_legal_hold_lifted_at', ['lifted_at'], unique=False)

    with op.batch_alter_table('user_account', schema=None) as batch_op:
        batch_op.add_column(sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('agreed', sa.JSON(), nullable=False, server_default='{}'))
        batch_op.drop_constraint(batch_op.f('ck_user_account_login_present'), type_='check')
        batch_op.create_check_constraint(
            batch_op.f('ck_user_account_login_present'), 'email IS NOT NULL OR mobile IS NOT NULL OR closed_at IS NOT NULL'
        )
        batch_op.create_index(batch_op.f('ix_user_account_closed_at'), ['closed_at'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('user_account', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('ck_user_account_login_present'), type_='check')
        batch_op.create_check_constraint(
            batch_op.f('ck_user_account_login_present'), 'email IS NOT NULL OR mobile IS NOT NULL'
        )
        batch_op.drop_index(batch_op.f('ix_user_account_closed_at'))
        batch_op.drop_column('agreed')
        batch_op.drop_column('closed_at')

    with op.batch_alter_table('legal_hold', schema=None) as batch_op:
        batch_op.drop_index('ix_legal_hold_lifted_at')

    op.drop_table('legal_hold')
    with op.batch_alter_table('identity_archive', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_identity_archive_expires_at'))

    op.drop_table('identity_archive')
    with op.batch_alter_table('data_request', schema=None) as batch_op:
        batch_op.drop_index('ix_data_request_user_id_id')
        batch_op.drop_index('ix_data_request_state_due')
        batch_op.drop_index(batch_op.f('ix_data_request_state'))
        batch_op.drop_index(batch_op.f('ix_data_request_kind'))
        batch_op.drop_index(batch_op.f('ix_data_request_closed_at'))

    op.drop_table('data_request')
    with op.batch_alter_table('data_export', schema=None) as batch_op:
        batch_op.drop_index('uq_data_export_open', sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))
        batch_op.drop_index('ix_data_export_user_id_id')
        batch_op.drop_index('ix_data_export_ended_at')

    op.drop_table('data_export')
    with op.batch_alter_table('consent', schema=None) as batch_op:
        batch_op.drop_index('ix_consent_user_id_id')

    op.drop_table('consent')
    op.drop_table('retention_run')
    with op.batch_alter_table('identity_export', schema=None) as batch_op:
        batch_op.drop_index('ix_identity_export_period')
        batch_op.drop_index(batch_op.f('ix_identity_export_made_by_id'))

    op.drop_table('identity_export')
