import type { Adapter, AdapterPayload } from 'oidc-provider';

interface Entry {
  readonly payload: AdapterPayload;
  readonly until: number;
}

/** What ends with the grant of a person. An interaction names the grant of the person before, and goes on. */
const OF_A_GRANT: ReadonlySet<string> = new Set(['AccessToken', 'AuthorizationCode', 'RefreshToken']);

/** Above it, what has expired is removed. */
const SWEEP_ABOVE = 5_000;

/**
 * Sessions, codes and tokens of a provider, in memory. The one that `oidc-provider` has forgets the oldest of a thousand entries, and so
 * ends sessions of people who are still there.
 */
export class SessionStore {
  private readonly entries = new Map<string, Entry>();
  private readonly grants = new Map<string, Set<string>>();
  private readonly sessions = new Map<string, string>();
  private sweepAbove = SWEEP_ABOVE;

  /** The part for a model, as `oidc-provider` asks for it. */
  adapter(model: string): Adapter {
    const key = (id: string) => `${model}:${id}`;
    const find = async (id: string) => this.find(key(id));
    return {
      find,
      findByUid: async (uid) => this.find(this.sessions.get(uid) ?? ''),
      findByUserCode: async () => undefined,
      upsert: async (id, payload, expiresIn) => this.put(model, key(id), payload, expiresIn),
      consume: async (id) => {
        const payload = this.find(key(id));
        if (payload) payload['consumed'] = Math.floor(Date.now() / 1_000);
      },
      destroy: async (id) => this.remove(key(id)),
      revokeByGrantId: async (grantId) => {
        for (const one of this.grants.get(grantId) ?? []) this.entries.delete(one);
        this.grants.delete(grantId);
      },
    };
  }

  private find(key: string): AdapterPayload | undefined {
    const entry = this.entries.get(key);
    if (entry === undefined || entry.until > Date.now()) return entry?.payload;
    this.remove(key);
    return undefined;
  }

  private put(model: string, key: string, payload: AdapterPayload, expiresIn = Number.POSITIVE_INFINITY): void {
    this.entries.set(key, { payload, until: Date.now() + expiresIn * 1_000 });
    if (model === 'Session' && payload.uid !== undefined) this.sessions.set(payload.uid, key);
    if (OF_A_GRANT.has(model) && payload.grantId !== undefined) {
      const members = this.grants.get(payload.grantId) ?? new Set();
      this.grants.set(payload.grantId, members.add(key));
    }
    if (this.entries.size > this.sweepAbove) this.sweep();
  }

  private remove(key: string): void {
    const payload = this.entries.get(key)?.payload;
    this.entries.delete(key);
    if (payload?.uid !== undefined && this.sessions.get(payload.uid) === key) this.sessions.delete(payload.uid);
    const members = this.grants.get(payload?.grantId ?? '');
    members?.delete(key);
    if (members?.size === 0) this.grants.delete(payload?.grantId ?? '');
  }

  private sweep(): void {
    const now = Date.now();
    for (const [key, { until }] of this.entries) if (until <= now) this.remove(key);
    this.sweepAbove = Math.max(SWEEP_ABOVE, 2 * this.entries.size);
  }
}
