import { Server, ServerCredentials } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import type { Health } from './health.js';

/** A server without TLS that serves health only, for a kubelet, whose gRPC probe cannot use TLS. */
export interface RunningHealthServer {
  readonly port: number;
  close(): void;
}

const statusOf = (yes: boolean) => (yes ? 'SERVING' : 'NOT_SERVING');

/**
 * Serves grpc.health.v1 and nothing else:
 * - the empty name: the service can work, and is not stopping;
 * - `startup` and `liveness`: the process has started, and its event loop runs. They depend on nothing else, as a restart helps
 *   neither a process that waits for its database nor one that finishes its last calls;
 * - each readiness check (`database`, `bus`, `policy`), to find out what is missing.
 */
export const startHealthServer = async (host: string, port: number, health: Health): Promise<RunningHealthServer> => {
  const server = new Server({ 'grpc.enable_channelz': 0 });
  const implementation = new HealthImplementation({
    '': statusOf(health.isServing),
    liveness: 'SERVING',
    startup: 'SERVING',
  });
  const published = new Map<string, boolean>();
  const publish = () => {
    for (const [name, yes] of new Map([['', health.isServing], ...health.results()])) {
      if (published.get(name) !== yes) implementation.setStatus(name, statusOf(yes));
      published.set(name, yes);
    }
  };
  publish();
  implementation.addToServer(server);
  const unsubscribe = health.onRefresh(publish);
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`${host}:${port}`, ServerCredentials.createInsecure(), (error, free) => {
      if (error)
        reject(
          new Error(`cannot listen on ${host}:${port}; is it in use? Choose another HEALTH_PORT`, { cause: error }),
        );
      else resolve(free);
    });
  });
  return {
    port: bound,
    close: () => {
      unsubscribe();
      server.forceShutdown();
    },
  };
};
