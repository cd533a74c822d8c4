"""Every adapter does the same, whatever its framework looks like: here with a stub in the framework's place."""

import importlib
import subprocess
import sys

import pytest
from conformance.checks import CHECKS
from conformance.model_server import serving as model_serving
from conformance.scripts import Seen
from firefly_client import run_episode

from tests.fakes import awkward
from tests.integration.test_simulator_process import serving

pytestmark = pytest.mark.integration
STUBS = ("openenv", "trl", "skyrl", "verifiers", "nemo_gym", "verl")


class Gateway:
    """The plain loop: an OpenAI-compatible endpoint over HTTP."""

    name, version, keeps_schemas, reads_raw_arguments = "openai", "stub", True, True
    has_user = True

    def play(self, target, task_id, script, *, mask_misses=False):
        import asyncio

        with model_serving(script) as url:
            made = run_episode([url, url], "m", task_id, simulator=target, mask_misses=mask_misses)
            rollout = asyncio.run(made)
        return Seen(rollout.reward, script.shown, tuple(script.told))


@pytest.fixture(scope="module")
def target(tmp_path_factory):
    with serving(awkward.write(tmp_path_factory.mktemp("awkward"))) as (made, _):
        yield made


def trainer(name, monkeypatch):
    if name == "openai":
        return Gateway()
    module = importlib.import_module(f"stubs.{name.removesuffix('-server')}")
    module.install(monkeypatch)
    monkeypatch.delitem(sys.modules, f"firefly_client.adapters.{name.removesuffix('-server')}", raising=False)
    return module.ServerTrainer() if name.endswith("-server") else module.Trainer()


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", ["openai", *STUBS, "openenv-server"])
def test_adapter_keeps_the_contract(name, check, target, monkeypatch):
    check(trainer(name, monkeypatch), target)


def test_client_imports_no_framework():
    code = "import firefly_client, sys; print([n for n in sys.modules if n.split('.')[0] in %r])"
    frameworks = ("trl", "torch", "openenv", "verifiers", "nemo_gym", "verl", "skyrl_gym", "openai", "transformers")
    made = subprocess.run([sys.executable, "-c", code % (frameworks,)], capture_output=True, text=True, check=True)
    assert made.stdout.strip() == "[]"
