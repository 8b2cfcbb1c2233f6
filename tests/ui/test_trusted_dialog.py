"""The list of what models are allowed, and taking it back."""

import asyncio

from PySide6.QtWidgets import QLabel, QPushButton, QWidget

from app.domain.grants import Grant
from app.services.program import Services
from app.ui.dialogs.opener import Dialogs
from app.ui.dialogs.trusted import TrustedModelsDialog
from app.ui.presenters.trust_presenter import TrustPresenter
from app.ui.tasks import Tasks
from app.ui.widgets.settings_button import SettingsButton
from tests.support.scripted_host import ScriptedHost, version
from tests.ui.presenters.conftest import dialog_named, until
from wrappers.contract import Failed, ModelCard, Trust

CODE = Grant(model="m-1", fingerprint="a" * 64, name="agent/1", granted_ms=1, runs_code=True)
HUB = Grant(model="m-2", fingerprint="b" * 64, name="<b>phi3</b>/2", asks_hub=True)


def told(dialog: QWidget) -> str:
    return "\n".join(label.text() for label in dialog.findChildren(QLabel) if label.isVisible())


async def test_that_each_grant_is_told_and_taken_back_by_itself(
    window: QWidget, dialogs: Dialogs
) -> None:
    left = [CODE, HUB]

    def take_back(grant: Grant) -> list[Grant]:
        left.remove(grant)
        return left

    shown = asyncio.create_task(dialogs.show_trusted(left, take_back))
    dialog = await dialog_named(window, TrustedModelsDialog, "trustedModelsDialog")
    for words in ("agent/1", "runs its code", "<b>phi3</b>/2", "may ask the hub", "a" * 12):
        assert words in told(dialog)
    assert "a" * 13 not in told(dialog)
    buttons = dialog.findChildren(QPushButton, "takeBackButton")
    assert [one.accessibleName() for one in buttons] == [
        "Take back what <b>phi3</b>/2 may do",
        "Take back what agent/1 may do",
    ]
    buttons[1].click()
    assert left == [HUB]
    await until(lambda: "agent/1" not in told(dialog))
    dialog.findChildren(QPushButton, "takeBackButton")[0].click()
    await until(lambda: "No model has been allowed anything." in told(dialog))
    dialog.reject()
    await shown


async def test_that_the_menu_opens_the_list_and_the_hub_is_switched_for_this_content(
    services: Services, host: ScriptedHost, window: QWidget, dialogs: Dialogs
) -> None:
    faults: list[BaseException] = []
    tasks = Tasks(lambda _, error: faults.append(error))
    settings = SettingsButton(window)
    said: list[str] = []
    failed: list[Failed] = []
    presenter = TrustPresenter(
        services.trust,
        services.sessions,
        settings,
        dialogs,
        tasks,
        tell=lambda failure, _: failed.append(failure),
        say=said.append,
    )
    host.card = ModelCard(version=version(), trust=Trust(runs_code=False, fingerprint="f1"))
    services.sessions.select(version())
    presenter.switch_hub()
    await until(lambda: len(said) == 1)
    (grant,) = services.trust.grants()
    assert (grant.asks_hub, grant.runs_code, grant.fingerprint) == (True, False, "f1")
    assert "may ask" in said[0]
    await services.sessions.load()
    assert services.pool.get(version()).asks_hub

    settings.trusted_wanted.emit()
    dialog = await dialog_named(window, TrustedModelsDialog, "trustedModelsDialog")
    button = dialog.findChild(QPushButton, "takeBackButton")
    assert button is not None
    button.click()
    assert services.trust.grants() == ()
    dialog.reject()

    host.card = ModelCard(version=version(), trust=Trust(runs_code=False))
    presenter.switch_hub()
    await until(lambda: len(failed) == 1)
    assert failed[0].kind == "artifacts_missing"
    await tasks.cancel_all()
    assert faults == []
