"""The messages of Crossroads, made from its schema artefact: no generated code."""

from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory


class Contracts:
    def __init__(self, artefact: str) -> None:
        files = descriptor_pb2.FileDescriptorSet()
        with open(artefact, "rb") as file:
            files.ParseFromString(file.read())
        self._pool = descriptor_pool.DescriptorPool()
        for file in files.file:
            self._pool.Add(file)
        self._delivery = self.message("crossroads.delivery.v1.Delivery")

    def message(self, name: str):
        return message_factory.GetMessageClass(self._pool.FindMessageTypeByName(name))

    def delivery(self, content_type: str, value: bytes):
        """A delivery in either encoding. Fields and contents that a later version adds are left out."""
        if content_type == "application/json":
            return json_format.Parse(value, self._delivery(), ignore_unknown_fields=True)
        return self._delivery.FromString(value)
