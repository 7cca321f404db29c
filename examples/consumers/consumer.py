#!/usr/bin/env python3
"""Keeps the figures that stand in a SQLite file, and prints the latest of each country and metric.

Needs confluent-kafka (requirements.txt). The tables and questions are in tables.sqlite.sql and figures.sql beside it.
It may be killed at any moment: positions are committed behind the table, and what comes again changes nothing.
"""

import argparse
import json
import pathlib
import sqlite3

from confluent_kafka import Consumer, KafkaError, KafkaException

KEEP_NEWEST = """
insert into {} values (?, ?, ?, ?) on conflict (id) do update
set generation = excluded.generation, revision = excluded.revision, record = excluded.record
where (excluded.generation, excluded.revision) > (generation, revision)
"""


def apply(db, topic, message):
    """Takes one record into the tables."""
    if topic == "stories.v1":
        if message.value() is None:  # A tombstone: the story is past the horizon.
            db.execute("delete from stories where id = ?", [message.key().decode()])
        else:
            db.execute("insert or replace into stories values (?, ?)", [message.key().decode(), message.value().decode()])
        return
    record = json.loads(message.value())
    generation = int(dict(message.headers())["generation"])
    table = "claims" if topic == "covid-stats.v1" else "articles"
    db.execute(KEEP_NEWEST.format(table), [record["id"], generation, record["revision"], message.value().decode()])


def show(db):
    stories, items = db.execute("select stories, items from counts").fetchone()
    print(f"{stories} stories in {items} items")
    for row in db.execute("select * from figures"):
        print("\t".join("" if column is None else str(column) for column in row))


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--bootstrap-servers", default="127.0.0.1:9092")
    arguments.add_argument("--prefix", default="wire", help="publish.topic_prefix of the daemon")
    arguments.add_argument("--group", default="desk")
    arguments.add_argument("--state", default="figures.sqlite", help="the SQLite file")
    arguments.add_argument("--until-end", action="store_true", help="stop at the end of the topics")
    given = arguments.parse_args()

    db = sqlite3.connect(given.state)
    for script in ("tables.sqlite.sql", "figures.sql"):
        db.executescript(pathlib.Path(__file__).with_name(script).read_text(encoding="utf-8"))

    consumer = Consumer({
        "bootstrap.servers": given.bootstrap_servers,
        "group.id": given.group,
        "isolation.level": "read_committed",  # The default here, but not in Java.
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        "enable.partition.eof": True,
    })
    topics = {f"{given.prefix}.{name}": name for name in ("covid-stats.v1", "articles.v1", "stories.v1")}
    consumer.subscribe(list(topics))
    ended = set()
    while True:
        taken = 0
        with db:  # One transaction for what was read at once.
            for message in consumer.consume(500, timeout=1.0):
                partition = (message.topic(), message.partition())
                if message.error() is None:
                    apply(db, topics[message.topic()], message)
                    ended.discard(partition)
                    taken += 1
                elif message.error().code() == KafkaError._PARTITION_EOF:
                    ended.add(partition)
                else:
                    raise KafkaException(message.error())
        if taken:
            # Behind the table: a crash between the two reads again what is there, and nothing is missing.
            consumer.commit(asynchronous=False)
        assigned = {(partition.topic, partition.partition) for partition in consumer.assignment()}
        at_end = bool(assigned) and ended >= assigned
        if given.until_end and at_end or taken and not given.until_end:
            show(db)
        if given.until_end and at_end:
            break
    consumer.close()


if __name__ == "__main__":
    main()
