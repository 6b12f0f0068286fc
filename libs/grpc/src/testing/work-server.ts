import { type Connection, connect } from '../client/client.js';
import type { Call } from '../server/call.js';
import type { LimitedCall } from '../server/limits.js';
import { type RunningServer, type ServerLimits, startServer } from '../server/server.js';
import { serve } from '../server/service.js';
import { TestAuthority } from './certificates.js';
import { response } from './echo-service.js';
import { WorkService } from './work-service.js';

const trustDomain = 'crossroads.test';
const exchangeOnly = ['service:exchange'] as const;

/** One for all servers of a spec. */
const identities = TestAuthority.create().then(async (authority) => ({
  server: await authority.service('subscription'),
  client: await authority.service('exchange'),
}));

/** What an rpc does with its topic. */
export type Work = (topic: string, call: Call) => Promise<unknown>;

/** A server of `WorkService` that does what a spec says, and a client of it. */
export class WorkServer {
  readonly limited: LimitedCall[] = [];
  /** The topics of the calls that were begun. */
  readonly begun: string[] = [];
  onBegun: (call: Call) => void = () => undefined;

  private constructor(
    readonly client: Connection<typeof WorkService>,
    private readonly server: RunningServer,
  ) {}

  static async start(work: Work, limits: ServerLimits = {}): Promise<WorkServer> {
    const tls = await identities;
    const unary = async ({ topic }: { topic: string }, call: Call) => {
      started.begun.push(topic);
      started.onBegun(call);
      await work(topic, call);
      return response(topic);
    };
    const handlers = {
      look: unary,
      search: unary,
      load: unary,
      async *watch({ topic }: { topic: string }, call: Call) {
        yield await unary({ topic }, call);
        await work('watched', call);
      },
    };
    const server = await startServer({
      host: '127.0.0.1',
      port: 0,
      tls: tls.server,
      trustDomain,
      domain: 'spec.crossroads',
      limits: { stopTimeoutMs: 200, ...limits },
      onLimited: (call) => started.limited.push(call),
      services: [
        serve(WorkService, handlers, {
          allow: { look: exchangeOnly, search: exchangeOnly, load: exchangeOnly, watch: exchangeOnly },
          endless: ['watch'],
          lanes: { batch: ['search'], bulk: ['load'] },
        }),
      ],
    });
    const client = connect(WorkService, `127.0.0.1:${server.port}`, {
      tls: tls.client,
      trustDomain,
      server: { kind: 'service', name: 'subscription' },
    });
    const started = new WorkServer(client, server);
    return started;
  }

  async stop(): Promise<void> {
    this.client.close();
    await this.server.stop();
  }
}
