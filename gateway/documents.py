"""The API's document and its pages as nginx serves them: which files there are, and what the pages may load."""

from pathlib import Path
from typing import NamedTuple

PACKAGE = Path(__file__).resolve().parent
DOCUMENTS = PACKAGE.parent / "contracts" / "openapi"
"""Where `make contracts` writes the document; the image has it in the same place."""
PAGES = ("swagger-ui", "redoc")
ASSETS = (".js", ".css")


class Docs(NamedTuple):
    """Folders of the document and of the pages, the names of the pages, and the files that they load."""

    documents: Path
    folder: Path
    pages: tuple[str, ...]
    assets: dict[str, Path]
    policy: str


def docs() -> Docs:
    """What docs.conf.j2 needs."""
    folder = PACKAGE / "docs"
    files = sorted(path for path in folder.rglob("*") if path.suffix in ASSETS)
    return Docs(DOCUMENTS, folder, PAGES, {path.name: path for path in files}, _policy())


def _policy() -> str:
    """Everything from here, no script in the page itself. ReDoc searches in a worker; both set styles as they draw."""
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "worker-src blob:",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )
