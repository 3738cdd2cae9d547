"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = '0001'
down_revision = None


def upgrade() -> None:
    op.create_table('audit_entry',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('actor', sa.String(length=40), nullable=False),
    sa.Column('action', sa.String(length=40), nullable=False),
    sa.Column('subject', sa.String(length=40), nullable=False),
    sa.Column('outcome', sa.String(length=10), nullable=False),
    sa.Column('detail', sa.JSON(), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('audit_entry', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_audit_entry_at'), ['at'], unique=False)
        batch_op.create_index(batch_op.f('ix_audit_entry_subject'), ['subject'], unique=False)

    op.create_table('audit_seal',
    sa.Column('last_id', sa.String(length=26), nullable=False),
    sa.Column('rows', sa.Integer(), nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('last_id')
    )
    op.create_table('change',
    sa.Column('number', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('resource_id', sa.String(length=26), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('before', sa.JSON(), nullable=False),
    sa.Column('after', sa.JSON(), nullable=False),
    sa.PrimaryKeyConstraint('number')
    )
    with op.batch_alter_table('change', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_change_resource_id'), ['resource_id'], unique=False)

    op.create_table('counter',
    sa.Column('name', sa.String(length=20), nullable=False),
    sa.Column('value', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('name')
    )
    op.create_table('job',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('subject', sa.String(length=200), nullable=False),
    sa.Column('priority', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=8), nullable=False),
    sa.Column('run_at', sa.BigInteger(), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('error', sa.Text(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('job', schema=None) as batch_op:
        batch_op.create_index('ix_job_due', ['state', 'priority', 'run_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_job_subject'), ['subject'], unique=False)

    op.create_table('organisation',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('level', sa.String(length=10), nullable=False),
    sa.Column('parent_id', sa.String(), nullable=True),
    sa.Column('city_id', sa.String(), nullable=True),
    sa.Column('county_id', sa.String(), nullable=True),
    sa.Column('code', sa.String(length=16), nullable=True),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('name_order', sa.String(), nullable=False),
    sa.Column('former_names', sa.JSON(), nullable=False),
    sa.Column('category', sa.String(length=16), nullable=False),
    sa.Column('system', sa.String(length=4), nullable=True),
    sa.Column('stages', sa.JSON(), nullable=False),
    sa.Column('waives_review', sa.Boolean(), nullable=False),
    sa.Column('reviews_sharing', sa.Boolean(), nullable=False),
    sa.Column('quota_bytes', sa.BigInteger(), nullable=True),
    sa.Column('used_bytes', sa.BigInteger(), nullable=False),
    sa.Column('succeeded_by', sa.String(), nullable=True),
    sa.Column('closed_at', sa.BigInteger(), nullable=True),
    sa.Column('demo', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['parent_id'], ['organisation.id'], initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['succeeded_by'], ['organisation.id'], initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('code')
    )
    with op.batch_alter_table('organisation', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_organisation_city_id'), ['city_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_organisation_county_id'), ['county_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_organisation_level'), ['level'], unique=False)
        batch_op.create_index(batch_op.f('ix_organisation_name_order'), ['name_order'], unique=False)
        batch_op.create_index(batch_op.f('ix_organisation_parent_id'), ['parent_id'], unique=False)

    op.create_table('person',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('username', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('password_hash', sa.String(), nullable=False),
    sa.Column('must_change_password', sa.Boolean(), nullable=False),
    sa.Column('disabled_at', sa.BigInteger(), nullable=True),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('demo', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('username')
    )
    op.create_table('sign_in_failure',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('key', sa.String(length=64), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('sign_in_failure', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_sign_in_failure_at'), ['at'], unique=False)
        batch_op.create_index(batch_op.f('ix_sign_in_failure_key'), ['key'], unique=False)

    op.create_table('upload',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('person_id', sa.String(length=26), nullable=True),
    sa.Column('school_id', sa.String(length=26), nullable=False),
    sa.Column('owner', sa.String(length=40), nullable=False),
    sa.Column('name', sa.String(length=255), nullable=False),
    sa.Column('upload_metadata', sa.Text(), nullable=False),
    sa.Column('length', sa.BigInteger(), nullable=False),
    sa.Column('handle', sa.String(length=300), nullable=False),
    sa.Column('object_key', sa.String(length=200), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=True),
    sa.Column('media_type', sa.String(length=120), nullable=True),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('expires_at', sa.BigInteger(), nullable=False),
    sa.Column('leased_until', sa.BigInteger(), nullable=True),
    sa.Column('lease', sa.String(length=26), nullable=True),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('upload', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_upload_expires_at'), ['expires_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_upload_person_id'), ['person_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_upload_school_id'), ['school_id'], unique=False)

    op.create_table('client',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('organisation_id', sa.String(), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('secret_hash', sa.String(length=64), nullable=False),
    sa.Column('scopes', sa.JSON(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('revoked_at', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_table('membership',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('person_id', sa.String(), nullable=False),
    sa.Column('organisation_id', sa.String(), nullable=False),
    sa.Column('role', sa.String(length=16), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('starts', sa.BigInteger(), nullable=True),
    sa.Column('ends', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('membership', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_membership_organisation_id'), ['organisation_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_membership_person_id'), ['person_id'], unique=False)

    op.create_table('partnership',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('level', sa.String(length=10), nullable=False),
    sa.Column('helper_id', sa.String(), nullable=False),
    sa.Column('aided_id', sa.String(), nullable=False),
    sa.Column('stages', sa.JSON(), nullable=False),
    sa.Column('subjects', sa.JSON(), nullable=False),
    sa.Column('starts', sa.BigInteger(), nullable=False),
    sa.Column('ends', sa.BigInteger(), nullable=True),
    sa.Column('status', sa.String(length=10), nullable=False),
    sa.Column('proposed_by', sa.String(length=26), nullable=True),
    sa.Column('demo', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['aided_id'], ['organisation.id'], initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['helper_id'], ['organisation.id'], initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('partnership', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_partnership_aided_id'), ['aided_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_partnership_helper_id'), ['helper_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_partnership_status'), ['status'], unique=False)

    op.create_table('reset_code',
    sa.Column('person_id', sa.String(), nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.Column('expires_at', sa.BigInteger(), nullable=False),
    sa.Column('created_by', sa.String(length=26), nullable=True),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('person_id')
    )
    op.create_table('resource',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('key', sa.String(length=200), nullable=True),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('school_id', sa.String(), nullable=False),
    sa.Column('created_by', sa.String(), nullable=True),
    sa.Column('status', sa.String(length=10), nullable=False),
    sa.Column('draft_id', sa.String(length=26), nullable=True),
    sa.Column('published_id', sa.String(length=26), nullable=True),
    sa.Column('adapted_from', sa.String(length=26), nullable=True),
    sa.Column('reviewing', sa.Boolean(), nullable=False),
    sa.Column('children_clear', sa.Boolean(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('acl_rev', sa.Integer(), nullable=False),
    sa.Column('acl_stale', sa.Boolean(), nullable=False),
    sa.Column('readers', sa.JSON(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('updated_at', sa.BigInteger(), nullable=False),
    sa.Column('deleted_at', sa.BigInteger(), nullable=True),
    sa.Column('demo', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['created_by'], ['person.id'], initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['school_id'], ['organisation.id'], initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('school_id', 'key', name='uq_resource_key')
    )
    with op.batch_alter_table('resource', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_resource_adapted_from'), ['adapted_from'], unique=False)
        batch_op.create_index(batch_op.f('ix_resource_deleted_at'), ['deleted_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_resource_school_id'), ['school_id'], unique=False)
        batch_op.create_index('ix_resource_stale', ['acl_stale'], unique=False, sqlite_where=sa.text('acl_stale'), postgresql_where=sa.text('acl_stale'))
        batch_op.create_index(batch_op.f('ix_resource_updated_at'), ['updated_at'], unique=False)

    op.create_table('team',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('created_by', sa.String(), nullable=False),
    sa.Column('starts', sa.BigInteger(), nullable=True),
    sa.Column('ends', sa.BigInteger(), nullable=True),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('demo', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['created_by'], ['person.id'], initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_table('upload_part',
    sa.Column('upload_id', sa.String(), nullable=False),
    sa.Column('n', sa.Integer(), nullable=False),
    sa.Column('offset', sa.BigInteger(), nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('etag', sa.String(length=100), nullable=False),
    sa.ForeignKeyConstraint(['upload_id'], ['upload.id'], initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('upload_id', 'n')
    )
    op.create_table('file',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('resource_id', sa.String(), nullable=False),
    sa.Column('object_key', sa.String(length=200), nullable=False),
    sa.Column('name', sa.String(length=255), nullable=False),
    sa.Column('media_type', sa.String(length=120), nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('pages', sa.Integer(), nullable=True),
    sa.Column('shows_children', sa.String(length=8), nullable=False),
    sa.Column('consent_on', sa.BigInteger(), nullable=True),
    sa.Column('listing', sa.JSON(), nullable=False),
    sa.Column('details', sa.JSON(), nullable=False),
    sa.Column('created_by', sa.String(length=26), nullable=True),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['resource_id'], ['resource.id'], initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('object_key')
    )
    with op.batch_alter_table('file', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_file_resource_id'), ['resource_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_file_sha256'), ['sha256'], unique=False)
        batch_op.create_index(batch_op.f('ix_file_state'), ['state'], unique=False)

    op.create_table('grant',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('resource_id', sa.String(), nullable=False),
    sa.Column('audience', sa.String(length=40), nullable=False),
    sa.Column('role', sa.Integer(), nullable=False),
    sa.Column('near', sa.Boolean(), nullable=False),
    sa.Column('open', sa.Boolean(), nullable=False),
    sa.Column('approved', sa.Boolean(), nullable=False),
    sa.Column('not_before', sa.BigInteger(), nullable=True),
    sa.Column('expires_at', sa.BigInteger(), nullable=True),
    sa.Column('revoked_at', sa.BigInteger(), nullable=True),
    sa.Column('granted_by', sa.String(length=26), nullable=True),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('clocked', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['resource_id'], ['resource.id'], initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('grant', schema=None) as batch_op:
        batch_op.create_index('ix_grant_audience', ['audience', 'resource_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_grant_expires_at'), ['expires_at'], unique=False)
        batch_op.create_index('ix_grant_resource', ['resource_id', 'audience'], unique=False)

    op.create_table('team_member',
    sa.Column('team_id', sa.String(), nullable=False),
    sa.Column('person_id', sa.String(), nullable=False),
    sa.Column('lead', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['team_id'], ['team.id'], initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('team_id', 'person_id')
    )
    with op.batch_alter_table('team_member', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_team_member_person_id'), ['person_id'], unique=False)

    op.create_table('token',
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.Column('kind', sa.String(length=8), nullable=False),
    sa.Column('person_id', sa.String(), nullable=True),
    sa.Column('client_id', sa.String(), nullable=True),
    sa.Column('scopes', sa.JSON(), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('csrf', sa.String(length=64), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('expires_at', sa.BigInteger(), nullable=False),
    sa.Column('revoked_at', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['client_id'], ['client.id'], initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('hash')
    )
    with op.batch_alter_table('token', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_token_client_id'), ['client_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_token_expires_at'), ['expires_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_token_person_id'), ['person_id'], unique=False)

    op.create_table('version',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('resource_id', sa.String(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('status', sa.String(length=10), nullable=False),
    sa.Column('title', sa.String(length=300), nullable=False),
    sa.Column('title_order', sa.String(length=400), nullable=False),
    sa.Column('summary', sa.Text(), nullable=False),
    sa.Column('language', sa.String(length=20), nullable=False),
    sa.Column('system', sa.String(length=4), nullable=True),
    sa.Column('stage', sa.String(length=20), nullable=True),
    sa.Column('grade', sa.String(length=4), nullable=True),
    sa.Column('subject', sa.String(length=40), nullable=True),
    sa.Column('edition', sa.String(length=60), nullable=True),
    sa.Column('volume', sa.String(length=40), nullable=True),
    sa.Column('unit', sa.String(length=200), nullable=True),
    sa.Column('type', sa.String(length=40), nullable=True),
    sa.Column('major', sa.String(length=20), nullable=True),
    sa.Column('job_task', sa.String(length=500), nullable=True),
    sa.Column('equipment', sa.JSON(), nullable=False),
    sa.Column('safety', sa.Text(), nullable=True),
    sa.Column('training_base', sa.String(length=200), nullable=True),
    sa.Column('tags', sa.JSON(), nullable=False),
    sa.Column('licence', sa.String(length=40), nullable=True),
    sa.Column('credits', sa.JSON(), nullable=False),
    sa.Column('created_by', sa.String(length=26), nullable=True),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('updated_at', sa.BigInteger(), nullable=False),
    sa.Column('submitted_at', sa.BigInteger(), nullable=True),
    sa.Column('submitted_by', sa.String(length=26), nullable=True),
    sa.Column('published_at', sa.BigInteger(), nullable=True),
    sa.Column('published_by', sa.String(length=26), nullable=True),
    sa.Column('review_note', sa.Text(), nullable=False),
    sa.Column('content', sa.Text(), nullable=False),
    sa.Column('plain', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['resource_id'], ['resource.id'], initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('resource_id', 'number', name='uq_version_number')
    )
    with op.batch_alter_table('version', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_version_resource_id'), ['resource_id'], unique=False)

    op.create_table('derived',
    sa.Column('file_id', sa.String(), nullable=False),
    sa.Column('kind', sa.String(length=12), nullable=False),
    sa.Column('n', sa.Integer(), nullable=False),
    sa.Column('object_key', sa.String(length=200), nullable=False),
    sa.Column('media_type', sa.String(length=120), nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['file_id'], ['file.id'], initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('file_id', 'kind', 'n'),
    sa.UniqueConstraint('object_key')
    )
    op.create_table('page_text',
    sa.Column('file_id', sa.String(), nullable=False),
    sa.Column('n', sa.Integer(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('folded', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['file_id'], ['file.id'], initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('file_id', 'n')
    )
    op.create_table('version_file',
    sa.Column('version_id', sa.String(), nullable=False),
    sa.Column('file_id', sa.String(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['file_id'], ['file.id'], initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['version_id'], ['version.id'], initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('version_id', 'file_id')
    )
    with op.batch_alter_table('version_file', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_version_file_file_id'), ['file_id'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('version_file', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_version_file_file_id'))

    op.drop_table('version_file')
    op.drop_table('page_text')
    op.drop_table('derived')
    with op.batch_alter_table('version', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_version_resource_id'))

    op.drop_table('version')
    with op.batch_alter_table('token', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_token_person_id'))
        batch_op.drop_index(batch_op.f('ix_token_expires_at'))
        batch_op.drop_index(batch_op.f('ix_token_client_id'))

    op.drop_table('token')
    with op.batch_alter_table('team_member', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_team_member_person_id'))

    op.drop_table('team_member')
    with op.batch_alter_table('grant', schema=None) as batch_op:
        batch_op.drop_index('ix_grant_resource')
        batch_op.drop_index(batch_op.f('ix_grant_expires_at'))
        batch_op.drop_index('ix_grant_audience')

    op.drop_table('grant')
    with op.batch_alter_table('file', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_file_state'))
        batch_op.drop_index(batch_op.f('ix_file_sha256'))
        batch_op.drop_index(batch_op.f('ix_file_resource_id'))

    op.drop_table('file')
    op.drop_table('upload_part')
    op.drop_table('team')
    with op.batch_alter_table('resource', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_resource_updated_at'))
        batch_op.drop_index('ix_resource_stale', sqlite_where=sa.text('acl_stale'), postgresql_where=sa.text('acl_stale'))
        batch_op.drop_index(batch_op.f('ix_resource_school_id'))
        batch_op.drop_index(batch_op.f('ix_resource_deleted_at'))
        batch_op.drop_index(batch_op.f('ix_resource_adapted_from'))

    op.drop_table('resource')
    op.drop_table('reset_code')
    with op.batch_alter_table('partnership', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_partnership_status'))
        batch_op.drop_index(batch_op.f('ix_partnership_helper_id'))
        batch_op.drop_index(batch_op.f('ix_partnership_aided_id'))

    op.drop_table('partnership')
    with op.batch_alter_table('membership', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_membership_person_id'))
        batch_op.drop_index(batch_op.f('ix_membership_organisation_id'))

    op.drop_table('membership')
    op.drop_table('client')
    with op.batch_alter_table('upload', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_upload_school_id'))
        batch_op.drop_index(batch_op.f('ix_upload_person_id'))
        batch_op.drop_index(batch_op.f('ix_upload_expires_at'))

    op.drop_table('upload')
    with op.batch_alter_table('sign_in_failure', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_sign_in_failure_key'))
        batch_op.drop_index(batch_op.f('ix_sign_in_failure_at'))

    op.drop_table('sign_in_failure')
    op.drop_table('person')
    with op.batch_alter_table('organisation', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_organisation_parent_id'))
        batch_op.drop_index(batch_op.f('ix_organisation_name_order'))
        batch_op.drop_index(batch_op.f('ix_organisation_level'))
        batch_op.drop_index(batch_op.f('ix_organisation_county_id'))
        batch_op.drop_index(batch_op.f('ix_organisation_city_id'))

    op.drop_table('organisation')
    with op.batch_alter_table('job', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_job_subject'))
        batch_op.drop_index('ix_job_due')

    op.drop_table('job')
    op.drop_table('counter')
    with op.batch_alter_table('change', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_change_resource_id'))

    op.drop_table('change')
    op.drop_table('audit_seal')
    with op.batch_alter_table('audit_entry', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_audit_entry_subject'))
        batch_op.drop_index(batch_op.f('ix_audit_entry_at'))

    op.drop_table('audit_entry')
