import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClusterMesh, kafkaProperties, kafkaVersion, type SecretManifest, secretManifests } from '@crossroads/local';
import { SERVICES, sharedKeysOf } from '@crossroads/topology';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse, parseAllDocuments } from 'yaml';
import { ROOT } from '../whole-mesh.js';

const CHART = join(ROOT, 'charts', 'dev-infra');

interface Values {
  readonly kafka: { readonly image: string; readonly secret: string };
  readonly postgresql: { readonly secret: string };
  readonly forwards: Readonly<Record<string, number>>;
}
const values = parse(readFileSync(join(CHART, 'values.yaml'), 'utf8')) as Values;

const properties = (text: string): Record<string, string> =>
  Object.fromEntries(
    text
      .split('\n')
      .filter((line) => line && !line.startsWith('#'))
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );

/** Every Secret and key that an object names in a variable or a volume. */
const namedSecrets = (object: unknown): { readonly name: string; readonly key: string }[] => {
  if (Array.isArray(object)) return object.flatMap(namedSecrets);
  if (typeof object !== 'object' || object === null) return [];
  const { secretKeyRef, secret, ...rest } = object as {
    readonly secretKeyRef?: { readonly name: string; readonly key: string };
    readonly secret?: {
      readonly name?: string;
      readonly secretName?: string;
      readonly items?: readonly { readonly key: string }[];
    };
  };
  const name = secret?.name ?? secret?.secretName;
  return [
    ...(secretKeyRef ? [secretKeyRef] : []),
    ...(name === undefined ? [] : (secret?.items ?? []).map(({ key }) => ({ name, key }))),
    ...Object.values(rest).flatMap(namedSecrets),
  ];
};

describe('charts/dev-infra', () => {
  it('the broker of dev-infra has the settings of libs/local, except listeners and paths', () => {
    const ours = properties(readFileSync(join(CHART, 'files', 'server.properties'), 'utf8'));
    const local = properties(
      kafkaProperties({
        port: 9093,
        institutionsPort: 9095,
        controllerPort: 9094,
        dataFolder: '/var/lib/kafka/data',
        keyStore: '/etc/kafka/tls/keystore.pem',
        trusts: { services: '/etc/kafka/tls/ca.crt', institutions: '/etc/kafka/tls/institutions-ca.crt' },
        superUsers: ['CN=kafka'],
      }),
    );
    expect(ours).toEqual({
      ...local,
      listeners: `MESH://0.0.0.0:9093,INSTITUTIONS://0.0.0.0:${values.forwards['kafkaForInstitutions']},LAPTOP://0.0.0.0:${values.forwards['kafka']},CONTROLLER://localhost:9094`,
      'advertised.listeners': `MESH://kafka:9093,INSTITUTIONS://localhost:${values.forwards['kafkaForInstitutions']},LAPTOP://localhost:${values.forwards['kafka']}`,
      'listener.security.protocol.map': 'MESH:SSL,INSTITUTIONS:SSL,LAPTOP:SSL,CONTROLLER:SSL',
    });
    expect(values.kafka.image).toBe(`docker.io/apache/kafka:${kafkaVersion()}`);
  });
});

describe('npm run cluster', () => {
  const folder = mkdtempSync(join(tmpdir(), 'crossroads-cluster-'));
  let mesh: ClusterMesh;
  let secrets: ReadonlyMap<string, SecretManifest['stringData']>;

  const secretsNow = async () =>
    new Map((await secretManifests(mesh)).map(({ metadata, stringData }) => [metadata.name, stringData]));

  beforeAll(async () => {
    mesh = await ClusterMesh.open(folder);
    secrets = await secretsNow();
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('npm run cluster creates every Secret and key that the charts name', () => {
    const rendered = join(ROOT, 'charts', 'mesh', 'examples', 'dev', 'rendered');
    const files = readdirSync(rendered).map((file) => readFileSync(join(rendered, file), 'utf8'));
    const named = files.flatMap((text) => parseAllDocuments(text)).flatMap((document) => namedSecrets(document.toJS()));
    expect(named.length).toBeGreaterThan(SERVICES.length * 5);
    const absent = named.filter(({ name, key }) => secrets.get(name)?.[key] === undefined);
    expect(absent).toEqual([]);
    expect(secrets.get(values.kafka.secret)).toMatchObject({
      'keystore.pem': expect.stringMatching(/KEY.*CERTIFICATE/s),
    });
    expect(secrets.get(values.postgresql.secret)).toMatchObject({ password: expect.stringMatching(/^[0-9a-f]{48}$/) });
    const { test } = parse(readFileSync(join(CHART, 'mesh.yaml'), 'utf8')) as {
      readonly test: { readonly certificateSecret: string; readonly requestSecret: string };
    };
    expect(Object.keys(secrets.get(test.certificateSecret) ?? {})).toEqual(['tls.crt', 'tls.key', 'ca.crt']);
    expect(secrets.get(test.requestSecret)).toMatchObject({
      ssin: expect.stringMatching(/^\d{11}$/),
      'official-key.pem': expect.stringContaining('PRIVATE KEY'),
    });
  });

  it('npm run cluster gives the same key of an encrypted topic to each service that the topology names', () => {
    for (const name of new Set(SERVICES.flatMap(sharedKeysOf))) {
      const held = SERVICES.filter((service) => sharedKeysOf(service).includes(name)).map((service) => {
        const file = JSON.parse(secrets.get(`${service}-keys`)?.['keys.json'] ?? '{}') as {
          readonly keys: Readonly<Record<string, unknown>>;
        };
        return JSON.stringify(file.keys[name]);
      });
      expect([name, new Set(held).size, held.includes('undefined')]).toEqual([name, 1, false]);
    }
  });

  it('npm run cluster creates the same Secrets the next time', async () => {
    mesh = await ClusterMesh.open(folder);
    expect(await secretsNow()).toEqual(secrets);
  });

  it("the ports in mesh.json are the forwarded ports of the chart's values", async () => {
    const { services, forInstitutions, postgres, kafka, kafkaForInstitutions } = mesh.ports;
    const { metrics, ...forwards } = values.forwards;
    expect({
      services: Math.min(...Object.values(services)),
      forInstitutions: Math.min(...Object.values(forInstitutions)),
      postgresql: postgres,
      kafka,
      kafkaForInstitutions,
    }).toEqual(forwards);
    const all = [...Object.values(services), ...Object.values(forInstitutions), postgres, kafka, kafkaForInstitutions];
    expect(all).not.toContain(metrics);
    await mesh.write();
    expect(existsSync(join(folder, 'mesh.json'))).toBe(true);
  });
});
