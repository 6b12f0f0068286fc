import { redact, redactText } from '@crossroads/privacy';
import { trace } from '@opentelemetry/api';
import { type DestinationStream, type Logger as PinoLogger, pino } from 'pino';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** A line is a sentence and its fields; both are redacted before they are written. */
export interface Logger {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
  /** The same logger with fields in each line. */
  with(fields: Readonly<Record<string, unknown>>): Logger;
}

export interface LoggerOptions {
  /** @default LOG_LEVEL, or info */
  readonly level?: LogLevel;
  /** @default stdout */
  readonly destination?: DestinationStream;
}

const isLevel = (text: string | undefined): text is LogLevel =>
  text === 'debug' || text === 'info' || text === 'warn' || text === 'error';

const redacted = (fields: Readonly<Record<string, unknown>>): object => {
  const clean: unknown = redact(fields);
  return typeof clean === 'object' && clean !== null ? clean : {};
};

const over = (lines: PinoLogger): Logger => {
  const write =
    (level: LogLevel): Logger['info'] =>
    (message, fields = {}) => {
      // Redaction is expensive, so it is skipped for lines below the level.
      if (lines.isLevelEnabled(level)) lines[level](redacted(fields), redactText(message));
    };
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    with: (fields) => over(lines.child(redacted(fields))),
  };
};

/** The active trace, for each line. */
const traced = (): object => {
  const context = trace.getActiveSpan()?.spanContext();
  return context === undefined ? {} : { trace_id: context.traceId, span_id: context.spanId };
};

/** JSON lines on stdout, without anything personal (see `redact` of libs/privacy), each with the trace that it belongs to. */
export const createLogger = (service: string, { level, destination }: LoggerOptions = {}): Logger => {
  const asked = process.env.LOG_LEVEL;
  const options = {
    level: level ?? (isLevel(asked) ? asked : 'info'),
    base: { service },
    mixin: traced,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return over(destination === undefined ? pino(options) : pino(options, destination));
};
