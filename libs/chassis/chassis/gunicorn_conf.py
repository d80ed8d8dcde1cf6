"""gunicorn's settings for every service: `gunicorn -c python:chassis.gunicorn_conf 'sales.app:create_app()'`.

The app is loaded once in the master and forked, so that workers share its memory; it opens nothing before the fork.
"""

import gc
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
graceful_timeout = 10
forwarded_allow_ips = "127.0.0.1,::1"
control_socket_disable = True  # it would stand in the home folder, one for all services
logger_class = "chassis.gunicorn_worker.ServerLogger"  # the gateway writes the access log
logconfig_dict = logs.dict_config(_settings.log_level)


def when_ready(_server: Any) -> None:
    # What is loaded stays: keep the collector from touching (and so un-sharing) its pages in the workers.
    gc.collect()
    gc.freeze()
