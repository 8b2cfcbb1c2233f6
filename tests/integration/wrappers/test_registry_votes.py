"""Votes on the traces of both answers, read back as any MLflow client reads them: in SQLite and
behind a server."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.wrappers.test_registry_traces import chat
from tests.support.asking import ask
from tests.support.mlflow_server import registry_of
from wrappers import registry_votes
from wrappers.base import WrapperError
from wrappers.contract import Done, ListVotes, LogVote, StoredVote, VoteChoice, VotesListed
from wrappers.registry import RegistryServer

VERSIONS = ("tiny/3", "tiny-onnx/1")


@pytest.fixture(scope="module", params=["sqlite", pytest.param("server", marks=pytest.mark.slow)])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RegistryServer]:
    with registry_of(request.param, tmp_path_factory.mktemp("votes")) as server:
        yield server


@pytest.fixture
def client(server: RegistryServer) -> Any:
    """As another program would have it."""
    import mlflow

    uri = server._opened()[0].tracking_uri
    return mlflow.MlflowClient(uri, uri)


def two_answers(server: RegistryServer) -> tuple[str, str]:
    turns = chat("compared"), chat("compared")
    for turn in turns:
        ask(server, turn)
    return turns[0].trace_id, turns[1].trace_id


def vote(
    server: RegistryServer,
    traces: tuple[str, str],
    choice: VoteChoice | None,
    *,
    comparison: str = "",
    is_blind: bool = True,
) -> str:
    comparison = comparison or uuid.uuid4().hex
    request = LogVote(
        id=3,
        comparison=comparison,
        traces=traces,
        versions=VERSIONS,
        choice=choice,
        is_blind=is_blind,
    )
    (event,) = ask(server, request)
    assert event == Done(id=3)
    return comparison


def votes(server: RegistryServer) -> dict[str, StoredVote]:
    (event,) = ask(server, ListVotes(id=4))
    assert isinstance(event, VotesListed)
    times = [one.voted_ms or 0 for one in event.votes]
    assert times == sorted(times)
    return {one.comparison: one for one in event.votes}


def values(client: Any, traces: tuple[str, str]) -> list[list[str]]:
    """What each trace's votes say."""
    return [
        [one.value for one in client.get_trace(trace).info.assessments if one.name == "parley.vote"]
        for trace in traces
    ]


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        ("first", ["win", "loss"]),
        ("second", ["loss", "win"]),
        ("tie", ["tie", "tie"]),
        ("both_bad", ["both_bad", "both_bad"]),
    ],
)
def test_that_a_plain_search_finds_what_each_trace_says(
    server: RegistryServer, client: Any, choice: VoteChoice, said: list[str]
) -> None:
    traces = two_answers(server)
    comparison = vote(server, traces, choice)
    experiment = client.get_experiment_by_name("parley").experiment_id
    for place, trace_id in enumerate(traces):
        found = client.search_traces(
            locations=[experiment], filter_string=f"feedback.`parley.vote` = '{said[place]}'"
        )
        (info,) = [one.info for one in found if one.info.trace_id == trace_id]
        (given,) = info.assessments
        assert (given.name, given.value) == ("parley.vote", said[place])
        assert given.source.source_type == "HUMAN"
        assert given.metadata == {
            "parley.comparison": comparison,
            "parley.other_trace": traces[1 - place],
            "parley.place": ("first", "second")[place],
            "parley.versions": json.dumps(VERSIONS),
            "parley.blind": "true",
        }


def test_that_mlflows_own_search_gives_the_votes_as_a_table(
    server: RegistryServer, client: Any
) -> None:
    import mlflow

    traces = two_answers(server)
    vote(server, traces, "first")
    experiment = client.get_experiment_by_name("parley").experiment_id
    table = mlflow.search_traces(
        locations=[experiment], filter_string="feedback.`parley.vote` = 'win'"
    )
    (row,) = table[table["trace_id"] == traces[0]].to_dict("records")
    assert [one["feedback"]["value"] for one in row["assessments"]] == ["win"]


def test_that_the_list_tells_each_vote_once_as_it_was_given(server: RegistryServer) -> None:
    traces = two_answers(server)
    blind = vote(server, traces, "second")
    open_one = vote(server, two_answers(server), "tie", is_blind=False)
    listed = votes(server)
    told = listed[blind]
    assert (told.traces, told.versions) == (traces, VERSIONS)
    assert (told.choice, told.is_blind) == ("second", True)
    assert told.voter
    assert told.voted_ms is not None
    assert (listed[open_one].choice, listed[open_one].is_blind) == ("tie", False)


def test_that_another_vote_takes_the_place_of_the_first(
    server: RegistryServer, client: Any
) -> None:
    traces = two_answers(server)
    comparison = vote(server, traces, "first")
    before = votes(server)[comparison]
    vote(server, traces, "both_bad", comparison=comparison, is_blind=False)
    assert values(client, traces) == [["both_bad"], ["both_bad"]]
    after = votes(server)[comparison]
    assert (after.choice, after.is_blind) == ("both_bad", False)
    assert (after.voted_ms or 0) >= (before.voted_ms or 0)


def test_that_a_vote_taken_back_leaves_nothing(server: RegistryServer, client: Any) -> None:
    traces = two_answers(server)
    comparison = vote(server, traces, "first")
    vote(server, traces, None, comparison=comparison)
    assert values(client, traces) == [[], []]
    assert comparison not in votes(server)
    vote(server, traces, None, comparison=comparison)
    assert values(client, traces) == [[], []]


def test_that_the_same_vote_sent_twice_is_there_once(server: RegistryServer, client: Any) -> None:
    traces = two_answers(server)
    comparison = vote(server, traces, "first")
    before = votes(server)[comparison]
    vote(server, traces, "first", comparison=comparison)
    assert values(client, traces) == [["win"], ["loss"]]
    assert votes(server)[comparison] == before


def test_that_a_rating_of_the_same_answer_stays(server: RegistryServer, client: Any) -> None:
    from wrappers.contract import LogFeedback

    traces = two_answers(server)
    comparison = vote(server, traces, "first")
    ask(server, LogFeedback(id=6, trace_id=traces[0], good=True))
    vote(server, traces, None, comparison=comparison)
    (left,) = client.get_trace(traces[0]).info.assessments
    assert (left.name, left.value) == ("rating", True)


def test_that_a_vote_of_another_voter_is_one_more(server: RegistryServer, client: Any) -> None:
    from mlflow.entities import AssessmentSource, Feedback
    from mlflow.tracing.client import TracingClient

    traces = two_answers(server)
    comparison = vote(server, traces, "first")
    other = AssessmentSource(source_type="HUMAN", source_id="somebody else")
    for place, trace in enumerate(traces):
        half = Feedback(
            name="parley.vote",
            value=("loss", "win")[place],
            source=other,
            metadata={
                "parley.comparison": comparison,
                "parley.other_trace": traces[1 - place],
                "parley.place": ("first", "second")[place],
                "parley.versions": json.dumps(VERSIONS),
                "parley.blind": "false",
            },
        )
        TracingClient(client.tracking_uri).log_assessment(trace, half)
    (event,) = ask(server, ListVotes(id=4))
    assert isinstance(event, VotesListed)
    told = {one.voter: one.choice for one in event.votes if one.comparison == comparison}
    assert len(told) == 2
    assert told["somebody else"] == "second"
    vote(server, traces, None, comparison=comparison)
    assert values(client, traces) == [["loss"], ["win"]]


def test_that_one_half_tells_the_whole_vote(server: RegistryServer, client: Any) -> None:
    traces = two_answers(server)
    comparison = vote(server, traces, "second")
    before = votes(server)[comparison]
    experiment = client.get_experiment_by_name("parley").experiment_id
    client.delete_traces(experiment_id=experiment, trace_ids=[traces[0]])
    after = votes(server)[comparison]
    assert (after.traces, after.choice) == (before.traces, "second")


def test_that_what_others_wrote_under_the_name_is_no_vote(
    server: RegistryServer, client: Any
) -> None:
    from mlflow.entities import AssessmentSource, Feedback
    from mlflow.tracing.client import TracingClient

    before = votes(server)
    traces = two_answers(server)
    tracing = TracingClient(client.tracking_uri)
    other = AssessmentSource(source_type="HUMAN", source_id="somebody else")
    good = {
        "parley.comparison": "odd",
        "parley.other_trace": traces[1],
        "parley.place": "first",
        "parley.versions": json.dumps(VERSIONS),
    }
    for value, metadata in (
        ("win", None),
        ("splendid", good),
        (7.5, good),
        ("win", good | {"parley.versions": "no JSON"}),
        ("win", good | {"parley.versions": "[1, 2]"}),
        ("win", good | {"parley.place": "third"}),
    ):
        tracing.log_assessment(
            traces[0], Feedback(name="parley.vote", value=value, source=other, metadata=metadata)
        )
    assert votes(server) == before


def test_that_a_vote_on_a_trace_that_is_not_there_changes_neither(
    server: RegistryServer, client: Any
) -> None:
    traces = two_answers(server)
    gone = f"tr-{uuid.uuid4().hex}"
    for pair in ((traces[0], gone), (gone, traces[1])):
        with pytest.raises(WrapperError) as caught:
            vote(server, pair, "first")
        assert caught.value.kind == "not_found"
    assert values(client, traces) == [[], []]


def test_that_all_pages_are_read(server: RegistryServer, monkeypatch: pytest.MonkeyPatch) -> None:
    given = {vote(server, two_answers(server), "first") for _ in range(4)}
    whole = votes(server)
    monkeypatch.setattr(registry_votes, "_PAGE", 3)
    assert votes(server) == whole
    assert given <= whole.keys()


def test_that_a_registry_without_an_experiment_has_no_votes(
    server: RegistryServer, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry_votes, "EXPERIMENT", "never made")
    assert votes(server) == {}
    assert client.get_experiment_by_name("never made") is None
