"""The tables of decisions. Rows of `revisions` and `verdicts` are only ever added; deleting texts blanks columns."""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData()

projects = sa.Table(
    "projects",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("revision", sa.Integer, nullable=False),  # the one in force
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("texts_deleted_at", sa.DateTime(timezone=True)),
    sa.Column("texts_deleted_by", sa.Text),
    sqlite_autoincrement=True,  # the number of a project is never given twice
)

revisions = sa.Table(
    "revisions",
    metadata,
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
    sa.Column("words", sa.Text, nullable=False),  # what a search looks in, in small letters
    sa.Index("revisions_by_time", "decided_at"),
)

verdicts = sa.Table(
    "verdicts",
    metadata,
    sa.Column("project", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("revision", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("goal", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("area", sa.Text),  # as JSON: the ids 5 and "5" differ; null for city-wide goals
    sa.Column("verdict", sa.Text, nullable=False),
    sa.Column("rank", sa.Integer),
    sa.Column("confidence", sa.Double),
    sa.Column("evidence", sa.Text, nullable=False),  # a JSON list of passages
    sa.Column("reason", sa.Text, nullable=False),
    sa.ForeignKeyConstraint(["project", "revision"], ["revisions.project", "revisions.number"]),
    sa.Index("verdicts_by_goal", "goal"),
)
