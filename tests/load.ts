import { setTimeout as delay } from 'node:timers/promises';
import type { Institution } from '@crossroads/client';
import { newRequestId, RemoteError } from '@crossroads/grpc';
import { datePartsOf, dayOf } from '@crossroads/identifiers';
import { IDENTIFICATION, inscribeAll, PURPOSES, WAGES } from '@crossroads/local';
import { status } from '@grpc/grpc-js';
import type { WholeMesh } from './whole-mesh.js';
import { address, since } from './people.js';

/** A change that its source has accepted. */
export interface AcceptedChange {
  readonly ssin: string;
  readonly dataService: string;
  readonly sourceRevision: bigint;
  /** Of a move: its house number, which no other move of the load has. */
  readonly mark: string;
}

/** The results of all calls of a load. */
export interface LoadResult {
  /** Answered consultations. */
  readonly answered: { readonly ticket: string; readonly at: number }[];
  /** How many consultations failed, by reason or code. */
  readonly failed: Map<string, number>;
  /** Accepted changes. */
  readonly accepted: AcceptedChange[];
}

export interface Load {
  readonly result: LoadResult;
  /** Stops the load. Writes in flight are repeated until they are answered. @throws the first final refusal of a write */
  stop(): Promise<LoadResult>;
}

export interface LoadOptions {
  /** Clients that consult identification and wages of one person after another. */
  readonly consulters: number;
  /** Clients that change addresses. Each has its own people, so that it knows the order of changes. */
  readonly movers: number;
  /** Whether the wages source reports changes, too. */
  readonly wages?: boolean;
  /** Pause between two calls of one client. @default 20 */
  readonly pauseMs?: number;
  /** Begins each house number, so that those of two loads differ. @default '' */
  readonly prefix?: string;
  /** How many wages an earlier load has reported. @default 0 */
  readonly wagesBefore?: number;
}

/** Starts clients that consult and change until the load is stopped. */
export const startLoad = (mesh: WholeMesh, ssins: readonly string[], options: LoadOptions): Load => {
  const { consulters, movers, wages = false, pauseMs = 20, prefix = '', wagesBefore = 0 } = options;
  const result: LoadResult = { answered: [], failed: new Map(), accepted: [] };
  const stopping = new AbortController();
  const { signal } = stopping;
  const loop = async (first: number, step: number, work: (ssin: string, n: number) => Promise<void>): Promise<void> => {
    const own = ssins.filter((_, index) => index % step === first);
    for (let n = 0; !signal.aborted; n++) {
      const ssin = own[n % own.length];
      if (ssin === undefined) throw new RangeError('more clients than people');
      await work(ssin, n);
      await delay(pauseMs);
    }
  };
  const running: Promise<void>[] = [
    ...Array.from({ length: consulters }, (_, n) =>
      loop(n, consulters, (ssin) => consultOnce(mesh.as('welfare-office'), ssin, result)),
    ),
    ...Array.from({ length: movers }, (_, mover) =>
      loop(mover, movers, async (ssin, n) => {
        const mark = `${prefix}${mover}-${n}`;
        const sourceRevision = await move(mesh.as('municipality'), ssin, mark);
        result.accepted.push({ ssin, dataService: IDENTIFICATION, sourceRevision, mark });
      }),
    ),
    ...(wages
      ? [
          loop(0, 1, async (_, n) => {
            if (n === 0) await inscribeWithReporter(mesh, ssins);
            const all = wagesBefore + n;
            const ssin = ssins[all % ssins.length] ?? '';
            const sourceRevision = BigInt(1 + Math.floor(all / ssins.length));
            await reportWages(mesh.as('wages-source'), ssin, sourceRevision);
            result.accepted.push({ ssin, dataService: WAGES, sourceRevision, mark: '' });
          }),
        ]
      : []),
  ];
  // A client that ends early is reported by `stop`; until then its rejection must not end this process.
  for (const client of running) client.catch(() => undefined);
  return {
    result,
    stop: async () => {
      stopping.abort();
      await Promise.all(running);
      return result;
    },
  };
};

const consultOnce = async (office: Institution, ssin: string, { answered, failed }: LoadResult): Promise<void> => {
  try {
    const { ticket } = await office.consult({
      ssin,
      legalContext: PURPOSES['welfare-office'].legalContext,
      dataServices: [IDENTIFICATION, WAGES],
    });
    answered.push({ ticket, at: performance.now() });
  } catch (error) {
    const reason = error instanceof RemoteError ? error.reason || `code ${error.code}` : String(error);
    failed.set(reason, (failed.get(reason) ?? 0) + 1);
  }
};

/** Registers a change of address. Repeats it with the same request id until it is answered, as institutions must. */
export const move = (municipality: Institution, ssin: string, houseNumber: string): Promise<bigint> => {
  const requestId = newRequestId();
  const today = datePartsOf(dayOf(new Date()));
  return untilAnswered(async () => {
    const changed = {
      requestId,
      ssin,
      facts: [since(today, address('Kruispuntstraat', houseNumber))],
      expectedSourceRevision: 0n,
    };
    return (await municipality.registry.changePerson(changed)).sourceRevision;
  });
};

/** A reporter has a file on those of whom it reports. */
const inscribeWithReporter = async (mesh: WholeMesh, ssins: readonly string[]): Promise<void> => {
  const { done } = await untilAnswered(() => inscribeAll(mesh.as('wages-source'), 'NSSO:EMPLOYEE', ssins));
  if (!done) throw new Error('the file of inscriptions was cut');
};

const reportWages = (source: Institution, ssin: string, sourceRevision: bigint): Promise<bigint> => {
  const requestId = newRequestId();
  return untilAnswered(async () => {
    const { sourceRevision: accepted } = await source.exchange.reportMutation({
      requestId,
      reporter: '',
      ssin,
      dataService: WAGES,
      sourceRevision,
      changedFieldGroups: ['employer', 'employment', 'amounts'],
      data: { wages: [wageOf(sourceRevision)] },
      effectiveDate: datePartsOf(dayOf(new Date())),
    });
    return accepted;
  });
};

const wageOf = (revision: bigint) => ({
  quarter: '2026-Q1',
  employer: { name: 'Voorbeeld Bouw' },
  employments: [],
  amounts: { grossWage: `${2_000n + revision}.00`, currency: 'EUR' },
});

const GIVE_UP_MS = 90_000;

/** Repeats a call whose result is unknown. Throws a final refusal. */
export const untilAnswered = async <Answer>(call: () => Promise<Answer>): Promise<Answer> => {
  for (const until = performance.now() + GIVE_UP_MS; ; ) {
    try {
      return await call();
    } catch (error) {
      const isTransient =
        error instanceof RemoteError &&
        (error.isOutage || error.code === status.RESOURCE_EXHAUSTED || error.reason === 'CONCURRENT_UPDATE');
      if (!isTransient || performance.now() > until) throw error;
      await delay(100);
    }
  }
};
