"""Votes between two answers, as assessments on the traces of both.

Each trace carries its own half: whether its answer won, with all that is needed to know the whole
vote again. A vote of which one trace is gone, or of which one half was written before the process
was ended, is read all the same.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal, cast, get_args

from wrappers.contract import LogVote, StoredVote, VoteChoice
from wrappers.registry_connect import EXPERIMENT, Registry
from wrappers.registry_traces import current_user

VOTE: Final = "parley.vote"
"""The assessment: ``win``, ``loss``, ``tie`` or ``both_bad``."""

COMPARISON: Final = "parley.comparison"
OTHER_TRACE: Final = "parley.other_trace"
PLACE: Final = "parley.place"
"""Whether the trace's answer is the ``first`` or the ``second`` of the two."""
VERSIONS: Final = "parley.versions"
"""JSON: both versions, the first one first."""
BLIND: Final = "parley.blind"

Outcome = Literal["win", "loss", "tie", "both_bad"]

_PAGE: Final = 500
"""As many traces as a server gives at once."""


def log_vote(registry: Registry, request: LogVote) -> None:
    """Make this user's vote on both traces what `request` says. Raises, and changes nothing, where
    one of the traces is not there."""
    from mlflow.entities import AssessmentSource, Feedback
    from mlflow.tracing.client import TracingClient

    client = TracingClient(registry.tracking_uri)
    source = AssessmentSource(source_type="HUMAN", source_id=current_user())
    infos = [client.get_trace_info(trace) for trace in request.traces]
    for place, info in enumerate(infos):
        own = [
            one
            for one in info.assessments or ()
            if one.name == VOTE and one.source.source_id == source.source_id
        ]
        kept = own[:1] if request.choice is not None else []
        for one in own[len(kept) :]:
            client.delete_assessment(info.trace_id, one.assessment_id)
        if request.choice is None:
            continue
        half = Feedback(
            name=VOTE,
            value=_outcome(request.choice, place),
            source=source,
            metadata=_metadata(request, place),
        )
        if not kept:
            client.log_assessment(info.trace_id, half)
        elif kept[0].value != half.value or not _holds(kept[0].metadata, half.metadata):
            client.update_assessment(info.trace_id, kept[0].assessment_id, half)


def list_votes(registry: Registry) -> tuple[StoredVote, ...]:
    """Every vote in Parley's experiment, of all voters, the oldest first."""
    votes: dict[tuple[str, str], StoredVote] = {}
    for half in _halves(registry):
        key = half.comparison, half.voter
        known = votes.get(key)
        # Two halves say the same, unless a change of mind was cut short: then the later one holds.
        if known is None or (known.voted_ms or 0) < (half.voted_ms or 0):
            votes[key] = half
    return tuple(sorted(votes.values(), key=lambda vote: vote.voted_ms or 0))


def _halves(registry: Registry) -> Iterator[StoredVote]:
    from mlflow.tracing.client import TracingClient

    experiment = registry.client.get_experiment_by_name(EXPERIMENT)
    if experiment is None:
        return
    client = TracingClient(registry.tracking_uri)
    token = None
    while True:
        page = client.search_traces(
            locations=[experiment.experiment_id],
            filter_string=f"feedback.`{VOTE}` IS NOT NULL",
            max_results=_PAGE,
            # Pages are counted from the start: what is written meanwhile comes last.
            order_by=["timestamp_ms ASC"],
            page_token=token,
            include_spans=False,
        )
        for trace in page:
            for given in trace.info.assessments or ():
                if given.name == VOTE and (vote := _as_vote(trace.info.trace_id, given)):
                    yield vote
        token = page.token
        if not token:
            return


# --------------------------------------------------------------------------------------------
# One half


def _outcome(choice: VoteChoice, place: int) -> Outcome:
    if choice == "tie" or choice == "both_bad":
        return choice
    return "win" if choice == ("first", "second")[place] else "loss"


def _metadata(request: LogVote, place: int) -> dict[str, str]:
    return {
        COMPARISON: request.comparison,
        OTHER_TRACE: request.traces[1 - place],
        PLACE: ("first", "second")[place],
        VERSIONS: json.dumps(request.versions, ensure_ascii=False),
        BLIND: "true" if request.is_blind else "false",
    }


def _as_vote(trace_id: str, given: Any) -> StoredVote | None:
    """The whole vote that a half tells of; ``None`` for one that somebody else has written."""
    metadata: Mapping[str, str] = given.metadata or {}
    try:
        first, second = json.loads(metadata[VERSIONS])
        place = ("first", "second").index(metadata[PLACE])
        comparison, other = metadata[COMPARISON], metadata[OTHER_TRACE]
    except (KeyError, ValueError, TypeError):
        return None
    choice = _choice(given.value, place)
    if choice is None or not isinstance(first, str) or not isinstance(second, str):
        return None
    return StoredVote(
        comparison=comparison,
        traces=(trace_id, other) if place == 0 else (other, trace_id),
        versions=(first, second),
        choice=choice,
        is_blind=metadata.get(BLIND) == "true",
        voter=given.source.source_id or "",
        voted_ms=given.last_update_time_ms or given.create_time_ms,
    )


def _choice(outcome: object, place: int) -> VoteChoice | None:
    if outcome not in get_args(Outcome):
        return None
    if outcome == "win" or outcome == "loss":
        return "first" if (outcome == "win") == (place == 0) else "second"
    return cast("VoteChoice", outcome)


def _holds(given: Mapping[str, str] | None, wanted: Mapping[str, str] | None) -> bool:
    return (wanted or {}).items() <= (given or {}).items()
