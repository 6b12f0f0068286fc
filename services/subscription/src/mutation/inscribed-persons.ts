import type { CheckResponse } from '@crossroads/contracts/directory/v1/directory_service';
import { Injectable } from '@nestjs/common';
import { DirectoryChecks } from '../directory/directory-checks.js';
import type { RegistryPlaces } from '../directory/registry-places.rules.js';
import type { Inscription } from '../subscription/subscription-index.js';
import { SubscriptionQueries } from '../subscription/subscription-queries.js';

/** Whom a mutation is about, as the directory knows them. */
export interface InscribedPerson {
  /** The id that was asked for, the one in force, and those from before two numbers were found to be of one person. */
  readonly ids: readonly string[];
  readonly inscriptions: readonly Inscription[];
  /** Ids of the subscriptions that name the person. */
  readonly naming: ReadonlySet<string>;
}

/** Who has inscribed persons, and who subscribes to them by name. */
@Injectable()
export class InscribedPersons {
  constructor(
    private readonly queries: SubscriptionQueries,
    private readonly directory: DirectoryChecks,
  ) {}

  /**
   * Asks once for all of them.
   * @param anyNamed false: no subscription names persons
   * @param read what the caller has read of the person registry, which the directory must have followed as well
   */
  async find(
    personIds: readonly string[],
    anyNamed: boolean,
    read?: RegistryPlaces,
  ): Promise<Map<string, InscribedPerson>> {
    const ids = [...new Set(personIds)];
    if (ids.length === 0) return new Map();
    const checks = await this.directory.byPersonId(ids, read);
    const allIds = ids.map((id, index) => idsOf(id, checks[index]));
    const naming = anyNamed ? await this.queries.naming(allIds.flat()) : new Map<string, readonly string[]>();
    return new Map(
      ids.map((id, index) => [
        id,
        {
          ids: allIds[index] ?? [id],
          inscriptions: checks[index]?.inscriptions ?? [],
          naming: new Set(allIds[index]?.flatMap((one) => naming.get(one) ?? [])),
        },
      ]),
    );
  }
}

/** A subscription can name a person by the id from before two numbers were found to be of one person. */
const idsOf = (personId: string, check: CheckResponse | undefined): string[] => [
  personId,
  ...(check?.personId ? [check.personId, ...check.mergedPersonIds] : []),
];
