"""The outbox owes webhooks too."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

LETTER = ["ticket_number", "kind", "follow_up", "recipient"]


def upgrade() -> None:
    """Add what tells the events of one ticket apart. A process of the version before goes on writing its letters."""
    with op.batch_alter_table("outbox") as outbox:
        outbox.add_column(sa.Column("occasion", sa.String(40), nullable=False, server_default=""))
        outbox.add_column(sa.Column("details", sa.Text()))
        outbox.drop_constraint("uq_outbox_letter", type_="unique")
        outbox.create_unique_constraint("uq_outbox_letter", [*LETTER, "occasion"])


def downgrade() -> None:
    """Forget the webhooks that were owed."""
    op.execute("DELETE FROM outbox WHERE rank = 2")
    with op.batch_alter_table("outbox") as outbox:
        outbox.drop_constraint("uq_outbox_letter", type_="unique")
        outbox.create_unique_constraint("uq_outbox_letter", LETTER)
        outbox.drop_column("details")
        outbox.drop_column("occasion")
