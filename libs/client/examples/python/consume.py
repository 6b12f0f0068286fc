"""Reads the deliveries of one institution from Kafka. See README.md."""

import argparse
import json
import signal
import sys

from confluent_kafka import Consumer, KafkaError, KafkaException
from google.protobuf import json_format
from google.protobuf.message import DecodeError

from contracts import Contracts
from replay import Replays
from store import Store


class CannotHandle(Exception):
    """Its message says why, without data of the person."""


def handle(delivery, store: Store) -> None:
    """What the institution does with a delivery. It runs in the transaction that notes its number."""
    kind = delivery.WhichOneof("content")
    content = getattr(delivery, kind) if kind else None
    if delivery.delivery_version != 1:
        raise CannotHandle("a delivery of a later version")
    if kind == "mutation" or (kind == "snapshot" and content.HasField("data")):
        data = json.dumps(json_format.MessageToDict(content.data))
        store.apply(content.ssin, content.data_service, content.source_revision, data)
    # The other kinds: `notification` (consult the person), `closing` (the last of its lane), `replay_end`, `resync` (a
    # snapshot of everybody follows), `snapshot_end` (the copy is complete when it has come in each lane), and nothing at all: the
    # person was erased, and only the number is left.


def take(message, contracts: Contracts, store: Store) -> None:
    """Once for each number. Kafka, and whoever sends, may bring a message twice."""
    headers = {name: value.decode() for name, value in message.headers() or []}
    # From the headers, as they can be read when the message cannot: `<subscription>:<lane>:<sequence>`.
    subscription_id, lane, sequence = headers["ce_id"].split(":")
    lane, sequence = int(lane), int(sequence)
    last = store.last_sequence(subscription_id, lane)
    if sequence <= last:
        return
    line = {"subscriptionId": subscription_id, "lane": lane, "sequence": sequence}
    with store.transaction():
        if sequence > last + 1:
            store.note_gap(subscription_id, lane, last + 1)
        try:
            delivery = contracts.delivery(headers["content-type"], message.value())
            handle(delivery, store)
            kind = delivery.WhichOneof("content")
            line["kind"] = kind or "erased"
            line["ticket"] = getattr(getattr(delivery, kind), "ticket", "") if kind else ""
        except (CannotHandle, DecodeError, json_format.ParseError) as error:
            # Whoever looks at it later has the whole message; nothing waits behind it.
            reason = str(error) if isinstance(error, CannotHandle) else "unreadable"
            store.park(subscription_id, lane, sequence, reason, message.value())
            line["kind"] = "parked"
        store.set_sequence(subscription_id, lane, sequence)
    print(json.dumps(line), flush=True)


def ask_for_gaps(replays: Replays, store: Store) -> None:
    """What is missing comes again under new numbers, while reading goes on."""
    for request_id, subscription_id, lane, sequence in store.open_gaps():
        answer = replays.ask(request_id, subscription_id, lane, sequence)
        if answer is None:
            return
        store.asked(request_id, answer)
        line = {"subscriptionId": subscription_id, "lane": lane, "gapFrom": sequence, "replay": answer}
        print(json.dumps(line), flush=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="reads the deliveries of one institution from Kafka")
    parser.add_argument("--brokers", required=True, help="host:port of Kafka brokers, separated by commas")
    parser.add_argument("--subscription-service", required=True, help="host:port")
    parser.add_argument("--institution", required=True, help="its enterprise number")
    parser.add_argument("--group", default="consumer", help="name of the consumer group, after the enterprise number")
    parser.add_argument("--ca", required=True, help="PEM file with the authorities of the mesh")
    parser.add_argument("--certificate", required=True, help="PEM file with the certificate of the application")
    parser.add_argument("--key", required=True, help="PEM file with its key")
    parser.add_argument("--contracts", required=True, help="schema artefact: descriptors.binpb")
    parser.add_argument("--store", required=True, help="SQLite file")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    contracts = Contracts(options.contracts)
    store = Store(options.store)
    replays = Replays(contracts, options.subscription_service, options.ca, options.certificate, options.key)
    consumer = Consumer(
        {
            "bootstrap.servers": options.brokers,
            "security.protocol": "SSL",
            "ssl.ca.location": options.ca,
            "ssl.certificate.location": options.certificate,
            "ssl.key.location": options.key,
            # The ACLs of the mesh allow an institution the groups that begin with its number.
            "group.id": f"{options.institution}.{options.group}",
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
        }
    )
    stopping = False

    def stop(*_: object) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    consumer.subscribe([f"crossroads.deliveries.{options.institution}.v1"])
    try:
        while not stopping:
            message = consumer.poll(1.0)
            if message is not None and message.error() is None:
                take(message, contracts, store)
                # After it was handled: at worst it comes again.
                consumer.commit(message, asynchronous=True)
            elif message is not None and not may_pass(message.error()):
                raise KafkaException(message.error())
            ask_for_gaps(replays, store)
    finally:
        consumer.close()


def may_pass(error: KafkaError) -> bool:
    """The topic is created by the first subscription."""
    return error.retriable() or error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART


if __name__ == "__main__":
    sys.exit(main())
