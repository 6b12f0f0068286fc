import { callersOf, SERVICES } from '@crossroads/topology';
import { describe, expect, it } from '@jest/globals';
import { HELM, sentences, template } from './helm.js';
import { skipped } from './rendered.js';

const sorted = (names: readonly string[]) => [...names].toSorted((a, b) => a.localeCompare(b));

if (HELM === undefined) skipped('no helm: what the chart says of wrong values is not tried');
const withHelm = HELM === undefined ? it.skip : it;

describe('values of the wrong shape', () => {
  withHelm.each([
    ['services.exchange.replica', 2, "at '/services/exchange': additional properties 'replica' not allowed"],
    ['services.Exchange', {}, "at '/services': additional properties 'Exchange' not allowed"],
    ['global.mode', 'prod', "at '/global/mode': value must be one of 'development', 'production'"],
    ['services.exchange.replicas', '2', "at '/services/exchange/replicas': got string, want integer"],
    ['services.exchange.replicas', 0, "at '/services/exchange/replicas': minimum: got 0, want 1"],
    [
      'services.ebox.documentStore.s3.endpoint',
      's3.example.org',
      "at '/services/ebox/documentStore/s3/endpoint': 's3.example.org' does not match pattern",
    ],
    [
      'services.ebox.documentStore.volume.size',
      '20',
      "at '/services/ebox/documentStore/volume/size': '20' does not match pattern",
    ],
    [
      'services.ebox.documentStore.files',
      '/tmp',
      "at '/services/ebox/documentStore': additional properties 'files' not allowed",
    ],
    ['defaults.documentStore.s3', null, "at '/defaults/documentStore': missing property 's3'"],
    ['services.exchange.receipts', 'yes', "at '/services/exchange/receipts': value must be one of '', 'sign', 'check'"],
    ['kafka.strimzi', null, "at '/kafka': missing property 'strimzi'"],
    ['defaults.limits', null, 'missing property'],
    ['services.exchange.limits.bulkCalls', 0, "at '/services/exchange/limits/bulkCalls': minimum: got 0, want 1"],
    ['services.exchange.limits.onlineCalls', 9, "additional properties 'onlineCalls' not allowed"],
    ['defaults.limits.bulkCalls', null, "at '/defaults/limits': missing property 'bulkCalls'"],
    ['migrations.contract', 'later', "at '/migrations/contract': got string, want boolean"],
    ['retention.openMonths', 1, "at '/retention/openMonths': minimum: got 1, want 2"],
    ['retention.schedule', '60 4 * * *', "at '/retention/schedule': '60 4 * * *' does not match pattern"],
    ['retention.schedule', '@daily', "at '/retention/schedule': '@daily' does not match pattern"],
    ['retention.archive.folder', '/tmp', "at '/retention/archive': additional properties 'folder' not allowed"],
    ['telemetry.sampling', 2, "at '/telemetry/sampling': maximum: got 2, want 1"],
    ['kafka.peers', [{}], "at '/kafka/peers/0': minProperties: got 0, want 1"],
    ['kafka.peers', [{ cidr: '192.0.2.0/24' }], "at '/kafka/peers/0': additional properties 'cidr' not allowed"],
    [
      'certificates.certManager.duration',
      '90d',
      "at '/certificates/certManager/duration': '90d' does not match pattern",
    ],
    [
      'services.exchange.sources.cidrs',
      ['10.0.0.0/33'],
      "at '/services/exchange/sources/cidrs/0': '10.0.0.0/33' does not match",
    ],
    ['services.exchange.drainMs', 10_001, "at '/services/exchange/drainMs': maximum: got 10,001, want 10,000"],
    ['defaults.tolerations', [{ node: 'a' }], "at '/defaults/tolerations/0': additional properties 'node' not allowed"],
    [
      'services.exchange.env',
      { 'not-a-name': 1 },
      "at '/services/exchange/env': additional properties 'not-a-name' not allowed",
    ],
    [
      'postgresql.cloudNativePg.clusters.main.restore.targetTime',
      'yesterday',
      "at '/postgresql/cloudNativePg/clusters/main/restore/targetTime': 'yesterday' does not match pattern",
    ],
    [
      'postgresql.cloudNativePg.backup.destinationPath',
      '/backups',
      "at '/postgresql/cloudNativePg/backup/destinationPath': '/backups' does not match pattern",
    ],
    ['portal.publicUrl', 'https://my.example.org/nl', "at '/portal/publicUrl'"],
    ['portal.signIn.issuer', 'sign-in.example.org', "at '/portal/signIn/issuer'"],
    ['portal.signIn.acr', '', "at '/portal/signIn/acr'"],
    ['portal.deliberationUrl', 'https://committee.example.org/deliberations', "at '/portal/deliberationUrl'"],
    ['portal.tlsSecret', 'a', "at '/portal': additional properties 'tlsSecret' not allowed"],
    ['global.secretsRevision', 2, "at '/global/secretsRevision': got number, want string"],
  ])('the schema refuses %s: %j', (path, value, message) => {
    const { ok, error } = template('small', { [path]: value });
    expect(ok).toBe(false);
    expect(error).toContain(message);
  });
});

describe('values that do not go together', () => {
  withHelm('the chart refuses to disable a service that others call', () => {
    expect(sentences('small', { 'services.authorization.enabled': false })).toEqual(
      sorted(callersOf('authorization')).map(
        (name) =>
          `services.${name} calls authorization, which is not enabled: set services.authorization.enabled=true, or services.${name}.enabled=false.`,
      ),
    );
    expect(sentences('small', { 'defaults.enabled': false })).toEqual([
      'no service is enabled: set services.<name>.enabled for those that you want.',
    ]);
  });

  withHelm('the chart refuses unknown services, shared databases and sources without ports', () => {
    expect(
      sentences('small', {
        'services.exchnage': { replicas: 3 },
        'services.registers': { image: { repository: 'example/registers' }, database: 'exchange' },
        'services.authorization.database': '',
        'services.authorization.keysDatabase': 'authorization_keys',
        'services.exchange.sources.ports': [],
      }),
    ).toEqual([
      'services.authorization.keysDatabase is set and services.authorization.database is not: a service with subject keys has both.',
      'services.exchange.sources.cidrs and services.exchange.sources.ports go together: networks of the institutions that it calls, and the ports they serve on.',
      `services.exchnage is none of the mesh's services (${sorted(SERVICES).join(', ')}): correct the name; for a service of your own set services.exchnage.image.repository.`,
      'services.registers uses the database exchange a second time: each service has databases of its own.',
    ]);
  });

  withHelm('the chart refuses contradictory settings of scaling, disruption and stopping', () => {
    expect(
      sentences('production', {
        'services.exchange.autoscaling.minReplicas': 20,
        'services.authorization.disruption.minAvailable': 3,
        'services.person-registry.disruption.minAvailable': '100%',
        'services.reference-directory.disruption.maxUnavailable': 0,
        'services.subscription.disruption.maxUnavailable': '0%',
        'services.subscription.drainMs': 10_000,
        'services.subscription.terminationGracePeriodSeconds': 29,
        'services.subscription.resources': { requests: { memory: '1Gi', cpu: '100m' }, limits: { cpu: 0.05 } },
      }),
    ).toEqual([
      'services.authorization.disruption.minAvailable (3) of 3 pods blocks every drain of a node: lower it, raise the pods, or use maxUnavailable.',
      'services.exchange.autoscaling.minReplicas (20) is more than maxReplicas (12): lower the one or raise the other.',
      'services.person-registry.disruption.minAvailable (100%) of 3 pods blocks every drain of a node: lower it, raise the pods, or use maxUnavailable.',
      'services.reference-directory.disruption.maxUnavailable is 0, which blocks every drain of a node: set 1 or more.',
      'services.subscription.disruption.maxUnavailable is 0, which blocks every drain of a node: set 1 or more.',
      'services.subscription.resources.requests.cpu (100m) is more than its limit (0.05): lower the one or raise the other.',
      'services.subscription.resources.requests.memory (1Gi) is more than its limit (768Mi): lower the one or raise the other.',
      'services.subscription.terminationGracePeriodSeconds is 29, and stopping takes up to 30 (drainMs, 10 s for calls, 10 s for what is in hand): raise it, or lower drainMs.',
    ]);
  });

  withHelm('the chart refuses scaling by CPU without a CPU request', () => {
    expect(sentences('production', { 'defaults.resources.requests.cpu': null })).toEqual(
      // The exchange says its own, and the broker-keeper is not scaled.
      sorted(SERVICES.filter((name) => name !== 'exchange' && name !== 'broker-keeper')).map(
        (name) =>
          `services.${name}.autoscaling measures CPU against what is requested: set services.${name}.resources.requests.cpu.`,
      ),
    );
  });

  withHelm('the chart refuses lanes that leave nothing to online calls, or need more than a pod has', () => {
    expect(
      sentences('small', {
        'services.ebox.limits.messageBytes': 64 * 1024 * 1024,
        'services.exchange.limits.callsInFlight': 8,
        'services.person-registry.limits.bulkCalls': 6,
      }),
    ).toEqual([
      'services.ebox.limits.messageBytes (67108864) of 8 batch and bulk calls at once is more than half of resources.limits.memory (512Mi): lower messageBytes, batchCalls or bulkCalls, or raise the memory.',
      'services.exchange.limits.callsInFlight (8) leaves none for online calls beside batchCalls (4) and bulkCalls (4): the service would not start. Raise it to 9 or more.',
      'services.person-registry.limits.batchCalls (4) and bulkCalls (6) can take all 10 database connections of a pod, and online calls would wait for them: together at most 9, and more pods for more of them.',
    ]);
    expect(
      sentences('small', {
        'services.ebox.limits.messageBytes': 32 * 1024 * 1024,
        'services.exchange.limits.callsInFlight': 9,
        'services.person-registry.limits.bulkCalls': 5,
      }),
    ).toEqual([]);
  });

  withHelm('the chart refuses retention that would drop what is not archived, or that cannot reach its archive', () => {
    const none = { bucket: '', endpoint: '', region: '', credentialsSecret: '', peers: [] };
    const peers = [{ ipBlock: { cidr: '192.0.2.9/32' } }];
    const archive = (claim: string, s3 = {}) => ({ 'retention.archive': { claim, s3: { ...none, ...s3 } } });
    expect(sentences('small', archive(''))).toEqual([
      'retention.keptMonths is 13, and there is no archive: only what is archived is dropped. Set archive.s3.bucket or archive.claim, or keptMonths to 0.',
    ]);
    expect(sentences('small', { ...archive(''), 'retention.keptMonths': 0 })).toEqual([]);
    expect(sentences('small', archive('files', { bucket: 'journals', peers }))).toEqual([
      'retention.archive.claim and retention.archive.s3.bucket are both set: keep the one that holds the archive.',
    ]);
    expect(sentences('small', archive('files', { region: 'eu-central-1' }))).toEqual([
      'retention.archive.s3 is set without a bucket: set s3.bucket, or take the rest out.',
    ]);
    expect(sentences('small', archive('', { bucket: 'journals' }))).toEqual([
      'retention.archive.s3.peers is empty, so network policies would not let retention reach its archive: say where the bucket is (podSelector, namespaceSelector or ipBlock), or set networkPolicies.enabled=false.',
    ]);
    expect(
      sentences('small', {
        'retention.openMonths': 13,
        'retention.resources': { requests: { memory: '1Gi' }, limits: { memory: '512Mi' } },
      }),
    ).toEqual([
      'retention.keptMonths (13) must be more than openMonths (13), or 0 for ever.',
      'retention.resources.requests.memory (1Gi) is more than its limit (512Mi): lower the one or raise the other.',
    ]);
  });

  withHelm('the chart refuses a document store that is missing, given twice, of no use, or unreachable', () => {
    const s3 = { bucket: 'documents' };
    const volume = { size: '1Gi' };
    const peers = [{ ipBlock: { cidr: '192.0.2.9/32' } }];
    expect(sentences('dev', { 'services.ebox.documentStore.volume.size': '' })).toEqual([
      'services.ebox.documentStore is empty: set s3.bucket to the S3 bucket of its documents, or volume.size, for one pod with files.',
    ]);
    expect(sentences('dev', { 'services.ebox.documentStore': { volume, s3: { ...s3, peers } } })).toEqual([
      'services.ebox.documentStore.s3 and services.ebox.documentStore.volume.size are both set: keep the one that holds the documents.',
    ]);
    expect(sentences('dev', { 'services.ebox.documentStore': { volume: { size: '' }, s3 } })).toEqual([
      'services.ebox.documentStore.s3.peers is empty, so network policies would not let the service reach its documents: say where the bucket is (podSelector, namespaceSelector or ipBlock), or set networkPolicies.enabled=false.',
    ]);
    expect(sentences('dev', { 'services.exchange.documentStore': { volume } })).toEqual([
      'services.exchange.documentStore is set, and the service keeps no documents: take it out.',
    ]);
  });

  withHelm('the chart refuses files for several pods, and in production', () => {
    const volume = { size: '1Gi' };
    const atMost4 = { enabled: true, minReplicas: 1, maxReplicas: 4 };
    for (const [pods, more] of [
      [2, { 'services.ebox.replicas': 2 }],
      [4, { 'services.ebox.autoscaling': atMost4 }],
    ] as const)
      expect(sentences('dev', more)).toEqual([
        `services.ebox.documentStore.volume is for one pod, not ${pods}: set services.ebox.replicas=1 and autoscaling.enabled=false, or s3.bucket instead of volume.size.`,
      ]);
    expect(
      sentences('small', {
        'services.ebox.documentStore.s3': { bucket: '', endpoint: '', region: '', credentialsSecret: '', peers: [] },
        'services.ebox.documentStore.volume': volume,
      }),
    ).toEqual(['services.ebox.documentStore.volume is for one pod, and production needs more: set s3.bucket instead.']);
  });

  withHelm('the chart refuses settings that it sets itself, and secrets in values', () => {
    const env = {
      MESH_PORT: 1,
      DATABASE_MIGRATOR_URL: 'x',
      SMTP_PASSWORD: 'x',
      BUS_GRACE_MS: 1000,
      JOURNAL_OPEN_MONTHS: 3,
      LIMIT_BULK_CALLS: 5,
    };
    expect(sentences('small', { 'services.exchange.env': env })).toEqual([
      'services.exchange.env.DATABASE_MIGRATOR_URL: the chart sets it from its other values; take it out of env.',
      'services.exchange.env.JOURNAL_OPEN_MONTHS: the chart sets it from its other values; take it out of env.',
      'services.exchange.env.LIMIT_BULK_CALLS: the chart sets it from its other values; take it out of env.',
      'services.exchange.env.MESH_PORT: the chart sets it from its other values; take it out of env.',
      'services.exchange.env.SMTP_PASSWORD looks like a secret, which no value may hold: the services read theirs from the Secrets that services.exchange.secrets names.',
    ]);
  });

  withHelm('the chart refuses missing connections, and connections that network policies would deny', () => {
    expect(
      sentences('small', { 'kafka.brokers': [], 'kafka.peers': [], 'postgresql.peers': [], 'telemetry.peers': [] }),
    ).toEqual([
      "kafka.brokers is empty: give host:port of brokers' TLS listeners, for example --set 'kafka.brokers={kafka:9093}'.",
      'kafka.peers is empty, so network policies would not let services reach Kafka: say where it is (podSelector, namespaceSelector or ipBlock), or set networkPolicies.enabled=false.',
      'postgresql.peers is empty, so network policies would not let services reach PostgreSQL: say where it is (podSelector, namespaceSelector or ipBlock), or set networkPolicies.enabled=false.',
      'telemetry.peers is empty, so network policies would not let services reach the collector: say where it is (podSelector, namespaceSelector or ipBlock).',
    ]);
    expect(
      sentences('production', {
        'kafka.brokers': ['https://kafka'],
        'kafka.strimzi.cluster': '',
        'kafka.strimzi.minInsyncReplicas': 4,
        'telemetry.endpoint': 'collector:4318',
        'global.trustDomain': 'Mesh',
        'ingress.domain': '',
      }),
    ).toEqual([
      'kafka.brokers has "https://kafka": write host:port, without a scheme, for example kafka:9093.',
      'kafka.strimzi.cluster is empty: name the Kafka resource whose operators make topics and users.',
      'kafka.strimzi.minInsyncReplicas (4) is more than replicas (3): nothing could be written.',
      'telemetry.endpoint is "collector:4318": write scheme, host and port, for example http://otel-collector.observability:4318.',
      'global.trustDomain is "Mesh": write it like a domain in small letters, for example mesh.example.org.',
      'ingress.domain is "": give the domain under which institutions find <service>.<domain>, for example mesh.example.org.',
    ]);
  });

  withHelm('the chart refuses incomplete settings of certificates and the test', () => {
    expect(
      sentences('small', {
        'certificates.trust': { secret: 'a', configMap: 'b' },
        'certificates.institutions': { secret: '', configMap: '' },
        'certificates.certManager.issuer.caSecret': '',
        'certificates.certManager.issuer.kind': 'ClusterIssuer',
        'certificates.certManager.renewBefore': '24h',
        'test.enabled': true,
        'test.dataServices': ['person.identification.v1'],
      }),
    ).toEqual([
      'certificates.trust.secret and certificates.trust.configMap are both set: keep the one that holds ca.crt.',
      'certificates.institutions needs a secret or a configMap, and not both: name the one whose ca.crt has the authorities of institutions.',
      "certificates.certManager.issuer.create needs issuer.caSecret: the Secret with the authority's tls.crt and tls.key.",
      'certificates.certManager.issuer: the chart makes an Issuer of cert-manager.io, no ClusterIssuer of cert-manager.io; set create and selfSigned to false to use yours.',
      'certificates.certManager.renewBefore (24h) must be less than duration (24h).',
      ...['certificateSecret', 'requestSecret', 'legalContext'].map(
        (key) =>
          `test.enabled needs test.${key}: helm test asks a real question, as a real institution. See the README, or set test.enabled=false.`,
      ),
    ]);
    expect(sentences('small', { 'certificates.certManager.enabled': false })).toEqual([
      'certificates.certManager.issuer is to be made while certificates.certManager.enabled is false: enable it, or set create and selfSigned to false.',
    ]);
  });

  withHelm('the chart refuses a production mesh without redundancy, telemetry or network policies', () => {
    expect(
      sentences('production', {
        'services.exchange.autoscaling.minReplicas': 1,
        'services.exchange.disruption.enabled': false,
        'services.subscription.autoscaling.enabled': false,
        'services.subscription.replicas': 1,
        'services.authorization.image.tag': 'latest',
        'services.ebox.env.OPERATOR_ENTERPRISE_NUMBER': '',
        'telemetry.endpoint': '',
        'global.trustDomain': 'crossroads.test',
        'networkPolicies.enabled': false,
        'certificates.certManager.issuer.selfSigned': true,
        'postgresql.cloudNativePg.instances': 2,
        'kafka.strimzi.minInsyncReplicas': 1,
      }),
    ).toEqual([
      'postgresql.cloudNativePg.instances is less than 3 in production (journal, keys, main): what is acknowledged is on two, so losing one of two would stop writing. Set 3.',
      'the image of authorization is latest in production, to which nobody can roll back: set global.imageTag to a version.',
      'services.exchange has one pod in production: a restart would stop the mesh. Set autoscaling.minReplicas to 2 or more.',
      'services.exchange.disruption is disabled in production: a drain could take all of its pods at once. Enable it.',
      'services.subscription has one pod in production: a restart would stop the mesh. Set replicas to 2 or more.',
      'services.ebox.env.OPERATOR_ENTERPRISE_NUMBER is not set in production: give the enterprise number, in quotes, of who operates the mesh: it is the sender of its own mail.',
      "telemetry.endpoint is empty in production: nobody would see late deliveries or a journal that does not drain. Set the collector's address.",
      'global.trustDomain is crossroads.test in production: use a domain of your own, since certificates and receipts name it for good.',
      'networkPolicies.enabled is false in production: enable them, or run with global.mode=development.',
      "certificates.certManager.issuer.selfSigned makes a development authority: in production use issuer.create with your authority's Secret, or an issuer of your own.",
      'kafka.strimzi.minInsyncReplicas is 1 in production: set 2, so that what is acknowledged is on two brokers.',
    ]);
    expect(sentences('small', { 'global.imageTag': '' })[0]).toBe(
      'the image of access-audit has no tag in production: set global.imageTag to the version that you release, or services.access-audit.image.digest.',
    );
  });

  withHelm('the chart accepts its examples', () => {
    for (const profile of ['dev', 'small', 'production'] as const) expect(template(profile).ok).toBe(true);
  });
});
