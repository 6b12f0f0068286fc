import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ROOT } from '../whole-mesh.js';

const RULES = join(ROOT, 'charts', 'mesh', 'rules');
export const TESTS = join(ROOT, 'tests', 'alerts');
const BOARDS = join(ROOT, 'charts', 'mesh', 'boards');

export interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

interface RuleFile {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Rule[] }[];
}

interface ExpressionTest {
  readonly expr: string;
  readonly exp_samples: readonly unknown[];
}

interface TestFile {
  readonly tests: readonly { readonly promql_expr_test: readonly ExpressionTest[] }[];
}

interface Place {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

export interface Panel {
  readonly id: number;
  readonly title: string;
  readonly datasource: { readonly uid: string };
  readonly gridPos: Place;
  readonly targets: readonly { readonly expr: string; readonly legendFormat?: string }[];
}

export interface Board {
  readonly uid: string;
  readonly schemaVersion: number;
  readonly description: string;
  readonly templating: { readonly list: readonly { readonly name: string; readonly type: string }[] };
  readonly annotations: { readonly list: readonly { readonly expr: string }[] };
  readonly panels: readonly Panel[];
}

const filesOf = (folder: string, ending: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => join(folder, name));

export const ruleFiles = (): string[] => filesOf(RULES, '.yaml');
export const testFiles = (): string[] => filesOf(TESTS, '.test.yaml');

// Parsed without validation: promtool and Grafana define the formats, and the specs fail when a field is missing.
export const rules = (): Rule[] =>
  ruleFiles()
    .map((file) => parse(readFileSync(file, 'utf8')) as RuleFile)
    .flatMap(({ groups }) => groups.flatMap((group) => group.rules));

export const expressionTests = (): ExpressionTest[] =>
  testFiles()
    .map((file) => parse(readFileSync(file, 'utf8')) as TestFile)
    .flatMap(({ tests }) => tests.flatMap((test) => test.promql_expr_test));

export const boards = (): Board[] =>
  filesOf(BOARDS, '.json').map((file) => JSON.parse(readFileSync(file, 'utf8')) as Board);

export const expressionsOf = (board: Board): string[] => [
  ...board.panels.flatMap((panel) => panel.targets.map((target) => target.expr)),
  ...board.annotations.list.map(({ expr }) => expr),
];

/** The names of metrics in an expression. */
export const metricsIn = (expression: string): string[] =>
  [...withoutTexts(expression).matchAll(/\bcrossroads[_:][a-z0-9_:]+/g)].map(([name]) => name);

/** Labels that an expression compares or groups by. */
export const labelsIn = (expression: string): string[] => {
  const bare = withoutTexts(expression);
  const compared = [...bare.matchAll(/[{,]\s*([a-z_]+)\s*(?:=~|!~|!=|=)/g)].map(([, label]) => label ?? '');
  const grouped = [...bare.matchAll(/\b(?:by|on|ignoring|group_left|group_right)\s*\(([^)]*)\)/g)].flatMap(([, list]) =>
    (list ?? '')
      .split(',')
      .map((label) => label.trim())
      .filter((label) => label !== ''),
  );
  return [...compared, ...grouped];
};

const withoutTexts = (expression: string): string => expression.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""');
