import { accessTopicOf, readBy, SERVICES_WITH_DATABASE } from '@crossroads/topology';
import { describe, expect, it } from '@jest/globals';
import { HELM, objectsOf } from './helm.js';
import {
  type CronJobSpec,
  databasesIn,
  type JobSpec,
  ofKind,
  PROFILES,
  renderedObjects,
  skipped,
  specOf,
} from './rendered.js';

if (HELM === undefined) skipped('no helm: Jobs of other values than the examples are not looked at');
const withHelm = HELM === undefined ? it.skip : it;

const JOURNALS = SERVICES_WITH_DATABASE.filter((name) => accessTopicOf(name) !== undefined);
const READERS = SERVICES_WITH_DATABASE.filter((name) => readBy(name).length > 0);

const variablesOf = (spec: JobSpec): ReadonlyMap<string, unknown> =>
  new Map(
    spec.template.spec.containers[0].env.map(({ name, value, valueFrom }) => [name, value ?? valueFrom] as const),
  );

describe('an upgrade', () => {
  it.each(PROFILES)('of profile %s migrates before pods change, and removes what is unused after', (profile) => {
    const jobs = ofKind(renderedObjects(profile), 'Job');
    const planned = jobs.map(({ metadata, spec }) => {
      const { args } = (spec as JobSpec).template.spec.containers[0];
      return [metadata.name, { args, hook: metadata.annotations?.['helm.sh/hook'] }];
    });
    // Where the release makes the databases, the first migration is no hook: services wait for it.
    const before = profile === 'production' ? undefined : 'pre-install,pre-upgrade';
    const expected = databasesIn(profile).flatMap((name) => [
      [`${name}-migrations`, { args: ['migrate'], hook: before }],
      [`${name}-contract`, { args: ['migrate', 'contract'], hook: 'post-upgrade' }],
    ]);
    expect(Object.fromEntries(planned)).toEqual(Object.fromEntries(expected));
  });

  it('a Job that removes what is unused can be repeated, and the one before it goes first', () => {
    for (const name of databasesIn('small')) {
      const job = ofKind(renderedObjects('small'), 'Job').find(({ metadata }) => metadata.name === `${name}-contract`);
      expect(job?.metadata.annotations?.['helm.sh/hook-delete-policy']).toBe('before-hook-creation,hook-succeeded');
    }
  });

  withHelm('a rollback runs no migration', () => {
    const hooks = ofKind(objectsOf('small'), 'Job').map(({ metadata }) => metadata.annotations?.['helm.sh/hook'] ?? '');
    expect(hooks.filter((hook) => hook.includes('rollback'))).toEqual([]);
  });

  withHelm('removes nothing if the way back is to stay open', () => {
    const jobs = ofKind(objectsOf('small', { 'migrations.contract': false }), 'Job');
    expect(jobs.map(({ metadata }) => metadata.name).toSorted()).toEqual(
      databasesIn('small')
        .map((name) => `${name}-migrations`)
        .toSorted(),
    );
  });
});

describe('retention', () => {
  const retentionOf = (profile: (typeof PROFILES)[number], service: string) =>
    specOf<CronJobSpec>(renderedObjects(profile), 'CronJob', `${service}-retention`);

  it.each(PROFILES)('profile %s has one CronJob for each journal of accesses, never two runs at a time', (profile) => {
    const names = ofKind(renderedObjects(profile), 'CronJob').map(({ metadata }) => metadata.name);
    expect(names.filter((name) => name.endsWith('-retention')).toSorted()).toEqual(
      JOURNALS.map((name) => `${name}-retention`).toSorted(),
    );
    for (const service of JOURNALS) {
      const cron = retentionOf(profile, service);
      expect(cron).toMatchObject({ timeZone: 'Etc/UTC', concurrencyPolicy: 'Forbid', suspend: false });
      // An alert counts two that failed.
      expect(cron.failedJobsHistoryLimit).toBeGreaterThanOrEqual(2);
      expect(cron.jobTemplate.spec.template.spec.containers[0].args).toEqual(['retention']);
    }
  });

  it('retention gets the role that owns the tables, and neither keys nor a certificate', () => {
    for (const service of JOURNALS) {
      const { spec } = retentionOf('production', service).jobTemplate;
      expect(variablesOf(spec).get('DATABASE_MIGRATOR_URL')).toEqual({
        secretKeyRef: { name: `${service}-database`, key: 'migratorUrl' },
      });
      const names = [...variablesOf(spec).keys()];
      expect(names.filter((name) => /^(KEY|TLS|KAFKA|RECEIPT|GRPC)/.test(name))).toEqual([]);
      expect(spec.template.spec.volumes).toEqual([
        expect.objectContaining({ name: 'database-authority' }),
        { name: 'tmp', emptyDir: { sizeLimit: '64Mi' } },
      ]);
    }
  });

  it('production archives into a bucket with an identity of its own, and drops after 13 months', () => {
    for (const service of JOURNALS) {
      const { spec } = retentionOf('production', service).jobTemplate;
      expect(Object.fromEntries(variablesOf(spec))).toMatchObject({
        JOURNAL_OPEN_MONTHS: '2',
        JOURNAL_RETENTION_MONTHS: '13',
        JOURNAL_ARCHIVE_BUCKET: 'mesh-archive',
        JOURNAL_ARCHIVE_REGION: 'eu-central-1',
      });
      expect(variablesOf(spec).has('JOURNAL_ARCHIVE_DIR')).toBe(false);
      expect(spec.template.spec.serviceAccountName).toBe('mesh-retention');
    }
    const account = ofKind(renderedObjects('production'), 'ServiceAccount').find(
      ({ metadata }) => metadata.name === 'mesh-retention',
    );
    expect(account?.metadata.annotations).toHaveProperty(['eks.amazonaws.com/role-arn']);
  });

  it('an archive of files is on a claim of the operator', () => {
    const { spec } = retentionOf('small', 'exchange').jobTemplate;
    expect(variablesOf(spec).get('JOURNAL_ARCHIVE_DIR')).toBe('/var/lib/crossroads/archive');
    expect(spec.template.spec.containers[0].volumeMounts).toContainEqual({
      name: 'archive',
      mountPath: '/var/lib/crossroads/archive',
    });
    expect(spec.template.spec.volumes).toContainEqual({
      name: 'archive',
      persistentVolumeClaim: { claimName: 'mesh-archive' },
    });
  });

  it('without an archive months are closed, and none is dropped', () => {
    const names = [...variablesOf(retentionOf('dev', 'exchange').jobTemplate.spec).keys()];
    expect(names.filter((name) => name.startsWith('JOURNAL_'))).toEqual(['JOURNAL_OPEN_MONTHS']);
  });

  withHelm('a bucket with credentials gets them from their Secret', () => {
    const s3 = {
      bucket: 'journals',
      endpoint: 'https://s3.example.org:9000',
      region: '',
      credentialsSecret: 'archive',
    };
    const objects = objectsOf('small', {
      'retention.archive': { claim: '', s3: { ...s3, peers: [{ ipBlock: { cidr: '192.0.2.9/32' } }] } },
    });
    const { spec } = specOf<CronJobSpec>(objects, 'CronJob', 'exchange-retention').jobTemplate;
    expect(Object.fromEntries(variablesOf(spec))).toMatchObject({
      JOURNAL_ARCHIVE_ENDPOINT: 'https://s3.example.org:9000',
      AWS_ACCESS_KEY_ID: { secretKeyRef: { name: 'archive', key: 'accessKeyId' } },
      AWS_SECRET_ACCESS_KEY: { secretKeyRef: { name: 'archive', key: 'secretAccessKey' } },
    });
    expect(JSON.stringify(specOf(objects, 'NetworkPolicy', 'exchange-retention'))).toContain(
      '{"to":[{"ipBlock":{"cidr":"192.0.2.9/32"}}],"ports":[{"protocol":"TCP","port":9000}]}',
    );
  });

  withHelm('is not there when it is switched off', () => {
    const objects = objectsOf('small', { 'retention.enabled': false });
    expect(objects.filter(({ metadata }) => metadata.name.endsWith('-retention'))).toEqual([]);
  });
});

describe('commands by hand', () => {
  it.each(PROFILES)('profile %s has a suspended CronJob for each service that follows topics', (profile) => {
    const objects = renderedObjects(profile);
    const names = ofKind(objects, 'CronJob').map(({ metadata }) => metadata.name);
    expect(names.filter((name) => name.endsWith('-ops')).toSorted()).toEqual(
      READERS.map((name) => `${name}-ops`).toSorted(),
    );
    for (const service of READERS) {
      const { suspend, jobTemplate } = specOf<CronJobSpec>(objects, 'CronJob', `${service}-ops`);
      expect(suspend).toBe(true);
      // A rebuild that found wrong rows has failed and is done: a second attempt would say that all is well.
      expect(jobTemplate.spec.backoffLimit).toBe(0);
      expect(jobTemplate.spec.ttlSecondsAfterFinished).toBe(7 * 86_400);
      expect(jobTemplate.spec.template.spec.containers[0].args).toEqual(['help']);
    }
  });

  it('a command has the settings, the identity and the keys of its service, and its database as owner', () => {
    const objects = renderedObjects('production');
    for (const service of READERS) {
      const deployment = specOf<JobSpec>(objects, 'Deployment', service);
      const { spec } = specOf<CronJobSpec>(objects, 'CronJob', `${service}-ops`).jobTemplate;
      const [pod] = deployment.template.spec.containers;
      const [container] = spec.template.spec.containers;
      expect(container.env).toEqual([
        ...pod.env,
        {
          name: 'DATABASE_MIGRATOR_URL',
          valueFrom: { secretKeyRef: { name: `${service}-database`, key: 'migratorUrl' } },
        },
      ]);
      expect(container.volumeMounts).toEqual(pod.volumeMounts);
      expect(spec.template.spec.volumes).toEqual(deployment.template.spec.volumes);
      expect(container.resources).toEqual(pod.resources);
      // No Service, no disruption budget and no other pod takes it for one that serves.
      expect(spec.template.metadata.labels['app.kubernetes.io/component']).toBe('ops');
    }
  });

  it('a command does not wait for the volume of documents, which is with the running pod', () => {
    const { spec } = specOf<CronJobSpec>(renderedObjects('dev'), 'CronJob', 'ebox-ops').jobTemplate;
    expect(spec.template.spec.volumes).toContainEqual({ name: 'documents', emptyDir: {} });
  });
});
