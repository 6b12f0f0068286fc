import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { ROOT } from '../whole-mesh.js';

interface EnvironmentVariable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly secretKeyRef: { readonly name: string; readonly key: string } };
}
interface PodSpec {
  readonly containers: readonly {
    readonly name: string;
    readonly args?: readonly string[];
    readonly env: readonly EnvironmentVariable[];
    readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
  }[];
  readonly volumes?: readonly { readonly name: string }[];
}
interface Workload {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: { readonly template: { readonly spec: PodSpec } };
}

/** The environment and mounts of a container of a service or its migrations, in the rendered example of the profile dev. */
export interface RenderedContainer {
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** The folders at which Secrets are mounted. */
  readonly mounts: readonly string[];
}

/** @param secrets the values of the service's database Secret */
export const renderedContainer = (
  kind: 'Deployment' | 'Job',
  service: string,
  secrets: Readonly<Record<string, string>>,
): RenderedContainer => {
  const [file, name] = kind === 'Job' ? ['migrations', `${service}-migrations`] : [service, service];
  const path = join(ROOT, 'charts', 'mesh', 'examples', 'dev', 'rendered', `${file}.yaml`);
  const objects = parseAllDocuments(readFileSync(path, 'utf8')).map((document) => document.toJS() as Workload);
  const workload = objects.find((object) => object.kind === kind && object.metadata.name === name);
  const [container] = workload?.spec.template.spec.containers ?? [];
  if (!container) throw new Error(`${path} has no ${kind} ${name}`);
  return {
    args: container.args ?? [],
    environment: Object.fromEntries(
      container.env.map(({ name: variable, value, valueFrom }) => [
        variable,
        value ?? secrets[valueFrom?.secretKeyRef.key ?? ''] ?? 'absent',
      ]),
    ),
    mounts: container.volumeMounts.map(({ mountPath }) => mountPath),
  };
};
