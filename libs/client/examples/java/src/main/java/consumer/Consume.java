package consumer;

import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageOrBuilder;
import com.google.protobuf.util.JsonFormat;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/** Reads the deliveries of one institution from Kafka. See README.md. */
public final class Consume {
  /** Its message says why, without data of the person. */
  private static final class CannotHandle extends Exception {
    CannotHandle(String message) {
      super(message);
    }
  }

  private final Contracts contracts;
  private final Store store;
  private final Replays replays;

  private Consume(Contracts contracts, Store store, Replays replays) {
    this.contracts = contracts;
    this.store = store;
    this.replays = replays;
  }

  public static void main(String[] args) throws Exception {
    var options = new HashMap<String, String>(Map.of("group", "consumer"));
    for (int index = 0; index + 1 < args.length; index += 2) options.put(args[index].substring(2), args[index + 1]);
    for (var name : List.of("brokers", "subscription-service", "institution", "ca", "certificate", "key", "contracts", "store"))
      if (!options.containsKey(name)) throw new IllegalArgumentException("--" + name + " is missing: see README.md");

    var contracts = new Contracts(Path.of(options.get("contracts")));
    try (var store = new Store(Path.of(options.get("store")));
        var replays =
            new Replays(
                contracts,
                options.get("subscription-service"),
                new File(options.get("ca")),
                new File(options.get("certificate")),
                new File(options.get("key")));
        var kafka =
            new KafkaConsumer<>(settings(options), new StringDeserializer(), new ByteArrayDeserializer())) {
      var closed = new CountDownLatch(1);
      Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(kafka, closed)));
      try {
        kafka.subscribe(List.of("crossroads.deliveries." + options.get("institution") + ".v1"));
        var consume = new Consume(contracts, store, replays);
        while (true) {
          for (var message : kafka.poll(Duration.ofSeconds(1))) consume.take(message);
          // After all of them were handled: at worst they come again.
          kafka.commitAsync();
          consume.askForGaps();
        }
      } catch (WakeupException stopped) {
        // SIGTERM.
      } finally {
        kafka.close();
        closed.countDown();
      }
    }
  }

  private static void stop(KafkaConsumer<?, ?> kafka, CountDownLatch closed) {
    kafka.wakeup();
    try {
      closed.await();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static Properties settings(Map<String, String> options) throws Exception {
    var settings = new Properties();
    settings.put("bootstrap.servers", options.get("brokers"));
    settings.put("security.protocol", "SSL");
    settings.put("ssl.truststore.type", "PEM");
    settings.put("ssl.truststore.location", options.get("ca"));
    settings.put("ssl.keystore.type", "PEM");
    settings.put("ssl.keystore.certificate.chain", Files.readString(Path.of(options.get("certificate"))));
    settings.put("ssl.keystore.key", Files.readString(Path.of(options.get("key"))));
    // The ACLs of the mesh allow an institution the groups that begin with its number.
    settings.put("group.id", options.get("institution") + "." + options.get("group"));
    settings.put("auto.offset.reset", "earliest");
    settings.put("enable.auto.commit", "false");
    return settings;
  }

  /** Once for each number. Kafka, and whoever sends, may bring a message twice. */
  private void take(ConsumerRecord<String, byte[]> message) throws Exception {
    // From the headers, as they can be read when the message cannot: `<subscription>:<lane>:<sequence>`.
    var id = header(message, "ce_id").split(":");
    var lane = new Store.Lane(id[0], Integer.parseInt(id[1]));
    long sequence = Long.parseLong(id[2]);
    long last = store.lastSequence(lane);
    if (sequence <= last) return;
    if (sequence > last + 1) store.noteGap(lane, last + 1);
    String kind = "parked";
    String ticket = "";
    try {
      var delivery = contracts.delivery(header(message, "content-type"), message.value());
      var content = contentOf(delivery);
      kind = content == null ? "erased" : content.getKey();
      handle(delivery, content);
      if (kind.equals("mutation") || kind.equals("notification") || kind.equals("snapshot"))
        ticket = (String) Contracts.field(content.getValue(), "ticket");
    } catch (CannotHandle | InvalidProtocolBufferException error) {
      // Whoever looks at it later has the whole message; nothing waits behind it.
      kind = "parked";
      store.park(lane, sequence, error instanceof CannotHandle ? error.getMessage() : "unreadable", message.value());
    }
    store.setSequence(lane, sequence);
    store.commit();
    System.out.printf(
        "{\"subscriptionId\": \"%s\", \"lane\": %d, \"sequence\": %d, \"kind\": \"%s\", \"ticket\": \"%s\"}%n",
        lane.subscriptionId(), lane.lane(), sequence, kind, ticket);
  }

  /** What the institution does with a delivery, in the transaction that notes its number. */
  private void handle(DynamicMessage delivery, Map.Entry<String, DynamicMessage> content) throws Exception {
    if (!Contracts.field(delivery, "delivery_version").equals(1)) throw new CannotHandle("a delivery of a later version");
    if (content == null || !hasData(content)) {
      // `notification`: consult the person. `closing`: the last of its lane. `replay_end`. `resync`: a snapshot of everybody follows.
      // `snapshot_end`: the copy is complete when it has come in each lane. Nothing: the person was erased, and only the number is left.
      return;
    }
    var person = content.getValue();
    store.apply(
        (String) Contracts.field(person, "ssin"),
        (String) Contracts.field(person, "data_service"),
        (long) Contracts.field(person, "source_revision"),
        JsonFormat.printer().omittingInsignificantWhitespace().print((MessageOrBuilder) Contracts.field(person, "data")));
  }

  /** A person in a snapshot has none in a subscription to notifications. */
  private static boolean hasData(Map.Entry<String, DynamicMessage> content) {
    var message = content.getValue();
    return content.getKey().equals("mutation")
        || (content.getKey().equals("snapshot") && message.hasField(message.getDescriptorForType().findFieldByName("data")));
  }

  private static Map.Entry<String, DynamicMessage> contentOf(DynamicMessage delivery) {
    var oneof = delivery.getDescriptorForType().getOneofs().get(0);
    var field = delivery.getOneofFieldDescriptor(oneof);
    return field == null ? null : Map.entry(field.getName(), (DynamicMessage) delivery.getField(field));
  }

  /** What is missing comes again under new numbers, while reading goes on. */
  private void askForGaps() throws Exception {
    for (var gap : store.openGaps()) {
      var answer = replays.ask(gap);
      if (answer.isEmpty()) return;
      store.asked(gap, answer.get());
      System.out.printf(
          "{\"subscriptionId\": \"%s\", \"lane\": %d, \"gapFrom\": %d, \"replay\": \"%s\"}%n",
          gap.lane().subscriptionId(), gap.lane().lane(), gap.sequence(), answer.get());
    }
  }

  private static String header(ConsumerRecord<?, ?> message, String name) {
    return new String(message.headers().lastHeader(name).value(), StandardCharsets.UTF_8);
  }
}
