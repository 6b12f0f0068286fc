import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  checkSettings,
  DatabaseSettings,
  describeSettings,
  SubjectKeySettings,
  withSettings,
} from '@crossroads/configuration';
import { SERVICES, serviceNamed } from '@crossroads/topology';
import type { ServiceDefinition } from '@crossroads/service';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { ofKind, PROFILES, renderedObjects, servicesIn, specOf } from '../charts/rendered.js';
import { ROOT } from '../whole-mesh.js';

interface Variable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly secretKeyRef: { readonly name: string; readonly key: string } };
}

interface Container {
  readonly env: readonly Variable[];
  readonly args?: readonly string[];
  readonly volumeMounts: readonly { readonly mountPath: string }[];
}

interface Workload {
  readonly template: { readonly spec: { readonly containers: readonly [Container] } };
}

/** Of the AWS SDK, which reads them itself. */
const OF_THE_SDK = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'];

/** An existing file in place of one that a pod mounts. */
const SOME_FILE = fileURLToPath(import.meta.url);
const SOME_URL = 'postgres://role:secret@postgresql:5432/database?sslmode=verify-full';

const settingFor = ({ value, valueFrom }: Variable): string => {
  if (valueFrom) return SOME_URL;
  return value?.startsWith('/etc/crossroads/') ? SOME_FILE : (value ?? '');
};

const definitionOf = async (service: string): Promise<ServiceDefinition> => {
  const module: unknown = await import(pathToFileURL(join(ROOT, 'services', service, 'dist/src/service.js')).href);
  return Reflect.get(Object(module), 'service') as ServiceDefinition;
};

describe.each(SERVICES)('the settings of %s', (service) => {
  let needed: ServiceDefinition['needed'];
  let settings: ReturnType<typeof describeSettings>;
  beforeAll(async () => {
    const definition = await definitionOf(service);
    ({ needed } = definition);
    settings = describeSettings(needed, definition.defaults);
  });

  it('the README has the current table of settings (npm run settings)', () => {
    const readme = readFileSync(join(ROOT, 'services', service, 'README.md'), 'utf8');
    expect(readme).toBe(withSettings(readme, settings));
  });

  it('each setting has a unique name and a valid default', () => {
    expect(new Set(settings.map(({ name }) => name)).size).toBe(settings.length);
    for (const { name, default: usual } of settings)
      if (usual !== undefined)
        for (const { shape } of needed) expect(shape[name]?.safeParse(usual).success).not.toBe(false);
  });

  const profiles = PROFILES.filter((profile) => servicesIn(profile).includes(service));

  it.each(profiles)('the chart sets valid, known and all required settings in the profile %s', (profile) => {
    const { template } = specOf<Workload>(renderedObjects(profile), 'Deployment', service);
    const [{ env, volumeMounts }] = template.spec.containers;
    const names = env.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    const known = new Map(settings.map((setting) => [setting.name, setting]));
    expect(names.filter((name) => !known.has(name) && !OF_THE_SDK.includes(name))).toEqual([]);
    const values = Object.fromEntries(env.map((one) => [one.name, settingFor(one)]));
    expect(() => checkSettings(needed, values)).not.toThrow();
    for (const { name, value, valueFrom } of env) {
      if (known.get(name)?.secret)
        expect({ name, isSecret: valueFrom !== undefined }).toEqual({ name, isSecret: true });
      if (value?.startsWith('/'))
        expect(volumeMounts.some(({ mountPath }) => value.startsWith(`${mountPath}/`))).toBe(true);
    }
    // In a cluster only the Job may migrate.
    expect(names.filter((name) => name.includes('MIGRATOR'))).toEqual([]);
  });

  if (!serviceNamed(service).database) return;

  it.each(
    profiles.flatMap((profile) => [
      [profile, 'migrations', ['migrate']] as const,
      [profile, 'contract', ['migrate', 'contract']] as const,
    ]),
  )('the Job of the profile %s sets valid settings for %s', (profile, name, command) => {
    const jobs = ofKind(renderedObjects(profile), 'Job').filter(({ metadata }) => metadata.name.includes(service));
    expect(jobs).toHaveLength(2);
    const { template } = specOf<Workload>(jobs, 'Job', `${service}-${name}`);
    const [{ env, args }] = template.spec.containers;
    expect(args?.slice(-command.length)).toEqual(command);
    const keys = settings.some(({ name }) => name === 'KEYS_DATABASE_URL');
    const values = Object.fromEntries(env.map((one) => [one.name, settingFor(one)]));
    const ofMigration = [DatabaseSettings, ...(keys ? [SubjectKeySettings] : [])];
    const read = ofMigration.flatMap((one) =>
      Object.values<unknown>(Object.fromEntries(Object.entries(new one(values)))),
    );
    expect(read).toEqual(ofMigration.flatMap(({ shape }) => Object.keys(shape).map(() => SOME_URL)));
    const known = new Set(settings.map(({ name }) => name));
    expect(env.flatMap(({ name }) => (known.has(name) ? [] : [name]))).toEqual([]);
  });
});
