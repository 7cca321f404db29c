"""adapt.py --corpus DIR --topic PREFIX --bootstrap H:P: writes PREFIX.items and PREFIX.dups of PREFIX.articles.v1.

The yardstick's scorer wants entries by their guid: originals with their names and counts, copies with what they are of.
Of names only those count that the peers look for, too: the list of the corpus.
"""

import argparse
import json
import uuid

from confluent_kafka import Consumer, Producer, TopicPartition

METRICS = {"cases": "cases", "deaths": "deaths", "recoveries": "recovered"}
KINDS = {"new": "new", "cumulative": "total"}

parser = argparse.ArgumentParser()
for option in ("--corpus", "--topic", "--bootstrap"):
    parser.add_argument(option, required=True)
options = parser.parse_args()


def records(topic):
    """The committed values of a topic, in order of partitions and offsets."""
    settings = {"group.id": uuid.uuid4().hex, "enable.auto.commit": False, "isolation.level": "read_committed"}
    consumer = Consumer({"bootstrap.servers": options.bootstrap, "enable.partition.eof": True, **settings})
    partitions = consumer.list_topics(topic, timeout=10).topics[topic].partitions
    consumer.assign([TopicPartition(topic, partition, 0) for partition in partitions])
    open_partitions = len(partitions)
    while open_partitions:
        message = consumer.poll(30)
        if message is None:
            raise SystemExit(f"{topic} cannot be read to its end")
        if message.error():
            open_partitions -= 1
            continue
        yield json.loads(message.value())
    consumer.close()


def counts(record):
    for observation in record["covid"]["observations"]:
        metric, kind = METRICS.get(observation["metric"]), KINDS.get(observation["kind"])
        if metric and kind:
            yield {"metric": f"{kind}_{metric}", "value": observation["value"]}


names = {line.split("\t")[0] for line in open(f"{options.corpus}/gazetteer.tsv", encoding="utf-8")}
articles = {record["id"]: record for record in records(f"{options.topic}.articles.v1")}
producer = Producer({"bootstrap.servers": options.bootstrap, "linger.ms": 50})
other_names = 0
for record in articles.values():
    copy_of = record["duplicate"] and articles.get(record["duplicate"]["of"])
    if copy_of:
        topic = "dups"
        value = {"id": record["guid"], "kind": record["duplicate"]["relation"], "of": copy_of["guid"]}
    else:
        topic = "items"
        found = {entity["name"] for entity in record["entities"]}
        other_names += len(found - names)
        value = {
            "id": record["guid"],
            "entities": [{"name": name} for name in sorted(found & names)],
            "counts": list(counts(record)),
        }
    while True:
        try:
            producer.produce(f"{options.topic}.{topic}", json.dumps(value).encode())
            break
        except BufferError:
            producer.poll(1)
producer.flush()
print(f"{len(articles)} articles; {other_names} names that are not of the list left out")
