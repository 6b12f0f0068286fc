import { grantsToService } from '@crossroads/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What happened to messages, in a dense sequence for each provider. */
export class ProviderEvents1764230400004 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table provider_sequences (
        provider         text primary key,
        last_sequence    bigint not null default 0,
        -- Up to here events are on the provider's topic.
        relayed_sequence bigint not null default 0
      );

      create table provider_events (
        provider   text not null,
        sequence   bigint not null,
        owner_id   uuid not null,
        message_id uuid not null,
        at         timestamptz not null,
        -- A crossroads.ebox.v1.ProviderEventKind.
        kind       smallint not null,
        primary key (provider, sequence)
      )`);
    await runner.query(
      grantsToService({
        provider_sequences: 'select, insert, update (last_sequence, relayed_sequence)',
        provider_events: 'select, insert',
      }),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table provider_events, provider_sequences');
  }
}
