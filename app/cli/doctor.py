"""``parley doctor``."""

from datetime import UTC, datetime

import msgspec

from app.cli.context import Context
from app.cli.wording import table
from app.domain.grants import Grant
from wrappers.contract import Diagnosed


async def doctor(context: Context) -> None:
    """What is installed, where things are, what models are allowed, and what is wrong.

    A registry that cannot be opened is one more finding.
    """
    services, output = context.services, context.output
    found = await services.catalog.diagnose()
    grants = services.trust.grants()
    if output.as_json:
        value = msgspec.to_builtins(found)
        value.pop("id", None)
        output.object(value | {"trusted": msgspec.to_builtins(grants)})
        return
    place = context.asked.settings.resolve().trust_file
    for line in _report(found, grants, str(place)):
        output.line(line)


def _report(found: Diagnosed, grants: tuple[Grant, ...], place: str) -> list[str]:
    packages = [(name, version or "not installed") for name, version in found.versions.items()]
    lines = table([*packages]) if packages else []
    lines += ["", *table(list(found.facts.items())), ""]
    lines.append("Models that may do more, while what they would run stays the same:")
    if grants:
        lines += table(
            [
                ("  " + one.name, _granted(one), _since(one), _content(one), one.model)
                for one in grants
            ]
        )
        lines.append(f"Take it back in the window, Settings, Trusted models; or in {place}.")
    else:
        lines.append("  none but those registered here, which may run their code")
    lines.append("")
    lines += [f"! {problem}" for problem in found.problems] or ["No problems found."]
    return lines


def _granted(grant: Grant) -> str:
    told = ["runs its code"] * grant.runs_code + ["asks the hub"] * grant.asks_hub
    return " and ".join(told)


def _since(grant: Grant) -> str:
    moment = datetime.fromtimestamp(grant.granted_ms / 1000, UTC)
    return f"since {moment:%Y-%m-%d}"


def _content(grant: Grant) -> str:
    """As much of the hash as tells two apart."""
    return f"content {grant.fingerprint[:12]}"
