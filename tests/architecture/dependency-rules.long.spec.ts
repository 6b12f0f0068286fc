import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { ROOT } from '../whole-mesh.js';

interface Cruised {
  readonly summary: {
    readonly violations: readonly {
      readonly from: string;
      readonly to: string;
      readonly rule: { readonly name: string };
    }[];
  };
}

const CRUISER = join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');
const SRC = 'services/sample/dist/src';

/** The files of an invented service with their imports; paths are relative to the repository. */
type Tree = Readonly<Record<string, readonly string[]>>;

const REFUSED: readonly (readonly [rule: string, tree: Tree])[] = [
  ['pure-rules', { [`${SRC}/person/person.decider.js`]: [`${SRC}/person/persons.js`] }],
  ['pure-rules', { [`${SRC}/person/age.rules.js`]: ['libs/policy/dist/index.js'] }],
  ['into-another-feature', { [`${SRC}/list/list.js`]: [`${SRC}/person/person.repository.js`] }],
  ['into-another-feature', { [`${SRC}/list/list.module.js`]: [`${SRC}/person/person.entity.js`] }],
  ['pipes-and-guards-for-controllers', { [`${SRC}/list/list.js`]: [`${SRC}/person/person.pipe.js`] }],
  ['nobody-imports-controllers', { [`${SRC}/person/persons.js`]: [`${SRC}/person/person.controller.js`] }],
  ['no-entity-in-what-takes-requests', { [`${SRC}/person/person.controller.js`]: [`${SRC}/person/person.entity.js`] }],
  ['known-suffix', { [`${SRC}/person/persons.js`]: [`${SRC}/person/person.helper.js`] }],
  ['features-in-folders', { [`${SRC}/person/persons.js`]: [`${SRC}/constants.js`] }],
  ['services-do-not-import-services', { [`${SRC}/person/persons.js`]: ['services/other/dist/src/person/persons.js'] }],
  ['libs-do-not-import-services', { 'libs/sample/dist/index.js': [`${SRC}/person/persons.js`] }],
  ['production-does-not-import-tools', { [`${SRC}/person/persons.js`]: ['libs/testing/dist/index.js'] }],
  ['typeorm-in-its-place', { [`${SRC}/person/persons.js`]: ['typeorm'] }],
  ['kafkajs-in-its-place', { [`${SRC}/person/persons.js`]: ['kafkajs'] }],
  ['grpc-js-in-its-place', { [`${SRC}/person/persons.js`]: ['@grpc/grpc-js'] }],
  ['pages-in-their-place', { [`${SRC}/person/persons.js`]: ['preact'] }],
  ['pages-in-their-place', { 'libs/sample/dist/a.js': ['express'] }],
  ['openid-client-in-its-place', { 'services/portal/dist/src/session/session.js': ['openid-client'] }],
  ['sign-in-provider-in-its-place', { 'services/portal/dist/src/session/session.js': ['oidc-provider'] }],
  ['pages-are-functions', { [`${SRC}/list/list.page.js`]: [`${SRC}/list/list.guard.js`] }],
  [
    'no-cycles',
    { 'libs/sample/dist/a.js': ['libs/sample/dist/b.js'], 'libs/sample/dist/b.js': ['libs/sample/dist/a.js'] },
  ],
  ['resolvable', { 'libs/sample/dist/a.js': ['not-there'] }],
];

const ALLOWED: Tree = {
  [`${SRC}/main.js`]: [`${SRC}/app.module.js`, `${SRC}/service.js`],
  [`${SRC}/service.js`]: [`${SRC}/person/person.entity.js`, `${SRC}/person/persons.migration.js`],
  [`${SRC}/app.module.js`]: [`${SRC}/person/person.module.js`],
  [`${SRC}/person/person.module.js`]: [`${SRC}/person/person.controller.js`],
  [`${SRC}/person/person.controller.js`]: [`${SRC}/list/list.pipe.js`, `${SRC}/person/person.commands.js`],
  [`${SRC}/person/person.commands.js`]: [`${SRC}/person/person.decider.js`, `${SRC}/person/person.repository.js`],
  [`${SRC}/person/person.repository.js`]: ['typeorm', `${SRC}/person/person.entity.js`],
  [`${SRC}/person/person.decider.js`]: [`${SRC}/person/age.rules.js`, 'libs/policy/dist/decide/index.js'],
  'libs/messaging/dist/kafka.js': ['kafkajs'],
  'libs/grpc/dist/client.js': ['@grpc/grpc-js'],
  'services/portal/dist/src/start-portal.js': ['services/portal/dist/src/portal.settings.js', 'express'],
  'services/portal/dist/src/list/list.page.js': ['services/portal/dist/src/list/list.texts.js', 'preact'],
  'libs/local/dist/sign-in/provider.js': ['oidc-provider'],
};

describe('the rules of imports', () => {
  const made: string[] = [];
  afterAll(() => {
    for (const folder of made) rmSync(folder, { recursive: true, force: true });
  });

  /** The rules that dependency-cruiser reports for a repository with these files. */
  const violations = (tree: Tree): string[] => {
    const folder = mkdtempSync(join(tmpdir(), 'crossroads-rules-'));
    made.push(folder);
    const write = (path: string, text: string) => {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    };
    for (const name of ['typeorm', 'kafkajs', '@grpc/grpc-js', 'preact', 'express', 'openid-client', 'oidc-provider']) {
      write(`node_modules/${name}/package.json`, JSON.stringify({ name, main: 'index.js', type: 'module' }));
      write(`node_modules/${name}/index.js`, 'export {};');
    }
    write('package.json', '{ "type": "module" }');
    for (const path of Object.values(tree).flat())
      if (path.endsWith('.js') && !(path in tree)) write(path, 'export {};');
    for (const [path, imported] of Object.entries(tree)) {
      const specifier = (to: string) => (to.endsWith('.js') && to.includes('/dist/') ? relativeTo(path, to) : to);
      write(path, imported.map((to) => `import '${specifier(to)}';`).join('\n'));
    }
    const folders = ['libs', 'services'].filter((top) => Object.keys(tree).some((path) => path.startsWith(`${top}/`)));
    // Its exit code is the number of errors; the output is complete.
    const { stdout } = spawnSync(
      process.execPath,
      [CRUISER, '--config', join(ROOT, '.dependency-cruiser.cjs'), '--output-type', 'json', ...folders],
      { cwd: folder, encoding: 'utf8' },
    );
    const { summary } = JSON.parse(stdout) as Cruised;
    return summary.violations.map(({ rule }) => rule.name);
  };

  it.each(REFUSED)('%s refuses %j', (rule, tree) => {
    expect(new Set(violations(tree))).toEqual(new Set([rule]));
  });

  it('the rules accept a service with the planned layout', () => {
    expect(violations(ALLOWED)).toEqual([]);
  });
});

const relativeTo = (from: string, to: string): string => {
  const path = relative(dirname(from), to);
  return path.startsWith('.') ? path : `./${path}`;
};
