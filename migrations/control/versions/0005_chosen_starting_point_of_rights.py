"""chosen starting point of rights."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("openings", sa.Column("rights_plan", sa.Text(), server_default="everyone", nullable=False), schema="control")


def downgrade() -> None:
    op.drop_column("openings", "rights_plan", schema="control")
