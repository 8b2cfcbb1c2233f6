"""What models are allowed: the list of it, taking it back, and the hub for the current one."""

from collections.abc import Callable

from msgspec.structs import replace

from app.domain.grants import Grant
from app.services.errors import ServiceError
from app.services.ports import TrustStore
from app.services.sessions import Sessions
from app.ui.dialogs.opener import Dialogs
from app.ui.tasks import Tasks
from app.ui.translation import tr
from app.ui.widgets.settings_button import SettingsButton
from wrappers.contract import Failed


class TrustPresenter:
    """Joins the store of grants to the settings menu and to the actions."""

    def __init__(
        self,
        store: TrustStore,
        sessions: Sessions,
        settings: SettingsButton,
        dialogs: Dialogs,
        tasks: Tasks,
        *,
        tell: Callable[[Failed, str], None],
        say: Callable[[str], None],
    ) -> None:
        """`tell` shows what has failed, `say` what was done."""
        self._store = store
        self._sessions = sessions
        self._dialogs = dialogs
        self._tasks = tasks
        self._tell = tell
        self._say = say
        settings.trusted_wanted.connect(self.show)

    def show(self) -> None:
        """Open the list."""
        work = self._dialogs.show_trusted(self._store.grants(), self._take_back)
        self._tasks.start(work, "show the trusted models")

    def switch_hub(self) -> None:
        """Let the current model ask the hub from its next load on, or no more."""
        self._tasks.start(self._switch_hub(), "switch the hub for the current model")

    def _take_back(self, grant: Grant) -> tuple[Grant, ...]:
        """What is left."""
        try:
            self._store.put(replace(grant, runs_code=False, asks_hub=False))
        except ServiceError as error:
            self._tell(error.failed, tr("Trust"))
        return self._store.grants()

    async def _switch_hub(self) -> None:
        engine = self._sessions.current
        if engine is None:
            return
        try:
            allowed = await self._sessions.switch_hub(engine)
        except ServiceError as error:
            self._tell(error.failed, tr("Trust"))
            return
        told = (
            tr("From its next load on, the model may ask the Hugging Face hub.")
            if allowed
            else tr("From its next load on, the model may not ask the Hugging Face hub.")
        )
        self._say(told)
