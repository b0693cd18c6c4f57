"""docs/contract.md is what the tables say."""

from pathlib import Path

from twincell_contract.contract import ACTIONS, SERVICES, TOPICS
from twincell_contract.document import main, text

DOCUMENT = Path(__file__).parents[3] / "docs" / "contract.md"


def test_the_committed_document_is_up_to_date() -> None:
    assert DOCUMENT.read_text() == text(), "run: python -m twincell_contract.document"


def test_every_name_is_in_the_document() -> None:
    written = text()
    names = [*(t.name for t in TOPICS), *(s.name for s in SERVICES), *(a.name for a in ACTIONS)]
    assert [name for name in names if f"`{name}`" not in written] == []


def test_main_writes_the_file(tmp_path: Path) -> None:
    main([str(tmp_path / "contract.md")])
    assert (tmp_path / "contract.md").read_text() == text()
