import { grantsToService } from '@crossroads/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Mailboxes, by owner: a `personId`, or the id that an enterprise number gives (`enterpriseIdOf`). When two persons become one,
 * nothing is moved: whoever reads asks for all ids of the person, so that mailboxes come apart again without a trace.
 */
export class Mailboxes1764230400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table mailboxes (
        owner_id          uuid primary key,
        mailbox_id        uuid not null unique,
        -- Null for a person.
        enterprise_number text,
        opened_at         timestamptz not null,
        -- Whether one of its own channels has consent.
        consented         boolean not null,
        language          text not null check (language in ('nl', 'fr', 'de', 'en')),
        exclusively_ebox  boolean not null default false,
        -- Sealed for the owner; null: none.
        notification_address text
      );

      create table consents (
        position  bigint generated always as identity primary key,
        owner_id  uuid not null references mailboxes,
        channel   text not null,
        given     boolean not null,
        at        timestamptz not null,
        front_end text not null
      );
      create index consents_of_owner on consents (owner_id, position desc);

      create table delegations (
        delegation_id uuid primary key,
        owner_id      uuid not null references mailboxes,
        -- personId that the delegate had when they were added.
        delegate_id   uuid not null,
        -- Sealed for the owner.
        label         text not null,
        starts_on     date not null,
        -- The first day on which it no longer holds; null: without end.
        ends_before   date,
        added_at      timestamptz not null,
        removed_at    timestamptz
      );
      create index delegations_of_owner on delegations (owner_id);
      create index delegations_to_delegate on delegations (delegate_id) where removed_at is null`);
    await runner.query(
      grantsToService({
        mailboxes: 'select, insert, update (consented, language, exclusively_ebox, notification_address), delete',
        consents: 'select, insert, delete',
        delegations: 'select, insert, update (removed_at), delete',
      }),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table delegations, consents, mailboxes');
  }
}
