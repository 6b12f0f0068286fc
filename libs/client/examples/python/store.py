"""What the consumer keeps. Use your own database: what matters is that a delivery and its number are written in one transaction."""

import os
import sqlite3
import time
import uuid

SCHEMA = """
create table if not exists lanes (
  subscription_id text, lane integer, sequence integer not null, primary key (subscription_id, lane));
create table if not exists facts (
  ssin text, data_service text, source_revision integer not null, data text not null, primary key (ssin, data_service));
create table if not exists parked (
  subscription_id text, lane integer, sequence integer, reason text not null, value blob not null,
  primary key (subscription_id, lane, sequence));
create table if not exists gaps (
  request_id text primary key, subscription_id text not null, lane integer not null, sequence integer not null,
  replay_id text);
"""


class Store:
    def __init__(self, path: str) -> None:
        self._db = sqlite3.connect(path)
        os.chmod(path, 0o600)
        self._db.executescript(SCHEMA)

    def transaction(self):
        """`with store.transaction():` commits, or undoes everything when something is raised."""
        return self._db

    def last_sequence(self, subscription_id: str, lane: int) -> int:
        row = self._db.execute(
            "select sequence from lanes where subscription_id = ? and lane = ?", (subscription_id, lane)
        ).fetchone()
        return row[0] if row else 0

    def set_sequence(self, subscription_id: str, lane: int, sequence: int) -> None:
        self._db.execute("insert or replace into lanes values (?, ?, ?)", (subscription_id, lane, sequence))

    def apply(self, ssin: str, data_service: str, source_revision: int, data: str) -> None:
        """A replay also brings what is older than what is held."""
        self._db.execute(
            """insert into facts values (?, ?, ?, ?) on conflict do update
               set source_revision = excluded.source_revision, data = excluded.data
               where excluded.source_revision > source_revision""",
            (ssin, data_service, source_revision, data),
        )

    def park(self, subscription_id: str, lane: int, sequence: int, reason: str, value: bytes) -> None:
        self._db.execute(
            "insert or replace into parked values (?, ?, ?, ?, ?)", (subscription_id, lane, sequence, reason, value)
        )

    def note_gap(self, subscription_id: str, lane: int, sequence: int) -> None:
        """With the id of the request, so that one that is sent twice replays once."""
        self._db.execute(
            "insert into gaps values (?, ?, ?, ?, null)", (uuid7(), subscription_id, lane, sequence)
        )

    def open_gaps(self):
        return self._db.execute(
            "select request_id, subscription_id, lane, sequence from gaps where replay_id is null"
        ).fetchall()

    def asked(self, request_id: str, replay_id: str) -> None:
        with self._db:
            self._db.execute("update gaps set replay_id = ? where request_id = ?", (replay_id, request_id))


def uuid7() -> str:
    value = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    return str(uuid.UUID(int=value & ~(0x3 << 62) | 0x2 << 62))
