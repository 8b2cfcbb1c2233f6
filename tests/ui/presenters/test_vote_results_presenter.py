"""The table of votes, from the registry's answer to the dialog."""

import pytest
from PySide6.QtWidgets import QLabel, QWidget

from app.domain.feedback import TraceRef
from app.services.program import Services
from app.ui.dialogs.opener import Dialogs
from app.ui.dialogs.vote_results import VoteResultsDialog
from app.ui.presenters.vote_results_presenter import VoteResultsPresenter
from app.ui.tasks import Tasks
from tests.support.scripted_host import ScriptedHost
from tests.ui.presenters.conftest import press, until
from wrappers.contract import Failed, ListVotes, LogVote, StoredVote


def stored(number: int) -> StoredVote:
    return StoredVote(
        comparison=str(number),
        traces=("tr-1", "tr-2"),
        versions=("a/1", "b/1"),
        choice="first",
        is_blind=True,
    )


@pytest.fixture
def presenter(services: Services, dialogs: Dialogs, tasks: Tasks) -> VoteResultsPresenter:
    return VoteResultsPresenter(services.votes, services.traces, services.catalog, dialogs, tasks)


def dialog_of(window: QWidget) -> VoteResultsDialog:
    found = [one for one in window.findChildren(VoteResultsDialog) if one.isVisible()]
    assert len(found) == 1
    return found[0]


def shown(dialog: VoteResultsDialog) -> list[str]:
    model = dialog.table.model()
    return [str(model.index(row, 3).data()) for row in range(model.rowCount())]


async def test_that_it_shows_what_the_registry_has_and_follows_a_new_vote(
    services: Services, host: ScriptedHost, presenter: VoteResultsPresenter, window: QWidget
) -> None:
    host.votes = [stored(1), stored(2)]
    await services.catalog.open()
    presenter.open()
    dialog = dialog_of(window)
    await until(lambda: shown(dialog) == ["2 : 0"])
    presenter.open()
    assert dialog_of(window) is dialog
    host.votes.append(stored(3))
    vote = LogVote(
        id=0, comparison="3", traces=("tr-1", "tr-2"), versions=("a/1", "b/1"),
        choice="first", is_blind=True,
    )  # fmt: skip
    services.traces.vote(vote, TraceRef("tr-1", services.catalog.tracking_uri))
    await until(lambda: shown(dialog) == ["3 : 0"])
    presenter.close()


async def test_that_a_closed_table_is_read_no_more(
    services: Services, host: ScriptedHost, presenter: VoteResultsPresenter, window: QWidget
) -> None:
    await services.catalog.open()
    presenter.open()
    dialog = dialog_of(window)
    await until(lambda: any("No votes yet" in one.text() for one in dialog.findChildren(QLabel)))
    press(dialog, "closeButton")
    asked = len([one for one in host.requests if isinstance(one, ListVotes)])
    presenter.read()
    assert len([one for one in host.requests if isinstance(one, ListVotes)]) == asked
    presenter.open()
    assert dialog_of(window) is not dialog
    presenter.close()


async def test_that_a_registry_that_fails_is_told_and_can_be_asked_again(
    services: Services, host: ScriptedHost, presenter: VoteResultsPresenter, window: QWidget
) -> None:
    failing = [True]
    gone = Failed(kind="unreachable", message="The server is gone.", advice="Start it.")
    host._script = lambda request: [gone] if isinstance(request, ListVotes) and failing[0] else None
    host.votes = [stored(1)]
    await services.catalog.open()
    presenter.open()
    dialog = dialog_of(window)

    def told() -> str:
        return "\n".join(one.text() for one in dialog.findChildren(QLabel) if one.isVisible())

    await until(lambda: "The votes could not be read. The server is gone." in told())
    assert "Start it." in told()
    failing[0] = False
    press(dialog, "refreshVotesButton")
    await until(lambda: shown(dialog) == ["1 : 0"])
    presenter.close()
