"""Budgets, held letters, used proofs of work, and what was erased."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the columns and tables. Processes of the former version go on inserting without them."""
    op.add_column("tickets", sa.Column("erased_at", TIME))
    op.add_column("tickets", sa.Column("evidence_erased_at", TIME))
    op.create_index("ix_tickets_words", "tickets", ["erased_at", "created_at"])
    op.create_index("ix_tickets_evidence", "tickets", ["evidence_erased_at", "created_at"])
    op.add_column("outbox", sa.Column("held_for", sa.String(120)))
    op.add_column("outbox", sa.Column("digested_at", TIME))
    op.add_column("installation", sa.Column("tombstones_applied", sa.String(60)))
    op.create_table(
        "budget_usage",
        sa.Column("scope", sa.String(24), primary_key=True),
        sa.Column("caller", sa.String(64), primary_key=True),
        sa.Column("hour", TIME, primary_key=True),
        sa.Column("used", sa.Integer(), nullable=False),
    )
    op.create_table(
        "used_challenges",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("expires_at", TIME, nullable=False),
    )
    op.create_index("ix_used_challenges_expires_at", "used_challenges", ["expires_at"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("used_challenges")
    op.drop_table("budget_usage")
    op.drop_column("installation", "tombstones_applied")
    op.drop_column("outbox", "digested_at")
    op.drop_column("outbox", "held_for")
    op.drop_index("ix_tickets_evidence", "tickets")
    op.drop_index("ix_tickets_words", "tickets")
    op.drop_column("tickets", "evidence_erased_at")
    op.drop_column("tickets", "erased_at")
