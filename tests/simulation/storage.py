"""Stores that refuse, lose their answer, or have another writer: real recorders, real errors."""

import sqlite3
from contextlib import contextmanager

from eventsourcing.persistence import OperationalError
from eventsourcing.popo import POPOApplicationRecorder, POPOFactory

from uet_es.log.application import LogApplication
from uet_es.log.codec import Codec
from uet_es.log.memory import MemoryStore
from uet_es.log.sqlite_recorder import BatchRecorder, DurableFactory
from uet_es.log.sqlite_store import SqliteStore, create_store
from uet_es.log.store import Log

BUSY, FULL, IOERR = "SQLITE_BUSY", "SQLITE_FULL", "SQLITE_IOERR"


class Weather:
    """What happens to writes: ``forecast`` says "", "busy", "full" or "unanswered" for each."""

    def __init__(self):
        self.forecast = lambda: ""
        self.is_calm = False  #: somebody else writes: nothing is done to them
        self.is_refused = False  #: the last write of the driver failed

    @contextmanager
    def calm(self):
        """While somebody else writes through the same recorder."""
        was, self.is_calm = self.is_calm, True
        try:
            yield
        finally:
            self.is_calm = was

    def around(self, stored_events, write):
        """Let ``write`` happen, or not."""
        if self.is_calm or stored_events[0].originator_id.endswith("/inbox"):
            return write()
        self.is_refused = True
        fate = self.forecast()
        if fate == "busy":
            _refuse(BUSY, "database is locked")
        if fate == "full":
            _refuse(FULL, "database or disk is full")
        written = write()
        if fate == "unanswered":
            _refuse(IOERR, "disk I/O error")
        self.is_refused = False
        return written


def _refuse(name, text):
    error = sqlite3.OperationalError(text)
    error.sqlite_errorname = name
    raise OperationalError(error) from error


class MemoryRecorder(POPOApplicationRecorder):
    """The library's recorder in memory, in its weather."""

    weather = None

    def insert_events(self, stored_events, **kwargs):
        return self.weather.around(
            stored_events,
            lambda: super(MemoryRecorder, self).insert_events(stored_events, **kwargs),
        )


class FileRecorder(BatchRecorder):
    """The recorder of a log in a file, in its weather."""

    weather = None

    def insert_events(self, stored_events, **kwargs):
        return self.weather.around(
            stored_events, lambda: super(FileRecorder, self).insert_events(stored_events, **kwargs)
        )


class MemoryFactory(POPOFactory):
    def application_recorder(self):
        return MemoryRecorder()


class FileFactory(DurableFactory):
    application_recorder_class = FileRecorder


class Memory:
    """A store in memory; every ``opened`` log is another process's view of it."""

    def __init__(self):
        self.weather = Weather()
        self._codec = Codec()
        env = {"PERSISTENCE_MODULE": f"{__name__}:MemoryFactory"}
        self._application = LogApplication(env, self._codec)
        self._application.recorder.weather = self.weather

    def opened(self):
        store = MemoryStore(self._application.recorder)
        return Log(store, id="m", path=None, codec=self._codec, start=lambda: self._application)

    #: Another process: here it uses the same recorder, so it must ask for calm.
    other = opened

    def close(self):
        self._application.close()


class File:
    """A store in SQLite; others come with connections of their own."""

    def __init__(self, path):
        self.weather = Weather()
        self._path = path
        self._logs = []
        create_store(path)

    def opened(self):
        codec = Codec()
        store = SqliteStore(self._path, lock_timeout_s=1)
        env = {
            "PERSISTENCE_MODULE": f"{__name__}:FileFactory",
            "SQLITE_DBNAME": f"{self._path.absolute().as_uri()}?mode=rw",
            "UET_LOCK_TIMEOUT_S": "1",
            "UET_MAX_PAGE_COUNT": "0",
        }

        def start():
            application = LogApplication(env, codec)
            application.recorder.weather = self.weather
            return application

        log = Log(store, id=store.id, path=self._path, codec=codec, start=start)
        self._logs.append(log)
        return log

    def other(self):
        log = Log.open(self._path)
        self._logs.append(log)
        return log

    def close(self):
        while self._logs:
            self._logs.pop().close()
