import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dataSourceOptions } from '@crossroads/database';
import { CONNECTIONS, databaseClusterOf, databaseOf, serviceNamed, SERVICES_WITH_DATABASE } from '@crossroads/topology';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { HELM, objectsOf, sentences } from './helm.js';
import { CHART, ofKind, renderedObjects, skipped, specOf } from './rendered.js';

if (HELM === undefined) skipped('no helm: budgets of connections, backups and restores are not tried');
const withHelm = HELM === undefined ? it.skip : it;

const CLUSTERS = ['main', 'journal', 'keys'] as const;
const nameOf = (cluster: string) => `crossroads-postgresql-${cluster}`;
const at = (path: string) => `postgresql.cloudNativePg.${path}`;

interface Cluster {
  readonly postgresql: { readonly parameters: Readonly<Record<string, string>>; readonly synchronous: unknown };
  readonly managed: { readonly roles: readonly { readonly name: string }[] };
  readonly plugins?: unknown;
  readonly bootstrap?: unknown;
  readonly externalClusters?: unknown;
  readonly backup?: unknown;
}
interface Profile {
  readonly postgresql: { readonly maxConnections: number };
}
interface Database {
  readonly cluster: { readonly name: string };
  readonly name: string;
  readonly owner: string;
}

const objectsWith = (different: Readonly<Record<string, unknown>>) => objectsOf('production', different);

describe('the Clusters of production', () => {
  const objects = renderedObjects('production');
  const clusterOf = (cluster: string) => specOf<Cluster>(objects, 'Cluster', nameOf(cluster));

  it('subject keys, and the databases of services that record accesses, lie in Clusters of their own', () => {
    const placed = new Map(
      ofKind(objects, 'Database')
        .map(({ spec }) => spec as Database)
        .map(({ name, cluster }) => [name, cluster.name]),
    );
    const expected = SERVICES_WITH_DATABASE.flatMap((service) => [
      [databaseOf(service), nameOf(databaseClusterOf(service))] as const,
      ...(serviceNamed(service).subjectKeys ? [[`${databaseOf(service)}_keys`, nameOf('keys')] as const] : []),
    ]);
    expect(placed).toEqual(new Map(expected));
  });

  it('a Cluster has the two roles of each service with a database there, and no other', () => {
    for (const cluster of CLUSTERS) {
      const owners = ofKind(objects, 'Database')
        .map(({ spec }) => spec as Database)
        .filter((database) => database.cluster.name === nameOf(cluster))
        .flatMap(({ owner }) => [owner, owner.replace(/_migrator$/, '_app')]);
      expect(clusterOf(cluster).managed.roles.map(({ name }) => name)).toEqual(owners);
    }
  });

  it('a Cluster ends what vanished clients hold, and waits for a second node at each commit', () => {
    for (const cluster of CLUSTERS)
      expect(clusterOf(cluster).postgresql).toMatchObject({
        synchronous: { method: 'any', number: 1, dataDurability: 'required' },
        parameters: {
          max_connections: { main: '760', journal: '640', keys: '320' }[cluster],
          tcp_user_timeout: '10s',
          tcp_keepalives_idle: '5',
          idle_in_transaction_session_timeout: '60s',
          // Half of 50Gi.
          max_slot_wal_keep_size: '25600MB',
        },
      });
  });

  it('each Cluster archives its WAL, and is backed up each night; those of keys are kept for a week, elsewhere', () => {
    for (const cluster of CLUSTERS) {
      const store = specOf<{ readonly retentionPolicy: string; readonly configuration: Record<string, unknown> }>(
        objects,
        'ObjectStore',
        `${nameOf(cluster)}-backups`,
      );
      expect(clusterOf(cluster).plugins).toEqual([
        {
          name: 'barman-cloud.cloudnative-pg.io',
          isWALArchiver: true,
          parameters: { barmanObjectName: `${nameOf(cluster)}-backups` },
        },
      ]);
      expect(store).toMatchObject({
        retentionPolicy: cluster === 'keys' ? '7d' : '30d',
        configuration: {
          destinationPath: cluster === 'keys' ? 's3://mesh-key-backups/postgresql' : 's3://mesh-backups/postgresql',
          s3Credentials: { inheritFromIAMRole: true },
        },
      });
      expect(specOf(objects, 'ScheduledBackup', nameOf(cluster))).toMatchObject({
        cluster: { name: nameOf(cluster) },
        schedule: '0 0 2 * * *',
        method: 'plugin',
      });
    }
  });

  withHelm('base backups are snapshots of volumes if the values say so, and the WAL is archived all the same', () => {
    const snapshots = objectsWith({
      [at('backup.method')]: 'volumeSnapshot',
      [at('backup.volumeSnapshotClass')]: 'fast',
    });
    const { backup, plugins } = specOf<Cluster>(snapshots, 'Cluster', nameOf('main'));
    expect(backup).toEqual({
      volumeSnapshot: { className: 'fast', online: true, snapshotOwnerReference: 'none' },
    });
    expect(plugins).toMatchObject([{ isWALArchiver: true }]);
    expect(specOf(snapshots, 'ScheduledBackup', nameOf('main'))).toMatchObject({ method: 'volumeSnapshot' });
  });

  withHelm('parameters of the values go before those of the chart', () => {
    const changed = objectsWith({ [at('clusters.main.parameters')]: { tcp_user_timeout: '20s', work_mem: '8MB' } });
    const { parameters } = specOf<Cluster>(changed, 'Cluster', nameOf('main')).postgresql;
    // Of the profile: shared_buffers.
    expect(parameters).toMatchObject({ tcp_user_timeout: '20s', work_mem: '8MB', shared_buffers: '2GB' });
  });
});

describe('a restore', () => {
  withHelm('a Cluster of a new name is made from the backups of the old one, as it was at an instant', () => {
    const restored = objectsWith({
      [at('clusters.main.name')]: 'crossroads-postgresql-main-2',
      [at('clusters.main.restore')]: {
        from: nameOf('main'),
        targetTime: '2026-03-01T12:30:00Z',
        snapshot: '',
      },
    });
    const { bootstrap, externalClusters, plugins } = specOf<Cluster>(restored, 'Cluster', `${nameOf('main')}-2`);
    expect(bootstrap).toEqual({
      recovery: { source: nameOf('main'), recoveryTarget: { targetTime: '2026-03-01T12:30:00Z' } },
    });
    expect(externalClusters).toEqual([
      {
        name: nameOf('main'),
        plugin: {
          name: 'barman-cloud.cloudnative-pg.io',
          parameters: { barmanObjectName: `${nameOf('main')}-2-backups`, serverName: nameOf('main') },
        },
      },
    ]);
    // Its own WAL goes into a folder of its own.
    expect(plugins).toMatchObject([{ parameters: { barmanObjectName: `${nameOf('main')}-2-backups` } }]);
    expect(specOf<Cluster>(restored, 'Cluster', nameOf('keys'))).not.toHaveProperty('bootstrap');
    const databases = ofKind(restored, 'Database').map(({ metadata }) => metadata.name);
    expect(databases).toContain(`${nameOf('main')}-2-person-registry`);
  });

  withHelm('the chart refuses to restore keys to an instant, a Cluster over itself, and without an archive', () => {
    const from = (name: string, more = {}) => ({ from: name, targetTime: '', snapshot: '', ...more });
    expect(
      sentences('production', {
        [at('clusters.keys.name')]: 'keys-2',
        [at('clusters.keys.restore')]: from(nameOf('keys'), { targetTime: '2026-03-01T12:30:00Z' }),
        [at('clusters.main.restore')]: from(nameOf('main')),
        [at('clusters.journal.restore')]: from('', { targetTime: '2026-03-01T12:30:00Z' }),
      }),
    ).toEqual([
      `${at('clusters.journal.restore')} has targetTime or snapshot without from: name the Cluster whose backups are taken, or take them out.`,
      `${at('clusters.keys.restore.targetTime')} is set: subject keys are restored to their latest state only, since an earlier one has keys of persons who were erased since. Take it out.`,
      `${at('clusters.main.restore.from')} is the name of the Cluster itself: give the restored one a new name (${at('clusters.main.name')}), for its archive must be empty and the old one is kept.`,
    ]);
    expect(
      sentences('production', {
        'global.mode': 'development',
        [at('clusters.main.name')]: 'main-2',
        [at('clusters.main.restore')]: from(nameOf('main'), { snapshot: 'nightly' }),
        [at('backup.enabled')]: false,
      }),
    ).toEqual([
      `${at('clusters.main.restore.from')} is ${nameOf('main')}, and backup.enabled is false: backup says where its archive is.`,
      `${at('clusters.main.restore.snapshot')} and backup.method volumeSnapshot go together: name the Backup whose snapshots are taken, or set method to objectStore.`,
    ]);
  });
});

describe('what the chart refuses of PostgreSQL', () => {
  withHelm('a production mesh without backups, and one that may lose what was acknowledged', () => {
    expect(
      sentences('production', { [at('backup.enabled')]: false, [at('synchronous.dataDurability')]: 'preferred' }),
    ).toEqual([
      `${at('synchronous.dataDurability')} is preferred in production (journal, keys, main): after a fail-over acknowledged events could be missing, and their readers would stop with LOG_FORKED. Set required.`,
      `${at('backup.enabled')} is false in production (journal, keys, main): set it, and backup.destinationPath to a bucket.`,
    ]);
  });

  withHelm('backups without a place, Clusters of one name, more standbys than there are, and max_connections', () => {
    expect(
      sentences('production', {
        [at('backup.destinationPath')]: '',
        [at('clusters.keys.name')]: 'crossroads-postgresql-journal',
        [at('synchronous.number')]: 3,
        [at('clusters.main.parameters')]: { max_connections: 1000 },
      }),
    ).toEqual([
      ...['journal', 'keys', 'main'].flatMap((role) => [
        ...(role === 'main'
          ? [
              `${at('clusters.main')} has max_connections in its parameters: take it out, and set ${at('clusters.main.maxConnections')}, against which the services' pools are checked.`,
            ]
          : []),
        ...(role === 'keys'
          ? [
              `${at('clusters.keys.name')} is crossroads-postgresql-journal, as that of clusters.journal: each is a Cluster of its own, so that one can be restored without the other.`,
            ]
          : []),
        `${at('synchronous.number')} is 3, and ${at(`clusters.${role}`)} has 3 instances, one of which is the primary: nothing could be written. Lower it, or raise instances.`,
        ...(role === 'keys'
          ? []
          : [
              `${at(`clusters.${role}`)} is to be backed up, and backup.destinationPath is empty: give the bucket of its WAL archive, for example s3://mesh-backups/postgresql.`,
            ]),
      ]),
    ]);
  });
});

describe('budgets of connections', () => {
  it('a pool is as large as the topology says', () => {
    expect(dataSourceOptions({ url: 'postgresql://localhost/none' }).poolSize).toBe(CONNECTIONS.pool);
  });

  it('profile dev is checked against what the server of charts/dev-infra allows', () => {
    const server = readFileSync(join(CHART, '..', 'dev-infra', 'templates', 'postgresql.yaml'), 'utf8');
    const profile = parse(readFileSync(join(CHART, 'profiles', 'dev.yaml'), 'utf8')) as Profile;
    expect(server).toContain(`-cmax_connections=${profile.postgresql.maxConnections}\n`);
  });

  withHelm('the authority of servers that are there already is mounted where URLs name it', () => {
    const pods = JSON.stringify(ofKind(objectsOf('small', { 'postgresql.caSecret': 'authority' }), 'Deployment'));
    const source = { secret: { name: 'authority', items: [{ key: 'ca.crt', path: 'ca.crt' }] } };
    expect(pods.split(JSON.stringify(source))).toHaveLength(SERVICES_WITH_DATABASE.length + 1);
    expect(JSON.stringify(objectsOf('small'))).not.toContain('database-authority');
  });

  withHelm('a Cluster has the connections of all pods that autoscaling allows, with those of an upgrade', () => {
    // 12 pods, and twice a quarter: those that start, and those that stop. And Jobs: one of each kind.
    expect(
      sentences('production', {
        [at('clusters.journal.maxConnections')]: 400,
        [at('clusters.keys.maxConnections')]: 314,
      }),
    ).toEqual([
      `${at('clusters.journal.maxConnections')} is 400, and 601 are needed: ebox 223 (11 of each of 18 pods, 6 of them for upgrades, and 3 for migrations, 4 for retention, 18 for a command), exchange 223 (11 of each of 18 pods, 6 of them for upgrades, and 3 for migrations, 4 for retention, 18 for a command), subscription 135 (11 of each of 10 pods, 4 of them for upgrades, and 3 for migrations, 4 for retention, 18 for a command), and 20 reserved. Raise it to 601, or lower autoscaling.maxReplicas (or replicas) of these services.`,
      expect.stringMatching(
        /clusters\.keys\.maxConnections is 314, and 315 are needed: .*person_registry_keys 43 \(4 of/,
      ),
    ]);
    expect(sentences('production', { [at('clusters.keys.maxConnections')]: 315 })).toEqual([]);
  });

  withHelm('a service that is scaled further needs more connections', () => {
    const more = { 'services.subscription.autoscaling.maxReplicas': 20 };
    expect(sentences('production', more)).toEqual([
      expect.stringMatching(
        /journal\.maxConnections is 640, and 821 are needed: .*subscription 355 .* Raise it to 821/,
      ),
      expect.stringMatching(/keys\.maxConnections is 320, and 395 are needed/),
    ]);
  });

  withHelm('Jobs of retention are counted where they run', () => {
    const limit = { [at('clusters.journal.maxConnections')]: 588 };
    expect(sentences('production', limit)).toEqual([expect.stringContaining('601 are needed')]);
    // Three journals, four connections each.
    expect(sentences('production', { ...limit, 'retention.enabled': false })).toEqual([
      expect.stringContaining('589 are needed'),
    ]);
  });

  withHelm('the databases of one server are added up, and production says how many it allows', () => {
    expect(sentences('small', { 'postgresql.maxConnections': 100 })).toEqual([
      expect.stringMatching(
        /^postgresql\.maxConnections is 100, and 613 are needed: access_audit 65 .*, and 20 reserved/,
      ),
    ]);
    expect(sentences('small', { 'postgresql.maxConnections': 613 })).toEqual([]);
    expect(sentences('small', { 'postgresql.maxConnections': 0 })).toEqual([
      'postgresql.maxConnections is 0 in production: set it to max_connections of your server, which must be 613 or more.',
    ]);
  });

  withHelm('a pod with a volume stops before the next one starts, and needs no connections for upgrades', () => {
    expect(sentences('dev', { 'postgresql.maxConnections': 20 })).toEqual([
      expect.stringContaining('ebox 36 (11 of each of 1 pods, 0 of them for upgrades, and 3 for migrations, 4 for'),
    ]);
  });
});
