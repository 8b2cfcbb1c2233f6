"""The floor of a listing: ``python -m tests.bench.bare_registry URI`` imports MLflow and lists."""

import os
import sys
import time

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")


def main() -> None:
    import mlflow

    client = mlflow.MlflowClient(tracking_uri=sys.argv[1])
    found, token = 0, None
    while True:
        page = client.search_registered_models(max_results=1000, page_token=token)
        found += len(page)
        token = page.token
        if not token:
            break
    token = None
    while True:
        versions = client.search_model_versions(max_results=1000, page_token=token)
        token = versions.token
        if not token:
            break
    from tests.bench.telling import tell

    tell(at=time.monotonic(), models=found)


if __name__ == "__main__":
    main()
