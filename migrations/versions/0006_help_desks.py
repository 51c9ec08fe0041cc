"""What help desks need: similar reports, their own numbers, follow-ups that nobody has read."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the columns. Processes of the former version then go on inserting without them.

    On PostgreSQL they wait until the indexes are there: the table is locked, for reading too, for less than a second
    with 100,000 tickets.
    """
    op.add_column("tickets", sa.Column("similar_key", sa.String(32)))
    op.add_column("tickets", sa.Column("client_key", sa.String(32)))
    op.add_column("tickets", sa.Column("desk_reference", sa.String(80)))
    op.add_column("tickets", sa.Column("unread_follow_up", sa.String(12)))
    op.create_index("ix_tickets_similar", "tickets", ["inbox", "situation", "created_at", "similar_key"])
    op.create_index("ix_tickets_client", "tickets", ["client_key", "created_at"])
    # Of the few that somebody has to read, so that accepting a ticket writes nothing into it.
    op.create_index(
        "ix_tickets_unread",
        "tickets",
        ["state", "unread_follow_up", "queue_rank", "number"],
        sqlite_where=sa.text("unread_follow_up IS NOT NULL"),
        postgresql_where=sa.text("unread_follow_up IS NOT NULL"),
    )


def downgrade() -> None:
    """Drop them, and letters that the former version would take for others."""
    op.execute("DELETE FROM outbox WHERE kind = 'burst' AND state <> 'sent'")
    op.drop_index("ix_tickets_unread", "tickets")
    op.drop_index("ix_tickets_client", "tickets")
    op.drop_index("ix_tickets_similar", "tickets")
    op.drop_column("tickets", "unread_follow_up")
    op.drop_column("tickets", "desk_reference")
    op.drop_column("tickets", "client_key")
    op.drop_column("tickets", "similar_key")
