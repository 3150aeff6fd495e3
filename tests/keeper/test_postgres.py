"""Faults with a journal in PostgreSQL: kills at write boundaries, and a server that crashes and comes back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

import pytest
from sqlalchemy import create_engine, select

from ballast.errors import UserError
from ballast.transact.journal import Journal
from ballast.transact.tables import EVENTS
from tests.keeper.faults import Killed
from tests.keeper.postgres import Postgres, at_hand
from tests.keeper.run import CALM, SECONDS, Fault, Run, Stage
from tests.keeper.world import World, codes
from tests.transact.test_journal import BEFORE

pytestmark = pytest.mark.skipif(not at_hand(), reason="PostgreSQL is not installed")


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    """Give a server."""
    with Postgres() as server:
        yield server


class Crash(Fault):
    """The journal's server crashes, and is started again later."""

    kind = "journal's server crashes"
    hinders = False
    server: Postgres

    def interval(self, rng: Random) -> tuple[int, int]:
        """Crash before the first post or after it."""
        first = rng.randrange(2)
        return first, first + 2

    def mined(self) -> None:
        """Crash."""
        if self.first:
            self.run.actor.once()
        self.server.stop()
        self.happened = 1

    def over(self) -> None:
        """Start it again."""
        self.server.start()


def test_killed_at_write_boundaries(
    stage: Stage, postgres: Postgres, record_property: Callable[[str, object], None]
) -> None:
    survived = 0
    for boundary in range(1, 30, 3):
        fault = Killed(Random(boundary))
        fault.first, fault.end, fault.boundary = 0, len(SECONDS) - CALM, boundary
        run = Run(stage, f"postgres {boundary}", [fault], epochs=1)
        run.actor.url = postgres.url
        run.execute()
        survived += fault.happened
    assert survived > 3
    record_property("fault runs", {"killed, journal in PostgreSQL": survived, "runs": survived})


@pytest.mark.parametrize("seed", range(4))
def test_the_server_crashes(
    seed: int, stage: Stage, postgres: Postgres, record_property: Callable[[str, object], None]
) -> None:
    fault = Crash(Random(seed))
    fault.server = postgres
    run = Run(stage, f"crash {seed}", [fault])
    run.actor.url = postgres.url
    told: list[str] = []
    fault.after = lambda: told.extend(run.actor.codes)  # type: ignore[method-assign]
    run.execute()
    assert "JOURNAL_DETACHED" in told
    record_property("fault runs", {fault.kind: 1, "runs": 1})


KEY = "0x" + "ab" * 20


def test_the_lock_is_taken_anew_after_a_crash(postgres: Postgres) -> None:
    with Journal.open(postgres.url) as first, Journal.open(postgres.url) as second:
        first.claim(KEY)
        postgres.stop()
        first.tell(1, 1, "REORG", {})
        assert first.trouble
        postgres.start()
        first.retry()
        assert first.trouble == ""
        with pytest.raises(UserError, match="another process"):
            second.claim(KEY)


def test_who_never_held_the_lock_is_not_alone_while_the_server_is_away(postgres: Postgres) -> None:
    with Journal.open(postgres.url) as first, Journal.open(postgres.url) as second:
        first.claim(KEY)
        postgres.stop()
        second.claim(KEY)
        assert first.alone(), "nobody can have taken it"
        assert not second.alone()
        postgres.start()
        assert second.alone(), "the first lost it with the server, and the second asks before it"
        assert not first.alone()
        assert "another process" in first.trouble
        first.tell(1, 1, "REORG", {})
        first.retry()
        assert "another process" in first.trouble, "it writes nothing either"
        postgres.stop()
        assert second.alone()
        assert not first.alone()
        postgres.start()
        assert second.alone()


def test_a_second_keeper_of_the_key_sends_nothing_while_the_server_is_away(postgres: Postgres, net: World) -> None:
    keepers = []
    for _ in range(2):
        keepers.append(net.keeper(journal=postgres.url))
        journal = net.opened[-2]
        assert isinstance(journal, Journal)
        journal.claim(net.keepers[0].address)
        if len(keepers) == 1:
            postgres.stop()
    report = keepers[1].once()
    assert report.actions == []
    assert {"NOT_ALONE", "JOURNAL_DETACHED"} <= codes(report)
    assert [a["kind"] for _ in range(2) for a in keepers[0].once().actions] == ["bond", "post"]
    assert "NOT_ALONE" not in codes(keepers[0].report)
    postgres.start()
    assert "JOURNAL_BACK" in codes(keepers[0].once())
    report = keepers[1].once()
    assert "NOT_ALONE" in codes(report)


def test_a_journal_of_the_first_version_opens_with_all_it_holds(postgres: Postgres) -> None:
    engine = create_engine(postgres.url)
    with engine.begin() as connection:
        connection.exec_driver_sql("create schema before")
        connection.exec_driver_sql("alter role ballast set search_path to before")
    engine.dispose()
    try:
        with engine.begin() as connection:
            statements = BEFORE.replace("blob", "bytea").replace("id integer not null", "id serial")
            for statement in statements.split(";")[:-1]:
                connection.exec_driver_sql(statement)
        for _ in range(2):
            with Journal.open(postgres.url) as journal:
                journal.bind("1:0x00:5")
                journal.tell(4, 9, "REORG", {})
                assert journal.trouble == ""
                assert journal.blocks() == {7: "0x77"}
                codes = [row["code"] for row in journal.read(select(EVENTS.c.code).order_by(EVENTS.c.id))]
                assert codes[:3] == ["REORG", "LOW_BALANCE", "REORG"]
    finally:
        with engine.begin() as connection:
            connection.exec_driver_sql("alter role ballast reset search_path")
        engine.dispose()


def test_what_can_never_be_written_is_left_out(postgres: Postgres) -> None:
    with Journal.open(postgres.url) as journal:
        before = len(journal.read(select(EVENTS)))
        for epoch in (2**31, 2**64, 1):
            journal.tell(epoch, 1, "REORG", {})
        assert journal.trouble == ""
        assert len(journal.take_left_out()) == 2
        assert len(journal.read(select(EVENTS))) == before + 1
