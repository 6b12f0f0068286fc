import { newRequestId } from '@crossroads/grpc';

/** Pseudo-random numbers (Mulberry32), the same for the same seed. */
const randomOf = (seed: number) => (): number => {
  seed = (seed + 0x6d2b79f5) | 0;
  let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
};

type Random = () => number;

/** The share of messages in which texts are long. */
const LONG_TEXTS = 0.2;

/** Values that pass the first validation, and values that must pass none. */
const texts = (known: readonly string[]): readonly (() => string)[] => [
  ...known.map((text) => () => text),
  newRequestId,
  () => '0999000822',
  () => 'person.identification.v1',
  () => 'PCSA:SOCIAL_INQUIRY',
  () => '00000000-0000-0000-0000-000000000000',
  () => '',
  () => '\u0000',
  () => "'; drop table es.events; --",
  () => '\ud83d\ude80'.repeat(40),
  () => '{"$ref":"#"}',
];

/**
 * The messages of a request: random bytes, or protobuf with fields 1 to 12 of every wire type, nested and repeated, with texts that some
 * rpc accepts. Some messages are truncated.
 */
const fuzzed = (random: Random, known: readonly string[]): Buffer[] => {
  const count = random() < 0.8 ? 1 : Math.floor(random() * 4);
  return Array.from({ length: count }, () => {
    if (random() < 0.1) return noise(random, 200);
    // Many long texts would make messages of hundreds of kilobytes, which say no more than one does.
    const long = random() < LONG_TEXTS ? [() => '9'.repeat(70_000)] : [];
    const whole = message(random, [...texts(known), ...long], 0);
    return random() < 0.15 ? whole.subarray(0, Math.floor(random() * whole.length)) : whole;
  });
};

/** A request for any server: which of its rpcs, as a share of their number, and what is sent. */
export interface FuzzedRequest {
  readonly share: number;
  readonly messages: readonly Buffer[];
}

/** Some of their texts are long, so that making them takes longer than answering them: make them once for all servers. */
export const fuzzedRequests = (count: number, seed: number, known: readonly string[]): FuzzedRequest[] => {
  const random = randomOf(seed);
  return Array.from({ length: count }, () => ({ share: random(), messages: fuzzed(random, known) }));
};

const noise = (random: Random, most: number): Buffer =>
  Buffer.from(Array.from({ length: Math.floor(random() * most) }, () => Math.floor(random() * 256)));

const message = (random: Random, from: readonly (() => string)[], depth: number): Buffer => {
  const fields = Array.from({ length: 1 + Math.floor(random() * 7) }, () => field(random, from, depth));
  return Buffer.concat(fields);
};

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

const field = (random: Random, from: readonly (() => string)[], depth: number): Buffer => {
  const number = 1 + Math.floor(random() * (random() < 0.9 ? 8 : 40));
  const kind = random();
  if (kind < 0.15)
    return Buffer.concat([
      varint(number * 8 + VARINT),
      varint(Math.floor(random() * 2 ** (1 + Math.floor(random() * 40)))),
    ]);
  if (kind < 0.18) return Buffer.concat([varint(number * 8 + FIXED64), noise(random, 1), Buffer.alloc(8, 0xff)]);
  if (kind < 0.2) return Buffer.concat([varint(number * 8 + FIXED32), Buffer.alloc(4, 0x7f)]);
  const body = bytes(random, from, depth);
  return Buffer.concat([varint(number * 8 + BYTES), varint(body.length), body]);
};

const bytes = (random: Random, from: readonly (() => string)[], depth: number): Buffer => {
  if (depth < 5 && random() < 0.3) return message(random, from, depth + 1);
  if (random() < 0.1) return noise(random, 60);
  return Buffer.from(from[Math.floor(random() * from.length)]?.() ?? '');
};

const varint = (value: number): Buffer => {
  const out: number[] = [];
  for (let rest = BigInt(value); ; rest >>= 7n) {
    if (rest < 128n) return Buffer.from([...out, Number(rest)]);
    out.push(Number(rest & 127n) | 128);
  }
};
