import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CLUSTER_PORT_BASE, portsFrom } from '@crossroads/local';
import { SERVERS, SERVICES_WITH_DATABASE } from '@crossroads/topology';
import { afterAll, describe, expect, it } from '@jest/globals';
import { parse, parseAllDocuments } from 'yaml';
import { servicesIn } from '../charts/rendered.js';
import { ROOT } from '../whole-mesh.js';

const SERVICES = servicesIn('dev');

interface Call {
  readonly name: string;
  readonly with: Readonly<Record<string, unknown>>;
}
interface KubernetesObject {
  readonly kind: string;
  readonly metadata: { readonly name: string };
}
interface Container {
  readonly image: string;
  readonly command?: readonly string[];
  readonly env: readonly { readonly name: string }[];
  readonly securityContext: { readonly readOnlyRootFilesystem: boolean };
  readonly ports: readonly { readonly containerPort: number }[];
}
interface Workload extends KubernetesObject {
  readonly spec: { readonly template: { readonly spec: { readonly containers: readonly Container[] } } };
}

const read = (...path: string[]): string => readFileSync(join(ROOT, ...path), 'utf8');
const rendered = join(ROOT, 'charts', 'mesh', 'examples', 'dev', 'rendered');
/** Custom resources of cert-manager, which the Tiltfile does not use. */
const objects = readdirSync(rendered)
  .filter((file) => file !== 'certificates.yaml')
  .flatMap((file) => parseAllDocuments(readFileSync(join(rendered, file), 'utf8')))
  .map((document) => document.toJS() as KubernetesObject);
const packages = ['libs', 'services'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => `${folder}/${name}/package.json`),
);

const run = (subcommand: string): readonly Call[] => {
  const files = Object.fromEntries(
    [...packages, 'charts/mesh/files/topology.yaml', 'charts/dev-infra/values.yaml', 'charts/dev-infra/mesh.yaml'].map(
      (path): [string, unknown] => [path, parse(read(path))],
    ),
  );
  const secret = { kind: 'Secret', metadata: { name: 'exchange-tls' } };
  const administrator = { services: { authorization: { env: { BOOTSTRAP_ADMINISTRATOR: 'first' } } } };
  const answers = {
    'helm charts/mesh': objects,
    'local npm run --silent cluster -- secrets': { items: [secret] },
    'local npm run --silent cluster -- values': administrator,
  };
  const ran = spawnSync('python3', [join(ROOT, 'tests', 'tilt', 'run_tiltfile.py')], {
    cwd: ROOT,
    encoding: 'utf8',
    input: JSON.stringify({ files, answers, subcommand }),
  });
  if (ran.status !== 0) throw new Error(ran.stderr || String(ran.error));
  const { engine, calls } = JSON.parse(ran.stdout) as { readonly engine: string; readonly calls: readonly Call[] };
  if (engine === 'Python') process.stderr.write('  the Tiltfile ran as Python: no starlark-pyo3 here\n');
  return calls;
};

const hasPython = spawnSync('python3', ['--version']).status === 0;

(hasPython ? describe : describe.skip)(`the Tiltfile${hasPython ? '' : ': no python3 to run it with'}`, () => {
  const calls = hasPython ? run('up') : [];
  const of = (name: string): readonly Call['with'][] =>
    calls.filter((call) => call.name === name).map((call) => call.with);
  const strings = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : []);
  const folder = mkdtempSync(join(tmpdir(), 'crossroads-tilt-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const locals = of('local_resource');
  const builds = of('custom_build');
  const resources = of('k8s_resource');
  const names = [
    ...locals.map(({ name }) => name),
    ...resources.map(({ workload, new_name: name }) => name ?? workload),
  ];
  const applied = of('k8s_yaml').flatMap(({ yaml }) =>
    typeof yaml === 'object' && yaml !== null && 'objs' in yaml ? (yaml.objs as readonly Workload[]) : [],
  );
  const deployments = applied.filter(({ kind }) => kind === 'Deployment');

  it('the Tiltfile has a resource for each service, and dependencies only on existing resources', () => {
    for (const service of SERVICES) expect(names).toContain(service);
    const awaited = [...locals, ...resources].flatMap((resource) => strings(resource['resource_deps']));
    expect(awaited.filter((name) => !names.includes(name))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
  });

  it('the Tiltfile names charts, values files, values and paths that exist', () => {
    const charts = of('helm');
    expect(charts.map(({ pathToChartDir }) => pathToChartDir)).toEqual(['charts/dev-infra', 'charts/mesh']);
    const paths = [
      ...charts.flatMap(({ pathToChartDir, values }) => [`${String(pathToChartDir)}/Chart.yaml`, ...strings(values)]),
      ...locals.flatMap(({ deps }) => strings(deps)),
      ...builds.flatMap(({ deps }) => strings(deps)),
      'node_modules/.bin/tsc',
    ];
    expect(paths.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
    const set = charts.flatMap((chart) => strings(chart['set'])).map((text) => text.split('=')[0]?.split('.') ?? []);
    const values: unknown = {
      ...(parse(read('charts', 'mesh', 'values.yaml')) as object),
      services: Object.fromEntries(SERVICES.map((service) => [service, { env: {} }])),
    };
    const known = ([key, ...rest]: readonly string[], within: unknown): boolean =>
      key === undefined ||
      (typeof within === 'object' &&
        within !== null &&
        key in within &&
        (key === 'env' || known(rest, Reflect.get(within, key))));
    expect(set.filter((path) => !known(path, values))).toEqual([]);
  });

  it('the Tiltfile runs npm scripts and commands that exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { readonly scripts: Readonly<Record<string, string>> };
    const commands = [...locals.map(({ cmd }) => cmd), ...of('local').map(({ command }) => command)].map((command) =>
      Array.isArray(command) ? strings(command) : String(command).split(' '),
    );
    const usage = spawnSync(process.execPath, [join(ROOT, 'libs/local/dist/cluster/main.js')], { encoding: 'utf8' });
    for (const [program, ...words] of commands) {
      expect(program).toBe('npm');
      const script = words.filter((word) => !word.startsWith('-')).find((word) => word !== 'run') ?? '';
      expect(Object.keys(scripts)).toContain(script);
      if (script === 'cluster') expect(usage.stderr).toContain(`  ${words.at(-1)} `);
    }
  });

  it("the Tiltfile forwards each port of the chart's values once, to a port that exists", () => {
    const { forwards } = parse(read('charts', 'dev-infra', 'values.yaml')) as {
      readonly forwards: Record<string, number>;
    };
    const { services, forInstitutions } = portsFrom({ CROSSROADS_PORT_BASE: CLUSTER_PORT_BASE });
    const { services: base, forInstitutions: secondBase, ...others } = forwards;
    expect(base).toBe(Number(CLUSTER_PORT_BASE));
    expect(secondBase).toBe(forInstitutions[SERVICES[0] ?? 'exchange']);
    const made = of('port_forward').map((forward) => Number(forward['local_port']));
    expect(made.toSorted((a, b) => a - b)).toEqual(
      [...SERVERS.flatMap((name) => [services[name], forInstitutions[name]]), ...Object.values(others)].toSorted(
        (a, b) => a - b,
      ),
    );
    for (const { workload, port_forwards: forward } of resources.filter(({ workload: name }) =>
      SERVERS.some((one) => one === name),
    )) {
      const ports = deployments.find(({ metadata }) => metadata.name === workload)?.spec.template.spec.containers[0]
        ?.ports;
      const made = forward as readonly Record<string, number>[];
      expect([workload, made.length]).toEqual([workload, 2]);
      for (const [index, of] of [services, forInstitutions].entries()) {
        const { local_port: local, container_port: inside } = made[index] ?? {};
        expect([workload, local]).toEqual([workload, Object.entries(of).find(([name]) => name === workload)?.[1]]);
        expect(ports?.map(({ containerPort }) => containerPort)).toContain(inside);
      }
    }
  });

  it('the Tiltfile builds the images of the chart, and syncs files to their paths in the image', () => {
    const images = deployments.map(({ spec }) => spec.template.spec.containers[0]?.image.split(':')[0]);
    expect(new Set(builds.map(({ ref }) => ref))).toEqual(new Set(images));
    for (const { ref, deps, live_update: steps } of builds) {
      const service = String(ref).replace('crossroads/', '');
      const program = join(ROOT, 'scripts', 'image-content.mjs');
      const laidOut = spawnSync(process.execPath, [program, service, join(folder, service)], { encoding: 'utf8' });
      const held = laidOut.stdout.trim().split('\n');
      const synced = (steps as readonly Record<string, string>[]).map((step) => [
        step['local_path'],
        step['remote_path'],
      ]);
      const expected = [...held.map((path) => `${path}/dist`), 'libs/contracts/descriptors.binpb'];
      expect(new Set(synced.map(([local]) => local))).toEqual(new Set(expected));
      for (const [local = '', remote = ''] of synced) {
        expect(remote).toBe(`/app/${local}`);
        expect(strings(deps)).toContain(local);
        expect([remote, existsSync(join(folder, service, 'app', local))]).toEqual([remote, true]);
      }
      // A change of another service rebuilds nothing.
      expect(
        strings(deps).filter((path) => path.startsWith('services/') && !path.startsWith(`services/${service}/`)),
      ).toEqual(['services/Dockerfile']);
    }
  });

  it('the Tiltfile uses build arguments that the Dockerfile declares', () => {
    const dockerfile = read('services', 'Dockerfile');
    for (const { command } of builds)
      for (const [, name] of String(command).matchAll(/--build-arg (\w+)=/g))
        expect(dockerfile).toMatch(new RegExp(`^ARG ${name}\\b`, 'm'));
  });

  it('the Tiltfile changes the chart only so that a container with new code restarts and migrates', () => {
    expect(applied.filter(({ kind }) => kind === 'Job')).toEqual([]);
    for (const { metadata, spec } of deployments) {
      const [container] = spec.template.spec.containers;
      expect(container?.command).toEqual(['/usr/local/bin/node', '--watch', '--watch-preserve-output', '/app/main.js']);
      expect(container?.securityContext.readOnlyRootFilesystem).toBe(false);
      const variables = container?.env.map(({ name }) => name) ?? [];
      const migrates = SERVICES_WITH_DATABASE.some((one) => one === metadata.name);
      expect([metadata.name, variables.includes('DATABASE_MIGRATOR_URL')]).toEqual([metadata.name, migrates]);
      expect(new Set(variables).size).toBe(variables.length);
    }
    const others = (all: readonly KubernetesObject[]) =>
      all
        .filter(({ kind }) => !['Deployment', 'Job', 'Secret'].includes(kind))
        // Not on a laptop.
        .filter(({ metadata }) => !/-(retention|ops)$/.test(metadata.name));
    expect(others(applied)).toEqual(others(objects));
  });

  it('the Tiltfile assigns every object without a workload to a resource', () => {
    const grouped = resources.flatMap((resource) => strings(resource['objects']));
    const loose = applied.filter(({ kind }) =>
      ['NetworkPolicy', 'PersistentVolumeClaim', 'Secret', 'ServiceAccount'].includes(kind),
    );
    expect(
      loose
        .map(({ kind, metadata }) => `${metadata.name}:${kind.toLowerCase()}`)
        .filter((name) => !grouped.includes(name)),
    ).toEqual([]);
  });

  it('the chart dev-infra contains the infrastructure that the Tiltfile names', () => {
    const templates = ['postgresql', 'kafka', 'collector']
      .map((file) => read('charts', 'dev-infra', 'templates', `${file}.yaml`))
      .join('');
    for (const name of ['postgresql', 'kafka', 'otel-collector']) expect(templates).toContain(`$name := "${name}"`);
  });

  it('the Tiltfile starts tour and tests only by hand, and ends with `tilt ci`', () => {
    const waiting = locals.filter((resource) => resource['auto_init'] === false).map(({ name }) => name);
    expect(waiting).toEqual(['tour', 'tests']);
    const build = (all: readonly Call[]) => all.find((call) => call.with['name'] === 'build')?.with['serve_cmd'];
    expect([build(calls), build(run('ci'))]).toEqual([expect.stringContaining('tsc -b --watch'), '']);
  });
});
