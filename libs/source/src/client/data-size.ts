import { MAX_NAMES } from '@crossroads/policy/schema';

/** Arrays and objects within each other. */
const MAX_DEPTH = 100;

export interface DataSize {
  readonly values: number;
  /** Of texts and names, in UTF-16 units. */
  readonly characters: number;
}

/** The size of JSON data, or the bound that it breaks: the schemas' profile reckons with both. */
export const sizeOf = (data: unknown): DataSize | 'too deep' | 'too many names' => {
  let [values, characters] = [0, 0];
  // Not recursive: data may be deeper than the stack.
  const left: { readonly value: unknown; readonly depth: number }[] = [{ value: data, depth: 0 }];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const { value, depth } = next;
    values += 1;
    if (typeof value === 'string') characters += value.length;
    if (typeof value !== 'object' || value === null) continue;
    if (depth >= MAX_DEPTH) return 'too deep';
    if (Array.isArray(value)) {
      for (const part of value as readonly unknown[]) left.push({ value: part, depth: depth + 1 });
      continue;
    }
    const members: [string, unknown][] = Object.entries(value);
    if (members.length > MAX_NAMES) return 'too many names';
    for (const [name, part] of members) {
      characters += name.length;
      left.push({ value: part, depth: depth + 1 });
    }
  }
  return { values, characters };
};
