import { Server, ServerCredentials } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import type { Health } from './health.js';

/** A plaintext server with health alone, for a kubelet, whose gRPC probe speaks no TLS. */
export interface HealthServer {
  readonly port: number;
  close(): void;
}

const statusOf = (yes: boolean) => (yes ? 'SERVING' : 'NOT_SERVING');

/**
 * Serves grpc.health.v1 and nothing else:
 * - the empty name: whether the service can do its work, and is not about to stop;
 * - `startup` and `liveness`: that all is made, and that the event loop turns. They depend on nothing else: a process that
 *   waits for its database is not mended by another start, nor one that finishes its last calls;
 * - each thing that it needs (`database`, `bus`, `policy`), for whoever wants to know what is missing.
 */
export const startHealthServer = async (host: string, port: number, health: Health): Promise<HealthServer> => {
  const server = new Server({ 'grpc.enable_channelz': 0 });
  const shown = new HealthImplementation({ '': statusOf(health.isServing), liveness: 'SERVING', startup: 'SERVING' });
  const before = new Map<string, boolean>();
  const show = () => {
    for (const [name, yes] of new Map([['', health.isServing], ...health.ingredients()])) {
      if (before.get(name) !== yes) shown.setStatus(name, statusOf(yes));
      before.set(name, yes);
    }
  };
  show();
  shown.addToServer(server);
  const forget = health.onRefresh(show);
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
      forget();
      server.forceShutdown();
    },
  };
};
