import { accessSync, constants } from 'node:fs';
import { z } from 'zod';

declare module 'zod' {
  interface GlobalMeta {
    /** Its value comes from a Secret, never from a file of values. */
    secret?: boolean;
    /** What a value must be besides in production. */
    inProduction?: { readonly holds: (text: string) => boolean; readonly message: string };
  }
}

/** The environment is not enough: one sentence for each setting that is missing or wrong. Never holds a value. */
export class BadConfiguration extends Error {
  override readonly name = 'BadConfiguration';

  constructor(readonly sentences: readonly string[]) {
    super(sentences.join(' '));
  }
}

/** Environment variables by name; `meta` says what each is for. */
export type Shape = Readonly<Record<string, z.ZodType>>;
type Values<S extends Shape> = { readonly [Name in keyof S]: z.output<S[Name]> };
/** The variable that says whether this is production; `MeshSettings` reads it. */
const MODE = 'CROSSROADS_MODE';

type Env = Readonly<Record<string, string | undefined>>;

/** A class of settings, with its variables. */
export interface SettingsClass<S extends Shape = Shape> {
  new (env?: Env): Values<S>;
  readonly shape: S;
}

/** Any class of settings. */
export interface AnySettings {
  new (env?: Env): object;
  readonly shape: Shape;
}

/** The variables that one module reads: `class GrpcSettings extends settingsOf({ MESH_PORT: wholeNumber(…) }) {}`. */
export const settingsOf = <const S extends Shape>(shape: S): SettingsClass<S> => {
  class Settings {
    static readonly shape = shape;

    /** @throws BadConfiguration */
    constructor(env: Env = process.env) {
      const { values, sentences } = read(shape, env);
      if (sentences.length > 0) throw new BadConfiguration(sentences);
      Object.assign(this, values);
    }
  }
  return Settings as unknown as SettingsClass<S>;
};

/** Names everything that is wrong at once, over all classes, and shows no value. @throws BadConfiguration */
export const checkSettings = (classes: readonly { readonly shape: Shape }[], env: Env = process.env): void => {
  const sentences = classes.flatMap(({ shape }) => read(shape, env).sentences);
  if (sentences.length > 0) throw new BadConfiguration(sentences);
};

const read = (shape: Shape, env: Env) => {
  const values: Record<string, unknown> = {};
  const sentences: string[] = [];
  const isProduction = env[MODE]?.trim() === 'production';
  for (const [name, type] of Object.entries(shape)) {
    const text = env[name]?.trim() || undefined;
    const result = type.safeParse(text);
    const { inProduction } = metaOf(type);
    if (result.success && isProduction && text !== undefined && inProduction?.holds(text) === false)
      sentences.push(`${name} ${inProduction.message}.`);
    else if (result.success) values[name] = result.data;
    else if (text === undefined) sentences.push(`${name} is needed: ${metaOf(type).description ?? ''}.`);
    else sentences.push(`${name} ${result.error.issues[0]?.message ?? 'cannot be read'}.`);
  }
  return { values, sentences };
};

/** The metadata of a setting, also behind a default or an optional. */
export const metaOf = (type: z.ZodType): z.GlobalMeta => {
  const own = type.meta();
  if (own !== undefined) return own;
  return type instanceof z.ZodDefault || type instanceof z.ZodOptional ? metaOf(type.unwrap() as z.ZodType) : {};
};

export const textSetting = (description: string) => z.string().meta({ description });

export const wholeNumberSetting = (
  description: string,
  { min, max }: { readonly min: number; readonly max: number },
) => {
  const message = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d+$/, message)
    .transform(Number)
    .pipe(z.number().min(min, message).max(max, message))
    .meta({ description });
};

export const oneOfSetting = <const Value extends string>(description: string, values: readonly [Value, ...Value[]]) =>
  z.enum(values, `must be one of ${values.join(', ')}`).meta({ description });

export const addressSetting = (description: string) =>
  z
    .string()
    .regex(/^[^\s:]+:\d{1,5}$/, 'must be host:port')
    .meta({ description });

export const fileSetting = (description: string) =>
  z.string().refine(isReadable, 'must be the path of a file that this process can read').meta({ description });

export const postgresUrlSetting = (description: string) =>
  z
    .string()
    .refine(isPostgresUrl, 'must be a PostgreSQL URL, postgres://role:password@host:port/database')
    .meta({
      description,
      secret: true,
      inProduction: {
        holds: verifiesServer,
        message: "must say sslmode=verify-full in production, so that the server's certificate and name are checked",
      },
    });

export const urlSetting = (description: string, example: string) =>
  z
    .string()
    .refine((text) => /^https?:$/.test(URL.parse(text)?.protocol ?? ''), `must be a URL, ${example}`)
    .transform((text) => text.replace(/\/+$/, ''))
    .meta({ description });

export const ratioSetting = (description: string) => {
  const message = 'must be a number from 0 to 1';
  return z.string().transform(Number).pipe(z.number(message).min(0, message).max(1, message)).meta({ description });
};

/** One line of the table of settings in a service's README. */
export interface DescribedSetting {
  readonly name: string;
  readonly description: string;
  /** As it would be written; absent: it is needed, unless it is optional. */
  readonly default?: string;
  readonly optional: boolean;
  readonly secret: boolean;
}

/** Describes the variables of a service; `defaults` are those of this service, by variable. */
export const describeSettings = (
  classes: readonly { readonly shape: Shape }[],
  defaults: Readonly<Record<string, string>> = {},
): DescribedSetting[] =>
  classes.flatMap(({ shape }) =>
    Object.entries(shape).map(([name, type]) => {
      const { description = '', secret = false } = metaOf(type);
      const usual = defaults[name] ?? defaultOf(type);
      return {
        name,
        description,
        secret,
        optional: type instanceof z.ZodOptional,
        ...(usual === undefined ? {} : { default: usual }),
      };
    }),
  );

const defaultOf = (type: z.ZodType): string | undefined =>
  type instanceof z.ZodDefault ? String(type.def.defaultValue) : undefined;

const isReadable = (path: string): boolean => {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
};

/** Of two values the last one would count for one client, and the first one for another. */
const verifiesServer = (url: string): boolean => {
  const modes = new URL(url).searchParams.getAll('sslmode');
  return modes.length === 1 && modes[0] === 'verify-full';
};

const isPostgresUrl = (text: string): boolean => URL.canParse(text) && /^postgres(ql)?:$/.test(new URL(text).protocol);
