import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SERVICES, TOPIC_NAMES } from '@crossroads/topology';
import { describe, expect, it } from '@jest/globals';
import { ROOT } from '../whole-mesh.js';

interface Found {
  readonly file: string;
  readonly line: string;
}

interface Allowed {
  readonly file: RegExp;
  readonly line: RegExp;
  readonly because: string;
}

/** Files outside libs/topology in which a name of a service or topic may be written. */
const ALLOWED: readonly Allowed[] = [
  {
    file: /^services\/[^/]+\/src\/service\.ts$/,
    line: /^\s*name: '[a-z-]+',$|defineService\(\{ name: '/,
    because: 'defineService takes only a ServiceName',
  },
  {
    file: /^(services\/|libs\/sign-in\/).*\.ts$/,
    line: /@Consumer\('|@InjectClient\('|forFeature\(\{ service: '|^\s+service: '[a-z-]+',$|RPCS\['/,
    because: 'these take only a ServiceName or a TopicName, so a wrong one does not compile',
  },
  {
    file: /^services\/portal\/src\//,
    line: /'[a-z-]+'/,
    because: 'MeshCalls and ServiceAway take only names of services that are called for citizens',
  },
  {
    file: /^(libs\/policy|services\/(access-audit|ebox))\/src\//,
    line: /(isFor\(|hasOneOf\(\[)'portal'|Pick<Citizen, .*'portal'/,
    because: 'a kind of right, and through whom a citizen asks',
  },
  {
    file: /^charts\/mesh\/(values\.yaml|templates\/(_portal-rules\.tpl|NOTES\.txt))$/,
    line: /^portal:$|portal\.|portal:\{\{/,
    because: 'values of the pages, and the right to serve them',
  },
  {
    file: /^(services\/exchange|libs\/(sign-in|privacy))\/src\//,
    line: /metadata\.get\('authorization'\)|^\s*'authorization',$/,
    because: 'the metadata key of tokens',
  },
  {
    file: /^(services|libs)\//,
    line: /mode(:| ===) .*'subscription'|'online' \| 'subscription'|(how === |\], |^\s+)'subscription'/,
    because: 'a grant is for online questions or for subscriptions',
  },
  {
    file: /^libs\/client\/src\/cli\//,
    line: /\.command\('ebox'\)/,
    because: 'a command is named like the service that it calls',
  },
  {
    file: /^charts\/mesh\/templates\/kafka\.yaml$/,
    line: /^\s+authorization:$/,
    because: 'a field of a KafkaUser',
  },
  {
    file: /^charts\/mesh\/profiles\//,
    line: /^ {2}[a-z-]+:$/,
    because: 'values of one service; the chart refuses a service that it does not know',
  },
  {
    file: /^services\/subscription\/src\/subscription\/grant-decision\.rules\.ts$/,
    line: /THIS_SERVICE: Caller = \{ kind: 'service', name: 'subscription'/,
    because: 'rules import no topology',
  },
];

const files = (folder: string, ends: RegExp): string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .map((file) => `${folder}/${file}`)
    .filter((file) => ends.test(file));

const packages = (folder: 'libs' | 'services'): string[] =>
  readdirSync(join(ROOT, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => `${folder}/${name}`);

const CODE = [...packages('libs'), ...packages('services')]
  .filter((folder) => !['libs/topology', 'libs/testing', 'libs/contracts'].includes(folder))
  .flatMap((folder) => files(`${folder}/src`, /(?<!\.(spec|bench|examples|contract))\.ts$/))
  .filter((file) => !file.includes('/testing/'));

const CHARTS = [
  'Tiltfile',
  'charts/mesh/values.yaml',
  ...files('charts/mesh/templates', /\.(yaml|tpl|txt)$/),
  ...files('charts/mesh/profiles', /\.yaml$/),
  ...files('charts/dev-infra', /\.(yaml|tpl|properties)$/),
  ...files('scripts', /\.mjs$/),
];

const NAMES = [...SERVICES, ...TOPIC_NAMES].join('|').replaceAll('.', String.raw`\.`);
/** In TypeScript a name is quoted, alone or after a colon, as in `service:exchange`. */
const QUOTED = new RegExp(`['"\`:](${NAMES})['"\`]`);
/** YAML and templates need no quotes. */
const BARE = new RegExp(String.raw`(?<![\w./-])(${NAMES})(?![\w-])`);

const withoutComments = (text: string): string =>
  text
    .replaceAll(/\{\{-? *\/\*[\s\S]*?\*\/ *-?\}\}/g, '')
    .replaceAll(/^\s*(\/\*\*?|\*|\/\/|#|-- ).*$/gm, '')
    .replaceAll(/(?<=\s)(#|\/\/) .*$/gm, '');

const namesIn = (file: string, text: string): Found[] =>
  withoutComments(text)
    .split('\n')
    .filter((line) => (file.endsWith('.ts') || file.endsWith('.mjs') ? QUOTED : BARE).test(line))
    .map((line) => ({ file, line }));

const isAllowed = ({ file, line }: Found): boolean =>
  ALLOWED.some((allowed) => allowed.file.test(file) && allowed.line.test(line));

describe('names of services and topics', () => {
  const found = [...CODE, ...CHARTS].flatMap((file) => namesIn(file, readFileSync(join(ROOT, file), 'utf8')));

  it('names of services and topics are written only in libs/topology', () => {
    expect(CODE.length).toBeGreaterThan(300);
    expect(found.filter((one) => !isAllowed(one))).toEqual([]);
  });

  it('the search finds names of services and topics in code and in charts', () => {
    const code =
      "const a = 'exchange'; // 'subscription'\nconst b = `service:access-audit`;\n/** `authorization` */\nexchange();";
    expect(namesIn('services/x/src/x.ts', code).map(({ line }) => line.trim())).toEqual([
      "const a = 'exchange';",
      'const b = `service:access-audit`;',
    ]);
    const chart =
      'calls: [exchange] # exchange\nname: exchange-http\n{{- /* exchange */}}topic: crossroads.access.exchange.v1';
    expect(namesIn('charts/x.yaml', chart).map(({ line }) => line.trim())).toEqual([
      'calls: [exchange]',
      'topic: crossroads.access.exchange.v1',
    ]);
  });

  it('each exception is used', () => {
    const unused = ALLOWED.filter(
      (allowed) => !found.some(({ file, line }) => allowed.file.test(file) && allowed.line.test(line)),
    );
    expect(unused.map(({ because }) => because)).toEqual([]);
  });
});
