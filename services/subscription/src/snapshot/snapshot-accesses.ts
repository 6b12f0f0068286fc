import { randomUUID } from 'node:crypto';
import { Clock } from '@crossroads/configuration';
import { Ask, Behind, Releases } from '@crossroads/contracts/access/v1/access_record';
import { Mutation } from '@crossroads/contracts/mutation/v1/mutation';
import { FORGOTTEN, SubjectSealer } from '@crossroads/privacy';
import { begunOf, releaseMessage } from '@crossroads/transparency';
import { Injectable } from '@nestjs/common';
import { type BegunReleases, type DeliveredAccess, snapshotReleases } from '../journal/delivered-access.message.js';
import type { IndexedSubscription } from '../subscription/subscription-index.js';
import type { SnapshotGrant } from './snapshot-grants.js';
import { type OutstandingPerson, SnapshotPersons } from './snapshot-persons.js';

/** An access that has begun: its releases are durable, so that a source may see its receipt. */
export interface BegunAccess {
  readonly person: OutstandingPerson & { readonly intent: string };
  readonly ticket: string;
  readonly ssin: string;
  readonly releases: Required<BegunReleases>;
  readonly access: Omit<DeliveredAccess, 'filtered'>;
}

export interface InscribedOne {
  readonly person: OutstandingPerson;
  readonly ssin: string;
}

interface Opened {
  readonly ticket: string;
  readonly releases: Required<BegunReleases>;
}

/** The accesses of a snapshot, from their records on. One that was begun before a restart is gone on with, under its ticket. */
@Injectable()
export class SnapshotAccesses {
  constructor(
    private readonly persons: SnapshotPersons,
    private readonly sealer: SubjectSealer,
    private readonly clock: Clock,
  ) {}

  /** Stores the records of those who have none. Whom somebody else has changed meanwhile is left out. */
  async begin(
    snapshotId: string,
    subscription: IndexedSubscription,
    grant: Extract<SnapshotGrant, { allowed: true }>,
    inscribed: readonly InscribedOne[],
  ): Promise<{ readonly begun: readonly BegunAccess[]; readonly erased: readonly OutstandingPerson[] }> {
    if (inscribed.length === 0) return { begun: [], erased: [] };
    const now = this.clock.now();
    const made = inscribed.map(({ person, ssin }) => {
      const access = accessOf(subscription, grant, person.personId, ssin);
      const ticket = randomUUID();
      return { person, ssin, ticket, access, releases: snapshotReleases(access, ticket, now) };
    });
    const sealed = await this.sealer.sealAllUnlessForgotten(
      made.map(({ person, ticket, releases }) => ({
        personId: person.personId,
        value: { ticket, releases: stored(releases) },
        aad: place(snapshotId, person.personId),
      })),
    );
    const begun = made.flatMap((one, index): BegunAccess[] => {
      const intent = sealed[index];
      return intent === undefined ? [] : [{ ...one, person: { ...one.person, intent } }];
    });
    const intended = await this.persons.inLanes(
      subscription.subscriptionId,
      begun.map(({ person }) => person.lane),
      (tx) =>
        this.persons.intend(
          tx,
          snapshotId,
          begun.map(({ person: { personId, intent } }) => ({ personId, intent })),
        ),
    );
    return {
      begun: begun.filter(({ person }) => intended.has(person.personId)),
      erased: inscribed.flatMap(({ person }, index) => (sealed[index] === undefined ? [person] : [])),
    };
  }

  /** Those that were begun before. @param stillGood which of them are gone on with */
  async resume(
    snapshotId: string,
    subscription: IndexedSubscription,
    inscribed: readonly InscribedOne[],
    stillGood: (ask: Ask, ssin: string) => boolean,
  ): Promise<{
    readonly begun: readonly BegunAccess[];
    readonly changed: readonly OutstandingPerson[];
    readonly erased: readonly OutstandingPerson[];
  }> {
    const begun: BegunAccess[] = [];
    const changed: OutstandingPerson[] = [];
    const erased: OutstandingPerson[] = [];
    for (const { person, ssin } of inscribed) {
      const opened = await this.open(snapshotId, person);
      if (!opened) {
        erased.push(person);
        continue;
      }
      const { delivery, source } = opened.releases;
      const ask = Ask.decode(delivery.ask.bytes);
      if (!stillGood(ask, ssin)) {
        changed.push(person);
        continue;
      }
      const { fieldGroups, deliberationId } = ask;
      const { policyRevision } = Behind.decode(delivery.behind.bytes);
      begun.push({
        ...opened,
        ssin,
        person: { ...person, intent: person.intent ?? '' },
        access: {
          ...accessOf(
            subscription,
            { fieldGroups, deliberationId, supplier: source.party, policyRevision },
            person.personId,
            ssin,
          ),
        },
      });
    }
    return { begun, changed, erased };
  }

  /** Nothing when there is none, or its person was erased. */
  async open(snapshotId: string, { personId, intent }: OutstandingPerson): Promise<Opened | undefined> {
    if (intent === null) return undefined;
    const opened = await this.sealer.openForSubject(personId, intent, place(snapshotId, personId));
    if (opened === FORGOTTEN) return undefined;
    const text = (name: string): string => {
      const value: unknown = Reflect.get(Object(opened), name);
      if (typeof value !== 'string') throw new TypeError(`an intent without its ${name}`);
      return value;
    };
    const [delivery, source] = Releases.decode(Buffer.from(text('releases'), 'base64')).releases.map(begunOf);
    if (!delivery || !source) throw new TypeError('an intent without its releases');
    return { ticket: text('ticket'), releases: { delivery, source } };
  }
}

const accessOf = (
  { subscriptionId, institution, inscriptionContext, legalContext, dataService, content }: IndexedSubscription,
  granted: {
    readonly fieldGroups: readonly string[];
    readonly deliberationId: string;
    readonly policyRevision: bigint;
    readonly supplier?: string;
    readonly service?: { readonly supplier: { readonly source: string } | undefined };
  },
  personId: string,
  ssin: string,
): Omit<DeliveredAccess, 'filtered'> => ({
  subscriptionId,
  institution,
  inscriptionContext,
  legalContext,
  content,
  mutation: Mutation.fromPartial({ personId, ssin, dataService }),
  supplier: granted.supplier ?? granted.service?.supplier?.source ?? '',
  deliberationId: granted.deliberationId,
  policyRevision: granted.policyRevision,
  releasedFieldGroups: granted.fieldGroups,
});

/** What the seal of an intent is bound to. */
const place = (snapshotId: string, personId: string): string => `snapshot/${snapshotId}/${personId}`;

const stored = ({ delivery, source }: Required<BegunReleases>): string =>
  Buffer.from(Releases.encode({ releases: [delivery, source].map(releaseMessage) }).finish()).toString('base64');
