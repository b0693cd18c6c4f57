"""docs/contract.md is what the tables say."""

from pathlib import Path

from twincell_contract.contract import ACTIONS, SERVICES, TOPICS
from twincell_contract.document import main, text

DOCUMENT = Path(__file__).parents[3] / "docs" / "contract.md"


def test_the_committed_document_is_up_to_date() -> None:
    assert DOCUMENT.read_text() == text(), "run: python -m twincell_contract.document"


def test_every_name_is_in_the_document() -> None:
    written = text()
    missing = [entry.name for entry in (*TOPICS, *SERVICES, *ACTIONS) if f"`{entry.name}`" not in written]
    assert missing == []


def test_main_writes_the_file(tmp_path: Path) -> None:
    main([str(tmp_path / "contract.md")])
    assert (tmp_path / "contract.md").read_text() == text()
