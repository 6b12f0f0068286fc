import type { DataService, Supplier } from '@crossroads/contracts/authorization/v1/policy';

/** A node in the tree of the paths of all field groups of a data service. */
export interface PathNode {
  /** The groups with a path that ends here; each grants everything below. */
  readonly groups: readonly string[];
  readonly children: ReadonlyMap<string, PathNode>;
}

/** A data service, compiled for decisions and cuts. */
export interface CompiledDataService {
  readonly name: string;
  readonly title: string;
  readonly supplier: Supplier | undefined;
  readonly jsonSchema: { readonly [key: string]: unknown } | undefined;
  /** Paths by the name of the group, in the order of registration. */
  readonly fieldGroups: ReadonlyMap<string, readonly string[]>;
  /** Field groups by who may report changes of them. */
  readonly reporters: ReadonlyMap<string, ReadonlySet<string>>;
  readonly paths: PathNode;
  /** Names that the schema or a path declares. Any other name may itself be data (a map by person), and is not listed in what was cut. */
  readonly declaredNames: ReadonlySet<string>;
}

export const compileDataService = (message: DataService): CompiledDataService => {
  const root = newNode();
  const declaredNames = new Set<string>();
  for (const { name, paths } of message.fieldGroups)
    for (const path of paths) {
      let node = root;
      for (const segment of path.split('.')) {
        declaredNames.add(segment);
        node = childOf(node, segment);
      }
      node.groups.push(name);
    }
  collectPropertyNames(message.jsonSchema, declaredNames, 0);
  const reporters = new Map<string, ReadonlySet<string>>();
  for (const { enterpriseNumber, fieldGroups } of message.reporters)
    reporters.set(enterpriseNumber, new Set([...(reporters.get(enterpriseNumber) ?? []), ...fieldGroups]));
  return {
    name: message.dataService,
    title: message.title,
    supplier: message.supplier,
    jsonSchema: message.jsonSchema,
    fieldGroups: new Map(message.fieldGroups.map(({ name, paths }) => [name, paths])),
    reporters,
    paths: root,
    declaredNames,
  };
};

/** The dot paths of some groups: what a source is asked for. */
export const pathsOf = (service: CompiledDataService, fieldGroups: Iterable<string>): string[] => [
  ...new Set([...fieldGroups].flatMap((group) => service.fieldGroups.get(group) ?? [])),
];

interface GrowingNode extends PathNode {
  readonly groups: string[];
  readonly children: Map<string, GrowingNode>;
}

const newNode = (): GrowingNode => ({ groups: [], children: new Map() });

const childOf = (node: GrowingNode, segment: string): GrowingNode => {
  const known = node.children.get(segment);
  if (known) return known;
  const child = newNode();
  node.children.set(segment, child);
  return child;
};

/** Registered schemas are less deep. A deeper name is shown as `*` in the list of what was cut. */
const MAX_SCHEMA_DEPTH = 64;

const collectPropertyNames = (schema: unknown, names: Set<string>, depth: number): void => {
  if (typeof schema !== 'object' || schema === null || depth > MAX_SCHEMA_DEPTH) return;
  if (Array.isArray(schema)) {
    for (const part of schema) collectPropertyNames(part, names, depth + 1);
    return;
  }
  const members: [string, unknown][] = Object.entries(schema);
  for (const [keyword, value] of members) {
    if (keyword === 'properties' && typeof value === 'object' && value !== null)
      for (const name of Object.keys(value)) names.add(name);
    collectPropertyNames(value, names, depth + 1);
  }
};
