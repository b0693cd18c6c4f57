"""Lets the tests of this package import bag_samples."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
