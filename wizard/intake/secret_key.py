"""One secret key for all processes of a database: with two of them, forms and files of one machine are void at another.

The database holds a digest of the key, too slow to be searched for the key itself (threats L14).
"""

from __future__ import annotations

import hashlib
import hmac

from sqlalchemy import select, update

from wizard.config.setting_types import SettingsError
from wizard.container import Container
from wizard.db.engine import reading, writing
from wizard.db.models import Installation

ROUNDS = 200_000


def check_secret_key(container: Container) -> None:
    """See at the start that the key is the one of this database. The first start writes down which that is.

    A key whose predecessor is among ``SECRET_KEY_FALLBACKS`` takes its place. Needs the app's context.

    Raises:
        SettingsError: the key is another one; one line says what to do.
    """
    settings = container.settings
    with reading() as connection:
        uuid, known = connection.execute(select(Installation.uuid, Installation.key_digest)).one()
    if known and hmac.compare_digest(known, _digest(settings.secret_key, uuid)):
        return
    if known and not any(hmac.compare_digest(known, _digest(key, uuid)) for key in settings.secret_key_fallbacks):
        raise SettingsError(
            "WIZARD_SECRET_KEY is not the key of this database: what its other processes have signed would be void. "
            "Give all of them one key (set it, or copy instance/secret_key), the former one among "
            "WIZARD_SECRET_KEY_FALLBACKS; if that is lost: flask --app app adopt-key"
        )
    adopt_secret_key(settings.secret_key)


def adopt_secret_key(key: str) -> None:
    """Make a key the one of the database. Needs the app's context."""
    with writing() as connection:
        uuid = connection.execute(select(Installation.uuid)).scalar_one()
        connection.execute(update(Installation).values(key_digest=_digest(key, uuid)))


def _digest(key: str, salt: str) -> str:
    return hashlib.pbkdf2_hmac("sha256", key.encode(), salt.encode(), ROUNDS).hex()
