"""gunicorn's settings for every service: `gunicorn -c python:chassis.gunicorn_conf 'sales.app:create_app()'`.

The app is loaded once in the master and forked, so that workers share its memory; it opens nothing before the fork.
"""

import gc
import os
import shutil
import tempfile
from typing import Any

from chassis import logs
from chassis.settings import Settings

_settings = Settings.from_env()

bind = _settings.bind
workers = _settings.web_workers
threads = _settings.web_threads
worker_class = "chassis.gunicorn_worker.LingeringThreadWorker"
preload_app = True
keepalive = 75  # longer than the gateway keeps its side open
timeout = 30
graceful_timeout = 90  # as long as the slowest route may take; who ends the process says how much of it there is
# No peer is believed for its address alone: chassis.forwarding wants the gateway's credential.
forwarded_allow_ips = ""
secure_scheme_headers: dict[str, str] = {}
control_socket_disable = True  # it would stand in the home folder, one for all services
# No less than the gateway lets through: what gunicorn itself refuses it refuses in HTML.
limit_request_line = 8190
limit_request_field_size = 8190
limit_request_fields = 8192
logger_class = "chassis.gunicorn_worker.ServerLogger"  # the gateway writes the access log
logconfig_dict = logs.dict_config(_settings.log_level)

if workers > 1:
    # Each process counts for itself; /metrics of any of them adds up what all have written here. Named before anything is
    # counted.
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="mostrador-metrics-")


def child_exit(_server: Any, worker: Any) -> None:
    if workers > 1:
        from prometheus_client.multiprocess import mark_process_dead

        mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def on_exit(_server: Any) -> None:
    if workers > 1:
        shutil.rmtree(os.environ["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True)


def when_ready(_server: Any) -> None:
    # What is loaded stays: keep the collector from touching (and so un-sharing) its pages in the workers.
    gc.collect()
    gc.freeze()
