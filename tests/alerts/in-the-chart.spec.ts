import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { SERVICES } from '@crossroads/topology';
import { describe, expect, it } from '@jest/globals';
import { parse, parseAllDocuments } from 'yaml';
import { HELM, template } from '../charts/helm.js';
import { type KubernetesObject, ofKind, skipped, specOf } from '../charts/rendered.js';
import { boards, type Rule, ruleFiles } from './watch.js';

if (HELM === undefined) skipped('no helm: how the chart carries rules and boards is not looked at');
const withHelm = HELM === undefined ? it.skip : it;

interface Groups {
  readonly groups: readonly { readonly rules: readonly Rule[] }[];
}

const carried = (): readonly KubernetesObject[] =>
  parseAllDocuments(template('production').output).map((document) => document.toJS() as KubernetesObject);

describe('the chart', () => {
  withHelm('the chart contains each file of rules unchanged', () => {
    const specs = new Map(ofKind(carried(), 'PrometheusRule').map(({ metadata, spec }) => [metadata.name, spec]));
    for (const file of ruleFiles())
      expect(specs.get(`mesh-${basename(file, '.yaml')}`)).toEqual(parse(readFileSync(file, 'utf8')));
  });

  withHelm('records the memory limit of each service, which an alert measures against', () => {
    const rules = specOf<Groups>(carried(), 'PrometheusRule', 'mesh-memory-limits').groups.flatMap(
      (group) => group.rules,
    );
    expect(new Set(rules.map(({ labels }) => labels?.service_name))).toEqual(new Set(SERVICES));
    for (const { record, expr } of rules)
      expect([record, expr]).toEqual(['crossroads:memory_limit:bytes', `vector(${768 * 1024 * 1024})`]);
  });

  withHelm('carries each board as Grafana reads it', () => {
    const found = ofKind(carried(), 'ConfigMap')
      .filter(({ metadata }) => metadata.labels?.grafana_dashboard === '1')
      .map((object) => (object as KubernetesObject & { readonly data: Readonly<Record<string, string>> }).data)
      .flatMap((data) => Object.values(data).map((text): unknown => JSON.parse(text)));
    expect(found).toEqual(boards());
  });
});
