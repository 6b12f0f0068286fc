import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { freePort, run } from '@crossroads/local';
import { eventually } from '@crossroads/testing';

/** An S3 server in Go, over a folder. */
const MODULE = 'github.com/versity/versitygw/cmd/versitygw';
const VERSION = 'v1.8.0';
const PROGRAM = join(
  process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'),
  'crossroads',
  `versitygw-${VERSION}`,
  'versitygw',
);

export type S3Program = { readonly path: string } | { readonly why: string };

/** The program, if it was built before: a build takes a minute. */
export const builtS3Program = (): S3Program =>
  existsSync(PROGRAM) ? { path: PROGRAM } : { why: 'versitygw is not built; npm run test:long builds it' };

/** The program; built once, with Go. */
export const buildS3Program = async (): Promise<S3Program> => {
  if (existsSync(PROGRAM)) return { path: PROGRAM };
  if (!(await run('go', ['version'])).ok) return { why: 'there is no Go to build versitygw with' };
  mkdirSync(dirname(PROGRAM), { recursive: true });
  const draft = mkdtempSync(join(dirname(PROGRAM), 'draft-'));
  try {
    const built = await run('go', ['install', `${MODULE}@${VERSION}`], { env: { ...process.env, GOBIN: draft } });
    if (!built.ok) return { why: `Go could not build versitygw: ${built.output.slice(-200)}` };
    renameSync(join(draft, 'versitygw'), PROGRAM);
    return { path: PROGRAM };
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
};

/** A running S3 server with one bucket, for clients with the environment's credentials. */
export class S3Server {
  private constructor(
    readonly bucket: string,
    readonly endpoint: string,
    private readonly folder: string,
    private readonly child: ChildProcess,
  ) {}

  /** Sets the AWS SDK's variables of this process to the server's credentials. */
  static async start(path: string): Promise<S3Server> {
    const folder = mkdtempSync(join(tmpdir(), 'crossroads-s3-'));
    const bucket = 'documents';
    mkdirSync(join(folder, 'objects', bucket), { recursive: true });
    mkdirSync(join(folder, 'metadata'));
    process.env['AWS_ACCESS_KEY_ID'] = 'spec';
    process.env['AWS_SECRET_ACCESS_KEY'] = 'spec-secret';
    const port = await freePort();
    const child = spawn(
      path,
      [
        '--quiet',
        '--port',
        `127.0.0.1:${port}`,
        'posix',
        '--sidecar',
        join(folder, 'metadata'),
        join(folder, 'objects'),
      ],
      { env: { ...process.env, ROOT_ACCESS_KEY: 'spec', ROOT_SECRET_KEY: 'spec-secret' }, stdio: 'ignore' },
    );
    const server = new S3Server(bucket, `http://127.0.0.1:${port}`, folder, child);
    const answers = () =>
      fetch(server.endpoint).then(
        () => true,
        () => false,
      );
    await eventually(answers, (does) => does, 30_000);
    return server;
  }

  async stop(): Promise<void> {
    const ended = once(this.child, 'exit');
    this.child.kill();
    await ended;
    rmSync(this.folder, { recursive: true, force: true });
  }
}
