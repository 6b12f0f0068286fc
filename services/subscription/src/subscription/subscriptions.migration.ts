import { grantsToService } from '@crossroads/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Subscriptions, and the deliveries made under them. Rows are written in the transaction of the events that they follow from. */
export class Subscriptions1764230400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table subscriptions (
        subscription_id     uuid primary key,
        institution         text not null,
        inscription_context text not null,
        data_service        text not null,
        legal_context       text not null,
        all_inscribed       boolean not null,
        named_persons       integer not null,
        state               text not null check (state in ('open', 'paused', 'closed')),
        -- Partitions of the institution's topic.
        lane_count          smallint not null,
        content             text not null check (content in ('data', 'notification')),
        -- The kinds of changes that it is told of; empty: all that are granted.
        field_groups        text[] not null,
        -- Of the messages on the topic.
        encoding            text not null check (encoding in ('protobuf', 'json')),
        opened_at           timestamptz not null,
        closing_reason      text,
        -- The transaction that opened it or last changed its state: processes that hold subscriptions in memory read what is newer.
        changed_by          xid8 not null default pg_current_xact_id()
      );
      create index subscriptions_of_institution on subscriptions (institution, subscription_id);
      create index subscriptions_by_change on subscriptions (changed_by);
      create function note_subscription_change() returns trigger language plpgsql as $$
        begin new.changed_by := pg_current_xact_id(); return new; end $$;
      create trigger note_change before update of state, content, field_groups, encoding on subscriptions
        for each row execute function note_subscription_change();

      create table subscription_persons (
        subscription_id uuid not null references subscriptions,
        person_id       uuid not null,
        primary key (person_id, subscription_id)
      );

      -- The partitions of each institution's topic are fixed when it is created: a person's deliveries stay in one lane.
      create table subscriber_topics (
        institution text primary key,
        lane_count  smallint not null
      );

      -- One row for each partition of the topic, so that log partitions are numbered side by side. Each batch updates its rows.
      create table subscription_lanes (
        subscription_id   uuid not null references subscriptions,
        lane              smallint not null,
        institution       text not null,
        -- Which of the relay's shares of work it is in.
        shard             smallint not null,
        last_sequence     bigint not null default 0,
        -- Up to here deliveries are on the subscriber's topic.
        relayed_sequence  bigint not null default 0,
        -- Up to here a delivery may be on the topic: written before sending. What comes after it can still be withheld.
        relaying_sequence bigint not null default 0,
        -- Which start of which process wrote relaying_sequence.
        relay             uuid,
        -- Up to here deliveries are deleted: they cannot be replayed any more.
        pruned_sequence   bigint not null default 0,
        -- Its closing notice is numbered.
        closed            boolean not null default false,
        primary key (subscription_id, lane)
      ) with (fillfactor = 50);

      -- A row stays after it was sent, for replay, and because by it a repeated mutation is recognised; then it is deleted. No foreign
      -- key: its check would lock the subscription.
      create table deliveries (
        subscription_id uuid not null,
        lane            smallint not null,
        sequence        bigint not null,
        ce_source       text not null,
        ce_id           text not null,
        -- Null for what is about the subscription itself.
        person_id       uuid,
        journal_id      uuid,
        ticket          text,
        -- The content of the message, sealed for the person.
        body            text not null,
        -- Of the subscription when this was numbered: what is sent twice has the same bytes.
        encoding        text not null,
        created_at      timestamptz not null default clock_timestamp(),
        -- Of the mutation, so that the relay continues its trace; absent when the trace is not sampled.
        traceparent     text,
        -- When it was delivered before, under this number.
        replay_id       uuid,
        replay_of       bigint,
        -- Its source was restored to an older state, and no longer has the mutation.
        lost_at_source  boolean not null default false,
        primary key (subscription_id, lane, sequence),
        unique (subscription_id, ce_source, ce_id)
      );

      create table replays (
        replay_id       uuid primary key,
        subscription_id uuid not null references subscriptions,
        requested_at    timestamptz not null
      );
      create index replays_of_subscription on replays (subscription_id, requested_at);
      create table replay_lanes (
        replay_id      uuid not null references replays,
        lane           smallint not null,
        -- The first number that was asked for; smaller than from_sequence when it is deleted.
        asked_sequence bigint not null,
        from_sequence  bigint not null,
        to_sequence    bigint not null,
        next_sequence  bigint not null,
        delivered      bigint not null default 0,
        withheld       bigint not null default 0,
        -- Its end is numbered.
        ended          boolean not null default false,
        primary key (replay_id, lane)
      );
      create index running_replays on replay_lanes (replay_id, lane) where not ended;
      create index lost_deliveries on deliveries (ce_source) where lost_at_source`);
    await runner.query(
      grantsToService({
        subscriptions: 'select, insert, update (state, content, field_groups, encoding, closing_reason)',
        'subscription_persons, subscriber_topics': 'select, insert',
        subscription_lanes:
          'select, insert, update (last_sequence, relayed_sequence, relaying_sequence, relay, pruned_sequence, closed)',
        deliveries: 'select, insert, update (lost_at_source), delete',
        replays: 'select, insert',
        replay_lanes: 'select, insert, update (next_sequence, delivered, withheld, ended)',
      }),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'drop table replay_lanes, replays, deliveries, subscription_lanes, subscriber_topics, subscription_persons, subscriptions',
    );
    await runner.query('drop function note_subscription_change');
  }
}
