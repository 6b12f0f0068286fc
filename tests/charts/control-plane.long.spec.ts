import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { template } from './helm.js';
import { Installation } from './installed.js';
import { noKube } from './kube.js';
import { databasesIn, ofKind, PROFILES, type Profile, renderedObjects, skipped } from './rendered.js';

/** CROSSROADS_KUBE=full: all profiles and steps. Otherwise one profile, which takes less than a minute. */
const FULL = process.env.CROSSROADS_KUBE === 'full';
const WHY = noKube();
if (WHY) skipped(`no control plane, ${WHY}: the chart is not installed`);
else if (!FULL) skipped('CROSSROADS_KUBE is not full: one profile is installed, without rollback and test');

const STEP_MS = 300_000;
/** The kinds that remain after an uninstall: data and its network policies. */
const DATA = [
  'Cluster',
  'Database',
  'KafkaTopic',
  'NetworkPolicy',
  'ObjectStore',
  'PersistentVolumeClaim',
  'ScheduledBackup',
];
const POLICY = 'helm.sh/resource-policy';

/** Whether a pod belongs to a service with a volume, which only one pod at a time can use. */
const hasVolume = (profile: Profile, pod: string): boolean =>
  ofKind(renderedObjects(profile), 'Deployment').some(
    ({ metadata, spec }) =>
      (spec as { readonly strategy: { readonly type: string } }).strategy.type === 'Recreate' &&
      pod.startsWith(`${metadata.name}-`),
  );

(WHY ? describe.skip : describe)('the chart on a real control plane', () => {
  let mesh: Installation;
  beforeAll(async () => {
    mesh = await Installation.prepare();
  }, STEP_MS);
  afterAll(() => mesh?.stop(), STEP_MS);

  const done = { ok: true, stderr: '' };

  describe.each(PROFILES.filter((profile) => FULL || profile === 'small'))('profile %s', (profile: Profile) => {
    const inFull = FULL ? it : it.skip;

    it(
      'the API server accepts all objects of the chart without a warning',
      async () => {
        expect(await mesh.objection(template(profile).output)).toBe('');
      },
      STEP_MS,
    );

    inFull(
      'passes helm lint',
      async () => {
        expect(await mesh.lint(profile)).toMatchObject(done);
      },
      STEP_MS,
    );

    it(
      'the chart installs into an empty namespace with Pod Security restricted',
      async () => {
        expect(await mesh.everything()).toEqual([]);
        expect(await mesh.install(profile)).toMatchObject(done);
        expect(await mesh.unsettled()).toBe('');
      },
      STEP_MS,
    );

    inFull(
      'replaces no pod by an upgrade that changes nothing',
      async () => {
        const before = await mesh.pods();
        expect(await mesh.upgrade(profile)).toMatchObject(done);
        expect(await mesh.pods()).toEqual(before);
      },
      STEP_MS,
    );

    it(
      'an upgrade replaces every pod when Secrets have changed',
      async () => {
        const before = await mesh.pods();
        expect(await mesh.upgrade(profile, '--set-string', 'global.secretsRevision=2')).toMatchObject(done);
        expect(await mesh.unsettled()).toBe('');
        const after = await mesh.pods();
        expect(after.filter((name) => before.includes(name))).toEqual([]);
      },
      STEP_MS,
    );

    it(
      'an upgrade removes what is unused, once all pods are new',
      async () => {
        expect(await mesh.ranHooks('post-upgrade')).toEqual(
          databasesIn(profile)
            .map((name) => `${name}-contract Succeeded`)
            .sort(),
        );
      },
      STEP_MS,
    );

    it(
      'an operator runs a command, and retention at once, as the runbooks say',
      async () => {
        const resync = ['resync', 'crossroads.person.v1', '7', '--confirm'];
        expect(await mesh.command('subscription', 'resync-person-7', ...resync)).toEqual(resync);
        const rebuild = ['rebuild', 'numbers'];
        expect(await mesh.command('reference-directory', 'rebuild-numbers', ...rebuild)).toEqual(rebuild);
        expect(await mesh.retain('exchange', 'retention-by-hand')).toEqual(['retention']);
      },
      STEP_MS,
    );

    inFull(
      'leaves the pods that there are alone when new ones cannot start',
      async () => {
        const before = await mesh.pods();
        const nowhere = ['--set', 'defaults.nodeSelector.disk=none', '--timeout', '20s'];
        expect(await mesh.upgrade(profile, ...nowhere)).toMatchObject({ ok: false });
        expect(await mesh.pods()).toEqual(expect.arrayContaining(before.filter((name) => !hasVolume(profile, name))));
      },
      STEP_MS,
    );

    inFull(
      'rolls back to what was before',
      async () => {
        expect(await mesh.rollback()).toMatchObject(done);
        expect(await mesh.unsettled()).toBe('');
        expect(await mesh.manifest(5)).toEqual(await mesh.manifest(3));
      },
      STEP_MS,
    );

    inFull(
      'runs its test, when it has one',
      async () => {
        const { ok, stdout } = await mesh.test();
        expect(ok).toBe(true);
        const hasTest = ofKind(renderedObjects(profile), 'Pod').length > 0;
        expect(stdout).toMatch(hasTest ? /Phase: +Succeeded/ : /TEST SUITE: +None/);
      },
      STEP_MS,
    );

    it(
      'an uninstall leaves only data',
      async () => {
        expect(await mesh.uninstall()).toMatchObject({ ok: true });
        const kept = renderedObjects(profile).filter(({ metadata }) => metadata.annotations?.[POLICY] === 'keep');
        expect(kept.filter(({ kind }) => !DATA.includes(kind))).toEqual([]);
        expect(await mesh.everything()).toEqual(kept.map(({ kind, metadata }) => `${kind}/${metadata.name}`).sort());
      },
      STEP_MS,
    );

    inFull(
      'installs again over the data that it left',
      async () => {
        expect(await mesh.install(profile)).toMatchObject(done);
        expect(await mesh.uninstall()).toMatchObject({ ok: true });
        await mesh.clear();
      },
      STEP_MS,
    );
  });

  (FULL ? describe : describe.skip)('a restore by docs/runbooks/restore.md', () => {
    const restored = [
      '--set',
      'postgresql.cloudNativePg.clusters.main.name=crossroads-postgresql-main-2',
      '--set-json',
      'postgresql.cloudNativePg.clusters.main.restore={"from":"crossroads-postgresql-main","targetTime":"2026-03-01T12:30:00Z","snapshot":""}',
    ];
    const clusters = async () =>
      (await mesh.everything()).filter((name) => name.startsWith('Cluster/') && name.includes('-main'));

    it(
      'the API server accepts Clusters that are restored from snapshots',
      async () => {
        const { output } = template('production', {
          'postgresql.cloudNativePg.backup.method': 'volumeSnapshot',
          'postgresql.cloudNativePg.backup.volumeSnapshotClass': 'fast',
          'postgresql.cloudNativePg.backup.credentialsSecret': 'backups',
          'postgresql.cloudNativePg.clusters.keys.name': 'keys-2',
          'postgresql.cloudNativePg.clusters.keys.restore': { from: 'keys', targetTime: '', snapshot: 'nightly' },
        });
        expect(output).toContain('nightly-wal');
        expect(await mesh.objection(output)).toBe('');
      },
      STEP_MS,
    );

    it(
      'a restored Cluster is made alone beside the old one, and taken over by the upgrade that opens the doors',
      async () => {
        expect(await mesh.install('production')).toMatchObject(done);
        const made = await mesh.makeClusterAlone('production', 'crossroads-postgresql-main-2', ...restored);
        expect(made).toMatchObject(done);
        expect(await clusters()).toEqual([
          'Cluster/crossroads-postgresql-main',
          'Cluster/crossroads-postgresql-main-2',
        ]);
        // Helm leaves alone what it did not make.
        expect(await mesh.upgrade('production', ...restored)).toMatchObject({ ok: false });
        expect(await mesh.upgrade('production', ...restored, '--take-ownership')).toMatchObject({ ok: true });
        expect(await mesh.unsettled()).toBe('');
        expect(await clusters()).toEqual([
          'Cluster/crossroads-postgresql-main',
          'Cluster/crossroads-postgresql-main-2',
        ]);
        expect(await mesh.uninstall()).toMatchObject({ ok: true });
        await mesh.clear();
      },
      STEP_MS,
    );
  });
});
