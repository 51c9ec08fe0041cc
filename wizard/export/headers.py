"""What a web server has to say beside the files: headers that no ``<meta>`` can replace."""

from __future__ import annotations

from collections.abc import Iterable

from wizard.web.headers import ALWAYS, export_policy
from wizard.web.page_cache import IMMUTABLE, PUBLIC_PAGE
from wizard.web.static_export import StaticExport

NOT_FOUND = "404.html"
"""What most hosts of static sites serve for an address that they do not know."""


def headers_file(service_origin: str, framers: Iterable[str], languages: Iterable[str]) -> str:
    """A ``_headers`` file, which several hosts of static sites read.

    Hosts join the headers of all patterns that fit an address, so none is said twice for any. What everything carries
    stands under one pattern, which fits addresses that there are not as well; how long they may be kept, the host says.
    """
    everywhere = page_headers(service_origin, framers)
    pages = {"Cache-Control": everywhere.pop("Cache-Control")}
    blocks = [("/*", everywhere), ("/", pages), *((f"/{language}/*", pages) for language in languages)]
    blocks += [("/embed.js", pages), ("/static/*", {"Cache-Control": IMMUTABLE})]
    return "\n".join(f"{pattern}\n{_lines(headers, '  {}: {}')}" for pattern, headers in blocks)


def nginx_file(service_origin: str, framers: Iterable[str]) -> str:
    """Lines for a ``server`` block of nginx; ``root`` and ``server_name`` are the owner's own."""
    template = '    add_header {} "{}" always;'
    return (
        "# Include this in a server block whose root is this folder. Packed files lie beside the plain ones;\n"
        "# with the module ngx_brotli add: brotli_static on;\n"
        "gzip_static on;\n"
        "gzip_vary on;\n"
        "charset utf-8;\n"
        "charset_types text/css text/javascript application/javascript;\n"
        "location / {\n"
        f"{_lines(page_headers(service_origin, framers), template)}"
        "}\n"
        "location /static/ {\n"
        f"{_lines(asset_headers(), template)}"
        "}\n"
        f"error_page 404 /{NOT_FOUND};\n"
        f"location = /{NOT_FOUND} {{\n"
        "    internal;\n"
        f"{_lines(page_headers(service_origin, framers), template)}"
        "}\n"
        "location ~ ^/(_headers|nginx\\.conf)$ {\n    return 404;\n}\n"
    )


def page_headers(service_origin: str, framers: Iterable[str]) -> dict[str, str]:
    """The headers of a page. Only here can be said who may frame it.

    The policy is one for all pages, and each holds to the stricter one in its own ``<meta>``: two need more of the
    service than others, the composer its frame and the page for unknown addresses its looks.
    """
    policy = export_policy(StaticExport(service_origin, "/"))
    for directive in ("style-src", "img-src"):
        policy = policy.replace(f"{directive} 'self'", f"{directive} 'self' {service_origin}")
    ancestors = " ".join(framers) or "'none'"
    policy = f"{policy}; frame-src {service_origin}; frame-ancestors {ancestors}"
    return {"Content-Security-Policy": policy, **ALWAYS, "Cache-Control": PUBLIC_PAGE}


def asset_headers() -> dict[str, str]:
    """The headers of a file whose name changes with its content."""
    return {**ALWAYS, "Cache-Control": IMMUTABLE}


def _lines(headers: dict[str, str], template: str) -> str:
    return "".join(template.format(name, value) + "\n" for name, value in headers.items())
