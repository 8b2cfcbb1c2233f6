"""``parley doctor``."""

import msgspec

from app.cli.context import Context
from app.cli.wording import table
from wrappers.contract import Diagnosed


async def doctor(context: Context) -> None:
    """What is installed, where things are, which models are trusted, and what is wrong.

    A registry that cannot be opened is one more finding.
    """
    services, output = context.services, context.output
    found = await services.catalog.diagnose()
    trusted = services.trust.trusted()
    if output.as_json:
        value = msgspec.to_builtins(found)
        value.pop("id", None)
        output.object(value | {"trusted": trusted})
        return
    for line in _report(found, trusted):
        output.line(line)


def _report(found: Diagnosed, trusted: tuple[str, ...]) -> list[str]:
    facts = dict(found.facts)
    facts["models trusted to run code"] = ", ".join(trusted) or "none but those registered here"
    packages = [(name, version or "not installed") for name, version in found.versions.items()]
    lines = table([*packages]) if packages else []
    lines += ["", *table(list(facts.items())), ""]
    lines += [f"! {problem}" for problem in found.problems] or ["No problems found."]
    return lines
