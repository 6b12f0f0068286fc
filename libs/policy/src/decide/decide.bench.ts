import type { PolicyEntity } from '@crossroads/contracts/authorization/v1/policy';
import { withCbeCheck } from '@crossroads/identifiers';
import {
  application,
  dataService,
  day,
  deliberation,
  grant,
  institution,
  peerOf,
  period,
  wages,
} from './decide.examples.js';
import { decide, type Question } from './decide.js';
import { PolicyIndex } from './policy.js';

const INSTITUTIONS = 3_000;
const DATA_SERVICES = 50;
const DELIBERATIONS = 10_000;
const GRANTS_OF_ONE = 10;
const LEGAL_CONTEXTS = 40;
const QUESTIONS = 20_000;

export interface DecisionFigures {
  readonly deliberations: number;
  readonly grants: number;
  readonly decisions: number;
  /** Of those decided, so that nobody measures refusals only. */
  readonly allowed: number;
  readonly perSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly cpuMsPerDecision: number;
  /** One deliberation more, with its ten grants. */
  readonly applyP99Us: number;
  readonly compileMs: number;
}

/** One process, one thread, in memory: 10,000 deliberations with 100,000 grants, questions of all kinds. */
export const benchDecision = (rounds = 10): DecisionFigures => {
  const random = generator(7);
  const pick = <Value>(from: readonly Value[]): Value => from[Math.floor(random() * from.length)] ?? fail();
  const numbers = Array.from({ length: INSTITUTIONS }, (_, index) => withCbeCheck(`0${String(2_000_000 + index)}`));
  const services = Array.from({ length: DATA_SERVICES }, (_, index) => `demo.service-${index}.v1`);
  const contexts = Array.from({ length: LEGAL_CONTEXTS }, (_, index) => `DEMO:PURPOSE_${index}`);

  const granted: Question[] = [];
  const deliberationOf = (index: number): PolicyEntity => {
    // Some recipients have many deliberations, most a few.
    const recipient = pick(numbers.slice(0, Math.ceil(random() * random() * INSTITUTIONS)));
    const grants = Array.from({ length: GRANTS_OF_ONE }, () => {
      const [name, legalContext] = [pick(services), pick(contexts)];
      granted.push({
        customer: recipient,
        peer: peerOf(recipient),
        dataService: name,
        requestedFieldGroups: ['employer', 'amounts'],
        legalContext,
        inscriptionContexts: ['PCSA:LIVING_WAGE'],
        mode: 'online',
        day: day('2026-06-15'),
      });
      const validity = period('2026-01-01', random() < 0.9 ? undefined : '2026-03-01');
      return grant({ dataService: name, legalContexts: [legalContext], validity });
    });
    return deliberation(`d${index}`, grants, { recipient });
  };
  const entities = [
    ...numbers.flatMap((number) => [institution(number), application(number, `key of ${number}`)]),
    ...services.map((name) => dataService({ ...wages, dataService: name })),
    ...Array.from({ length: DELIBERATIONS }, (_, index) => deliberationOf(index)),
  ];

  const compiling = performance.now();
  const policy = PolicyIndex.of(entities, 1n);
  const compileMs = performance.now() - compiling;

  const questions = Array.from({ length: QUESTIONS }, (_, index) => {
    const question = pick(granted);
    return index % 10 === 0
      ? { ...question, legalContext: pick(contexts), inscriptionContexts: ['PCSA:X', 'PCSA:Y'] }
      : question;
  });
  let allowed = 0;
  const times = new Float64Array(QUESTIONS * rounds);
  const warmUp = () => questions.forEach((question) => void decide(policy, question));
  for (let round = 0; round < 3; round++) warmUp();
  const cpu = process.cpuUsage();
  for (let round = 0; round < rounds; round++)
    questions.forEach((question, index) => {
      const start = performance.now();
      if (decide(policy, question).allowed) allowed += 1;
      times[round * QUESTIONS + index] = performance.now() - start;
    });
  const used = process.cpuUsage(cpu);

  const changes = Array.from({ length: 1_000 }, (_, index) => deliberationOf(index)).map((entity) => {
    const start = performance.now();
    policy.apply(entity, policy.revision + 1n);
    return performance.now() - start;
  });
  const total = times.reduce((sum, time) => sum + time, 0);
  return {
    deliberations: DELIBERATIONS,
    grants: DELIBERATIONS * GRANTS_OF_ONE,
    decisions: times.length,
    allowed,
    perSecond: Math.round(times.length / (total / 1_000)),
    p50Us: percentile(times, 0.5) * 1_000,
    p99Us: percentile(times, 0.99) * 1_000,
    cpuMsPerDecision: (used.user + used.system) / 1_000 / times.length,
    applyP99Us: percentile(Float64Array.from(changes), 0.99) * 1_000,
    compileMs,
  };
};

const percentile = (values: Float64Array, share: number): number =>
  values.toSorted()[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0;

const fail = (): never => {
  throw new RangeError('nothing to pick from');
};

/** Mulberry32: the same policy and the same questions each time. */
const generator = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
};
