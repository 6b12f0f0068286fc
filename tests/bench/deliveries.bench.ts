import { type Bench, type Figure, rounded } from './figure.js';
import { runProgram } from './program.js';

interface Quantiles {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

interface Loop {
  readonly blockedMs: Quantiles;
  readonly delayMs: Quantiles;
}

/** What `services/subscription/test/deliveries.bench.ts` prints. */
interface DeliveryFigures {
  readonly bus: string;
  readonly subscriptions: number;
  readonly steady: {
    readonly offeredPerSecond: number;
    readonly appendedPerSecond: number;
    readonly p50Ms: number;
    readonly p99Ms: number;
    readonly cpuMsADelivery: string;
    readonly loop: Loop;
  };
  readonly meeting: { readonly mutations: number; readonly ms: number; readonly loop: Loop };
  readonly burst: {
    readonly deliveries: number;
    readonly perSecond: number;
    readonly cpuMsADelivery: string;
    readonly loop: Loop;
  };
  readonly bare: { readonly perSecond?: number; readonly cpuMsAMessage: string };
}

/** The subscription service among thousands of subscriptions, with stand-ins for the services that it calls. */
export const deliveries: Bench = {
  name: 'deliveries',
  run: async (report) => {
    const program = ['services', 'subscription', 'dist', 'test', 'deliveries.bench.js'];
    const { bus, subscriptions, steady, meeting, burst, bare } = await runProgram<DeliveryFigures>(program, (line) =>
      report(`deliveries: ${line}`),
    );
    const among = `among ${rounded(subscriptions)} subscriptions, five deliveries each, ${bus}`;
    return [
      {
        what: `mutation → delivery at ${steady.offeredPerSecond}/s`,
        measured: `p50 ${rounded(steady.p50Ms)} ms, p99 ${rounded(steady.p99Ms)} ms`,
        against: `${among}; ${rounded(steady.appendedPerSecond)}/s were appended`,
        goal: 'p99 ≤ 500 ms',
        reached: steady.p99Ms <= 500,
        details: `cpu ms a delivery: ${steady.cpuMsADelivery}; ${loopOf(steady.loop)}`,
      },
      {
        what: `event loop, ${rounded(meeting.mutations)} mutations`,
        measured: `blocked at most ${meeting.loop.blockedMs.max.toFixed(1)} cpu ms`,
        against: `${among}, all at once; delivered after ${rounded(meeting.ms)} ms`,
        goal: '≤ 50 cpu ms',
        reached: meeting.loop.blockedMs.max <= 50,
        details: loopOf(meeting.loop),
      },
      burstFigure(burst, bare),
    ];
  },
};

const burstFigure = (
  { deliveries: count, perSecond, cpuMsADelivery, loop }: DeliveryFigures['burst'],
  bare: DeliveryFigures['bare'],
): Figure => ({
  what: `${rounded(count)} deliveries at once`,
  measured: `${rounded(perSecond)}/s`,
  against:
    bare.perSecond === undefined ? 'the embedded log' : `kafkajs alone, to one topic, ${rounded(bare.perSecond)}/s`,
  ...(bare.perSecond === undefined ? {} : { ratio: perSecond / bare.perSecond }),
  goal: '≥ 5,000/s',
  reached: perSecond >= 5_000,
  details: `cpu ms a delivery: ${cpuMsADelivery}; ${loopOf(loop)}; kafkajs alone, cpu ms a message: ${bare.cpuMsAMessage}`,
});

const loopOf = ({ blockedMs, delayMs }: Loop): string =>
  `event loop blocked p99 ${blockedMs.p99.toFixed(1)}, at most ${blockedMs.max.toFixed(1)} cpu ms; timers late p99 ${rounded(delayMs.p99)} ms`;
