import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

export interface Span {
  readonly service: string;
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for the root span of a trace. */
  readonly parentId: string;
  readonly attributes: ReadonlyMap<string, string>;
}

/** A data point of a metric. */
export interface Metric {
  readonly service: string;
  readonly name: string;
  readonly unit: string;
  readonly attributes: ReadonlyMap<string, string>;
  /** The value of a gauge or counter, or the count of a histogram. */
  readonly value: number;
}

/** The parts of OTLP messages (opentelemetry-proto 1.x) that the tests read. */
type Fields = ReadonlyMap<number, readonly Uint8Array[]>;

/** Requests of exporters all have the same structure: resource, scope, content. */
const inEachScope = <Item>(request: Uint8Array, read: (service: string, item: Fields) => Item[]): Item[] =>
  messages(fieldsOf(request), 1).flatMap((ofResource) => {
    const [resource] = messages(ofResource, 1);
    const service = attributesOf(resource ?? new Map(), 1).get('service.name') ?? '';
    return messages(ofResource, 2).flatMap((scope) => messages(scope, 2).flatMap((item) => read(service, item)));
  });

export const spansIn = (request: Uint8Array): Span[] =>
  inEachScope(request, (service, span) => [
    {
      service,
      name: textOf(span, 5),
      traceId: hexOf(span, 1),
      spanId: hexOf(span, 2),
      parentId: hexOf(span, 4),
      attributes: attributesOf(span, 9),
    },
  ]);

const [GAUGE, SUM, HISTOGRAM] = [5, 7, 9];

export const metricsIn = (request: Uint8Array): Metric[] =>
  inEachScope(request, (service, metric) => {
    const named = { service, name: textOf(metric, 1), unit: textOf(metric, 3) };
    const numbers = [...messages(metric, GAUGE), ...messages(metric, SUM)].flatMap((data) =>
      messages(data, 1).map((point) => ({
        ...named,
        attributes: attributesOf(point, 7),
        value: numberOf(point, [4, 6]),
      })),
    );
    const histograms = messages(metric, HISTOGRAM).flatMap((data) =>
      messages(data, 1).map((point) => ({ ...named, attributes: attributesOf(point, 9), value: numberOf(point, [4]) })),
    );
    return [...numbers, ...histograms];
  });

const fieldsOf = (bytes: Uint8Array): Fields => {
  const reader = new BinaryReader(bytes);
  const fields = new Map<number, Uint8Array[]>();
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    const from = reader.pos;
    const value = type === WireType.LengthDelimited ? reader.bytes() : undefined;
    if (value === undefined) reader.skip(type);
    fields.set(field, [...(fields.get(field) ?? []), value ?? bytes.subarray(from, reader.pos)]);
  }
  return fields;
};

const messages = (fields: Fields, field: number): Fields[] => (fields.get(field) ?? []).map(fieldsOf);

const textOf = (fields: Fields, field: number): string => Buffer.from(fields.get(field)?.[0] ?? []).toString('utf8');

const hexOf = (fields: Fields, field: number): string => Buffer.from(fields.get(field)?.[0] ?? []).toString('hex');

/** Attributes whose values are texts or integers. */
const attributesOf = (fields: Fields, field: number): Map<string, string> =>
  new Map(
    messages(fields, field).map((pair) => {
      const [value] = messages(pair, 2);
      const whole = value?.get(3)?.[0];
      return [textOf(pair, 1), whole ? String(new BinaryReader(whole).int64()) : textOf(value ?? new Map(), 1)];
    }),
  );

/** A double or a fixed 64-bit integer, depending on the field. */
const numberOf = (fields: Fields, either: readonly number[]): number => {
  for (const field of either) {
    const bytes = fields.get(field)?.[0];
    if (bytes === undefined) continue;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return field === 4 && either.length > 1 ? view.getFloat64(0, true) : Number(view.getBigInt64(0, true));
  }
  return 0;
};
