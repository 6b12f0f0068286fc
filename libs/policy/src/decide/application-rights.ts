import type { RightKind } from '@crossroads/topology';

const ALL = '*';

/** The rights of one application, as they are registered: `report:employment.wages.v1:employer,amount`. One that is not known opens nothing. */
export class ApplicationRights {
  static readonly NONE = new ApplicationRights([]);

  private readonly byKind: ReadonlyMap<string, readonly string[]>;

  constructor(rights: readonly string[]) {
    const byKind = new Map<string, string[]>();
    for (const right of rights) {
      const [kind = ''] = right.split(':', 1);
      byKind.set(kind, [...(byKind.get(kind) ?? []), right.slice(kind.length + 1)]);
    }
    this.byKind = byKind;
  }

  /** Whether it has a right of one of these kinds, whatever that is for. */
  hasOneOf(kinds: readonly RightKind[]): boolean {
    return kinds.some((kind) => this.byKind.has(kind));
  }

  /** Whether it may report these field groups of a data service. */
  reports(dataService: string, groups: readonly string[]): boolean {
    const reported = (this.byKind.get('report') ?? []).flatMap((of) => {
      const [name, list = ''] = of.split(':');
      return name === dataService || name === ALL ? list.split(',') : [];
    });
    return reported.includes(ALL) || groups.every((group) => reported.includes(group));
  }

  /** Whether it may answer for a data service. */
  supplies(dataService: string): boolean {
    return this.isFor('supply', dataService);
  }

  /** Whether it may show what is a citizen's to whoever signed in with this provider. */
  isPortalOf(issuer: string): boolean {
    return this.isFor('portal', issuer);
  }

  private isFor(kind: RightKind, what: string): boolean {
    const of = this.byKind.get(kind) ?? [];
    return of.includes(what) || of.includes(ALL);
  }
}
