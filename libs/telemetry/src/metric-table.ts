import type { AttributeName } from './attributes.js';

interface Metric {
  readonly kind: 'counter' | 'histogram' | 'gauge';
  /** UCUM: `s`, `By`, `1` for a ratio; `{things}` for a count, which Prometheus' names leave out. */
  readonly unit: string;
  readonly says: string;
  readonly by: readonly AttributeName[];
}

const metric = <Kind extends Metric['kind'], By extends AttributeName = never>(
  kind: Kind,
  unit: string,
  says: string,
  ...by: readonly By[]
): { readonly kind: Kind; readonly unit: string; readonly says: string; readonly by: readonly By[] } => ({
  kind,
  unit,
  says,
  by,
});

/**
 * Every metric of the mesh. Dashboards and alert rules use these names, in Prometheus' form: underscores for dots, and `_total` after
 * counters.
 */
export const METRICS = {
  // The four golden signals: latency, traffic, errors, saturation.
  'crossroads.call.duration.seconds': metric(
    'histogram',
    's',
    'Calls served, from the certificate to the answer, without health and watches',
    'rpc',
    'code',
    'caller_kind',
  ),
  'crossroads.calls_in_flight': metric('gauge', '{calls}', 'Calls that are being served', 'rpc'),
  'crossroads.calls_limited': metric(
    'counter',
    '{calls}',
    "Calls beyond a caller's limits, or those of the process (OVERLOAD)",
    'rpc',
    'reason',
  ),
  'crossroads.lane.calls': metric(
    'counter',
    '{calls}',
    'Calls that were ADMITTED, QUEUED or REFUSED',
    'lane',
    'outcome',
  ),
  'crossroads.lane.calls_in_flight': metric('gauge', '{calls}', 'Calls that take room of a lane of work', 'lane'),
  'crossroads.lane.calls_queued': metric('gauge', '{calls}', 'Calls that wait for room', 'lane'),
  'crossroads.event_loop.utilization.ratio': metric('gauge', '1', 'Share of time in which the event loop was busy'),
  'crossroads.event_loop.delay.seconds': metric('gauge', 's', 'How late timers were, 99th percentile'),
  'crossroads.resident_memory.bytes': metric('gauge', 'By', 'Memory of the process'),
  'crossroads.database_pool.waiting': metric('gauge', '{requests}', 'Requests that wait for a database connection'),
  'crossroads.database_pool.in_use': metric('gauge', '{connections}', 'Database connections that work'),
  // The domain.
  'crossroads.consultation.duration.seconds': metric(
    'histogram',
    's',
    'Consultations: DATA_FOUND, NO_DATA_FOUND, NO_RESULT, REFUSED or FAILED',
    'status',
  ),
  'crossroads.decisions': metric(
    'counter',
    '{decisions}',
    'Decisions on one data service for one person: ALLOWED or REFUSED',
    'outcome',
    'reason',
  ),
  'crossroads.delivery_lag.messages': metric(
    'gauge',
    '{messages}',
    "Numbered deliveries that are not on the subscriber's topic yet",
    'subscriber',
  ),
  'crossroads.delivery_lag.seconds': metric('gauge', 's', 'Age of the oldest of them', 'subscriber'),
  'crossroads.directory_waits': metric(
    'counter',
    '{answers}',
    'Answers of the directory that had not followed the person registry so far as the asker, who asks again',
  ),
  'crossroads.delivery_age.seconds': metric('gauge', 's', 'Age of the oldest delivery that is kept for replay'),
  'crossroads.snapshot_persons': metric('gauge', '{persons}', 'Persons of running snapshots who have not come yet'),
  'crossroads.snapshot_persons_waiting': metric(
    'gauge',
    '{persons}',
    'Those of them for whom the source did not answer when it was last asked',
  ),
  'crossroads.deliveries_pruned': metric('counter', '{deliveries}', 'Deliveries deleted at the end of their retention'),
  'crossroads.provider_event_lag.messages': metric(
    'gauge',
    '{messages}',
    "Events of a document provider's messages that are not on its topic yet",
    'provider',
  ),
  'crossroads.provider_event_lag.seconds': metric('gauge', 's', 'Age of the oldest of them', 'provider'),
  'crossroads.timer_delay.seconds': metric('gauge', 's', 'How long the oldest timer of a message is overdue'),
  'crossroads.journal_age.seconds': metric(
    'gauge',
    's',
    'Age of the oldest event of the access journal that is not on the bus yet',
  ),
  'crossroads.receipts_outstanding': metric(
    'gauge',
    '{receipts}',
    'Receipts whose access record is not on the bus yet, counted up to 100,000',
  ),
  'crossroads.audit_age.seconds': metric(
    'gauge',
    's',
    'How old the oldest record of the newest batch was when it was taken into the access log',
  ),
  'crossroads.deliveries_parked': metric('gauge', '{messages}', 'Messages that wait for somebody to look', 'topic'),
  'crossroads.messages_refused': metric(
    'counter',
    '{messages}',
    'Messages of the broker that the producer of their topic did not seal',
    'topic',
    'reason',
  ),
  'crossroads.deliveries_lost_at_source': metric(
    'gauge',
    '{deliveries}',
    'Deliveries of mutations that their source lost when it was restored to an older state',
  ),
  'crossroads.log.forked': metric(
    'gauge',
    '{partitions}',
    "Partitions that stopped because their publisher's log was restored to an older state",
    'topic',
  ),
  'crossroads.log.gaps_filled': metric('counter', '{gaps}', 'Gaps that were filled from the publisher', 'topic'),
  'crossroads.log.trimmed': metric(
    'counter',
    '{partitions}',
    'Partitions of which events were archived before they were read',
    'topic',
  ),
  'crossroads.log.withheld': metric(
    'counter',
    '{events}',
    'Events that their publisher has had for an hour, and that the broker did not deliver',
    'topic',
  ),
  'crossroads.consumer.lag.seconds': metric(
    'gauge',
    's',
    'Age of the oldest event that was received and is not taken yet',
    'topic',
  ),
  'crossroads.open_download_age.seconds': metric('gauge', 's', 'Age of the oldest download without an outcome'),
  'crossroads.documents_failed': metric(
    'counter',
    '{documents}',
    'Documents that their provider did not deliver, or not as it had published them',
    'provider',
    'reason',
  ),
  'crossroads.publications': metric(
    'counter',
    '{messages}',
    'Messages that were to be published: ACCEPTED or REFUSED',
    'outcome',
    'reason',
  ),
  'crossroads.policy_age.seconds': metric(
    'gauge',
    's',
    'For how long nobody has confirmed that the policy here is in force',
  ),
  'crossroads.policy_forked': metric(
    'gauge',
    '{policies}',
    'Is 1 where the policy is not a part of the history that authorization has',
  ),
  'crossroads.policy_rolled_back': metric(
    'gauge',
    '{policies}',
    'Is 1 where authorization offers an older policy than was held',
  ),
  'crossroads.policy_needs_newer_version': metric(
    'gauge',
    '{policies}',
    'Is 1 where the policy has something that this version does not know',
  ),
  'crossroads.broker_rights.age.seconds': metric(
    'gauge',
    's',
    'Time since topics and rights on the broker were last equal to the policy, in the broker-keeper',
  ),
  'crossroads.broker_rights.corrected': metric(
    'counter',
    '{rights}',
    'Rights on the broker that were granted or removed',
    'outcome',
  ),
  'crossroads.policy_revision': metric('gauge', '{revision}', 'Revision of the policy in force here'),
  // The portal.
  'crossroads.http.request.duration.seconds': metric(
    'histogram',
    's',
    'Answers to browsers, by the pattern of their route: never by a URL, which names a line or a message',
    'route',
    'method',
    'status',
  ),
  'crossroads.sign_ins': metric(
    'counter',
    '{logins}',
    'Sign-ins that SUCCEEDED, were REFUSED, or FAILED (PROVIDER_AWAY)',
    'outcome',
    'reason',
  ),
  'crossroads.sessions': metric('gauge', '{sessions}', 'Sessions of citizens that have not ended'),
  // The logs: partitions, leases, and how far each step is.
  'crossroads.log.partitions_held': metric('gauge', '{partitions}', 'Partitions whose lease this process has', 'log'),
  'crossroads.log.stamp_lag.seconds': metric('gauge', 's', 'Age of the oldest event without a position', 'log'),
  'crossroads.log.needs_newer_version': metric(
    'gauge',
    '{partitions}',
    'Partitions that this process gave back because of an event that its version does not know',
  ),
  'crossroads.relay.lag.seconds': metric(
    'gauge',
    's',
    'Age of the oldest event that has its position and is not on the topic yet',
    'topic',
  ),
  'crossroads.leases.lost': metric(
    'counter',
    '{leases}',
    'Leases that ran out, or that another process took, before they were given back',
    'role',
  ),
  'crossroads.subject_keys.missing': metric(
    'gauge',
    '{persons}',
    'Persons whose key was asked for in the last minute, and who have neither a key nor a tombstone',
  ),
  'crossroads.relay_errors': metric('counter', '{errors}', 'Attempts to publish that failed', 'topic'),
} as const;

type Metrics = typeof METRICS;

export type MetricName = keyof Metrics;

/** Metrics of one kind. */
export type NameOf<Kind extends Metric['kind']> = {
  [Name in MetricName]: Metrics[Name]['kind'] extends Kind ? Name : never;
}[MetricName];

/** The attributes that a value of a metric needs. */
export type Labels<Name extends MetricName> = Readonly<Record<Metrics[Name]['by'][number], string>>;

/** Its name in Prometheus. */
export const prometheusName = (name: MetricName): string =>
  `${name.replaceAll('.', '_')}${METRICS[name].kind === 'counter' ? '_total' : ''}`;
