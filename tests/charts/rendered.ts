import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SERVICES, type ServiceName, serviceNamed } from '@crossroads/topology';
import { parseAllDocuments } from 'yaml';

export const CHART = join(import.meta.dirname, '..', '..', '..', 'charts', 'mesh');

/** Prints why tests are skipped. */
export const skipped = (why: string): void => {
  process.stderr.write(`SKIPPED: ${why}\n`);
};

/** The common fields of Kubernetes objects. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: unknown;
  /** In a ConfigMap. */
  readonly data?: Readonly<Record<string, string>>;
}

export const PROFILES = ['dev', 'small', 'production'] as const;
export type Profile = (typeof PROFILES)[number];

/** The services of a profile's example. A laptop's cluster has no portal. */
export const servicesIn = (profile: Profile): readonly ServiceName[] =>
  SERVICES.filter((name) => profile !== 'dev' || !serviceNamed(name).servesPages);

/** Of them those with a database. */
export const databasesIn = (profile: Profile): readonly ServiceName[] =>
  servicesIn(profile).filter((name) => serviceNamed(name).database);

const read = (profile: Profile): readonly KubernetesObject[] => {
  const folder = join(CHART, 'examples', profile, 'rendered');
  const files = existsSync(folder) ? readdirSync(folder) : [];
  return files.flatMap((file) =>
    parseAllDocuments(readFileSync(join(folder, file), 'utf8')).map((document) => document.toJS() as KubernetesObject),
  );
};

const known = new Map<Profile, readonly KubernetesObject[]>();

/** The objects of a profile's committed example, the output of `helm template`. Read once. */
export const renderedObjects = (profile: Profile): readonly KubernetesObject[] => {
  const objects = known.get(profile) ?? read(profile);
  known.set(profile, objects);
  return objects;
};

export const ofKind = (objects: readonly KubernetesObject[], kind: string): readonly KubernetesObject[] =>
  objects.filter((object) => object.kind === kind);

/** What the pods of an object's Jobs run, and how. */
export interface JobContainer {
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: unknown }[];
  readonly resources: unknown;
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
}
export interface JobSpec {
  readonly backoffLimit: number;
  readonly ttlSecondsAfterFinished?: number;
  readonly template: {
    readonly metadata: { readonly labels: Readonly<Record<string, string>> };
    readonly spec: {
      readonly serviceAccountName: string;
      readonly containers: readonly [JobContainer];
      readonly volumes: readonly unknown[];
    };
  };
}
export interface CronJobSpec {
  readonly schedule: string;
  readonly timeZone?: string;
  readonly suspend?: boolean;
  readonly concurrencyPolicy: string;
  readonly failedJobsHistoryLimit?: number;
  readonly jobTemplate: { readonly spec: JobSpec };
}

/** The spec of one object. @throws Error when the object does not exist */
export const specOf = <Spec>(objects: readonly KubernetesObject[], kind: string, name: string): Spec => {
  const found = objects.find((object) => object.kind === kind && object.metadata.name === name);
  if (!found) throw new Error(`there is no ${kind} ${name}`);
  return found.spec as Spec;
};
