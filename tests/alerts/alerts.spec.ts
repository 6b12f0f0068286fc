import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { METRICS, type MetricName, prometheusName } from '@crossroads/telemetry';
import { accessTopicOf, PARTITIONS, SERVICES } from '@crossroads/topology';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { stringify } from 'yaml';
import { progress, ROOT } from '../whole-mesh.js';
import { hasPromtool, promtool } from './promtool.js';
import { boards, expressionsOf, expressionTests, labelsIn, metricsIn, ruleFiles, rules, testFiles } from './watch.js';

/** Metrics that the chart defines, from the memory limits in its values. */
const BY_THE_CHART = ['crossroads:memory_limit:bytes'];
const METRIC_NAMES = Object.keys(METRICS) as MetricName[];

const known = new Set([
  ...METRIC_NAMES.filter((name) => METRICS[name].kind !== 'histogram').map(prometheusName),
  ...METRIC_NAMES.filter((name) => METRICS[name].kind === 'histogram').flatMap((name) =>
    ['_bucket', '_count', '_sum'].map((part) => `${prometheusName(name)}${part}`),
  ),
  ...rules().flatMap(({ record }) => record ?? []),
  ...BY_THE_CHART,
]);

const labels = new Set<string>([
  ...METRIC_NAMES.flatMap((name) => METRICS[name].by),
  ...['service_name', 'le', 'within', 'alertname', 'alertstate', 'severity'],
  // Of CloudNativePG's instances.
  ...['cluster', 'pod', 'name', '__name__'],
  // Of kube-state-metrics.
  ...['namespace', 'cronjob', 'job_name', 'condition'],
]);

const alerts = rules().filter((rule) => rule.alert !== undefined);
/** The sections of a runbook: one of the rules' README, or a page of docs/runbooks. */
const sectionsOf = (file: string): string[] => {
  if (!/^(charts\/mesh\/rules\/README|docs\/runbooks\/[a-z-]+)\.md$/.test(file)) return [];
  return [...readFileSync(join(ROOT, file), 'utf8').matchAll(/^##+ (\w+)$/gm)].map(([, title]) => title ?? '');
};
const everyExpression = [...rules().map(({ expr }) => expr), ...boards().flatMap(expressionsOf)];

if (!hasPromtool) progress('SKIPPED, no promtool (Debian: prometheus): rules and boards are read, not evaluated');
const withPromtool = hasPromtool ? it : it.skip;

describe('rules', () => {
  it('rules name metrics that are exported, and labels that these have', () => {
    expect(everyExpression.flatMap(metricsIn).filter((name) => !known.has(name))).toEqual([]);
    expect(everyExpression.flatMap(labelsIn).filter((label) => !labels.has(label))).toEqual([]);
  });

  it('each exported metric is used by a rule or a board', () => {
    const used = new Set(everyExpression.flatMap(metricsIn).map((name) => name.replace(/_(bucket|count|sum)$/, '')));
    expect(METRIC_NAMES.map(prometheusName).filter((name) => !used.has(name))).toEqual([]);
  });

  it.each(alerts)('alert $alert has a severity, a summary, a first step and a link', (rule) => {
    expect(['critical', 'warning', 'info']).toContain(rule.labels?.severity);
    expect(rule.annotations?.summary).toMatch(/\S/);
    expect(rule.annotations?.description).toMatch(/First: \S/);
    const [file = '', section] = rule.annotations?.runbook?.split('#') ?? [];
    expect(section).toBe(rule.alert?.toLowerCase());
    expect(sectionsOf(file)).toContain(rule.alert);
  });

  it('a partition without a holder is missed, however many there are', () => {
    const { expr } = rules().find(({ alert }) => alert === 'CrossroadsPartitionNotHeld') ?? {};
    expect(expr).toBe(`crossroads:partitions_held:sum < ${PARTITIONS}`);
  });

  it('retention is watched in each service with a journal of accesses', () => {
    const journals = SERVICES.filter((service) => accessTopicOf(service) !== undefined);
    const expressions = rules().filter(({ record }) => record?.startsWith('crossroads:retention_'));
    expect(expressions).toHaveLength(2);
    for (const { expr } of expressions) expect(expr).toContain(`"(${journals.join('|')})-retention`);
  });

  it('each alert has a test in which it fires and one in which it does not', () => {
    const shown = (firing: boolean) =>
      expressionTests()
        .filter(({ exp_samples }) => exp_samples.length > 0 === firing)
        .map(({ expr }) => expr);
    const missing = (expressions: string[]) =>
      alerts
        .map(({ alert }) => alert)
        .filter((alert) => !expressions.some((expr) => expr.startsWith(`ALERTS{alertname="${alert}"`)));
    expect({ neverFires: missing(shown(true)), neverSilent: missing(shown(false)) }).toEqual({
      neverFires: [],
      neverSilent: [],
    });
  });

  withPromtool('are what Prometheus reads', async () => {
    expect(await promtool('check', 'rules', ...ruleFiles())).toMatchObject({ ok: true });
  });

  withPromtool('fire and stay silent as tests/alerts/*.test.yaml say', async () => {
    const { ok, says } = await promtool('test', 'rules', ...testFiles());
    expect(ok ? '' : says).toBe('');
  });
});

describe('boards', () => {
  it.each(boards())('board $uid queries the selected data source, and has a description', (board) => {
    expect(board.schemaVersion).toBeGreaterThanOrEqual(39);
    expect(board.description).toMatch(/\?/);
    expect(board.templating.list[0]).toMatchObject({ name: 'datasource', type: 'datasource' });
    for (const { datasource } of board.panels) expect(datasource.uid).toMatch(/^\$\{datasource\}$/);
  });

  it.each(boards())('panels of board $uid do not overlap', ({ panels }) => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, at) => `${x + (at % w)},${y + Math.floor(at / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(Math.max(...panels.map(({ gridPos }) => gridPos.x + gridPos.w))).toBeLessThanOrEqual(24);
  });

  it('boards have different ids', () => {
    const ids = boards().map(({ uid }) => uid);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('expressions of the boards', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'crossroads-boards-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const asRules = (expressions: readonly string[]): string => {
    const file = join(folder, 'boards.yaml');
    const filled = expressions.map((expr) => expr.replaceAll('$__rate_interval', '5m').replaceAll('$service', '.+'));
    const named = filled.map((expr, at) => ({ record: `board:${at}`, expr }));
    writeFileSync(file, stringify({ groups: [{ name: 'boards', rules: named }] }));
    return file;
  };

  withPromtool('are PromQL', async () => {
    expect(await promtool('check', 'rules', asRules(boards().flatMap(expressionsOf)))).toMatchObject({ ok: true });
  });

  withPromtool('are refused when they are not', async () => {
    expect(await promtool('check', 'rules', asRules(['sum by (rate(crossroads_decisions_total[5m]))']))).toMatchObject({
      ok: false,
    });
  });
});
