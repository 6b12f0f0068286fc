package consumer;

import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import io.grpc.CallOptions;
import io.grpc.Grpc;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsChannelCredentials;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ClientCalls;
import java.io.File;
import java.io.IOException;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** Asks the subscription service for deliveries that are missing. */
final class Replays implements AutoCloseable {
  private static final String FILE = "crossroads/subscription/v1/subscription_service.proto";

  /** Asking again with the same request id is safe. */
  private static final Set<Status.Code> WORTH_A_RETRY =
      Set.of(Status.Code.UNAVAILABLE, Status.Code.DEADLINE_EXCEEDED, Status.Code.RESOURCE_EXHAUSTED);

  private final DynamicMessage request;
  private final MethodDescriptor<DynamicMessage, DynamicMessage> method;
  private final ManagedChannel channel;

  Replays(Contracts contracts, String address, File ca, File certificate, File key) throws IOException {
    request = DynamicMessage.getDefaultInstance(contracts.message(FILE, "ReplayDeliveriesRequest"));
    var response = DynamicMessage.getDefaultInstance(contracts.message(FILE, "ReplayDeliveriesResponse"));
    method =
        MethodDescriptor.<DynamicMessage, DynamicMessage>newBuilder()
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName("crossroads.subscription.v1.SubscriptionService/ReplayDeliveries")
            .setRequestMarshaller(ProtoUtils.marshaller(request))
            .setResponseMarshaller(ProtoUtils.marshaller(response))
            .build();
    var credentials = TlsChannelCredentials.newBuilder().trustManager(ca).keyManager(certificate, key).build();
    // The certificate of the service bears its name, whatever the address.
    channel = Grpc.newChannelBuilder(address, credentials).overrideAuthority("subscription").build();
  }

  /** The id of the replay, what makes it impossible, or nothing when it is to be asked for again. */
  Optional<String> ask(Store.Gap gap) throws InvalidProtocolBufferException {
    var asked = request.newBuilderForType();
    JsonFormat.parser()
        .merge(
            """
            {"requestId": "%s", "subscriptionId": "%s", "sequences": {"lanes": [{"lane": %d, "sequence": %d}]}}"""
                .formatted(gap.requestId(), gap.lane().subscriptionId(), gap.lane().lane(), gap.sequence()),
            asked);
    try {
      var options = CallOptions.DEFAULT.withDeadlineAfter(10, TimeUnit.SECONDS);
      var answer = ClientCalls.blockingUnaryCall(channel, method, options, asked.build());
      return Optional.of((String) Contracts.field((DynamicMessage) Contracts.field(answer, "replay"), "replay_id"));
    } catch (StatusRuntimeException error) {
      if (WORTH_A_RETRY.contains(error.getStatus().getCode())) return Optional.empty();
      // For example of a subscription that is closed.
      return Optional.of("impossible: " + error.getStatus().getCode());
    }
  }

  @Override
  public void close() {
    channel.shutdownNow();
  }
}
