"""Manifests, compose file, skaffold and Dockerfile agree with the code and with each other."""

import functools
import importlib
import json
import tomllib
from pathlib import Path

import pytest
import yaml

from shared.runtime.settings import ServiceSettings
from shared.runtime.streaming.admin import configs, dead_letter_configs
from shared.runtime.topics import BY_NAME, DEAD_LETTER_BYTES, TOPICS

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]
BASE = ROOT / "deploy" / "k8s" / "base"
OVERLAYS = sorted((ROOT / "deploy" / "k8s" / "overlays").iterdir())
SERVICES = ("crawler", "explorer", "graph", "sampler", "simulator", "synthesizer", "verifier")
START_SERVERS = {"crawler", "explorer"}
CLUSTER_SCALE = 3
MIN_ISR = 2


@functools.cache
def load(path):
    return [document for document in yaml.safe_load_all(path.read_text(encoding="utf-8")) if document]


@functools.cache
def base(kind):
    return {
        document["metadata"]["name"]: document
        for path in sorted(BASE.glob("*.yaml"))
        for document in load(path)
        if document["kind"] == kind
    }


def workloads():
    return base("Deployment") | base("StatefulSet")


def pod_of(workload):
    return workload["spec"]["template"]["spec"]


def test_services_in_this_test_are_the_folders_of_services():
    folders = {path.name for path in (ROOT / "services").iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders == set(SERVICES)


# --- topics


def test_every_topic_row_is_a_kafka_topic_and_nothing_else_is():
    names = {topic.name for topic in TOPICS} | {topic.dlq for topic in TOPICS if topic.dead_letters}
    assert set(base("KafkaTopic")) == names


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_a_kafka_topic_has_the_settings_of_its_row(topic):
    topics = base("KafkaTopic")
    found = topics[topic.name]["spec"]
    assert found["partitions"] == (topic.partitions * CLUSTER_SCALE if topic.partitions > 1 else 1)
    assert {key: str(value) for key, value in found["config"].items()} == configs(topic, MIN_ISR)
    if topic.dead_letters:
        dead = topics[topic.dlq]["spec"]
        assert dead["partitions"] == 1
        assert {key: str(value) for key, value in dead["config"].items()} == dead_letter_configs(MIN_ISR)


def test_topics_that_travel_together_have_equally_many_partitions():
    topics = base("KafkaTopic")
    for topic in TOPICS:
        if topic.same_partitions_as:
            assert topics[topic.name]["spec"]["partitions"] == topics[topic.same_partitions_as]["spec"]["partitions"]


def test_topics_belong_to_the_cluster_and_fit_its_replicas():
    (cluster,) = base("Kafka")
    (pool,) = base("KafkaNodePool").values()
    for topic in base("KafkaTopic").values():
        assert topic["metadata"]["labels"]["strimzi.io/cluster"] == cluster
        assert MIN_ISR < topic["spec"]["replicas"] <= pool["spec"]["replicas"]


def test_the_broker_takes_the_largest_record_and_makes_no_topics_itself():
    (cluster,) = base("Kafka").values()
    config = cluster["spec"]["kafka"]["config"]
    assert config["message.max.bytes"] >= DEAD_LETTER_BYTES
    assert config["replica.fetch.max.bytes"] >= DEAD_LETTER_BYTES
    assert config["auto.create.topics.enable"] is False
    assert config["min.insync.replicas"] == MIN_ISR


# --- services


def test_every_service_has_a_workload_named_as_its_folder_and_its_file():
    assert set(workloads()) == {*SERVICES, "valkey"}
    for name in SERVICES:
        kinds = [document["kind"] for document in load(BASE / f"{name}.yaml")]
        assert "ServiceAccount" in kinds
        assert {"Deployment", "StatefulSet"} & set(kinds)


@pytest.mark.parametrize("name", SERVICES)
def test_images_are_named_as_folders(name):
    (container,) = pod_of(workloads()[name])["containers"]
    assert (container["name"], container["image"]) == (name, name)


@pytest.mark.parametrize("name", [*SERVICES, "valkey"])
def test_pods_run_without_rights(name):
    pod = pod_of(workloads()[name])
    assert pod["serviceAccountName"] == name
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in pod["containers"]:
        context = container["securityContext"]
        assert context["readOnlyRootFilesystem"] is True
        assert context["allowPrivilegeEscalation"] is False
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert container["resources"]["requests"].keys() >= {"cpu", "memory"}
        assert "memory" in container["resources"]["limits"]
        assert {"startupProbe", "livenessProbe", "readinessProbe"} <= container.keys()


@pytest.mark.parametrize("name", SERVICES)
def test_probes_ask_what_the_service_answers(name):
    settings = dict(literal.split("=", 1) for literal in _generator("configMapGenerator", "firefly")["literals"])
    (container,) = pod_of(workloads()[name])["containers"]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert ports["probes"] == int(settings["FIREFLY_HTTP_PORT"])
    assert container["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "probes"}
    alive = {"path": "/livez", "port": "probes"}
    if "grpc" in ports:
        assert container["startupProbe"]["grpc"]["port"] == ports["grpc"]
        assert _environment(container)["FIREFLY_GRPC_PORT"] == str(ports["grpc"])
        assert container["livenessProbe"].get("httpGet", alive) == alive
        assert container["livenessProbe"].get("grpc", {"port": ports["grpc"]})["port"] == ports["grpc"]
    else:
        assert container["startupProbe"]["httpGet"] == container["livenessProbe"]["httpGet"] == alive


@pytest.mark.parametrize("name", SERVICES)
def test_the_grace_period_is_longer_than_the_drain(name):
    settings = dict(literal.split("=", 1) for literal in _generator("configMapGenerator", "firefly")["literals"])
    assert pod_of(workloads()[name])["terminationGracePeriodSeconds"] >= float(settings["FIREFLY_DRAIN_SECONDS"]) + 10


def test_folds_over_one_order_have_one_replica():
    for name in ("graph", "sampler"):
        spec = workloads()[name]["spec"]
        assert (spec["replicas"], spec["strategy"]["type"]) == (1, "Recreate")
        assert name not in base("ScaledObject")


def test_slow_stages_scale_on_the_lag_of_what_they_read():
    scaled = base("ScaledObject")
    assert set(scaled) == {"crawler", "explorer", "synthesizer", "verifier"}
    topics = base("KafkaTopic")
    for name, document in scaled.items():
        (trigger,) = document["spec"]["triggers"]
        metadata = trigger["metadata"]
        assert document["spec"]["scaleTargetRef"]["name"] == name
        assert metadata["consumerGroup"] == f"firefly-{name}"
        assert name in BY_NAME[metadata["topic"]].read_by
        assert document["spec"]["maxReplicaCount"] <= topics[metadata["topic"]]["spec"]["partitions"]
        assert "replicas" not in workloads()[name]["spec"]


def test_disruption_budgets_select_their_pods():
    for name, budget in base("PodDisruptionBudget").items():
        labels = workloads()[name]["spec"]["template"]["metadata"]["labels"]
        assert budget["spec"]["selector"]["matchLabels"].items() <= labels.items()


def test_selectors_find_the_pods_they_mean():
    pods = {name: workload["spec"]["template"]["metadata"]["labels"] for name, workload in workloads().items()}
    for name, workload in workloads().items():
        assert workload["spec"]["selector"]["matchLabels"].items() <= pods[name].items()
    for service in base("Service").values():
        assert [name for name, labels in pods.items() if service["spec"]["selector"].items() <= labels.items()]


def test_network_policies_name_every_pod_and_no_other():
    policies = base("NetworkPolicy")
    (ours,) = policies["nothing-else"]["spec"]["podSelector"]["matchExpressions"]
    assert set(ours["values"]) == set(workloads())
    assert set(policies["nothing-else"]["spec"]["policyTypes"]) == {"Ingress", "Egress"}
    (with_kafka,) = policies["names-and-kafka"]["spec"]["podSelector"]["matchExpressions"]
    assert set(with_kafka["values"]) == set(SERVICES)
    outside = [
        name
        for name, policy in policies.items()
        for rule in policy["spec"].get("egress", [])
        for target in rule.get("to", [{"ipBlock": {}}])
        if "ipBlock" in target
    ]
    assert outside == ["crawler-installs"]


def test_claims_that_pods_mount_exist():
    claims = set(base("PersistentVolumeClaim"))
    for workload in workloads().values():
        for volume in pod_of(workload).get("volumes", []):
            if "persistentVolumeClaim" in volume:
                assert volume["persistentVolumeClaim"]["claimName"] in claims


def test_services_that_share_worlds_see_them():
    readers = {
        name
        for name in SERVICES
        if any(
            'data_dir / "worlds"' in path.read_text(encoding="utf-8")
            for path in (ROOT / "services" / name).rglob("*.py")
        )
    }
    assert {"crawler", "explorer", "verifier"} <= readers
    for name in readers:
        pod = pod_of(workloads()[name])
        (container,) = pod["containers"]
        mounts = {mount["mountPath"]: mount["name"] for mount in container["volumeMounts"]}
        claims = {v["name"]: v.get("persistentVolumeClaim", {}).get("claimName") for v in pod["volumes"]}
        assert claims[mounts["/var/lib/firefly/worlds"]] == "worlds"
        assert "data:/var/lib/firefly" in _compose()["services"][name]["volumes"]


# --- settings


def _settings_type(name):
    return importlib.import_module(f"services.{name}.settings").Settings


def _known(settings_type):
    names = {f"FIREFLY_{field.upper()}" for field in settings_type.model_fields}
    for field in settings_type.model_fields.values():
        names |= set(getattr(field.validation_alias, "choices", ()))
    return names


def _environment(container):
    return {entry["name"]: entry.get("value", "from a secret") for entry in container.get("env", [])}


def _generator(kind, name):
    (found,) = [item for item in load(BASE / "kustomization.yaml")[0][kind] if item["name"] == name]
    return found


def test_shared_settings_are_fields_of_every_service():
    literals = dict(literal.split("=", 1) for literal in _generator("configMapGenerator", "firefly")["literals"])
    fields = {key.removeprefix("FIREFLY_").lower(): value for key, value in literals.items()}
    assert fields.keys() <= ServiceSettings.model_fields.keys()
    ServiceSettings(**fields)


@pytest.mark.parametrize("name", SERVICES)
def test_settings_in_manifests_are_fields_of_the_service(name):
    (container,) = pod_of(workloads()[name])["containers"]
    given = {key for key in _environment(container) if key.startswith(("FIREFLY_", "OPENAI_"))}
    assert given <= _known(_settings_type(name))


@pytest.mark.parametrize("name", SERVICES)
def test_settings_in_the_compose_file_are_fields_of_the_service(name):
    given = set(_compose()["services"][name]["environment"])
    assert given <= _known(_settings_type(name))


def test_addresses_in_manifests_are_services_that_exist():
    (cluster,) = base("Kafka")
    services = {**base("Service"), f"{cluster}-kafka-bootstrap": None}
    texts = [literal for literal in _generator("configMapGenerator", "firefly")["literals"] if "BOOTSTRAP" in literal]
    for name in SERVICES:
        (container,) = pod_of(workloads()[name])["containers"]
        texts += [value for key, value in _environment(container).items() if key.endswith(("_ADDRESS", "_URL"))]
    assert len(texts) >= 3
    for text in texts:
        host = text.rpartition("=")[2].rpartition("@")[2].partition(":")[0]
        assert host in services


# --- files


@pytest.mark.parametrize("folder", [BASE, *OVERLAYS], ids=lambda folder: folder.name)
def test_kustomization_lists_every_file(folder):
    (kustomization,) = load(folder / "kustomization.yaml")
    listed = {*kustomization["resources"], *(patch["path"] for patch in kustomization.get("patches", []))}
    files = {path.name for path in folder.iterdir()} - {"kustomization.yaml"}
    assert {name for name in listed if not name.startswith("../")} == files
    assert all((folder / name).exists() for name in listed)


def test_every_image_has_a_tag_or_digest():
    (kustomization,) = load(BASE / "kustomization.yaml")
    tagged = {image["name"] for image in kustomization["images"] if image.get("newTag") or image.get("digest")}
    used = {container["image"] for workload in workloads().values() for container in pod_of(workload)["containers"]}
    assert tagged == used
    assert not any(image.get("newTag") == "latest" for image in kustomization["images"])


def test_no_secret_stands_in_the_base():
    assert base("Secret") == {}
    (kustomization,) = load(BASE / "kustomization.yaml")
    assert "secretGenerator" not in kustomization


def test_overlays_patch_paths_that_exist():
    for overlay in OVERLAYS:
        (kustomization,) = load(overlay / "kustomization.yaml")
        for patch in kustomization["patches"]:
            found = base(patch["target"]["kind"])
            wanted = patch["target"].get("name")
            targets = [found[wanted]] if wanted else list(found.values())
            assert targets
            for step in yaml.safe_load((overlay / patch["path"]).read_text(encoding="utf-8")):
                for target in targets:
                    _value_at(target, step["path"])


def _value_at(document, path):
    for step in path.strip("/").split("/"):
        document = document[int(step)] if isinstance(document, list) else document[step]
    return document


# --- images


def _skaffold():
    (config,) = load(ROOT / "skaffold.yaml")
    return config


def _compose():
    (config,) = load(ROOT / "compose.yaml")
    return config


def test_skaffold_builds_one_image_per_service():
    artifacts = {artifact["image"]: artifact for artifact in _skaffold()["build"]["artifacts"]}
    assert set(artifacts) == set(SERVICES)
    for name, artifact in artifacts.items():
        docker = artifact["docker"]
        assert docker["buildArgs"] == {"SERVICE": name}
        assert docker["target"] == ("with-node" if name in START_SERVERS else "service")
        assert (ROOT / docker["dockerfile"]).is_file()
    assert all(
        (ROOT / path / "kustomization.yaml").is_file() for path in _skaffold()["manifests"]["kustomize"]["paths"]
    )


def test_the_compose_file_runs_every_service_as_skaffold_builds_it():
    services = _compose()["services"]
    assert {*SERVICES, "kafka", "valkey"} <= set(services)
    for name in SERVICES:
        build = services[name]["build"]
        assert build["args"] == {"SERVICE": name}
        assert build["target"] == ("with-node" if name in START_SERVERS else "service")
        assert services[name]["read_only"] is True
        assert services[name]["cap_drop"] == ["ALL"]
    named = {volume.partition(":")[0] for service in services.values() for volume in service.get("volumes", [])}
    assert named == set(_compose()["volumes"])


def test_one_kafka_version_and_one_valkey_version_everywhere():
    services = _compose()["services"]
    (cluster,) = base("Kafka").values()
    assert services["kafka"]["image"].rpartition(":")[2] == cluster["spec"]["kafka"]["version"]
    (image,) = [item for item in load(BASE / "kustomization.yaml")[0]["images"] if item["name"] == "valkey"]
    assert services["valkey"]["image"] == f"{image['newName']}:{image['newTag']}"


def test_the_dockerfile_copies_only_what_the_context_holds():
    dockerfile = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    kept = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    copied = {
        source
        for line in dockerfile.splitlines()
        if line.startswith("COPY") and "--from" not in line
        for source in line.split()[1:-1]
    }
    assert copied == kept
    assert all((ROOT / source).exists() for source in copied)
    for target in ("service", "with-node"):
        assert f"AS {target}\n" in dockerfile
    assert "USER 10001:10001" in dockerfile


def test_the_image_is_built_from_all_that_the_wheel_holds():
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]["targets"][
        "wheel"
    ]
    made = {"protos/gen/firefly"}
    needed = {*wheel["packages"], *wheel.get("force-include", {})} - made
    kept = {line.removeprefix("!") for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()}
    assert needed <= kept


def test_image_locks_are_part_of_the_development_lock():
    def pins(name):
        lines = (ROOT / "requirements" / name).read_text(encoding="utf-8").splitlines()
        return {line.split(" ")[0] for line in lines if line[:1].isalpha()}

    assert pins("service.txt") <= pins("service-with-node.txt") <= pins("dev.txt")


def test_the_example_in_the_image_is_the_servers_file_of_the_cluster():
    literals = dict(literal.split("=", 1) for literal in _generator("configMapGenerator", "firefly")["literals"])
    servers = json.loads((ROOT / "examples" / "mcp.json").read_text(encoding="utf-8"))
    assert len(servers["mcpServers"]) == 12
    assert literals["FIREFLY_SERVERS_FILE"] == "/srv/firefly/examples/mcp.json"
    assert servers["x-firefly"]["world"] == "world"
    assert "/srv/firefly/examples/world" in (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
