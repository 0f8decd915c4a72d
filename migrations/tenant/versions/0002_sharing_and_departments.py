"""Departments get heads, roles fields; sharing rules, shares of single records and pinned access checks begin."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "access_checks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("who_id", sa.Uuid(), nullable=False),
        sa.Column("is_always", sa.Boolean(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=True),
        sa.Column("department_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("who IN ('role','department','member')", name=op.f("access_checks_who_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("access_checks_pkey")),
    )
    op.create_table(
        "sharing_rules",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("from_department_id", sa.Uuid(), nullable=False),
        sa.Column("from_subtree", sa.Boolean(), nullable=False),
        sa.Column("to_department_id", sa.Uuid(), nullable=True),
        sa.Column("to_subtree", sa.Boolean(), nullable=False),
        sa.Column("to_role_id", sa.Uuid(), nullable=True),
        sa.Column("may_edit", sa.Boolean(), nullable=False),
        sa.Column("may_export", sa.Boolean(), nullable=False),
        sa.Column("field", sa.Text(), nullable=True),
        sa.Column("choices", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("carries", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("(field IS NULL) = (choices = '{}')", name=op.f("sharing_rules_condition_check")),
        sa.CheckConstraint("(to_department_id IS NULL) <> (to_role_id IS NULL)", name=op.f("sharing_rules_one_target_check")),
        sa.ForeignKeyConstraint(["from_department_id"], ["departments.id"], name=op.f("sharing_rules_from_department_id_fkey")),
        sa.ForeignKeyConstraint(["to_department_id"], ["departments.id"], name=op.f("sharing_rules_to_department_id_fkey")),
        sa.ForeignKeyConstraint(["to_role_id"], ["roles.id"], name=op.f("sharing_rules_to_role_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("sharing_rules_pkey")),
    )
    op.create_table(
        "record_shares",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("to_member_id", sa.Uuid(), nullable=True),
        sa.Column("to_department_id", sa.Uuid(), nullable=True),
        sa.Column("to_subtree", sa.Boolean(), nullable=False),
        sa.Column("may_edit", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("(to_department_id IS NULL) <> (to_member_id IS NULL)", name=op.f("record_shares_one_target_check")),
        sa.ForeignKeyConstraint(["to_department_id"], ["departments.id"], name=op.f("record_shares_to_department_id_fkey")),
        sa.ForeignKeyConstraint(["to_member_id"], ["members.id"], name=op.f("record_shares_to_member_id_fkey"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("record_shares_pkey")),
    )
    op.create_index(
        "record_shares_department_idx",
        "record_shares",
        ["to_department_id", "object", "record_id"],
        unique=False,
        postgresql_where="to_department_id IS NOT NULL",
    )
    op.create_index(
        "record_shares_member_idx",
        "record_shares",
        ["to_member_id", "object", "record_id"],
        unique=False,
        postgresql_where="to_member_id IS NOT NULL",
    )
    op.create_index("record_shares_record_idx", "record_shares", ["record_id"], unique=False)
    op.create_index(
        "accounts_kind_idx", "accounts", ["department_id", "kind", "sort_key", "id"], unique=False, postgresql_where="kind IS NOT NULL"
    )
    op.create_index(
        "accounts_tier_idx", "accounts", ["department_id", "tier", "sort_key", "id"], unique=False, postgresql_where="tier IS NOT NULL"
    )
    op.create_index(
        "contacts_tier_idx", "contacts", ["department_id", "tier", "sort_key", "id"], unique=False, postgresql_where="tier IS NOT NULL"
    )
    op.add_column("departments", sa.Column("head_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f("departments_head_id_fkey"), "departments", "members", ["head_id"], ["id"], ondelete="SET NULL")
    op.add_column("roles", sa.Column("fields", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False))
    op.add_column("roles", sa.Column("description", sa.Text(), server_default="", nullable=False))
    op.add_column("workspace", sa.Column("rights_plan", sa.Text(), server_default="everyone", nullable=False))


def downgrade() -> None:
    op.drop_column("workspace", "rights_plan")
    op.drop_column("roles", "description")
    op.drop_column("roles", "fields")
    op.drop_constraint(op.f("departments_head_id_fkey"), "departments", type_="foreignkey")
    op.drop_column("departments", "head_id")
    op.drop_index("contacts_tier_idx", table_name="contacts", postgresql_where="tier IS NOT NULL")
    op.drop_index("accounts_tier_idx", table_name="accounts", postgresql_where="tier IS NOT NULL")
    op.drop_index("accounts_kind_idx", table_name="accounts", postgresql_where="kind IS NOT NULL")
    op.drop_index("record_shares_record_idx", table_name="record_shares")
    op.drop_index("record_shares_member_idx", table_name="record_shares", postgresql_where="to_member_id IS NOT NULL")
    op.drop_index("record_shares_department_idx", table_name="record_shares", postgresql_where="to_department_id IS NOT NULL")
    op.drop_table("record_shares")
    op.drop_table("sharing_rules")
    op.drop_table("access_checks")
