"""What the header says of an engine."""

from msgspec.structs import replace as with_fields

from app.services.engines import EngineState
from app.ui.presenters.header_views import EngineFacts, header_view
from wrappers.contract import Failed, ModelVersion

VERSION = ModelVersion(
    name="phi3", version="3", aliases=("champion",), mode="messages", size_bytes=2_700_000_000
)


def test_that_a_stopped_model_can_be_loaded_and_tells_its_size() -> None:
    view = header_view(EngineFacts(version=VERSION, state=EngineState.STOPPED), None)
    assert view.title == "phi3 · version 3"
    assert view.fact == "2.7 GB"
    assert view.action == "load"
    assert view.chips == (("@champion", "alias"), ("messages", "messages"))


def test_that_a_load_tells_stage_size_and_begin_and_can_be_cancelled() -> None:
    facts = EngineFacts(
        version=VERSION, state=EngineState.LOADING, stage="Reading the weights", since=12.5
    )
    view = header_view(facts, None)
    assert view.fact == "Reading the weights · 2.7 GB"
    assert view.since == 12.5
    assert view.action == "cancel"


def test_that_what_comes_before_a_load_can_be_cancelled_too() -> None:
    view = header_view(EngineFacts(version=VERSION, state=EngineState.STOPPED, since=1.0), None)
    assert view.action == "cancel"


def test_that_a_loaded_model_tells_how_long_it_took_and_what_it_holds() -> None:
    facts = EngineFacts(
        version=VERSION,
        state=EngineState.BUSY,
        load_s=4.12,
        memory_bytes=512_000_000,
        streams=True,
        waiting=2,
    )
    view = header_view(facts, None)
    assert view.fact == "loaded in 4.1 s · 512 MB · 2 waiting"
    assert view.action == "unload"
    assert view.chips[-1] == ("streams", "plain")


def test_that_numbers_that_are_not_known_are_left_out() -> None:
    facts = EngineFacts(version=with_fields(VERSION, size_bytes=None), state=EngineState.READY)
    assert header_view(facts, None).fact == ""


def test_that_a_model_that_gives_whole_answers_says_so() -> None:
    facts = EngineFacts(version=VERSION, state=EngineState.READY, streams=False)
    assert header_view(facts, None).chips[-1] == ("whole answers", "plain")


def test_that_a_model_that_does_not_chat_offers_no_load_and_says_why() -> None:
    silent = ModelVersion(name="iris", version="1", reason="It takes numbers.")
    view = header_view(EngineFacts(version=silent, state=EngineState.STOPPED), None)
    assert view.fact == "It takes numbers."
    assert view.action is None


def test_that_a_model_whose_files_were_not_read_yet_can_be_tried() -> None:
    unread = ModelVersion(name="phi3", version="1", detected=False)
    assert (
        header_view(EngineFacts(version=unread, state=EngineState.STOPPED), None).action == "load"
    )


def test_that_a_problem_stands_in_a_band_and_can_be_tried_again() -> None:
    problem = Failed(kind="unreachable", message="It does not answer.", advice="Start it.")
    view = header_view(EngineFacts(version=VERSION, state=EngineState.STOPPED), problem)
    assert view.band is not None
    assert (view.band.message, view.band.advice) == ("It does not answer.", "Start it.")
    assert view.band.can_reload
    assert not view.band.has_log


def test_that_many_aliases_are_counted() -> None:
    version = with_fields(VERSION, aliases=("a", "b", "c", "d"))
    view = header_view(EngineFacts(version=version, state=EngineState.STOPPED), None)
    assert [text for text, _ in view.chips] == ["@a", "@b", "+2", "messages"]
