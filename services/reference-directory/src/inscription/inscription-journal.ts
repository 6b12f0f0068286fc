import { partitionOf, type StreamAppend, uuidV7 } from '@crossroads/eventsourcing';
import { PolicyFollower } from '@crossroads/policy';
import { Inject, Injectable } from '@nestjs/common';
import type { FoundPerson } from '../lookup/find-persons.js';
import type { DayRange } from '../period/days.rules.js';
import { type JournaledInscriptions, toJournal } from './journaled-inscriptions.codec.js';

/** A line of a command that changed something. */
export interface StatedLine {
  readonly person: FoundPerson;
  readonly context: string;
  readonly period: DayRange;
}

export const PERSONS_INSCRIBED = 'PersonsInscribed';

/** Of one event: what is published of it stays far below a broker's size limit. */
const MAX_LINES = 1_000;

/**
 * The access journal of inscriptions. An event holds lines of persons of one partition, as each journal has its accesses in the partition
 * of their person; a file of thousands of lines takes few events.
 */
@Injectable()
export class InscriptionJournal {
  constructor(@Inject(PolicyFollower) private readonly policy: { policy(): { readonly revision: bigint } }) {}

  /** What is appended with the inscriptions themselves, all or nothing. @throws Unavailable `POLICY_STALE` */
  appendsOf(
    stated: Omit<JournaledInscriptions, 'policyRevision' | 'lines'>,
    lines: readonly StatedLine[],
  ): StreamAppend[] {
    if (lines.length === 0) return [];
    const policyRevision = this.policy.policy().revision;
    const byPartition = Map.groupBy(lines, ({ person }) => partitionOf('journal', person.ownPersonId));
    return [...byPartition.values()].flatMap(slices).map(([first, ...others]) => ({
      streamId: uuidV7(),
      streamType: 'journal',
      log: 'journal',
      routingKey: first.person.ownPersonId,
      expectedRevision: 0n,
      events: [
        {
          type: PERSONS_INSCRIBED,
          data: toJournal({ ...stated, policyRevision, lines: [first, ...others].map(journaledLine) }),
        },
      ],
    }));
  }
}

const journaledLine = ({ person, context, period }: StatedLine) => ({
  person: person.ownPerson,
  row: person.person,
  context,
  ...period,
});

const slices = (lines: readonly StatedLine[]): [StatedLine, ...StatedLine[]][] => {
  const [first, ...others] = lines.slice(0, MAX_LINES);
  return first ? [[first, ...others], ...slices(lines.slice(MAX_LINES))] : [];
};
