/**
 * Every attribute that a log line or metric may carry, in one place: none of them can hold an SSIN, a name or a birth date,
 * and none of a metric has more values than there are services, rpcs, codes and topics.
 */
export const metricAttributes = [
  'rpc',
  'code',
  'caller.kind',
  'service',
  'topic',
  'projection',
  'outcome',
  'reason',
] as const;

export type MetricAttribute = (typeof metricAttributes)[number];

export type Attributes = Readonly<Partial<Record<MetricAttribute, string>>>;
