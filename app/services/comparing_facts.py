"""What is kept of a model that was compared, beside its answers."""

from msgspec.structs import replace

from app.domain.comparison.record import Contract, SideFacts
from app.services.engines import Engine
from app.services.measuring import Take


def facts_of(engine: Engine) -> SideFacts:
    """What is true of a model that is loaded."""
    facts = SideFacts(load_s=engine.load_s)
    if (able := engine.capabilities) is not None:
        facts = replace(
            facts,
            engine=able.engine,
            device=able.device,
            dtype=able.dtype,
            threads=able.threads,
            parameters=able.parameters,
            defaults=able.defaults,
            context_length=able.context_length,
            special_tokens=able.special_tokens,
            has_probabilities=able.next_token_probabilities,
            memory_bytes=able.memory_bytes,
        )
    if (card := engine.card) is not None:
        facts = replace(
            facts,
            size_bytes=card.version.size_bytes,
            signature_inputs=card.signature_inputs,
            signature_outputs=card.signature_outputs,
            signature_params=card.signature_params,
            versions=dict(card.installed_versions),
        )
    return facts


def contract_of(last: Take, shown: str) -> Contract:
    """What came of asking MLflow's ``predict``, beside the text that is shown."""
    finished = last.finished
    if finished is None or finished.stop_reason == "cancelled":
        return Contract(failure=last.answer.failure)
    return Contract(
        payload=finished.payload,
        returned=finished.returned,
        # MLflow's own pipeline takes white space off the beginning.
        same_text=finished.text.lstrip() == shown.lstrip(),
    )
