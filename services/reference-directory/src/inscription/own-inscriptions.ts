import { Clock } from '@crossroads/configuration';
import type { ListOwnInscriptionsResponse } from '@crossroads/contracts/directory/v1/citizen_service';
import { Database } from '@crossroads/database';
import { NotFound, PageTokens } from '@crossroads/grpc';
import { OwnLooks, personsAsOne, type SignedIn } from '@crossroads/sign-in';
import { Injectable } from '@nestjs/common';
import { type Entry, unpackEntries } from '../lookup/entry.codec.js';
import { joinedEntries } from '../lookup/find-persons.js';
import { inscriptionMessage } from '../lookup/inscription.message.js';
import { type InstitutionContext, InstitutionContexts } from '../lookup/institution-contexts.js';
import { PersonLookup } from '../lookup/person-lookup.js';

/** The last inscription of a page: institution, context and first day. */
type Position = readonly [institution: string, context: string, start: number];

/** Who has a file on somebody, for that person. */
@Injectable()
export class OwnInscriptions {
  constructor(
    private readonly db: Database,
    private readonly persons: PersonLookup,
    private readonly contexts: InstitutionContexts,
    private readonly looks: OwnLooks,
    private readonly pageTokens: PageTokens,
    private readonly clock: Clock,
  ) {}

  /** The look is durable before the answer. @throws NotFound `UNKNOWN_SSIN`; InvalidInput for a page token of another list */
  async list(
    signedIn: SignedIn,
    { pageSize, pageToken }: { readonly pageSize: number; readonly pageToken: string },
  ): Promise<ListOwnInscriptionsResponse> {
    const found = await this.persons.find({ ssin: signedIn.ssin });
    if (found === undefined) throw new NotFound('UNKNOWN_SSIN', 'nobody has the number that was signed in with');
    const merges = found.merges.map(({ since: mergeTime, ...merge }) => ({ ...merge, mergeTime }));
    const ids = personsAsOne({ ...found, merges }, this.clock.now());
    const filters = { ownInscriptionsOf: ids[0] };
    const after = this.pageTokens.decode(pageToken, filters, readPosition);
    await this.looks.record(signedIn, ids[0], 'journal');

    const entries = await this.entriesOf(ids);
    const contextOf = await this.contexts.contextsOf(new Set(entries.map(({ contextId }) => contextId)));
    const all = entries.map((entry) => ({ entry, context: contextOf(entry.contextId) })).sort(byInstitution);
    const rest = after === undefined ? all : all.filter((one) => comparePositions(positionOf(one), after) > 0);
    const page = rest.slice(0, pageSize);
    const last = page.at(-1);
    return {
      inscriptions: page.map(({ entry, context }) => inscriptionMessage(context, entry)),
      nextPageToken: rest.length > page.length && last ? this.pageTokens.encode([...positionOf(last)], filters) : '',
    };
  }

  private async entriesOf(personIds: readonly string[]): Promise<Entry[]> {
    const rows = await this.db.query<{ readonly packed: Buffer }>(OWN_ROWS, [personIds]);
    return joinedEntries(rows.flatMap(({ packed }) => unpackEntries(packed)));
  }
}

const OWN_ROWS = {
  name: 'own-inscriptions',
  text: 'select i.packed from inscriptions i join persons p using (person) where p.person_id = any($1::uuid[])',
};

interface OwnInscription {
  readonly entry: Entry;
  readonly context: InstitutionContext;
}

const positionOf = ({ entry, context }: OwnInscription): Position => [
  context.institution,
  context.context,
  entry.start,
];

const comparePositions = ([a, b, c]: Position, [x, y, z]: Position): number =>
  compareTexts(a, x) || compareTexts(b, y) || c - z;

const compareTexts = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const byInstitution = (one: OwnInscription, other: OwnInscription): number =>
  comparePositions(positionOf(one), positionOf(other));

/** Undefined when it is not a position of this version. */
const readPosition = (value: unknown): Position | undefined => {
  if (!Array.isArray(value)) return undefined;
  const [institution, context, start] = value as unknown[];
  return typeof institution === 'string' && typeof context === 'string' && typeof start === 'number'
    ? [institution, context, start]
    : undefined;
};
