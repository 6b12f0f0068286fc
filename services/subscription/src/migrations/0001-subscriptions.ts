/** The subscription table and the deliveries made under it. Written in the transaction of the events that they show. */
export const subscriptions = {
  name: '0001-subscriptions',
  sql: `
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
      -- What the relay has put on the subscriber's topic; the rest may still be withheld.
      relayed_sequence    bigint not null default 0,
      -- Up to here a delivery may be on the topic: written before it is sent.
      relaying_sequence   bigint not null default 0,
      -- Who wrote relaying_sequence: a start of a process.
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

    -- The row stays after it is relayed, without its body: it is what makes a repeated mutation harmless.
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
      primary key (subscription_id, sequence),
      unique (subscription_id, ce_source, ce_id)
    );
  `,
};
