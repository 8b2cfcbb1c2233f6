"""What a child finds in its environment."""

from pathlib import Path

from app.infra.environment import child_environment

SECRETS = {
    "MLFLOW_TRACKING_USERNAME": "me",
    "MLFLOW_TRACKING_PASSWORD": "secret",
    "MLFLOW_TRACKING_TOKEN": "secret",
    "AWS_ACCESS_KEY_ID": "id",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AZURE_STORAGE_CONNECTION_STRING": "secret",
    "GOOGLE_APPLICATION_CREDENTIALS": "/key.json",
    "HF_TOKEN": "secret",
    "OPENAI_API_KEY": "secret",
    "TORCH_SECRET": "secret",
    "SSH_AUTH_SOCK": "/run/agent",
    "MLFLOW_TRACKING_URI": "https://me:secret@registry.example",
    "MLFLOW_REGISTRY_URI": "https://me:secret@registry.example",
    "MLFLOW_TRACKING_AWS_SIGV4": "true",
    "DATABRICKS_HOST": "https://example",
    "DATABRICKS_TOKEN": "secret",
    "AWS_SESSION_TOKEN": "secret",
    "AZURE_CLIENT_SECRET": "secret",
    "HUGGING_FACE_HUB_TOKEN": "secret",
    "HF_TOKEN_PATH": "/token",
    "HTTPS_PROXY": "http://me:secret@proxy.example:80",
    "TORCH_HOME_MIRROR": "https://me:secret@mirror.example",
    "PYTHON_KEYRING_PASSWD": "secret",
    "PGPASSWORD": "secret",
}
USUAL = {"PATH": "/bin", "HOME": "/home/me", "LC_ALL": "C.UTF-8", "OMP_NUM_THREADS": "2"}


def environment(role: str = "model", *, hub: bool = False, **more: str) -> dict[str, str]:
    return child_environment(
        {**USUAL, **SECRETS, **more},
        "registry" if role == "registry" else "model",
        temporary=Path("/own/of-child"),
        import_root=Path("/program"),
        hub=hub,
    )


def test_that_a_model_gets_none_of_the_credentials() -> None:
    assert SECRETS.keys().isdisjoint(environment("model"))


def test_that_not_even_a_model_that_may_ask_the_hub_gets_credentials() -> None:
    child = environment("model", hub=True)
    assert SECRETS.keys().isdisjoint(child)
    assert child["HF_HUB_DISABLE_IMPLICIT_TOKEN"] == "1"


def test_that_a_proxy_is_told_only_to_a_model_that_may_ask_the_hub() -> None:
    proxy = "http://proxy.example:80"
    assert environment(hub=True, https_proxy=proxy)["https_proxy"] == proxy
    assert "https_proxy" not in environment(https_proxy=proxy)


def test_that_the_permission_prevails_over_what_the_user_has_set() -> None:
    child = environment(hub=True, HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1")
    assert {"HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"}.isdisjoint(child)
    assert environment(HF_HUB_OFFLINE="0")["HF_HUB_OFFLINE"] == "1"


def test_that_what_a_checkpoints_code_is_copied_to_is_the_childs_own() -> None:
    child = environment(HF_MODULES_CACHE="/shared")
    assert child["HF_MODULES_CACHE"] == "/own/of-child/hf-modules"


def test_that_a_model_gets_what_libraries_need() -> None:
    assert USUAL.items() <= environment("model").items()


def test_that_the_registry_keeps_the_credentials() -> None:
    assert SECRETS.items() <= environment("registry").items()


def test_that_telemetry_is_off_whatever_the_user_has_set() -> None:
    child = environment("registry", MLFLOW_DISABLE_TELEMETRY="false")

    assert child["MLFLOW_DISABLE_TELEMETRY"] == "true"
    assert child["ORT_DISABLE_TELEMETRY"] == "1"


def test_that_compiled_files_are_written() -> None:
    assert "PYTHONDONTWRITEBYTECODE" not in environment(PYTHONDONTWRITEBYTECODE="1")


def test_that_a_hub_is_asked_only_where_that_is_wanted() -> None:
    assert environment()["HF_HUB_OFFLINE"] == "1"
    assert "HF_HUB_OFFLINE" not in environment("registry", hub=True)


def test_that_the_program_is_found_before_all_else() -> None:
    assert environment(PYTHONPATH="/elsewhere")["PYTHONPATH"] == "/program:/elsewhere"
    assert environment()["PYTHONPATH"] == "/program"


def test_that_temporary_files_go_to_the_childs_own_folder() -> None:
    child = environment(TMPDIR="/shared")

    assert child["TMPDIR"] == child["TEMP"] == child["TMP"] == "/own/of-child"
