"""The sandbox as a process: `python -m layidu.sandbox FOLDER COUNTRY --dialect 2.42 --seed N --port N`."""

import argparse
import logging
import signal
import sys
import threading
from importlib import import_module
from pathlib import Path
from types import FrameType

from layidu.errors import LayiduError
from layidu.sandbox.country import Country
from layidu.sandbox.dialects import DEFAULT, VERSIONS
from layidu.sandbox.process import write_state
from layidu.sandbox.server import opened


def main() -> int:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(
        prog="layidu.sandbox", description="Un petit DHIS2 pour la démonstration."
    )
    parser.add_argument("folder", type=Path, help="dossier où le bac à sable garde ses données")
    parser.add_argument("country", help="pays à servir : mali, hamlet, lakeland")
    parser.add_argument("--seed", type=int, default=1, help="graine des données")
    parser.add_argument("--dialect", default=DEFAULT, help=f"version de DHIS2 : {', '.join(VERSIONS)}")
    parser.add_argument("--port", type=int, default=0, help="port local ; 0 : un port libre")
    asked = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")

    def load() -> Country:
        # Making a country is slow and needs nothing of the server: it is imported only for a first start.
        country = import_module("layidu.sandbox.countries").load(asked.country, asked.seed)
        if not isinstance(country, Country):
            raise TypeError(asked.country)
        return country

    with opened(
        asked.folder, asked.country, asked.seed, load, port=asked.port, dialect=asked.dialect
    ) as server:

        def leave(_number: int, _frame: FrameType | None) -> None:
            # shutdown() waits for the loop, which runs in this very thread: it must be called from another.
            threading.Thread(target=server.shutdown, daemon=True).start()

        signal.signal(signal.SIGTERM, leave)
        signal.signal(signal.SIGINT, leave)
        write_state(
            asked.folder,
            url=server.url,
            port=server.server_port,
            country=asked.country,
            dialect=asked.dialect,
        )
        server.serve_forever(poll_interval=0.1)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except LayiduError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)
