"""Tests of what is shipped: images, Compose, Kubernetes. They start no server; engines are asked only where one is installed."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
