"""the desk: snapshots, change requests, claims, closings, public measures

Revision: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op


revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('review_claim',
    sa.Column('noun', sa.String(length=20), nullable=False),
    sa.Column('ref_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('user_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('claimed_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('noun', 'ref_id', name=op.f('pk_review_claim'))
    )
    with op.batch_alter_table('review_claim', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_review_claim_user_id'), ['user_id'], unique=False)

    op.create_table('change_request',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('organisation_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('old', sa.JSON(), nullable=False),
    sa.Column('new', sa.JSON(), nullable=False),
    sa.Column('reason', sa.String(length=500), nullable=False),
    sa.Column('file_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('requested_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('submitted_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('withdrawn_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('decided_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('decision_reason', sa.String(length=500), nullable=False),
    sa.Column('state', sa.String(length=24), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['file_id'], ['stored_file.id'], name=op.f('fk_change_request_file_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_change_request_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_change_request'))
    )
    with op.batch_alter_table('change_request', schema=None) as batch_op:
        batch_op.create_index('ix_change_request_organisation_id_id', ['organisation_id', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_change_request_state'), ['state'], unique=False)
        batch_op.create_index('ix_change_request_state_submitted', ['state', 'submitted_at'], unique=False)
        batch_op.create_index('uq_change_request_open', ['organisation_id'], unique=True, sqlite_where=sa.text("state IN ('submitted', 'returned')"), postgresql_where=sa.text("state IN ('submitted', 'returned')"))

    op.create_table('closing_notice',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('organisation_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('reason', sa.String(length=500), nullable=False),
    sa.Column('is_by_operator', sa.Boolean(), nullable=False),
    sa.Column('announced_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('closes_on', sa.Date(), nullable=False),
    sa.Column('told_on', sa.Date(), nullable=True),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('withdrawn_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('state', sa.String(length=24), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_closing_notice_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_closing_notice'))
    )
    with op.batch_alter_table('closing_notice', schema=None) as batch_op:
        batch_op.create_index('ix_closing_notice_organisation_id_id', ['organisation_id', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_closing_notice_state'), ['state'], unique=False)
        batch_op.create_index('ix_closing_notice_state_closes_on', ['state', 'closes_on'], unique=False)
        batch_op.create_index('uq_closing_notice_standing', ['organisation_id'], unique=True, sqlite_where=sa.text("state = 'announced'"), postgresql_where=sa.text("state = 'announced'"))

    op.create_table('organisation_snapshot',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('organisation_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('occasion', sa.String(length=10), nullable=False),
    sa.Column('facts', sa.JSON(), nullable=False),
    sa.Column('licences', sa.JSON(), nullable=False),
    sa.Column('files', sa.JSON(), nullable=False),
    sa.Column('user_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('taken_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_organisation_snapshot_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_organisation_snapshot'))
    )
    with op.batch_alter_table('organisation_snapshot', schema=None) as batch_op:
        batch_op.create_index('ix_organisation_snapshot_organisation_id_id', ['organisation_id', 'id'], unique=False)

    with op.batch_alter_table('organisation', schema=None) as batch_op:
        batch_op.add_column(sa.Column('closes_on', sa.Date(), nullable=True))
        batch_op.create_index('ix_organisation_state_submitted', ['state', 'submitted_at'], unique=False)

    with op.batch_alter_table('report_line', schema=None) as batch_op:
        batch_op.create_index('ix_report_line_unverified', ['firm_id', 'period', 'created_at'], unique=False, sqlite_where=sa.text("grade = 'C' AND superseded_at IS NULL"), postgresql_where=sa.text("grade = 'C' AND superseded_at IS NULL"))

    with op.batch_alter_table('verification_check', schema=None) as batch_op:
        batch_op.add_column(sa.Column('rule', sa.String(length=200), server_default='', nullable=False))
        batch_op.add_column(sa.Column('is_public', sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.create_index('ix_verification_check_public', ['id'], unique=False, sqlite_where=sa.text('is_public'), postgresql_where=sa.text('is_public'))



def downgrade() -> None:
    with op.batch_alter_table('verification_check', schema=None) as batch_op:
        batch_op.drop_index('ix_verification_check_public', sqlite_where=sa.text('is_public'), postgresql_where=sa.text('is_public'))
        batch_op.drop_column('is_public')
        batch_op.drop_column('rule')

    with op.batch_alter_table('report_line', schema=None) as batch_op:
        batch_op.drop_index('ix_report_line_unverified', sqlite_where=sa.text("grade = 'C' AND superseded_at IS NULL"), postgresql_where=sa.text("grade = 'C' AND superseded_at IS NULL"))

    with op.batch_alter_table('organisation', schema=None) as batch_op:
        batch_op.drop_index('ix_organisation_state_submitted')
        batch_op.drop_column('closes_on')

    with op.batch_alter_table('organisation_snapshot', schema=None) as batch_op:
        batch_op.drop_index('ix_organisation_snapshot_organisation_id_id')

    op.drop_table('organisation_snapshot')
    with op.batch_alter_table('closing_notice', schema=None) as batch_op:
        batch_op.drop_index('uq_closing_notice_standing', sqlite_where=sa.text("state = 'announced'"), postgresql_where=sa.text("state = 'announced'"))
        batch_op.drop_index('ix_closing_notice_state_closes_on')
        batch_op.drop_index(batch_op.f('ix_closing_notice_state'))
        batch_op.drop_index('ix_closing_notice_organisation_id_id')

    op.drop_table('closing_notice')
    with op.batch_alter_table('change_request', schema=None) as batch_op:
        batch_op.drop_index('uq_change_request_open', sqlite_where=sa.text("state IN ('submitted', 'returned')"), postgresql_where=sa.text("state IN ('submitted', 'returned')"))
        batch_op.drop_index('ix_change_request_state_submitted')
        batch_op.drop_index(batch_op.f('ix_change_request_state'))
        batch_op.drop_index('ix_change_request_organisation_id_id')

    op.drop_table('change_request')
    with op.batch_alter_table('review_claim', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_review_claim_user_id'))

    op.drop_table('review_claim')
