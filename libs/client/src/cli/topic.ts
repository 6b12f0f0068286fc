import { type Broker, type Consumption, openBroker } from '@crossroads/messaging';
import { enterpriseNumberOf } from './arguments.js';
import { type MeshFile, tlsOf, UsageError } from './mesh-file.js';
import { outputClosed } from './print.js';

/** Reads a topic with the certificate of a name, until Ctrl-C or until nobody reads the output any more. */
export const readUntilInterrupted = async (
  mesh: MeshFile,
  as: string,
  read: (broker: Broker, onError: (error: unknown) => void) => Promise<Consumption>,
): Promise<void> => {
  const tls = tlsOf(mesh, as);
  const broker = await openBroker({
    clientId: `${enterpriseNumberOf(tls.cert)}-command-line`,
    tls,
    ...(mesh.broker.kind === 'kafka'
      ? { kafkaBrokers: mesh.broker.institutionBrokers.join(',') }
      : { embeddedLogUrl: mesh.broker.url }),
  });
  try {
    const reading = await read(broker, (error) => {
      if (outputClosed.aborted) return;
      process.stderr.write(`trying again: ${messageOf(error)}\n`);
    }).catch((error: unknown) => {
      throw new UsageError(
        `The topic cannot be read (${messageOf(error)}): it is there from the first subscription, or the first message, on.`,
      );
    });
    await new Promise<void>((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
      outputClosed.addEventListener('abort', () => resolve());
      if (outputClosed.aborted) resolve();
    });
    await reading.close();
  } finally {
    await broker.close();
  }
};

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : 'unknown');
