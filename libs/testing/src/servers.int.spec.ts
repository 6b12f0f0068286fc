import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

const MODULE = new URL('./servers.js', import.meta.url).href;

/** Runs in another process, because Testcontainers looks for an engine once per process. */
const inProcess = async (script: string, dockerHost: string): Promise<string> => {
  const { HOME: _, ...environment } = process.env;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '-e', `import * as servers from '${MODULE}';\n${script}`],
    {
      env: {
        ...environment,
        DOCKER_HOST: dockerHost,
        TESTCONTAINERS_RYUK_DISABLED: 'true',
        // Otherwise Testcontainers starts a container to find its own address.
        TESTCONTAINERS_HOST_OVERRIDE: 'localhost',
      },
    },
  );
  return stdout.trim();
};

/** A Docker engine without images, which cannot pull any. */
class EngineStub {
  readonly pulled: string[] = [];
  private readonly server: Server;

  constructor(private readonly folder: string) {
    this.server = createServer(({ url = '' }, response) => {
      const { pathname, searchParams } = new URL(url, 'http://engine');
      const answer = (status: number, body: unknown) =>
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      if (pathname.endsWith('/info'))
        return answer(200, { OSType: 'linux', OperatingSystem: 'stub', ServerVersion: '29' });
      if (pathname.endsWith('/images/create')) {
        this.pulled.push(`${searchParams.get('fromImage')}:${searchParams.get('tag')}`);
        return answer(500, { message: 'the stub has no images' });
      }
      return answer(404, { message: 'no such image' });
    });
  }

  async start(): Promise<string> {
    const socket = join(this.folder, 'engine.sock');
    this.server.listen(socket);
    await once(this.server, 'listening');
    return `unix://${socket}`;
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}

describe('servers for tests', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'crossroads-engine-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('servers are embedded where no Docker engine answers', async () => {
    const script = `
      const server = await servers.startPostgresServer();
      console.log(server.kind, new URL(server.url).protocol);
      await server.stop();`;
    expect(await inProcess(script, 'tcp://127.0.0.1:9')).toBe('embedded postgresql:');
  });

  it('servers run in containers where a Docker engine answers', async () => {
    const engine = new EngineStub(folder);
    const dockerHost = await engine.start();
    try {
      const script = `
        import { CertificateAuthorities } from '${import.meta.resolve('@crossroads/local')}';
        console.log(await servers.serverKind());
        const refused = (start) => start.then(() => 'started', (error) => console.log(error.message));
        await refused(servers.startPostgresServer());
        await refused(servers.startKafkaServer(await CertificateAuthorities.create('crossroads.test')));`;
      const [kind, ...errors] = (await inProcess(script, dockerHost)).split('\n');
      expect(kind).toBe('containers');
      expect(errors).toEqual([expect.stringContaining('no images'), expect.stringContaining('no images')]);
      expect(engine.pulled).toEqual(['postgres:18-alpine', expect.stringMatching(/^apache\/kafka:\d/)]);
    } finally {
      engine.stop();
    }
  });
});
