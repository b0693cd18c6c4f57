"""`python -m twincell_cell` is the `twincell` command."""

import sys

from twincell_cell.cli import main

sys.exit(main())
