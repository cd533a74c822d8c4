"""NeMo Gym's resources server: its routes, called without a web server."""

import asyncio
from types import SimpleNamespace

import pydantic
from conformance.scripts import Seen, Shown
from firefly_client import Client
from firefly_client.naming import TAKEN_BY_NEMO_GYM
from firefly_client.playing import Play, Rules
from starlette.exceptions import HTTPException

from stubs.openenv import put


class Model(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="allow")


class Verified(Model):
    reward: float


class Routes:
    def __init__(self):
        self.routes = {}

    def post(self, path):
        return lambda handler: self.routes.setdefault(path, handler)


class Server(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(arbitrary_types_allowed=True)

    def setup_webserver(self):
        app = Routes()
        app.post("/seed_session")(self.seed_session)
        app.post("/verify")(self.verify)
        return app


def install(monkeypatch):
    put(
        monkeypatch,
        "nemo_gym.base_resources_server",
        BaseResourcesServerConfig=Model,
        BaseSeedSessionRequest=Model,
        BaseSeedSessionResponse=Model,
        BaseVerifyRequest=Model,
        BaseVerifyResponse=Verified,
        SimpleResourcesServer=Server,
    )
    put(monkeypatch, "nemo_gym.server_utils", SESSION_ID_KEY="session_id")


class Trainer:
    name, version, keeps_schemas, reads_raw_arguments = "nemo-gym", "stub", True, True

    def __init__(self):
        from firefly_client.adapters import nemo_gym

        self.adapter = nemo_gym

    def play(self, target, task_id, script, *, mask_misses=False):
        with Client(target) as client, client.episode(task_id) as episode:
            tools = Play(episode, Rules(taken=TAKEN_BY_NEMO_GYM)).progress.tools()
        shown = [Shown(one.name, one.description, one.input_schema) for one in tools]
        return asyncio.run(self._play(target, task_id, script, mask_misses, shown))

    async def _play(self, target, task_id, script, mask_misses, shown):
        config = self.adapter.FireflyConfig(target=target, mask_misses=mask_misses)
        server, told, output = self.adapter.FireflyResourcesServer(config=config), [], []
        routes, session = server.setup_webserver().routes, {"session_id": "s"}
        request = SimpleNamespace(session=session)
        await routes["/seed_session"](request, self.adapter.FireflySeedRequest(task_id=task_id))
        while True:
            turn = script.turn(shown)
            if not turn.calls:
                parts = [SimpleNamespace(text=turn.text)]
                output.append(SimpleNamespace(type="message", content=parts))
                break
            for name, arguments in turn.calls:
                answer = await routes["/{tool_name}"](name, Asked(session, arguments))
                told.append(answer.body.decode())
                output.append(SimpleNamespace(type="function_call_output"))
        try:
            body = self.adapter.FireflyVerifyRequest(response=SimpleNamespace(output=output))
            judged = await routes["/verify"](request, body)
        except HTTPException as error:
            if error.status_code != self.adapter.UNSCORED:
                raise
            return Seen(None, script.shown, tuple(told))
        return Seen(judged.reward, script.shown, tuple(told))


class Asked:
    def __init__(self, session, text):
        self.session, self._text = session, text

    async def body(self):
        return self._text.encode()
