"""Who may see the queue: programs of the desk's, each with a bearer token and a name for the log."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from flask import Response, g, request

from wizard.api.problems import Problem
from wizard.config.logs import security_event
from wizard.config.setting_types import AgentToken
from wizard.web.rate_limits import caller_id
from wizard.web.request_context import container


def agents_only(view: Callable[..., Response]) -> Callable[..., Response]:
    """Let in whoever brings the token of an agent; ``g.agent`` is then the agent's name."""

    @wraps(view)
    def guarded(*args: Any, **values: Any) -> Response:
        agents = container().settings.agent_tokens
        if not agents:
            raise Problem("forbidden", "agents_off")
        given = request.authorization
        name = _name_of(given.token or "", agents) if given is not None and given.type == "bearer" else None
        if name is None:
            security_event("agent_token_wrong", caller=caller_id(), route=request.endpoint)
            # RFC 6750, section 3.
            raise Problem("unauthorised", headers={"WWW-Authenticate": 'Bearer realm="queue"'})
        g.agent = name
        return view(*args, **values)

    return guarded


def _name_of(token: str, agents: Sequence[AgentToken]) -> str | None:
    """The agent whose token it is. All tokens are compared, in a time that does not depend on which one fits."""
    given = hashlib.sha256(token.encode("utf-8", "replace")).digest()
    names = [
        agent.name for agent in agents if hmac.compare_digest(hashlib.sha256(agent.token.encode()).digest(), given)
    ]
    return names[0] if names else None
