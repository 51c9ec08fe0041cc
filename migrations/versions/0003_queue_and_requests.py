"""The queue of agents, and the requests of programs that bring a key of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

RANK = (
    "UPDATE tickets SET queue_rank = CASE WHEN fast_track THEN 0 WHEN priority = 'high' THEN 1 "
    "WHEN priority = 'low' THEN 3 ELSE 2 END"
)


def upgrade() -> None:
    """Add the columns. Processes of the former version go on inserting without them."""
    op.add_column("tickets", sa.Column("queue_rank", sa.Integer(), nullable=False, server_default="2"))
    op.add_column("tickets", sa.Column("state", sa.String(8), nullable=False, server_default="open"))
    op.add_column("tickets", sa.Column("state_by", sa.String(40)))
    op.add_column("tickets", sa.Column("state_at", sa.DateTime(timezone=True)))
    op.execute(RANK)
    op.create_index("ix_tickets_queue", "tickets", ["state", "queue_rank", "number"])
    op.add_column("submissions", sa.Column("request", sa.String(64)))
    op.add_column("submissions", sa.Column("told", sa.Text()))


def downgrade() -> None:
    """Drop them."""
    op.drop_column("submissions", "told")
    op.drop_column("submissions", "request")
    op.drop_index("ix_tickets_queue", "tickets")
    for column in ("state_at", "state_by", "state", "queue_rank"):
        op.drop_column("tickets", column)
