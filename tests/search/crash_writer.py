"""A process that does nothing but keep an index folder in step, to be killed: `python -m tests.search.crash_writer URL FOLDER`."""

import sys
import threading
from pathlib import Path

from marketplace.search import indexer
from tests.search import counted
from tests.support.apps import make_app

if __name__ == "__main__":
    app = make_app(sys.argv[1], Path(sys.argv[2]))
    counted.register()
    with app.app_context():
        print("ready", flush=True)
        indexer.run_loop(threading.Event(), poll=0.0)
