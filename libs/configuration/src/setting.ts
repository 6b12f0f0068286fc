import { accessSync, constants } from 'node:fs';
import { BadConfiguration } from './settings.js';

/** One environment variable: its name, what it is for, and how it is read. */
export interface Setting<Value> {
  readonly name: string;
  readonly description: string;
  /** As it would be written; absent: the setting is needed, unless it is optional. */
  readonly default?: string;
  readonly optional?: true;
  /** Its value is to be kept secret: from a Secret, never from a file of values. */
  readonly secret?: true;
  /** @throws Error with what is wrong, as the end of a sentence that begins with the name. */
  readonly read: (text: string) => Value;
}

/** A service's settings by the names under which its code knows them. */
export type Settings = Readonly<Record<string, Setting<unknown>>>;

export type Configuration<S extends Settings> = {
  readonly [Key in keyof S]: S[Key] extends { readonly read: (text: string) => infer Value; readonly optional: true }
    ? Value | undefined
    : ReturnType<S[Key]['read']>;
};

/** @throws BadConfiguration that names all that is wrong at once. */
export const readConfiguration = <S extends Settings>(
  settings: S,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Configuration<S> => {
  const sentences: string[] = [];
  const values = Object.entries(settings).map(([key, setting]): [string, unknown] => {
    const text = env[setting.name]?.trim() || setting.default;
    if (text === undefined) {
      if (!setting.optional) sentences.push(`${setting.name} is needed: ${setting.description}.`);
      return [key, undefined];
    }
    try {
      return [key, setting.read(text)];
    } catch (error) {
      sentences.push(`${setting.name} ${error instanceof Error ? error.message : 'cannot be read'}.`);
      return [key, undefined];
    }
  });
  if (sentences.length > 0) throw new BadConfiguration(sentences);
  return Object.fromEntries(values) as Configuration<S>;
};

interface Described {
  readonly default?: string;
}

export const text = (name: string, description: string, options: Described = {}): Setting<string> => ({
  name,
  description,
  ...options,
  read: (value) => value,
});

export const wholeNumber = (
  name: string,
  description: string,
  { min, max, ...options }: Described & { readonly min: number; readonly max: number },
): Setting<number> => ({
  name,
  description,
  ...options,
  read: (value) => {
    const number = Number(value);
    if (!/^\d+$/.test(value) || number < min || number > max)
      throw new Error(`must be a whole number from ${min} to ${max}`);
    return number;
  },
});

export const oneOf = <const Value extends string>(
  name: string,
  description: string,
  values: readonly Value[],
  options: Described = {},
): Setting<Value> => ({
  name,
  description,
  ...options,
  read: (value) => {
    const found = values.find((one) => one === value);
    if (found === undefined) throw new Error(`must be one of ${values.join(', ')}`);
    return found;
  },
});

/** `host:port`. */
export const address = (name: string, description: string, options: Described = {}): Setting<string> => ({
  name,
  description,
  ...options,
  read: (value) => {
    if (!/^[^\s:]+:\d{1,5}$/.test(value)) throw new Error('must be host:port');
    return value;
  },
});

export const postgresUrl = (name: string, description: string): Setting<string> => ({
  name,
  description,
  secret: true,
  read: (value) => {
    if (!URL.canParse(value) || !/^postgres(ql)?:$/.test(new URL(value).protocol))
      throw new Error('must be a PostgreSQL URL, postgres://role:password@host:port/database');
    return value;
  },
});

/** A path; the file must be there and readable. */
export const file = (name: string, description: string): Setting<string> => ({
  name,
  description,
  read: (value) => {
    try {
      accessSync(value, constants.R_OK);
    } catch {
      throw new Error('must be the path of a file that this process can read');
    }
    return value;
  },
});

export const optional = <Value>(setting: Setting<Value>): Setting<Value> & { readonly optional: true } => ({
  ...setting,
  optional: true,
});
