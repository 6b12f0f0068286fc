import { RE2JS } from 're2js';

const MAX_LENGTH = 200;
/** Instructions of one pattern's program: compiling costs 20 µs each. */
const MAX_PROGRAM = 500;

/** What matching costs at most, in steps of 10 ns. */
export interface PatternCost {
  readonly perText: number;
  readonly perCharacter: number;
}

/** Why a pattern is not of the profile. */
export interface PatternFault {
  readonly reason: string;
  readonly description: string;
}

/** A pattern as Ajv uses one. */
export interface Matcher {
  test(text: string): boolean;
  /** Ajv keeps one matcher for all that have the same text. */
  toString(): string;
}

const compile = (pattern: string): RE2JS => RE2JS.compile(RE2JS.translateRegExp(pattern));

/** The engine that Ajv takes in place of `RegExp`: its time is linear in the text, whatever the pattern. */
export const linearTime: { (pattern: string): Matcher; code: string } = Object.assign(
  (pattern: string): Matcher => {
    const compiled = compile(pattern);
    return { test: (text) => compiled.test(text), toString: () => `linear-time ${pattern}` };
  },
  { code: 'linearTime' },
);

/**
 * A pattern that leaves no choice at any character (RE2's one-pass) costs the same at each one. Any other may keep all its instructions
 * alive: `[ab]*a[ab]{60}$` took 95 ns a character and instruction.
 */
const costOf = (compiled: RE2JS): PatternCost => {
  const onePass: unknown = Reflect.get(compiled.re2(), 'onepass');
  const leavesNoChoice = onePass !== null && onePass !== undefined;
  return { perText: 40, perCharacter: leavesNoChoice ? 5 : 10 * compiled.programSize() };
};

/** Needed: ECMA 262 with its `u` flag, which the readers' validators use, and RE2, which ours uses. */
export const readPattern = (pattern: string): PatternCost | PatternFault => {
  if (pattern.length > MAX_LENGTH)
    return { reason: 'PATTERN_TOO_LONG', description: `at most ${MAX_LENGTH} characters` };
  try {
    new RegExp(pattern, 'u');
  } catch {
    return { reason: 'INVALID_SCHEMA', description: 'no regular expression of ECMA 262, with its u flag' };
  }
  let compiled: RE2JS;
  try {
    compiled = compile(pattern);
  } catch {
    return {
      reason: 'PATTERN_NOT_LINEAR',
      description:
        'a regular expression of RE2, which has no back references, no look-around and at most 1000 repetitions',
    };
  }
  if (compiled.programSize() > MAX_PROGRAM)
    return {
      reason: 'PATTERN_TOO_COSTLY',
      description: `its program has ${compiled.programSize()} instructions, at most ${MAX_PROGRAM}: repeat fewer times`,
    };
  return costOf(compiled);
};
