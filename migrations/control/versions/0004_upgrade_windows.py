"""upgrade windows."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tenants", sa.Column("upgrade_window", sa.Text(), nullable=True), schema="control")


def downgrade() -> None:
    op.drop_column("tenants", "upgrade_window", schema="control")
