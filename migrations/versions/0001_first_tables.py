"""Tickets, their files and follow-ups, the outbox."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
FIRST_NUMBER = 100_001


def _ticket_key(**options: bool) -> sa.Column:
    return sa.Column(
        "ticket_number", BIG, sa.ForeignKey("tickets.number", ondelete="CASCADE"), nullable=False, **options
    )


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "tickets",
        sa.Column("number", BIG, sa.Identity(start=FIRST_NUMBER), primary_key=True),
        sa.Column("token", sa.String(32), nullable=False, unique=True),
        sa.Column("receipt", sa.String(16), unique=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("site", sa.String(80), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("category", sa.String(40), nullable=False),
        sa.Column("situation", sa.String(40), nullable=False),
        sa.Column("fast_track", sa.Boolean(), nullable=False),
        sa.Column("priority", sa.String(8), nullable=False),
        sa.Column("inbox", sa.String(254), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sqlite_autoincrement=True,
    )
    if op.get_bind().dialect.name == "sqlite":
        # SQLite counts on from the largest number that it has given.
        op.execute(f"INSERT INTO sqlite_sequence (name, seq) VALUES ('tickets', {FIRST_NUMBER - 1})")
    op.create_table(
        "submissions",
        sa.Column("key", sa.String(80), primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False, index=True),
        _ticket_key(),
        sa.Column("created_at", TIME, nullable=False),
    )
    op.create_table(
        "uploads",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("type", sa.String(80), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("sender", sa.String(64), nullable=False, index=True),
        sa.Column("created_at", TIME, nullable=False, index=True),
    )
    op.create_table(
        "attachments",
        sa.Column("id", BIG, sa.Identity(), primary_key=True),
        _ticket_key(index=True),
        sa.Column("follow_up", sa.Integer(), nullable=False),
        sa.Column("storage_key", sa.String(32), nullable=False, index=True),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("type", sa.String(80), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("question", sa.String(40), nullable=False),
    )
    op.create_table(
        "follow_ups",
        _ticket_key(primary_key=True, autoincrement=False),
        sa.Column("position", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
    )
    op.create_table(
        "outbox",
        sa.Column("id", BIG, sa.Identity(), primary_key=True),
        _ticket_key(),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("follow_up", sa.Integer(), nullable=False),
        sa.Column("recipient", sa.String(320), nullable=False),
        sa.Column("cap_address", sa.String(320)),
        sa.Column("cap_domain", sa.String(255)),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", TIME, nullable=False),
        sa.Column("lease_token", sa.String(32)),
        sa.Column("lease_until", TIME),
        sa.Column("with_files", sa.Boolean(), nullable=False),
        sa.Column("last_error", sa.String(500)),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("sent_at", TIME),
        sa.UniqueConstraint("ticket_number", "kind", "follow_up", "recipient", name="uq_outbox_letter"),
    )
    op.create_index("ix_outbox_due", "outbox", ["state", "rank", "due_at"])
    op.create_index("ix_outbox_cap_address", "outbox", ["cap_address", "created_at"])
    op.create_index("ix_outbox_cap_domain", "outbox", ["cap_domain", "created_at"])
    op.create_index("ix_outbox_created", "outbox", ["created_at"])


def downgrade() -> None:
    """Drop the tables."""
    for table in ("outbox", "follow_ups", "attachments", "uploads", "submissions", "tickets"):
        op.drop_table(table)
