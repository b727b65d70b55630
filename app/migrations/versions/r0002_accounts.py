"""Accounts, who is signed in, and access keys for programs."""

import sqlalchemy as sa
from alembic import op

revision = "r0002"
down_revision = "r0001"


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("folded", sa.Text, nullable=False, unique=True),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("password", sa.Text),
        sa.Column("locked", sa.Boolean, nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sqlite_autoincrement=True,
    )
    for name, times in (("sessions", ("opened", "seen")), ("access_keys", ("created", "expires"))):
        op.create_table(
            name,
            sa.Column("token", sa.Text, primary_key=True),
            sa.Column("account", sa.Integer, sa.ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
            *(sa.Column(time, sa.BigInteger, nullable=False) for time in times),
        )
        op.create_index(f"ix_{name}_account", name, ["account"])
