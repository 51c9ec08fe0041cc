"""Crashes, heartbeats, the identity of the database, and how much was uploaded."""

from uuid import uuid4

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the columns and tables. Processes of the former version go on inserting without them."""
    op.add_column("outbox", sa.Column("is_suspect", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("outbox", sa.Column("crashes", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("outbox", sa.Column("waits_for", sa.String(255)))
    op.add_column("uploads", sa.Column("storage_key", sa.String(32)))
    op.create_index("ix_uploads_storage_key", "uploads", ["storage_key"])
    op.create_table(
        "upload_usage",
        sa.Column("sender", sa.String(64), primary_key=True),
        sa.Column("hour", TIME, primary_key=True),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "workers",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("beat_at", TIME, nullable=False),
    )
    installation = op.create_table(
        "installation",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("uuid", sa.String(32), nullable=False),
        sa.Column("outbox_held", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("sweep_held", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("restored_up_to", sa.BigInteger()),
        sa.Column("probed_at", TIME),
        sa.Column("key_digest", sa.String(64)),
    )
    op.bulk_insert(installation, [{"id": 1, "uuid": uuid4().hex}])


def downgrade() -> None:
    """Drop them."""
    for table in ("installation", "workers", "upload_usage"):
        op.drop_table(table)
    op.drop_index("ix_uploads_storage_key", "uploads")
    op.drop_column("uploads", "storage_key")
    for column in ("waits_for", "crashes", "is_suspect"):
        op.drop_column("outbox", column)
