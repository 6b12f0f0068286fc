package consumer;

import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** The messages of Crossroads, made from its schema artefact: no generated code. */
final class Contracts {
  private final Map<String, FileDescriptor> files = new HashMap<>();
  private final Descriptor delivery;

  Contracts(Path artefact) throws IOException, DescriptorValidationException {
    try (InputStream in = Files.newInputStream(artefact)) {
      // A file stands behind those that it imports.
      for (var file : FileDescriptorSet.parseFrom(in).getFileList()) {
        var imports = file.getDependencyList().stream().map(files::get).toArray(FileDescriptor[]::new);
        files.put(file.getName(), FileDescriptor.buildFrom(file, imports));
      }
    }
    delivery = message("crossroads/delivery/v1/delivery.proto", "Delivery");
  }

  Descriptor message(String file, String name) {
    return files.get(file).findMessageTypeByName(name);
  }

  /** A delivery in either encoding. Fields and contents that a later version adds are left out. */
  DynamicMessage delivery(String contentType, byte[] value) throws InvalidProtocolBufferException {
    if (!contentType.equals("application/json")) return DynamicMessage.parseFrom(delivery, value);
    var builder = DynamicMessage.newBuilder(delivery);
    JsonFormat.parser().ignoringUnknownFields().merge(new String(value, StandardCharsets.UTF_8), builder);
    return builder.build();
  }

  static Object field(DynamicMessage message, String name) {
    return message.getField(message.getDescriptorForType().findFieldByName(name));
  }
}
