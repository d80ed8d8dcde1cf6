"""`python -m chassis.apidocs [--check]`: writes the API's documents into `contracts/`, from the code and the contracts alone."""

from __future__ import annotations

import sys
from pathlib import Path

from chassis.apidocs.files import written


def main(root: Path, *, check: bool) -> int:
    """Write what has changed, and name it; with `check` only name it, and 1 when there is anything."""
    stale = {
        path: text
        for path, text in written(root).items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    }
    for path, text in stale.items():
        print(f"{'stale' if check else 'written'}: {path.relative_to(root)}")
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    if not stale:
        print("The documents are as the code has it.")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main(Path.cwd(), check="--check" in sys.argv[1:]))
