"""Asks the subscription service for deliveries that are missing."""

import grpc

from contracts import Contracts

SERVICE = "crossroads.subscription.v1.SubscriptionService"
# Asking again with the same request id is safe.
WORTH_A_RETRY = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.RESOURCE_EXHAUSTED)


class Replays:
    def __init__(self, contracts: Contracts, address: str, ca: str, certificate: str, key: str) -> None:
        self._request = contracts.message("crossroads.subscription.v1.ReplayDeliveriesRequest")
        response = contracts.message("crossroads.subscription.v1.ReplayDeliveriesResponse")
        credentials = grpc.ssl_channel_credentials(read(ca), read(key), read(certificate))
        # The certificate of the service bears its name, whatever the address.
        channel = grpc.secure_channel(address, credentials, [("grpc.ssl_target_name_override", "subscription")])
        self._replay = channel.unary_unary(
            f"/{SERVICE}/ReplayDeliveries",
            request_serializer=self._request.SerializeToString,
            response_deserializer=response.FromString,
        )

    def ask(self, request_id: str, subscription_id: str, lane: int, sequence: int) -> str | None:
        """The id of the replay, what makes it impossible, or nothing when it is to be asked for again."""
        request = self._request(request_id=request_id, subscription_id=subscription_id)
        request.sequences.lanes.add(lane=lane, sequence=sequence)
        try:
            return self._replay(request, timeout=10).replay.replay_id
        except grpc.RpcError as error:
            if error.code() in WORTH_A_RETRY:
                return None
            # For example of a subscription that is closed.
            return f"impossible: {error.code().name}: {error.details()}"


def read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()
