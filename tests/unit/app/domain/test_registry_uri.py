"""Names of registries."""

from pathlib import Path

import pytest

from app.domain.registry_uri import absolute_tracking_uri

HERE = Path("/here")


@pytest.mark.parametrize(
    ("given", "absolute"),
    [
        ("sqlite:///mlflow.db", "sqlite:////here/mlflow.db"),
        ("sqlite:////there/mlflow.db", "sqlite:////there/mlflow.db"),
        ("data/mlflow.db", "sqlite:////here/data/mlflow.db"),
        ("/there/mlflow.db", "sqlite:////there/mlflow.db"),
        (" http://host:5000 ", "http://host:5000"),
        ("postgresql://host/db", "postgresql://host/db"),
        ("databricks", "databricks"),
        ("mlruns", "/here/mlruns"),
    ],
)
def test_that_a_registry_is_named_the_same_from_every_folder(given: str, absolute: str) -> None:
    assert absolute_tracking_uri(given, HERE) == absolute
