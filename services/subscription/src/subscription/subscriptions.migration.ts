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
        last_sequence       bigint not null default 0,
        -- Up to here deliveries are on the subscriber's topic.
        relayed_sequence    bigint not null default 0,
        -- Up to here a delivery may be on the topic: written before sending. What comes after it can still be withheld.
        relaying_sequence   bigint not null default 0,
        -- Which start of which process wrote relaying_sequence.
        relay               uuid,
        opened_at           timestamptz not null,
        closing_reason      text
      );
      create index subscriptions_of_institution on subscriptions (institution, subscription_id);
      create index subscriptions_to_data_service on subscriptions (data_service) where state <> 'closed';

      create table subscription_persons (
        subscription_id uuid not null references subscriptions,
        person_id       uuid not null,
        primary key (person_id, subscription_id)
      );

      -- A row stays after it was sent, without its body: a repeated mutation is recognised by it.
      create table deliveries (
        subscription_id uuid not null references subscriptions,
        sequence        bigint not null,
        ce_source       text not null,
        ce_id           text not null,
        person_id       uuid,
        journal_id      uuid,
        ticket          text,
        -- Sealed for the person, or plain for a closing notice; null once it is on the topic.
        body            text,
        created_at      timestamptz not null default clock_timestamp(),
        -- Of the mutation, so that the relay continues its trace; absent when the trace is not sampled.
        traceparent     text,
        -- Its source was restored to an older state, and no longer has the mutation.
        lost_at_source  boolean not null default false,
        primary key (subscription_id, sequence),
        unique (subscription_id, ce_source, ce_id)
      );
      create index deliveries_by_time on deliveries using brin (created_at);
      create index lost_deliveries on deliveries (ce_source) where lost_at_source`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table deliveries, subscription_persons, subscriptions');
  }
}
