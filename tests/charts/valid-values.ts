import fc from 'fast-check';
import { type Change, LEAVES, valuesFor } from './schema-arbitrary.js';

/** Paths that are independent of others: every value that fits the schema is valid there. */
const INDEPENDENT = [
  /^global\.(imageRegistry|imagePullPolicy|imagePullSecrets|secretsRevision)$/,
  /^migrations\.(backoffLimit|activeDeadlineSeconds|contract)$/,
  /^retention\.(enabled|serviceAccountAnnotations|backoffLimit|activeDeadlineSeconds)$/,
  /^services\.[^.]+\.(podAnnotations|serviceAccountAnnotations|nodeSelector|tolerations|priorityClassName|spread\..+|limits\.(callsPerSecond|concurrentCalls)|secrets\..+)$/,
  /^services\.[^.]+\.image\.(repository|digest)$/,
  /^kafka\.strimzi\.(apiVersion|namespace|retentionDays)$/,
  /^postgresql\.(port|caSecret|cloudNativePg\.(imageName|parameters|operatorNamespace|monitoringPeers|(walS|s)torage\..+))$/,
  /^postgresql\.cloudNativePg\.backup\.(endpoint|credentialsSecret|serviceAccountAnnotations|schedule|retentionPolicy)$/,
  /^ingress\.(className|annotations|controller\..+)$/,
  /^portal\.(deliberationUrl|trustedProxies|signIn\.(acr|caSecret|otherPorts)|ingress\.(className|annotations|controller\..+))$/,
  /^networkPolicies\.dns\..+$/,
  /^telemetry\.(sampling|logLevel|boards\..+|rules\..+)$/,
  /^test\.(image|certificateSecret|requestSecret)$/,
];

const independent: fc.Arbitrary<Change> = fc
  .constantFrom(...LEAVES.filter(({ path }) => INDEPENDENT.some((pattern) => pattern.test(path.join('.')))))
  .chain(({ path, schema }) => valuesFor(schema).map((value) => ({ path, value })))
  // The test requires the names of its Secrets.
  .filter(({ path, value }) => path[0] !== 'test' || value !== '');

const service = fc.constantFrom('authorization', 'person-registry', 'exchange', 'subscription', 'access-audit');
const megabytes = fc.integer({ min: 64, max: 4096 });
const at = (path: string, value: unknown): Change => ({ path: path.split('.'), value });

/** For any number of pods of one service. */
const CONNECTIONS = [
  at('postgresql.maxConnections', 5_000),
  ...['main', 'journal', 'keys'].map((cluster) =>
    at(`postgresql.cloudNativePg.clusters.${cluster}.maxConnections`, 5_000),
  ),
];

const scaling = fc
  .record({ name: service, least: fc.integer({ min: 2, max: 6 }), more: fc.integer({ min: 0, max: 20 }) })
  .map(({ name, least, more }) => [
    at(`services.${name}.autoscaling`, { enabled: true, minReplicas: least, maxReplicas: least + more }),
    at(`services.${name}.disruption`, { enabled: true, minAvailable: least - 1 }),
    ...CONNECTIONS,
  ]);

const pods = fc
  .record({ name: service, replicas: fc.integer({ min: 2, max: 9 }) })
  .map(({ name, replicas }) => [
    at(`services.${name}.replicas`, replicas),
    at(`services.${name}.autoscaling.enabled`, false),
    at(`services.${name}.disruption.enabled`, true),
    ...CONNECTIONS,
  ]);

const memory = fc
  .record({ name: service, request: megabytes, more: megabytes })
  .map(({ name, request, more }) => [
    at(`services.${name}.resources.requests.memory`, `${request}Mi`),
    at(`services.${name}.resources.limits.memory`, `${request + more}Mi`),
  ]);

/** Fewer than a pool has connections. */
const lanes = fc
  .record({
    name: service,
    batchCalls: fc.integer({ min: 1, max: 4 }),
    bulkCalls: fc.integer({ min: 1, max: 5 }),
    online: fc.integer({ min: 1, max: 5_000 }),
  })
  .map(({ name, batchCalls, bulkCalls, online }) => [
    at(`services.${name}.limits`, { batchCalls, bulkCalls, callsInFlight: batchCalls + bulkCalls + online }),
  ]);

/** No more than months open, or more. */
const retention = fc
  .record({ openMonths: fc.integer({ min: 2, max: 12 }), more: fc.integer({ min: 1, max: 100 }), claim: fc.boolean() })
  .map(({ openMonths, more, claim }) => [
    at('retention', {
      openMonths,
      keptMonths: claim ? openMonths + more : 0,
      schedule: '15 3 * * 1,3,5',
      archive: {
        claim: claim ? 'archive' : '',
        s3: { bucket: '', endpoint: '', region: '', credentialsSecret: '', peers: [] },
      },
    }),
  ]);

const stopping = fc
  .record({ name: service, drainMs: fc.integer({ min: 0, max: 10_000 }) })
  .map(({ name, drainMs }) => [
    at(`services.${name}.drainMs`, drainMs),
    at(`services.${name}.terminationGracePeriodSeconds`, Math.ceil(drainMs / 1000) + 20),
  ]);

const environment = fc
  .record({
    name: service,
    value: fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constantFrom('no', '1e3', 'a: b')),
  })
  .map(({ name, value }) => [at(`services.${name}.env`, { BUS_GRACE_MS: value, Y: value })]);

const kafka = fc
  .record({
    ports: fc.uniqueArray(fc.integer({ min: 1, max: 65_535 }), { minLength: 1, maxLength: 3 }),
    replicas: fc.integer({ min: 2, max: 5 }),
  })
  .map(({ ports, replicas }) => [
    at(
      'kafka.brokers',
      ports.map((port) => `broker-${port}.example.org:${port}`),
    ),
    at('kafka.strimzi.replicas', replicas),
    at('kafka.strimzi.minInsyncReplicas', replicas - 1 || 1),
  ])
  .filter(([, , inSync]) => inSync?.value !== 1);

const question = fc
  .record({
    legalContext: fc.string({ minLength: 1 }),
    dataServices: fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1 }),
  })
  .map(({ legalContext, dataServices }) => [
    at('test.legalContext', legalContext),
    at('test.dataServices', dataServices),
  ]);

/** Changes that are valid in every profile. */
export const valid: fc.Arbitrary<readonly Change[]> = fc
  .tuple(
    fc.array(independent, { maxLength: 4 }),
    fc.array(fc.oneof(scaling, pods, memory, lanes, retention, stopping, environment, kafka, question), {
      maxLength: 2,
    }),
  )
  .map(([single, groups]) => [...single, ...groups.flat()]);
