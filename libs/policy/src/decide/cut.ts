import type { CompiledDataService, PathNode } from './data-service.js';
import { isArray, isObject, type JsonObject, type JsonValue } from './json.js';

export type FilterReason = 'NOT_GRANTED' | 'NOT_REQUESTED' | 'IN_NO_FIELD_GROUP';

/** A part of the data that was removed. */
export interface Filtered {
  /** Dot path without array indexes. `*` stands for a name that no schema declares, since the name may itself be data. */
  readonly path: string;
  /** A group that contains it; empty when none does. */
  readonly fieldGroup: string;
  readonly reason: FilterReason;
}

export interface Cut {
  readonly data: JsonObject;
  /** Each path once, also when several elements of an array had it. */
  readonly filtered: readonly Filtered[];
}

/**
 * Keeps what lies at or below a path of a released group, also within arrays. Objects and array elements with nothing left are removed.
 * @param requested Empty: all groups were requested
 */
export const cut = (
  data: JsonObject,
  service: CompiledDataService,
  released: Iterable<string>,
  requested: Iterable<string> = [],
): Cut => {
  const wanted = new Set(requested);
  const filtered = new Map<string, Filtered>();
  const walk: Walk = {
    service,
    released: new Set(released),
    drop: (path, groups) => {
      if (filtered.has(path)) return;
      const asked = groups.find((group) => wanted.size === 0 || wanted.has(group));
      const [fieldGroup = ''] = asked === undefined ? groups : [asked];
      const reason = asked !== undefined ? 'NOT_GRANTED' : groups.length > 0 ? 'NOT_REQUESTED' : 'IN_NO_FIELD_GROUP';
      filtered.set(path, { path, fieldGroup, reason });
    },
  };
  return { data: keepObject(data, service.paths, '', [], 0, walk) ?? {}, filtered: [...filtered.values()] };
};

interface Walk {
  readonly service: CompiledDataService;
  readonly released: ReadonlySet<string>;
  readonly drop: (path: string, groups: readonly string[]) => void;
}

/** Of arrays within arrays; deeper data is cut. */
const MAX_ARRAY_DEPTH = 32;

/** @param covering Groups with a path that ends here or above; none of them is released */
const keep = (
  value: JsonValue,
  node: PathNode,
  path: string,
  covering: readonly string[],
  depth: number,
  walk: Walk,
): JsonValue | undefined => {
  if (isArray(value) && value.length > 0 && node.children.size > 0 && depth < MAX_ARRAY_DEPTH) {
    const kept = value.map((element) => keep(element, node, path, covering, depth + 1, walk));
    const left = kept.filter((element) => element !== undefined);
    return left.length > 0 ? left : undefined;
  }
  const isEmpty = isArray(value) ? value.length === 0 : isObject(value) && Object.keys(value).length === 0;
  if (isObject(value) && !isEmpty && node.children.size > 0)
    return keepObject(value, node, path, covering, depth, walk);
  // An empty value above all paths holds nothing that could have been released.
  if (covering.length > 0 || !isEmpty || node.children.size === 0) walk.drop(path, covering);
  return undefined;
};

const keepObject = (
  value: JsonObject,
  node: PathNode,
  path: string,
  covering: readonly string[],
  depth: number,
  walk: Walk,
): JsonObject | undefined => {
  const kept: [string, JsonValue][] = [];
  for (const [name, element] of Object.entries(value)) {
    const shown = walk.service.declaredNames.has(name) ? name : '*';
    const below = path === '' ? shown : `${path}.${shown}`;
    const child = node.children.get(name);
    if (!child) {
      walk.drop(below, covering);
      continue;
    }
    if (child.groups.some((group) => walk.released.has(group))) {
      kept.push([name, element]);
      continue;
    }
    const left = keep(element, child, below, [...child.groups, ...covering], depth, walk);
    if (left !== undefined) kept.push([name, left]);
  }
  // Not by assignment: a property named `__proto__` would change the prototype.
  return kept.length > 0 ? Object.fromEntries(kept) : undefined;
};
