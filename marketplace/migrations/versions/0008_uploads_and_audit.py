"""audit: anchors of the chain, proofs asked for, indexes for the auditor's search; files: scanned and quarantined

Revision: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('audit_anchor',
        sa.Column('id', BIG, nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('seal_no', BIG, nullable=False),
        sa.Column('seal', sa.String(length=64), nullable=False),
        sa.Column('mark', sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_anchor')),
        sa.UniqueConstraint('seal_no', name=op.f('uq_audit_anchor_seal_no')),
    )
    op.create_table('audit_check_run',
        sa.Column('id', BIG, nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('requested_by_id', BIG, nullable=True),
        sa.Column('started_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('rows', BIG, nullable=True),
        sa.Column('head_no', BIG, nullable=True),
        sa.Column('head_seal', sa.String(length=64), nullable=True),
        sa.Column('wrong_count', BIG, nullable=True),
        sa.Column('findings', sa.String(length=4000), nullable=True),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_check_run')),
    )
    op.create_index('ix_audit_check_run_finished_at', 'audit_check_run', ['finished_at'])
    with op.batch_alter_table('audit_event', schema=None) as batch_op:
        batch_op.drop_index('ix_audit_event_user_id')
        batch_op.drop_index('ix_audit_event_organisation_id')
        batch_op.drop_index('ix_audit_event_noun_ref')
    op.create_index('ix_audit_event_noun_ref', 'audit_event', ['noun', 'ref_id', 'created_at'])
    op.create_index('ix_audit_event_noun_created_at', 'audit_event', ['noun', 'created_at'])
    op.create_index('ix_audit_event_created_at', 'audit_event', ['created_at'])
    op.create_index('ix_audit_event_user_id_created_at', 'audit_event', ['user_id', 'created_at'])
    op.create_index('ix_audit_event_organisation_id_created_at', 'audit_event', ['organisation_id', 'created_at'])
    unsealed = sa.text('seal_no IS NULL')
    op.create_index('ix_audit_event_unsealed', 'audit_event', ['id'], sqlite_where=unsealed, postgresql_where=unsealed)
    with op.batch_alter_table('stored_file', schema=None) as batch_op:
        batch_op.add_column(sa.Column('scanned_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('scanner', sa.String(length=60), nullable=True))
        batch_op.add_column(sa.Column('quarantined_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.drop_index('ix_stored_file_uploaded_by_id')
    op.create_index('ix_stored_file_uploaded_by_id_created_at', 'stored_file', ['uploaded_by_id', 'created_at'])
    waiting = sa.text('scanned_at IS NULL AND quarantined_at IS NULL')
    op.create_index('ix_stored_file_unscanned', 'stored_file', ['id'], sqlite_where=waiting, postgresql_where=waiting)


def downgrade() -> None:
    op.drop_index('ix_stored_file_unscanned', 'stored_file')
    op.drop_index('ix_stored_file_uploaded_by_id_created_at', 'stored_file')
    with op.batch_alter_table('stored_file', schema=None) as batch_op:
        batch_op.drop_column('quarantined_at')
        batch_op.drop_column('scanner')
        batch_op.drop_column('scanned_at')
        batch_op.create_index('ix_stored_file_uploaded_by_id', ['uploaded_by_id'])
    for name in ('unsealed', 'organisation_id_created_at', 'user_id_created_at', 'created_at', 'noun_created_at', 'noun_ref'):
        op.drop_index(f'ix_audit_event_{name}', 'audit_event')
    op.create_index('ix_audit_event_noun_ref', 'audit_event', ['noun', 'ref_id'])
    op.create_index('ix_audit_event_organisation_id', 'audit_event', ['organisation_id'])
    op.create_index('ix_audit_event_user_id', 'audit_event', ['user_id'])
    op.drop_table('audit_check_run')
    op.drop_table('audit_anchor')
