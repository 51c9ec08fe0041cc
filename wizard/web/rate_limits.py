"""How often somebody may call: counted in memory, or where ``RATELIMIT_STORAGE_URI`` says."""

from __future__ import annotations

from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

limiter = Limiter(key_func=get_remote_address, in_memory_fallback_enabled=True)
