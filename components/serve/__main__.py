"""Leave the server running: `python -m components.serve [SERVE_CONFIG]`, until Ctrl-C."""

import argparse
import signal
import sys
from pathlib import Path

from components.base.errors import PipelineError

SERVE_CONFIG = Path("artifacts/serve/serve_config.yaml")


def serve_forever(path: Path = SERVE_CONFIG) -> None:
    """Boot what the config names and wait for Ctrl-C or SIGTERM."""
    from components.serve.deployment import read_serve_config
    from components.serve.session import serve_session

    settings, port = read_serve_config(path)
    with serve_session(settings, port=port) as url:
        print(
            f"{settings.model_name} answers at {url} (chat page) and {url}/v1 (OpenAI API); Ctrl-C stops it", flush=True
        )
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.default_int_handler)
        try:
            signal.pause()
        except KeyboardInterrupt:
            print("stopping", flush=True)


def main() -> int:
    """One line on standard error for a refusal."""
    parser = argparse.ArgumentParser(prog="python -m components.serve", description=__doc__)
    parser.add_argument("config", nargs="?", type=Path, default=SERVE_CONFIG)
    try:
        serve_forever(parser.parse_args().config)
    except PipelineError as error:
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
