"""Make the tables of people, sessions, access tokens, attempts to sign in, and secrets."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "team_people",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("key", sa.Text, nullable=False, unique=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("password", sa.Text, nullable=False),
        sa.Column("fresh", sa.Boolean, nullable=False),
        sa.Column("subject", sa.Text, unique=True),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("added", sa.Float, nullable=False),
    )
    op.create_table(
        "team_sessions",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("digest", sa.Text, nullable=False, unique=True),
        sa.Column("person", sa.Integer, sa.ForeignKey("team_people.number"), nullable=False),
        sa.Column("agent", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("begun", sa.Float, nullable=False),
        sa.Column("used", sa.Float, nullable=False),
        sa.Column("ends", sa.Float, nullable=False),
    )
    op.create_table(
        "team_tokens",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("digest", sa.Text, nullable=False, unique=True),
        sa.Column("person", sa.Integer, sa.ForeignKey("team_people.number"), nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("begun", sa.Float, nullable=False),
        sa.Column("used", sa.Float),
        sa.Column("ends", sa.Float, nullable=False),
    )
    op.create_table(
        "team_attempts",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("attempt", sa.Text, nullable=False),
        sa.Column("bucket", sa.Text, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
    )
    op.create_index("team_attempts_by_bucket", "team_attempts", ["bucket", "at"])
    op.create_table(
        "team_secrets",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("secret", sa.Text, nullable=False),
    )
