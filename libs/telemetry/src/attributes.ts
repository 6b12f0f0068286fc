/**
 * Every attribute that a span or a metric may have. None of them can hold an SSIN, a name or a birth date, and none has more values than
 * there are services, rpcs, codes, topics and institutions.
 */
export const attributeNames = [
  /** `/package.Service/Method`. */
  'rpc',
  /** Name of a gRPC code. */
  'code',
  /** `institution`, `service`, or `unknown` when the certificate named nobody. */
  'caller_kind',
  /** Lane of work: `online`, `batch` or `bulk`. */
  'lane',
  /** How a consultation ended, or the status of an HTTP answer. */
  'status',
  /** The pattern of a page's address, `/:language/accesses/:journalId`, or `unknown`. */
  'route',
  /** `GET`, `POST` … */
  'method',
  'outcome',
  /** A reason code: UPPER_SNAKE_CASE, from the code or a registered list. */
  'reason',
  /** Enterprise number of an institution with subscriptions. */
  'subscriber',
  /** Enterprise number of a document provider. */
  'provider',
  'topic',
  /** `main` or `journal`: a log of a service's database. */
  'log',
  /** What a lease is for: the log, a relay, a view. */
  'role',
  /** Type of the stream that is appended to. */
  'stream_type',
  /** How many, in a batch. */
  'events',
] as const;

export type AttributeName = (typeof attributeNames)[number];
