import {
  accessTopicOf,
  isForInstitutions,
  producedBy,
  readBy,
  SERVICES,
  serviceNamed,
  SERVERS,
  isServer,
} from '@crossroads/topology';
import { describe, expect, it } from '@jest/globals';
import { databasesIn, ofKind, PROFILES, renderedObjects, servicesIn, specOf } from './rendered.js';

interface Container {
  readonly env: readonly {
    readonly name: string;
    readonly value?: string;
    readonly valueFrom?: { readonly secretKeyRef: { readonly name: string; readonly key: string } };
  }[];
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly startupProbe?: { readonly grpc: unknown };
  readonly livenessProbe?: { readonly grpc: unknown };
  readonly readinessProbe?: { readonly grpc: unknown };
}
interface PodSpec {
  readonly automountServiceAccountToken: boolean;
  readonly terminationGracePeriodSeconds?: number;
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly containers: readonly [Container];
  readonly volumes: readonly unknown[];
}
interface Volume {
  readonly name: string;
  readonly projected?: {
    readonly sources: readonly {
      readonly secret: {
        readonly name: string;
        readonly items: readonly { readonly key: string; readonly path: string }[];
      };
    }[];
  };
}
interface WithTemplate {
  readonly template: { readonly spec: PodSpec };
}
interface WithJobTemplate {
  readonly jobTemplate: { readonly spec: WithTemplate };
}

/** What a process of a consumer reads at a time by `Events/Read`, and the calls that wait in the lane bulk for each one in flight. */
const READS_AT_A_TIME = 4;
const QUEUED_PER_CALL = 4;
/** Of `es.leases`; who looks for free ones does so every second. */
const LEASE_SECONDS = 6;

const podsOf = (profile: (typeof PROFILES)[number]) => {
  const objects = renderedObjects(profile);
  return [
    ...[...ofKind(objects, 'Deployment'), ...ofKind(objects, 'Job')].map((object) => ({
      what: `${object.kind} ${object.metadata.name}`,
      pod: (object.spec as WithTemplate).template.spec,
    })),
    ...ofKind(objects, 'CronJob').map((object) => ({
      what: `CronJob ${object.metadata.name}`,
      pod: (object.spec as WithJobTemplate).jobTemplate.spec.template.spec,
    })),
    ...ofKind(objects, 'Pod').map((object) => ({ what: `Pod ${object.metadata.name}`, pod: object.spec as PodSpec })),
  ];
};

describe.each(PROFILES)('pods of profile %s', (profile) => {
  const objects = renderedObjects(profile);

  it('pods run as an unprivileged user, without capabilities, with a read-only file system and without a token', () => {
    const pods = podsOf(profile);
    expect(pods.length).toBeGreaterThanOrEqual(12);
    for (const { what, pod } of pods)
      expect({ what, ...pod, ...pod.containers[0].securityContext }).toMatchObject({
        what,
        automountServiceAccountToken: false,
        securityContext: { runAsNonRoot: true, runAsUser: 10_001, seccompProfile: { type: 'RuntimeDefault' } },
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
    for (const account of ofKind(objects, 'ServiceAccount'))
      expect(account).toMatchObject({ automountServiceAccountToken: false });
  });

  it('only pods of Jobs get the role that may change a schema, and only those of migrations that of subject keys', () => {
    const knowing = (variable: string) =>
      podsOf(profile)
        .filter(({ pod }) => pod.containers[0].env.some(({ name }) => name === variable))
        .map(({ what }) => what)
        .toSorted();
    const migrating = (services: readonly string[]) =>
      services.flatMap((name) => [`Job ${name}-migrations`, `Job ${name}-contract`]);
    expect(knowing('DATABASE_MIGRATOR_URL')).toEqual(
      [
        ...migrating(databasesIn(profile)),
        ...SERVICES.filter((name) => accessTopicOf(name) !== undefined).map((name) => `CronJob ${name}-retention`),
        ...SERVICES.filter((name) => readBy(name).length > 0).map((name) => `CronJob ${name}-ops`),
      ].toSorted(),
    );
    expect(knowing('KEYS_DATABASE_MIGRATOR_URL')).toEqual(
      migrating(SERVICES.filter((name) => serviceNamed(name).subjectKeys)).toSorted(),
    );
  });

  it('each pod with a database URL knows whether this is production, and who vouches for the servers', () => {
    const connecting = podsOf(profile).filter(({ pod }) =>
      pod.containers[0].env.some(({ name }) => name === 'DATABASE_URL'),
    );
    expect(connecting.length).toBeGreaterThanOrEqual(databasesIn(profile).length * 3);
    for (const { what, pod } of connecting) {
      const [{ env, volumeMounts }] = pod.containers;
      const mode = { name: 'CROSSROADS_MODE', value: profile === 'dev' ? 'development' : 'production' };
      expect({ what, env }).toEqual({ what, env: expect.arrayContaining([mode]) });
      if (profile !== 'production') continue;
      const mount = { name: 'database-authority', mountPath: '/etc/crossroads/postgresql', readOnly: true };
      expect({ what, volumeMounts }).toEqual({ what, volumeMounts: expect.arrayContaining([mount]) });
      const volume = (pod.volumes as readonly Volume[]).find(({ name }) => name === 'database-authority');
      const files = volume?.projected?.sources.flatMap(({ secret }) => secret.items.map(({ path }) => path)) ?? [];
      expect(files.length).toBeGreaterThan(0);
      // Of the operator's Secret the key of the authority stays where it is.
      for (const source of volume?.projected?.sources ?? [])
        expect(source.secret.items).toEqual([{ key: 'ca.crt', path: source.secret.name.replace(/-ca$/, '.crt') }]);
    }
  });

  it.each(databasesIn(profile))('pods of %s read each database URL from its key of the Secret', (service) => {
    const references = Object.fromEntries(
      ['Deployment', 'Job']
        .map((kind) => specOf<WithTemplate>(objects, kind, kind === 'Job' ? `${service}-migrations` : service))
        .flatMap(({ template }) => template.spec.containers[0].env)
        .flatMap(({ name, valueFrom }) =>
          valueFrom && name.includes('DATABASE')
            ? [[name, `${valueFrom.secretKeyRef.name} ${valueFrom.secretKeyRef.key}`]]
            : [],
        ),
    );
    const secret = `${service}-database`;
    const keys = { KEYS_DATABASE_URL: `${secret} keysUrl`, KEYS_DATABASE_MIGRATOR_URL: `${secret} keysMigratorUrl` };
    expect(references).toEqual({
      DATABASE_URL: `${secret} url`,
      DATABASE_MIGRATOR_URL: `${secret} migratorUrl`,
      ...(serviceNamed(service).subjectKeys ? keys : {}),
    });
  });

  it('pods have three health probes, and a grace period longer than the stop of the service', () => {
    for (const service of servicesIn(profile)) {
      const { spec } = specOf<WithTemplate>(objects, 'Deployment', service).template;
      const { startupProbe, livenessProbe, readinessProbe, env } = spec.containers[0];
      expect([startupProbe?.grpc, livenessProbe?.grpc, readinessProbe?.grpc]).toEqual([
        { port: 50_052, service: 'startup' },
        { port: 50_052, service: 'liveness' },
        { port: 50_052 },
      ]);
      const drainMs = Number(env.find(({ name }) => name === 'DRAIN_MS')?.value ?? 0);
      expect((spec.terminationGracePeriodSeconds ?? 0) * 1_000).toBeGreaterThanOrEqual(drainMs + 20_000);
    }
  });

  it('a service without rpcs and pages has no port but that of its health, no Service, and a policy that admits nobody', () => {
    const silent = SERVICES.filter((name) => !isServer(name) && !serviceNamed(name).servesPages);
    expect(silent).toEqual(['broker-keeper']);
    for (const service of silent) {
      const { spec } = specOf<WithTemplate>(objects, 'Deployment', service).template;
      expect(Reflect.get(spec.containers[0], 'ports')).toEqual([{ name: 'health', containerPort: 50_052 }]);
      expect(ofKind(objects, 'Service').map(({ metadata }) => metadata.name)).not.toContain(service);
      const policy = specOf<Readonly<Record<string, unknown>>>(objects, 'NetworkPolicy', service);
      expect(policy).toMatchObject({ policyTypes: ['Ingress', 'Egress'] });
      expect(policy).not.toHaveProperty('ingress');
      expect(JSON.stringify(spec)).not.toMatch(/DATABASE|keys\.json/);
    }
  });

  it('a publisher holds the reads of all of its consumers, when each has as many pods', () => {
    for (const publisher of SERVERS) {
      const readers = producedBy(publisher).flatMap((topic) => SERVICES.filter((name) => readBy(name).includes(topic)));
      const { env } = specOf<WithTemplate>(objects, 'Deployment', publisher).template.spec.containers[0];
      const bulkCalls = Number(env.find(({ name }) => name === 'LIMIT_BULK_CALLS')?.value);
      expect(readers.length * READS_AT_A_TIME).toBeLessThanOrEqual(bulkCalls * (1 + QUEUED_PER_CALL));
    }
  });

  it('an upgrade stops no pod before the leases of a killed one have run out and were taken', () => {
    for (const service of servicesIn(profile)) {
      const { minReadySeconds } = specOf<{ readonly minReadySeconds: number }>(objects, 'Deployment', service);
      expect(minReadySeconds).toBeGreaterThan(LEASE_SECONDS + 1);
    }
  });
});

describe('the store of documents', () => {
  const deploymentIn = (profile: (typeof PROFILES)[number]) =>
    specOf<WithTemplate & { readonly strategy: { readonly type: string }; readonly replicas: number }>(
      renderedObjects(profile),
      'Deployment',
      'ebox',
    );
  const variablesIn = (profile: (typeof PROFILES)[number]) =>
    new Map(deploymentIn(profile).template.spec.containers[0].env.map((variable) => [variable.name, variable]));

  it('files are on a volume of one pod that an uninstall leaves, and the old pod stops before the new one starts', () => {
    const { replicas, strategy, template } = deploymentIn('dev');
    expect({ replicas, strategy }).toEqual({ replicas: 1, strategy: { type: 'Recreate' } });
    expect(template.spec.volumes).toContainEqual({
      name: 'documents',
      persistentVolumeClaim: { claimName: 'ebox-documents' },
    });
    expect(template.spec.containers[0].volumeMounts).toContainEqual({
      name: 'documents',
      mountPath: '/var/lib/crossroads',
    });
    expect(variablesIn('dev').get('DOCUMENT_STORE_DIR')?.value).toBe('/var/lib/crossroads/documents');
    const [claim, ...others] = ofKind(renderedObjects('dev'), 'PersistentVolumeClaim');
    expect(others).toEqual([]);
    expect(claim?.metadata).toMatchObject({
      name: 'ebox-documents',
      annotations: { 'helm.sh/resource-policy': 'keep' },
    });
    expect(claim?.spec).toEqual({ accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } });
  });

  it('a bucket is reached with credentials of a Secret, or with the identity of the pod', () => {
    const small = variablesIn('small');
    expect(['S3_BUCKET', 'S3_ENDPOINT', 'S3_REGION'].map((name) => small.get(name)?.value)).toEqual([
      'mesh-documents',
      'https://s3.example.org:9000',
      'example',
    ]);
    expect([small.get('AWS_ACCESS_KEY_ID'), small.get('AWS_SECRET_ACCESS_KEY')]).toMatchObject([
      { valueFrom: { secretKeyRef: { name: 'mesh-documents', key: 'accessKeyId' } } },
      { valueFrom: { secretKeyRef: { name: 'mesh-documents', key: 'secretAccessKey' } } },
    ]);
    const production = [...variablesIn('production').keys()];
    expect(production).toEqual(expect.arrayContaining(['S3_BUCKET', 'S3_REGION']));
    expect(production.filter((name) => name.startsWith('AWS_') || name === 'S3_ENDPOINT')).toEqual([]);
    const account = ofKind(renderedObjects('production'), 'ServiceAccount').find(
      ({ metadata }) => metadata.name === 'ebox',
    );
    expect(account?.metadata.annotations).toHaveProperty(['eks.amazonaws.com/role-arn']);
    for (const profile of ['small', 'production'] as const)
      expect([...variablesIn(profile).keys()]).not.toContain('DOCUMENT_STORE_DIR');
  });

  it('only the service that keeps documents gets the variables of a store', () => {
    for (const profile of PROFILES) {
      const holders = podsOf(profile).filter(({ pod }) =>
        pod.containers[0].env.some(({ name }) => /^(S3_|AWS_|DOCUMENT_STORE_)/.test(name)),
      );
      expect(holders.map(({ what }) => what)).toEqual(['Deployment ebox', 'CronJob ebox-ops']);
    }
  });
});

interface Certificate {
  readonly secretName: string;
  readonly commonName: string;
  readonly uris: readonly string[];
  readonly dnsNames: readonly string[];
  readonly usages: readonly string[];
}

describe('certificates', () => {
  it.each([
    ['dev', 'crossroads.test', undefined],
    ['small', 'mesh.example.org', 'mesh.example.org'],
    ['production', 'mesh.example.org', 'mesh.example.org'],
  ] as const)('of profile %s name the service as the mesh and Kafka know it', (profile, trustDomain, domain) => {
    const objects = renderedObjects(profile);
    for (const service of SERVICES.filter((name) => !serviceNamed(name).servesPages)) {
      const certificate = specOf<Certificate>(objects, 'Certificate', service);
      expect(certificate).toMatchObject({
        secretName: `${service}-tls`,
        commonName: service,
        uris: [`spiffe://${trustDomain}/service/${service}`],
        usages: ['digital signature', 'server auth', 'client auth'],
      });
      expect(certificate).not.toHaveProperty('subject');
      expect(certificate.dnsNames).toContain(`${service}.crossroads.svc.cluster.local`);
      if (domain !== undefined && isForInstitutions(service))
        expect(certificate.dnsNames).toContain(`${service}.${domain}`);
    }
  });
});

describe('what is rendered', () => {
  it.each(PROFILES)('profile %s renders no Secret, and nothing that looks like one', (profile) => {
    const objects = renderedObjects(profile);
    expect(ofKind(objects, 'Secret')).toEqual([]);
    expect(JSON.stringify(objects)).not.toMatch(/PRIVATE KEY|postgres(ql)?:\/\/|BEGIN CERTIFICATE/);
  });

  it.each(['small', 'production'] as const)(
    'profile %s passes TLS through to a Service with an address, not to the headless one',
    (profile) => {
      const objects = renderedObjects(profile);
      for (const service of SERVICES.filter(isForInstitutions)) {
        expect(specOf(objects, 'Service', service)).toMatchObject({ clusterIP: 'None' });
        expect(specOf(objects, 'Service', `${service}-institutions`)).not.toHaveProperty('clusterIP');
        const ingress = ofKind(objects, 'Ingress').find(({ metadata }) => metadata.name === service);
        expect(ingress?.metadata.annotations).toEqual({ 'nginx.ingress.kubernetes.io/ssl-passthrough': 'true' });
        expect(JSON.stringify(ingress?.spec)).toContain(`"name":"${service}-institutions"`);
      }
    },
  );
});
