import { setTimeout as delay } from 'node:timers/promises';
import type { Institution } from '@crossroads/client';
import { newRequestId, RemoteError } from '@crossroads/grpc';
import { datePartsOf, dayOf } from '@crossroads/identifiers';
import { IDENTIFICATION, PURPOSES, WAGES } from '@crossroads/local';
import { status } from '@grpc/grpc-js';
import type { WholeMesh } from './whole-mesh.js';
import { address, since } from './people.js';

/** What clients were told while the load ran. */
export interface Told {
  /** Tickets of consultations that were answered, with when. */
  readonly answered: { readonly ticket: string; readonly at: number }[];
  /** Consultations that were not: how many, by reason or code. */
  readonly failed: Map<string, number>;
  /** Changes that were accepted. */
  readonly accepted: { readonly ssin: string; readonly dataService: string; readonly sourceRevision: bigint }[];
}

export interface Load {
  readonly told: Told;
  /** Ends it; writes that are under way are repeated until their answer is known. */
  stop(): Promise<Told>;
}

export interface LoadOptions {
  /** Each asks about the people in turn, identification and wages. */
  readonly consulters: number;
  /** Each moves people of its own, so that it knows their order. */
  readonly movers: number;
  /** Whether the wages source reports changes, too. */
  readonly wages?: boolean;
  /** Between two requests of one client, so that the load is bounded. @default 20 */
  readonly pauseMs?: number;
}

/** Consultations and changes from several clients until it is stopped. */
export const startLoad = (mesh: WholeMesh, ssins: readonly string[], options: LoadOptions): Load => {
  const { consulters, movers, wages = false, pauseMs = 20 } = options;
  const told: Told = { answered: [], failed: new Map(), accepted: [] };
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
  const running = [
    ...Array.from({ length: consulters }, (_, n) =>
      loop(n, consulters, (ssin) => consultOnce(mesh.as('welfare-office'), ssin, told)),
    ),
    ...Array.from({ length: movers }, (_, n) =>
      loop(n, movers, async (ssin, turn) => {
        const sourceRevision = await move(mesh.as('municipality'), ssin, `${n}-${turn}`);
        told.accepted.push({ ssin, dataService: IDENTIFICATION, sourceRevision });
      }),
    ),
    ...(wages
      ? [
          loop(0, 1, async (ssin, turn) => {
            const sourceRevision = BigInt(1 + Math.floor(turn / ssins.length));
            await reportWages(mesh.as('wages-source'), ssin, sourceRevision);
            told.accepted.push({ ssin, dataService: WAGES, sourceRevision });
          }),
        ]
      : []),
  ];
  return {
    told,
    stop: async () => {
      stopping.abort();
      await Promise.all(running);
      return told;
    },
  };
};

const consultOnce = async (office: Institution, ssin: string, { answered, failed }: Told): Promise<void> => {
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

/** As an institution must: the same request id until there is an answer. */
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

/** Repeats what may have happened or not. What was refused for good is thrown. */
const untilAnswered = async <Answer>(call: () => Promise<Answer>): Promise<Answer> => {
  for (const until = performance.now() + GIVE_UP_MS; ; ) {
    try {
      return await call();
    } catch (error) {
      const passing =
        error instanceof RemoteError &&
        (error.isOutage || error.code === status.RESOURCE_EXHAUSTED || error.reason === 'CONCURRENT_UPDATE');
      if (!passing || performance.now() > until) throw error;
      await delay(100);
    }
  }
};
