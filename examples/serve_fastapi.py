"""Serves a team: one call streams a turn as lines of JSON, one answers what the turn asks."""

from collections.abc import AsyncIterable

from fastapi import FastAPI

import stretto

agent = stretto.Project.at(__file__).agent
team = stretto.plan(agent("planner"), [agent("researcher")], agent("reviewer"), approve="answer")
app = FastAPI()


@app.post("/threads/{thread}/turns")
async def turn(thread: str, body: dict[str, str]) -> AsyncIterable[dict[str, object]]:
    """Stream the records of a turn; of type `interrupted` is what a person is asked."""
    try:
        async for part in stretto.stream(team, body["question"], thread=thread):
            if part["type"] == "journal":
                yield part["data"].model_dump(mode="json")
    except stretto.StrettoError as error:
        yield {"type": "error", "text": str(error)}


@app.post("/threads/{thread}/answer")
async def answer(thread: str, body: dict[str, object]) -> dict[str, object]:
    """Answer it, such as with {"decisions": [{"type": "approve"}]}, and wait for the end."""
    result = await stretto.resume(team, thread, body)
    return {"status": result.status, "text": result.text}
