import type { DeliveryOptions } from './grant-decision.rules.js';
import type { SubscriptionWithTerms } from './subscription-queries.js';

/** A subscription that is not closed. */
export interface IndexedSubscription extends SubscriptionWithTerms, DeliveryOptions {
  /** False: only the persons that it names. */
  readonly allInscribed: boolean;
  /** Partitions of its topic. */
  readonly laneCount: number;
}

/** In which context an institution has inscribed a person. */
export interface Inscription {
  readonly institution: string;
  readonly inscriptionContext: string;
}

type Terms = Inscription & Pick<SubscriptionWithTerms, 'dataService'>;

/** Finds subscriptions by what a mutation tells of itself, so that the number of all subscriptions does not matter. */
export class SubscriptionIndex {
  private readonly byId = new Map<string, IndexedSubscription>();
  private readonly byTerms = new Map<string, Set<IndexedSubscription>>();
  private readonly perDataService = new Map<string, number>();
  /** How many name persons. */
  private naming = 0;

  get namesPersons(): boolean {
    return this.naming > 0;
  }

  get(subscriptionId: string): IndexedSubscription | undefined {
    return this.byId.get(subscriptionId);
  }

  all(): IterableIterator<IndexedSubscription> {
    return this.byId.values();
  }

  hasAnyTo(dataService: string): boolean {
    return this.perDataService.has(dataService);
  }

  put(subscription: IndexedSubscription): void {
    this.remove(subscription.subscriptionId);
    this.byId.set(subscription.subscriptionId, subscription);
    const key = keyOf(subscription);
    const same = this.byTerms.get(key) ?? new Set();
    this.byTerms.set(key, same.add(subscription));
    this.count(subscription, 1);
  }

  remove(subscriptionId: string): void {
    const known = this.byId.get(subscriptionId);
    if (!known) return;
    this.byId.delete(subscriptionId);
    const key = keyOf(known);
    const same = this.byTerms.get(key);
    same?.delete(known);
    if (same?.size === 0) this.byTerms.delete(key);
    this.count(known, -1);
  }

  clear(): void {
    this.byId.clear();
    this.byTerms.clear();
    this.perDataService.clear();
    this.naming = 0;
  }

  /**
   * The subscriptions to a data service that concern a person with these inscriptions, each once.
   * @param naming ids of the subscriptions that name the person
   */
  of(
    dataService: string,
    inscriptions: readonly Inscription[],
    naming: ReadonlySet<string> = NONE,
  ): IndexedSubscription[] {
    const found = new Set<IndexedSubscription>();
    for (const { institution, inscriptionContext } of inscriptions)
      for (const one of this.byTerms.get(keyOf({ dataService, institution, inscriptionContext })) ?? [])
        if (one.allInscribed || naming.has(one.subscriptionId)) found.add(one);
    return [...found];
  }

  private count({ dataService, allInscribed }: IndexedSubscription, change: 1 | -1): void {
    const count = (this.perDataService.get(dataService) ?? 0) + change;
    if (count > 0) this.perDataService.set(dataService, count);
    else this.perDataService.delete(dataService);
    if (!allInscribed) this.naming += change;
  }
}

const NONE: ReadonlySet<string> = new Set();

const keyOf = ({ dataService, institution, inscriptionContext }: Terms): string =>
  `${institution}\n${dataService}\n${inscriptionContext}`;
