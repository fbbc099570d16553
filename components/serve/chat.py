"""Talk in the terminal, to a running server or to a model folder: `python -m components.serve.chat`."""

import argparse
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from components.base.errors import PipelineError

MODEL = Path("artifacts/quantize/model")
MAX_TOKENS = 160
Messages = list[dict[str, str]]
Speaker = Callable[[Messages], Iterator[str]]


def chat(model: Path = MODEL, url: str | None = None) -> None:
    """Read questions until end of input; answers appear as they come."""
    speak = ask_server(url) if url else ask_folder(model)
    print("Ask a question; an empty line begins a new conversation, Ctrl-D ends.")
    messages: Messages = []
    while (question := _read_line()) is not None:
        if not question:
            messages = []
            continue
        messages.append({"role": "user", "content": question})
        answer = ""
        for piece in speak(messages):
            print(piece, end="", flush=True)
            answer += piece
        print()
        messages.append({"role": "assistant", "content": answer})


def ask_server(url: str) -> Speaker:
    """Answers over HTTP, greedy."""
    from openai import DefaultHttpxClient, OpenAI, OpenAIError
    from openai.types.chat import ChatCompletionChunk

    # Past the user's proxy, which knows no server of ours.
    web = DefaultHttpxClient(trust_env=False)
    client = OpenAI(base_url=f"{url.rstrip('/')}/v1", api_key="none", http_client=web)
    try:
        name = client.models.list().data[0].id
    except OpenAIError as error:
        raise PipelineError(f"{url}: no answer ({error}); is `make serve` running?") from None

    def speak(messages: Messages) -> Iterator[str]:
        try:
            stream = client.chat.completions.create(
                model=name,
                messages=messages,  # type: ignore[arg-type]
                temperature=0.0,
                max_tokens=MAX_TOKENS,
                stream=True,
            )
            for chunk in stream:
                assert isinstance(chunk, ChatCompletionChunk)
                yield chunk.choices[0].delta.content or ""
        except OpenAIError as error:
            raise PipelineError(str(error)) from None

    return speak


def ask_folder(folder: Path) -> Speaker:
    """Answers from the model itself, without a server, greedy."""
    from components.generation.engine import Engine
    from components.generation.request import GenerationRequest
    from components.generation.sampling import SamplingParams
    from components.generation.text_stream import TextStream
    from components.model.capabilities import read_context, read_end_ids
    from components.runtime.folder import load_folder
    from components.text.chat import render_chat
    from components.text.tokenizer import decode_answer

    model, tokenizer = load_folder(folder, "own")
    context = read_context(model.config)

    def speak(messages: Messages) -> Iterator[str]:
        engine = Engine(model, end_token_ids=read_end_ids(model), max_slots=1, max_len=context)
        text = TextStream(partial(decode_answer, tokenizer))
        try:
            engine.add(0, GenerationRequest(render_chat(tokenizer, messages), SamplingParams(MAX_TOKENS)))
        except ValueError as error:
            raise PipelineError(f"the conversation is too long: {error}") from None
        while not engine.idle:
            for event in engine.step():
                if event.finish_reason != "stop":
                    yield text.feed([event.token_id])
        yield text.finish()

    return speak


def _read_line() -> str | None:
    try:
        return input("\n> ").strip()
    except (EOFError, KeyboardInterrupt):
        print()
        return None


def main() -> int:
    """One line on standard error for a refusal."""
    parser = argparse.ArgumentParser(prog="python -m components.serve.chat", description=__doc__)
    parser.add_argument("--url", help="a running server, such as http://127.0.0.1:8000; without it the model is read")
    parser.add_argument("--model", type=Path, default=MODEL, help="the model folder to read")
    parsed = parser.parse_args()
    try:
        chat(parsed.model, parsed.url)
    except PipelineError as error:
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
