import { migrateSchemas, type Schema } from '@crossroads/database';
import { traceOf } from '../errors/error-trace.js';
import { startServiceTelemetry } from './service-telemetry.js';
import { aborted, stopSignals } from './stop-signals.js';
import { requireTls13 } from '../identity/tls-floor.js';

/** What `NestFactory.createApplicationContext` gives. */
export interface Application {
  close(): Promise<void>;
}

/** A service, as its `main.ts` gives it. */
export interface Service {
  readonly start: () => Promise<Application>;
  /** What its databases hold, by their settings alone: for `main.js migrate`. */
  readonly schemas: () => readonly Schema[];
}

/** Less than the half minute after which a kubelet kills: a drain of 5 s, calls in flight 10 s, relays and consumers 10 s. */
const STOP_WITHIN_MS = 28_000;
const START_ENDS_WITHIN_MS = 5_000;

/** The first line of an error and of what caused it: start-up errors say what to do. */
const sentenceOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  const [line = error.name] = error.message.split('\n');
  return error.cause instanceof Error ? `${line} (${sentenceOf(error.cause)})` : line;
};

/**
 * Runs a service until SIGTERM or SIGINT (a second one hastens): `runService('exchange', { schemas, start: () =>
 * NestFactory.createApplicationContext(AppModule, { abortOnError: false }) })`. Exit code 0 after a clean stop, 1 with one
 * sentence on stderr when it cannot start or stop, or when something failed that nobody waited for (whoever supervises starts
 * it again). `main.js migrate` migrates its databases instead, and leaves with 0 or 1.
 */
export const runService = async (name: string, service: Service): Promise<void> => {
  requireTls13();
  const fail = (what: string) => (error: unknown) => {
    process.stderr.write(`${name} ${what}: ${sentenceOf(error)}\n`);
    process.exit(1);
  };
  const failUnexpectedly = (error: unknown) => {
    process.stderr.write(`${name} stops after an unexpected failure: ${JSON.stringify(traceOf(error))}\n`);
    process.exit(1);
  };
  const [command, ...rest] = process.argv.slice(2);
  if (command !== undefined) {
    if (command !== 'migrate' || rest.length > 0)
      return fail('cannot start')(new Error(`the one command is migrate, not "${[command, ...rest].join(' ')}"`));
    return Promise.resolve()
      .then(() => migrateSchemas(service.schemas()))
      .then(() => process.exit(0), fail('cannot migrate'));
  }
  process.on('uncaughtException', failUnexpectedly);
  process.on('unhandledRejection', failUnexpectedly);
  stopSignals.listen();
  // Asked to stop while it starts, it stops once it has started: what is half made cannot be taken apart. What waits for
  // something that does not come has written nothing yet.
  const starting = new AbortController();
  void aborted(stopSignals.asked).then(() => {
    if (!starting.signal.aborted) setTimeout(() => starting.signal.aborted || process.exit(0), START_ENDS_WITHIN_MS);
  });
  try {
    const telemetry = await startServiceTelemetry(name);
    const application = await service.start();
    starting.abort();
    void aborted(stopSignals.asked).then(() => {
      setTimeout(fail('did not stop in time'), STOP_WITHIN_MS, new Error('something did not end')).unref();
      const stopped = application.close().then(() => telemetry.close());
      stopped.then(() => process.exit(0), fail('did not stop cleanly'));
    });
  } catch (error) {
    if (stopSignals.asked.aborted) process.exit(0);
    fail('cannot start')(error);
  }
};
