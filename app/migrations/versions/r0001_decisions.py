"""Projects, the revisions of what was decided about them, and what was said of each goal."""

import sqlalchemy as sa
from alembic import op

revision = "r0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "projects",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("texts_deleted_at", sa.DateTime(timezone=True)),
        sa.Column("texts_deleted_by", sa.Text),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "revisions",
        sa.Column("project", sa.Integer, sa.ForeignKey("projects.id"), primary_key=True, autoincrement=False),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("reference", sa.Text, nullable=False),
        sa.Column("department", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("no_goal", sa.Boolean, nullable=False),
        sa.Column("withdrawn", sa.Boolean, nullable=False),
        sa.Column("catalogue", sa.Text, nullable=False),
        sa.Column("catalogue_fingerprint", sa.Text, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("model_fingerprint", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("decided_by", sa.Text, nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("words", sa.Text, nullable=False),
    )
    op.create_table(
        "verdicts",
        sa.Column("project", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("revision", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("goal", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("area", sa.Text),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("rank", sa.Integer),
        sa.Column("confidence", sa.Double),
        sa.Column("evidence", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["project", "revision"], ["revisions.project", "revisions.number"]),
    )
    op.create_index("verdicts_by_goal", "verdicts", ["goal"])
    op.create_index("revisions_by_time", "revisions", ["decided_at"])
