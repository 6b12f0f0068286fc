import { migrateSchemas, type Schema } from '@crossroads/database';
import type { ResyncRequest } from '@crossroads/messaging';
import { aborted, describeError, requireTls13, stopSignals } from '@crossroads/grpc';
import { REASSERT_HELP } from './reassert-help.js';
import type { RebuildRequest } from './rebuild.js';
import { startServiceTelemetry } from './service-telemetry.js';

/** A started Nest application. */
export interface StartedApplication {
  close(): Promise<void>;
}

/** How a service starts, and what it migrates. */
export interface RunnableService {
  readonly start: () => Promise<StartedApplication>;
  /** The schemas of its databases, read from their settings alone: for `main.js migrate`. */
  readonly schemas: () => readonly Schema[];
  /** Resynchronizes partitions of a topic: for `main.js resync`. Absent for a service that reads none. */
  readonly resync?: (request: ResyncRequest, say: SayLine) => Promise<void>;
  /** States persons again after a restore: for `main.js reassert`. @throws for a service that states none, or when the file is wrong */
  readonly reassert: (file: string, say: SayLine) => Promise<void>;
  /** Closes, archives and drops months of the journal: for `main.js retention`. */
  readonly retention?: (say: Say) => Promise<void>;
  /** Rebuilds a view beside the live one: for `main.js rebuild`. @throws when there is no such view, or when its rows were wrong */
  readonly rebuild: (request: RebuildRequest, say: SayLine) => Promise<void>;
}

type SayLine = (line: string) => void;

type Say = (what: string, details: object) => void;

/** Below the 30 s after which a kubelet kills: 5 s of drain, 10 s for calls in flight, 10 s for relays and consumers. */
const STOP_TIMEOUT_MS = 28_000;
/** How long a start that is asked to stop may take to complete. */
const START_TIMEOUT_MS = 5_000;

/** The first line of an error and of its causes: errors at start-up say what to do. */
const sentenceOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  const [line = error.name] = error.message.split('\n');
  return error.cause instanceof Error ? `${line} (${sentenceOf(error.cause)})` : line;
};

const USAGE =
  'migrate, migrate contract, retention, resync <topic> <partition>|all [--confirm], reassert <file>|--help and rebuild <view> [--fresh]';

const print: SayLine = (line) => void process.stdout.write(`${line}\n`);
const say: Say = (what, details) => console.log(JSON.stringify({ message: what, ...details }));

/** Undefined for what is no command. */
const commandOf = (
  { schemas, resync, reassert, retention, rebuild }: RunnableService,
  command: string,
  rest: readonly string[],
): (() => Promise<void>) | undefined => {
  if (command === 'migrate' && (rest.length === 0 || (rest.length === 1 && rest[0] === 'contract'))) {
    return () => migrateSchemas(schemas(), { contracting: rest.length === 1 ? 'wait' : 'leave', say });
  }
  if (command === 'retention' && rest.length === 0)
    return async () => {
      if (retention === undefined) throw new Error('this service has no journal');
      await retention(say);
    };
  if (command === 'rebuild') {
    const [view, fresh, ...more] = rest;
    if (view === undefined || (fresh !== undefined && fresh !== '--fresh') || more.length > 0) return undefined;
    return () => rebuild({ view, fresh: fresh !== undefined }, print);
  }
  if (command === 'reassert') {
    const [file, ...more] = rest;
    if (file === undefined || more.length > 0) return undefined;
    return async () => (file === '--help' ? print(REASSERT_HELP) : reassert(file, print));
  }
  const [topic, partition, confirm, ...more] = rest;
  if (command !== 'resync' || topic === undefined || partition === undefined || more.length > 0) return undefined;
  if (confirm !== undefined && confirm !== '--confirm') return undefined;
  return async () => {
    if (resync === undefined) throw new Error('this service reads no topic');
    await resync({ topic, partition, confirm: confirm !== undefined }, print);
  };
};

/**
 * Runs a service until SIGTERM or SIGINT; a second signal ends the drain. Exits with 0 after a clean stop, and with 1 and one sentence
 * on stderr when the service cannot start or stop, or after an unhandled failure (the supervisor starts it again). `main.js migrate`
 * migrates the service's databases instead; `main.js migrate contract` waits until no older process runs, and removes what is unused,
 * too. `main.js resync` resynchronizes partitions of a topic, `main.js reassert` states persons again after a restore, `main.js rebuild`
 * rebuilds a view beside the running service, `main.js retention` closes, archives and drops months of the journal.
 */
export const runProcess = async (name: string, service: RunnableService): Promise<void> => {
  requireTls13();
  const fail = (what: string) => (error: unknown) => {
    process.stderr.write(`${name} ${what}: ${sentenceOf(error)}\n`);
    process.exit(1);
  };
  const failUnexpectedly = (error: unknown) => {
    process.stderr.write(`${name} stops after an unexpected failure: ${JSON.stringify(describeError(error))}\n`);
    process.exit(1);
  };
  const [command, ...rest] = process.argv.slice(2);
  if (command !== undefined) {
    const run = commandOf(service, command, rest);
    if (run === undefined)
      return fail('cannot start')(new Error(`the commands are ${USAGE}, not "${[command, ...rest].join(' ')}"`));
    return run().then(
      () => process.exit(0),
      fail(command === 'retention' ? 'cannot do retention' : `cannot ${command}`),
    );
  }
  process.on('uncaughtException', failUnexpectedly);
  process.on('unhandledRejection', failUnexpectedly);
  stopSignals.listen();
  // A service that is asked to stop while it starts stops once it has started, as half of an application cannot be closed. If the
  // start waits for something that does not come, the process exits: it has written nothing yet.
  const starting = new AbortController();
  void aborted(stopSignals.stop).then(() => {
    if (!starting.signal.aborted) setTimeout(() => starting.signal.aborted || process.exit(0), START_TIMEOUT_MS);
  });
  try {
    const telemetry = await startServiceTelemetry(name);
    const application = await service.start();
    starting.abort();
    void aborted(stopSignals.stop).then(() => {
      setTimeout(fail('did not stop in time'), STOP_TIMEOUT_MS, new Error('something did not end')).unref();
      const stopped = application.close().then(() => telemetry.close());
      stopped.then(() => process.exit(0), fail('did not stop cleanly'));
    });
  } catch (error) {
    if (stopSignals.stop.aborted) process.exit(0);
    fail('cannot start')(error);
  }
};
