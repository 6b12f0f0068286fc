import { ExchangeServiceService } from '@crossroads/contracts/exchange/v1/exchange_service';
import { connect } from '@crossroads/grpc';
import { SERVICES, type ServiceName } from '@crossroads/local';
import { eventually } from '@crossroads/testing';
import { readBy, SERVERS, usesKafka } from '@crossroads/topology';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ofKind, renderedObjects, specOf } from '../charts/rendered.js';
import { WholeMesh } from '../whole-mesh.js';
import { onKafka } from '../on-kafka.js';
import { generatedPeople, generatedSsins } from '../people.js';
import { Replica, type ReplicaPorts } from './replica.js';
import { questionAbout } from './steady-load.js';

interface Probe {
  readonly grpc: { readonly port: number; readonly service?: string };
}

interface Container {
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value?: string }[];
  readonly startupProbe: Probe;
  readonly livenessProbe: Probe;
  readonly readinessProbe: Probe;
}

interface Workload {
  readonly template: { readonly spec: { readonly containers: readonly [Container] } };
}

const PROFILE = renderedObjects('dev');
const [SSIN = ''] = generatedSsins(1);

let mesh: WholeMesh;
const pods = new Map<ServiceName, Replica>();

const containerOf = (kind: string, name: string): Container => {
  const spec = specOf<Workload & { readonly jobTemplate: { readonly spec: Workload } }>(PROFILE, kind, name);
  return (kind === 'CronJob' ? spec.jobTemplate.spec : spec).template.spec.containers[0];
};

/** The chart's Jobs and CronJobs, by name, with their services. */
const jobs = (): [string, ServiceName, Container][] =>
  ['Job', 'CronJob'].flatMap((kind) =>
    ofKind(PROFILE, kind).flatMap(({ metadata: { name } }) => {
      const service = SERVICES.find((one) => name.startsWith(`${one}-`));
      return service === undefined
        ? []
        : ([[name, service, containerOf(kind, name)]] as [string, ServiceName, Container][]);
    }),
  );

/** Of a command, which listens nowhere. */
const NO_PORTS: ReplicaPorts = { port: 0, institutionsPort: 0, healthPort: 0 };

/** Exactly the variables of the rendered environment. Those that name a file, address or port of a cluster get one of this machine. */
const environmentOf = async (
  service: ServiceName,
  { env }: Container,
  { port, institutionsPort, healthPort }: ReplicaPorts,
): Promise<NodeJS.ProcessEnv> => {
  const here = await mesh.local.environmentOf(service, port, institutionsPort);
  const placed: Record<string, string> = { GRPC_HOST: '127.0.0.1', HEALTH_PORT: String(healthPort) };
  for (const [name, pod] of pods) placed[`${name.toUpperCase().replaceAll('-', '_')}_ADDRESS`] = pod.address;
  const variables: Record<string, string> = {};
  for (const { name, value } of env) {
    const isPlace = value === undefined || value.startsWith('/') || /_(ADDRESS|PORT|BROKERS|HOST)$/.test(name);
    variables[name] = isPlace ? (placed[name] ?? here[name] ?? '') : value;
  }
  // Without Kafka the mesh uses its log in PostgreSQL.
  const bus = mesh.kafkaAbsent === undefined ? {} : { EMBEDDED_LOG_URL: here['EMBEDDED_LOG_URL'] };
  return { PATH: process.env['PATH'], ...variables, ...bus };
};

beforeAll(async () => {
  mesh = await WholeMesh.start();
  await mesh.load(() => generatedPeople(1));
  await mesh.decide('welfare-office');
  await mesh.inscribe('welfare-office', [SSIN]);
  for (const service of SERVERS) await mesh.local.process(service)?.stop();
  for (const service of SERVERS)
    pods.set(
      service,
      await Replica.at(mesh, service, (ports) => environmentOf(service, containerOf('Deployment', service), ports)),
    );
  await each((pod) => pod.start());
});

afterAll(async () => {
  for (const pod of pods.values()) pod.kill();
  await mesh?.stop();
});

const each = (work: (pod: Replica) => Promise<void>) => Promise.all([...pods.values()].map(work));

const eachOnKafka = (work: (pod: Replica) => Promise<void>) =>
  each(async (pod) => {
    if (usesKafka(pod.service)) await work(pod);
  });

describe('processes with the environment of the chart’s containers', () => {
  it("each container runs the commands of the chart's Jobs with their environment, beside pods that serve", async () => {
    for (const [name, service, container] of jobs()) {
      const environment = await environmentOf(service, container, NO_PORTS);
      const pod = pods.get(service);
      // As it is, the template for commands by hand only lists them.
      const isTemplate = name.endsWith('-ops');
      const args = isTemplate ? ['resync', readBy(service)[0] ?? '', '7'] : container.args;
      expect({ job: name, code: await pod?.run(args, environment) }).toEqual({ job: name, code: 0 });
    }
    expect(jobs().map(([, , { args }]) => args.join(' '))).toEqual(
      expect.arrayContaining(['migrate', 'migrate contract', 'retention', 'help']),
    );
  });

  it("the directory's views are rebuilt with the environment of the chart's template", async () => {
    const environment = await environmentOf(
      'reference-directory',
      containerOf('CronJob', 'reference-directory-ops'),
      NO_PORTS,
    );
    for (const view of ['persons', 'inscriptions', 'numbers', 'merges'])
      expect({ view, code: await pods.get('reference-directory')?.run(['rebuild', view], environment) }).toEqual({
        view,
        code: 0,
      });
    expect(await pods.get('reference-directory')?.run(['help'], environment)).toBe(1);
  });

  it('each container starts and answers its probes', async () => {
    await each(async (pod) => {
      const { startupProbe, livenessProbe, readinessProbe } = containerOf('Deployment', pod.service);
      for (const { grpc } of [startupProbe, livenessProbe, readinessProbe])
        expect({ of: pod.service, ...grpc, yes: await pod.is(grpc.service ?? '') }).toMatchObject({ yes: true });
    });
  });

  it('the exchange answers a consultation with the environment of the chart', async () => {
    const { tls, trustDomain } = mesh.network.connection('welfare-office');
    const server = { kind: 'service', name: 'exchange' } as const;
    const exchange = connect(ExchangeServiceService, pods.get('exchange')?.institutionsAddress ?? '', {
      tls,
      trustDomain,
      server,
    });
    const { results, ticket } = await exchange.consult(mesh.as('welfare-office').signed(questionAbout(SSIN)), {
      deadlineMs: 15_000,
    });
    expect(ticket).not.toBe('');
    expect(results).toHaveLength(1);
    exchange.close();
  });

  onKafka('a container that has lost Kafka reports it, and stays ready and alive during its grace period', async () => {
    await mesh.whileSuspended('kafka', async () => {
      await eachOnKafka(async (pod) => {
        expect(
          await eventually(
            () => pod.is('bus'),
            (there) => !there,
          ),
        ).toBe(false);
        expect({ of: pod.service, ready: await pod.is(''), alive: await pod.is('liveness') }).toEqual({
          of: pod.service,
          ready: true,
          alive: true,
        });
      });
    });
    await eachOnKafka(async (pod) => {
      expect(await eventually(() => pod.is('bus'), Boolean)).toBe(true);
    });
  });

  it('each container ends with 0 at SIGTERM', async () => {
    await each(async (pod) => {
      expect({ of: pod.service, code: await pod.stop() }).toEqual({ of: pod.service, code: 0 });
    });
    await each((pod) => pod.start());
  });
});
