"""licences in full, evidence of checks, verification clock, code overrides

Revision: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op


revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('uscc_override',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('uscc', sa.String(length=18), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('reason', sa.String(length=500), nullable=False),
    sa.Column('evidence_file_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('evidence_sha256', sa.String(length=64), nullable=False),
    sa.Column('proposed_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('decided_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('decision_note', sa.String(length=500), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('state', sa.String(length=24), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("state NOT IN ('approved', 'rejected') OR decided_by_id IS NOT NULL", name=op.f('ck_uscc_override_decided_by_somebody')),
    sa.CheckConstraint('decided_by_id IS NULL OR decided_by_id <> proposed_by_id', name=op.f('ck_uscc_override_maker_is_not_checker')),
    sa.ForeignKeyConstraint(['decided_by_id'], ['user_account.id'], name=op.f('fk_uscc_override_decided_by_id')),
    sa.ForeignKeyConstraint(['evidence_file_id'], ['stored_file.id'], name=op.f('fk_uscc_override_evidence_file_id')),
    sa.ForeignKeyConstraint(['proposed_by_id'], ['user_account.id'], name=op.f('fk_uscc_override_proposed_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_uscc_override'))
    )
    with op.batch_alter_table('uscc_override', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_uscc_override_state'), ['state'], unique=False)
        batch_op.create_index('ix_uscc_override_uscc', ['uscc'], unique=False)
        batch_op.create_index('uq_uscc_override_standing', ['uscc'], unique=True, sqlite_where=sa.text("state IN ('proposed', 'approved')"), postgresql_where=sa.text("state IN ('proposed', 'approved')"))

    op.create_table('licence_page',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('licence_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('file_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('place', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['file_id'], ['stored_file.id'], name=op.f('fk_licence_page_file_id')),
    sa.ForeignKeyConstraint(['licence_id'], ['licence.id'], name=op.f('fk_licence_page_licence_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_licence_page')),
    sa.UniqueConstraint('licence_id', 'place', name=op.f('uq_licence_page_licence_id_place'))
    )
    with op.batch_alter_table('licence', schema=None) as batch_op:
        batch_op.add_column(sa.Column('scope', sa.JSON(), server_default=sa.text("'[]'"), nullable=False))
        batch_op.add_column(sa.Column('issued_on', sa.Date(), nullable=True))
        batch_op.add_column(sa.Column('issuing_code', sa.String(length=6), server_default='', nullable=False))
        batch_op.add_column(sa.Column('recognised_in', sa.JSON(), server_default=sa.text("'[]'"), nullable=False))
        batch_op.add_column(sa.Column('renews_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True))
        batch_op.add_column(sa.Column('replaced_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True))
        batch_op.add_column(sa.Column('submitted_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index('ix_licence_kind_state', ['kind', 'state'], unique=False)
        batch_op.create_index(batch_op.f('ix_licence_renews_id'), ['renews_id'], unique=False)
        batch_op.create_index('ix_licence_state_submitted', ['state', 'submitted_at'], unique=False)
        batch_op.create_index('uq_licence_one_valid', ['organisation_id', 'kind'], unique=True, sqlite_where=sa.text("state = 'valid' AND kind <> 'OTHER'"), postgresql_where=sa.text("state = 'valid' AND kind <> 'OTHER'"))
        batch_op.create_foreign_key(batch_op.f('fk_licence_renews_id'), 'licence', ['renews_id'], ['id'])
        batch_op.create_foreign_key(batch_op.f('fk_licence_replaced_by_id'), 'licence', ['replaced_by_id'], ['id'])

    op.execute("UPDATE licence SET submitted_at = created_at")
    with op.batch_alter_table('organisation', schema=None) as batch_op:
        batch_op.add_column(sa.Column('facts_confirmed_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('due_step', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('due_reminded_on', sa.Date(), nullable=True))
        batch_op.create_index('ix_organisation_facts_confirmed', ['facts_confirmed_at'], unique=False)
        batch_op.create_index('ix_organisation_state_due', ['state', 'next_due_on'], unique=False)

    with op.batch_alter_table('verification_check', schema=None) as batch_op:
        batch_op.add_column(sa.Column('evidence_file_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True))
        batch_op.add_column(sa.Column('evidence_sha256', sa.String(length=64), server_default='', nullable=False))
        batch_op.create_index('ix_verification_check_licence_id_id', ['licence_id', 'id'], unique=False)
        batch_op.create_foreign_key(batch_op.f('fk_verification_check_evidence_file_id'), 'stored_file', ['evidence_file_id'], ['id'])
        batch_op.create_check_constraint(batch_op.f('ck_verification_check_evidence_has_its_hash'), "(evidence_file_id IS NULL) = (evidence_sha256 = '')")



def downgrade() -> None:
    with op.batch_alter_table('verification_check', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('ck_verification_check_evidence_has_its_hash'), type_='check')
        batch_op.drop_constraint(batch_op.f('fk_verification_check_evidence_file_id'), type_='foreignkey')
        batch_op.drop_index('ix_verification_check_licence_id_id')
        batch_op.drop_column('evidence_sha256')
        batch_op.drop_column('evidence_file_id')

    with op.batch_alter_table('organisation', schema=None) as batch_op:
        batch_op.drop_index('ix_organisation_state_due')
        batch_op.drop_index('ix_organisation_facts_confirmed')
        batch_op.drop_column('due_reminded_on')
        batch_op.drop_column('due_step')
        batch_op.drop_column('facts_confirmed_at')

    with op.batch_alter_table('licence', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_licence_replaced_by_id'), type_='foreignkey')
        batch_op.drop_constraint(batch_op.f('fk_licence_renews_id'), type_='foreignkey')
        batch_op.drop_index('uq_licence_one_valid', sqlite_where=sa.text("state = 'valid' AND kind <> 'OTHER'"), postgresql_where=sa.text("state = 'valid' AND kind <> 'OTHER'"))
        batch_op.drop_index('ix_licence_state_submitted')
        batch_op.drop_index(batch_op.f('ix_licence_renews_id'))
        batch_op.drop_index('ix_licence_kind_state')
        batch_op.drop_column('submitted_at')
        batch_op.drop_column('replaced_by_id')
        batch_op.drop_column('renews_id')
        batch_op.drop_column('recognised_in')
        batch_op.drop_column('issuing_code')
        batch_op.drop_column('issued_on')
        batch_op.drop_column('scope')

    op.drop_table('licence_page')
    with op.batch_alter_table('uscc_override', schema=None) as batch_op:
        batch_op.drop_index('uq_uscc_override_standing', sqlite_where=sa.text("state IN ('proposed', 'approved')"), postgresql_where=sa.text("state IN ('proposed', 'approved')"))
        batch_op.drop_index('ix_uscc_override_uscc')
        batch_op.drop_index(batch_op.f('ix_uscc_override_state'))

    op.drop_table('uscc_override')
