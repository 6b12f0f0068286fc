import { Unavailable } from '@crossroads/grpc';
import { dayOf } from '@crossroads/identifiers';
import { sourceService, type Supplied, type SupplyQuery } from '@crossroads/source';
import type { ServedService } from '@crossroads/grpc';
import type { AcceptedReceipts } from '@crossroads/transparency';

/** What authentic sources have on persons, and what they were asked. They check receipts, as every source does. */
export class SourceStandIn {
  readonly asked: SupplyQuery[] = [];
  /** It does not answer. */
  isAway = false;
  /** Runs before each answer, when what is answered is known already. */
  beforeAnswer: (query: SupplyQuery) => Promise<void> = async () => undefined;
  private readonly persons = new Map<string, Supplied>();

  serve(party: string, dataServices: readonly string[], receipts: AcceptedReceipts): ServedService {
    return sourceService({
      party,
      dataServices,
      receipts,
      receiptStore: 'none',
      // Only deliveries are asked, which nobody signs.
      institutionKeys: () => [],
      validation: () => ({ mode: 'development', today: dayOf(new Date()) }),
      supply: async (query) => {
        if (this.isAway) throw new Unavailable('AWAY', 'the source is away');
        this.asked.push(query);
        const { ssin, dataService, fieldGroups } = query;
        const known = this.persons.get(keyOf(ssin, dataService));
        await this.beforeAnswer(query);
        if (!known) return undefined;
        const data = Object.fromEntries(Object.entries(known.data).filter(([group]) => fieldGroups.includes(group)));
        return { data, sourceRevision: known.sourceRevision };
      },
    });
  }

  /** A change of the person: the groups that are not named stay as they are. */
  change(ssin: string, dataService: string, sourceRevision: bigint, data: Readonly<Record<string, unknown>>): void {
    const key = keyOf(ssin, dataService);
    this.persons.set(key, { data: { ...this.persons.get(key)?.data, ...data }, sourceRevision });
  }

  forget(ssin: string, dataService: string): void {
    this.persons.delete(keyOf(ssin, dataService));
  }
}

const keyOf = (ssin: string, dataService: string): string => `${ssin} ${dataService}`;
