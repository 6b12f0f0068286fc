package consumer;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** What the consumer keeps. Use your own database: what matters is that a delivery and its number are written in one transaction. */
final class Store implements AutoCloseable {
  record Lane(String subscriptionId, int lane) {}

  record Gap(String requestId, Lane lane, long sequence) {}

  private static final String[] SCHEMA = {
    "create table if not exists lanes (subscription_id text, lane integer, sequence integer not null,"
        + " primary key (subscription_id, lane))",
    "create table if not exists facts (ssin text, data_service text, source_revision integer not null, data text not null,"
        + " primary key (ssin, data_service))",
    "create table if not exists parked (subscription_id text, lane integer, sequence integer, reason text not null,"
        + " value blob not null, primary key (subscription_id, lane, sequence))",
    "create table if not exists gaps (request_id text primary key, subscription_id text not null, lane integer not null,"
        + " sequence integer not null, replay_id text)",
  };

  private final Connection db;

  Store(Path path) throws Exception {
    if (!Files.exists(path))
      Files.createFile(path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    db = DriverManager.getConnection("jdbc:sqlite:" + path);
    for (var table : SCHEMA) update(table);
    db.setAutoCommit(false);
  }

  void commit() throws SQLException {
    db.commit();
  }

  long lastSequence(Lane of) throws SQLException {
    try (var query = prepare("select sequence from lanes where subscription_id = ? and lane = ?", of.subscriptionId, of.lane);
        var rows = query.executeQuery()) {
      return rows.next() ? rows.getLong(1) : 0;
    }
  }

  void setSequence(Lane of, long sequence) throws SQLException {
    update("insert or replace into lanes values (?, ?, ?)", of.subscriptionId, of.lane, sequence);
  }

  /** A replay also brings what is older than what is held. */
  void apply(String ssin, String dataService, long sourceRevision, String data) throws SQLException {
    update(
        "insert into facts values (?, ?, ?, ?) on conflict do update"
            + " set source_revision = excluded.source_revision, data = excluded.data"
            + " where excluded.source_revision > source_revision",
        ssin, dataService, sourceRevision, data);
  }

  void park(Lane of, long sequence, String reason, byte[] value) throws SQLException {
    update("insert or replace into parked values (?, ?, ?, ?, ?)", of.subscriptionId, of.lane, sequence, reason, value);
  }

  /** With the id of the request, so that one that is sent twice replays once. */
  void noteGap(Lane of, long sequence) throws SQLException {
    update("insert into gaps values (?, ?, ?, ?, null)", uuid7(), of.subscriptionId, of.lane, sequence);
  }

  List<Gap> openGaps() throws SQLException {
    var gaps = new ArrayList<Gap>();
    try (var query = prepare("select request_id, subscription_id, lane, sequence from gaps where replay_id is null");
        var rows = query.executeQuery()) {
      while (rows.next())
        gaps.add(new Gap(rows.getString(1), new Lane(rows.getString(2), rows.getInt(3)), rows.getLong(4)));
    }
    return gaps;
  }

  void asked(Gap gap, String replayId) throws SQLException {
    update("update gaps set replay_id = ? where request_id = ?", replayId, gap.requestId);
    commit();
  }

  @Override
  public void close() throws SQLException {
    db.close();
  }

  private void update(String sql, Object... values) throws SQLException {
    try (var statement = prepare(sql, values)) {
      statement.executeUpdate();
    }
  }

  private PreparedStatement prepare(String sql, Object... values) throws SQLException {
    var statement = db.prepareStatement(sql);
    for (int index = 0; index < values.length; index++) statement.setObject(index + 1, values[index]);
    return statement;
  }

  private static String uuid7() {
    var random = new SecureRandom();
    long high = System.currentTimeMillis() << 16 | 0x7000 | random.nextInt(0x1000);
    return new UUID(high, random.nextLong() >>> 2 | 0x8000000000000000L).toString();
  }
}
