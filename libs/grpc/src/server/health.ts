import { service as definition } from 'grpc-health-check';
import { NotFound } from '../errors/failures.js';
import type { Call } from './call.js';
import { ReadinessMonitor, type Readiness } from './readiness.js';
import { type ServedService, serve } from './service.js';

type ServingStatus = 'SERVING' | 'NOT_SERVING' | 'SERVICE_UNKNOWN';

const requestedService = (request: unknown): string => {
  const service: unknown = typeof request === 'object' && request !== null ? Reflect.get(request, 'service') : '';
  return typeof service === 'string' ? service : '';
};

/**
 * grpc.health.v1 for the whole server (the empty name) and each of its services, which share one state. `HealthImplementation` of
 * grpc-health-check serves the port without TLS; it does not fit here, since it cannot end its `Watch` calls, and a server that
 * stops would wait for each of them until the time-out.
 */
export class Health {
  private serving = false;
  private stopped = false;
  private timer: NodeJS.Timeout | undefined;
  private readonly changed = new Set<() => void>();
  private readonly refreshed = new Set<() => void>();
  private readonly checks: ReadinessMonitor;

  constructor(
    private readonly services: readonly string[],
    readiness: Readiness,
    private readonly everyMs: number,
  ) {
    this.checks = new ReadinessMonitor(readiness);
  }

  get isServing(): boolean {
    return this.serving;
  }

  /** The latest result of each check, by name. */
  results(): ReadonlyMap<string, boolean> {
    return this.checks.results();
  }

  /** Calls the listener after each round of checks, and at the stop. Returns the function that removes it. */
  onRefresh(listener: () => void): () => void {
    this.refreshed.add(listener);
    return () => void this.refreshed.delete(listener);
  }

  /** Runs the checks now, and then periodically. */
  async start(): Promise<void> {
    await this.refresh();
    const next = () => {
      this.timer = setTimeout(() => void this.refresh().then(() => this.stopped || next()), this.everyMs).unref();
    };
    if (!this.stopped) next();
  }

  /** Runs the checks now. */
  async refresh(): Promise<void> {
    const ready = await this.checks.refresh();
    this.set(ready && !this.stopped);
  }

  /** From now on NOT_SERVING. */
  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    this.set(false);
  }

  served(): ServedService {
    const implementation = {
      check: async (request: unknown) => {
        const status = this.statusOf(requestedService(request));
        if (status === 'SERVICE_UNKNOWN')
          throw new NotFound('UNKNOWN_SERVICE', 'this server does not serve a service of that name');
        return { status };
      },
      watch: (request: unknown, { signal }: Call) => this.watch(requestedService(request), signal),
      list: async () => ({
        statuses: Object.fromEntries(['', ...this.services].map((name) => [name, { status: this.statusOf(name) }])),
      }),
    };
    return serve(methodsByName(), implementation, {
      allow: { check: ['any'], watch: ['any'], list: ['any'] },
      endless: ['watch'],
    });
  }

  private async *watch(service: string, signal: AbortSignal): AsyncGenerator<{ status: ServingStatus }> {
    for (;;) {
      const status = this.statusOf(service);
      yield { status };
      while (!signal.aborted && status === this.statusOf(service)) await this.nextChange(signal);
      if (signal.aborted) return;
    }
  }

  private nextChange(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.changed.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.changed.add(done);
      signal.addEventListener('abort', done);
    });
  }

  private statusOf(service: string): ServingStatus {
    if (service !== '' && !this.services.includes(service)) return 'SERVICE_UNKNOWN';
    return this.serving ? 'SERVING' : 'NOT_SERVING';
  }

  private set(serving: boolean): void {
    const changed = serving !== this.serving;
    this.serving = serving;
    if (changed) for (const notify of this.changed) notify();
    for (const notify of this.refreshed) notify();
  }
}

/** The definition of grpc-health-check has names as in the proto file (`Check`); `serve` takes lower camel case. */
const methodsByName = () => {
  const { Check: check, Watch: watch, List: list } = definition;
  if (!check || !watch || !list) throw new TypeError('grpc-health-check has no grpc.health.v1.Health');
  return {
    check: { ...check, requestStream: false, responseStream: false },
    watch: { ...watch, requestStream: false, responseStream: true },
    list: { ...list, requestStream: false, responseStream: false },
  } as const;
};
