import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, chownSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { temporaryFolder, tool, type UnpackedImage } from './buildah.js';

const USER = 10_001;

export interface ContainerOptions {
  readonly args?: readonly string[];
  /** Replaces the entry point. */
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Files by their path in the container, readable by the user as in a mounted Secret. */
  readonly files?: Readonly<Record<string, string>>;
  /** Makes the root file system writable where the owner of files allows it: for development. */
  readonly writable?: boolean;
}

/**
 * Runs an image as the chart does: its user, a read-only root, no capabilities, no new privileges, its own /tmp, Secrets as mounted folders.
 * It uses the network of this machine, to reach PostgreSQL and Kafka at localhost.
 */
export class Container {
  private readonly id = `crossroads-${randomUUID()}`;
  private readonly folder = temporaryFolder();
  private readonly process: ChildProcess;
  private said = '';

  constructor(image: UnpackedImage, options: ContainerOptions = {}) {
    writeFileSync(join(this.folder.path, 'config.json'), JSON.stringify(this.specificationOf(image, options)));
    // The runtime fails on a machine with cgroups of both versions. In this namespace it finds none, and works.
    const run = ['umount', '-R', '/sys/fs/cgroup;', 'mount', '-t', 'cgroup2', 'none', '/sys/fs/cgroup;'];
    const crun = ['exec', 'crun', '--cgroup-manager=disabled', 'run', '--bundle', this.folder.path, this.id];
    this.process = spawn('unshare', ['-m', 'sh', '-c', [...run, ...crun].join(' ')], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.process.stdout, this.process.stderr])
      stream?.on('data', (chunk: Buffer) => {
        this.said += chunk.toString('utf8');
      });
  }

  get hasEnded(): boolean {
    return this.process.exitCode !== null;
  }

  get output(): string {
    return this.said;
  }

  /** Waits until it ends. Resolves to its exit code. */
  async ended(): Promise<number | null> {
    if (this.process.exitCode === null && this.process.signalCode === null) await once(this.process, 'close');
    this.folder.remove();
    return this.process.exitCode;
  }

  /** Sends the stop signal of the image. Resolves to the exit code. */
  stop(): Promise<number | null> {
    tool('crun', ['kill', this.id, 'SIGTERM']);
    return this.ended();
  }

  /** Kills it, if a failed test left it running. */
  kill(): void {
    if (!this.hasEnded) tool('crun', ['delete', '--force', this.id]);
  }

  private specificationOf(
    { config, root }: UnpackedImage,
    { args = [], command, environment = {}, files = {}, writable = false }: ContainerOptions,
  ) {
    const [uid = 0, gid = 0] = config.User.split(':').map(Number);
    return {
      ociVersion: '1.0.2',
      root: { path: root, readonly: !writable },
      process: {
        user: { uid, gid },
        args: [...(command ?? config.Entrypoint), ...args],
        env: [...config.Env, ...Object.entries(environment).map(([name, value]) => `${name}=${value}`)],
        cwd: config.WorkingDir,
        noNewPrivileges: true,
        capabilities: {},
      },
      mounts: [
        { destination: '/proc', type: 'proc', source: 'proc' },
        { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'mode=755', 'size=64k'] },
        { destination: '/tmp', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'nodev', 'mode=1777', 'size=64m'] },
        { destination: '/etc/hosts', type: 'bind', source: '/etc/hosts', options: ['bind', 'ro'] },
        ...this.secretsOf(files),
      ],
      linux: { namespaces: ['pid', 'mount', 'ipc', 'uts'].map((type) => ({ type })) },
    };
  }

  private secretsOf(files: Readonly<Record<string, string>>) {
    const folders = Map.groupBy(Object.entries(files), ([inside]) => dirname(inside));
    return [...folders].map(([destination, entries], index) => {
      const source = join(this.folder.path, `secret-${index}`);
      mkdirSync(source, { mode: 0o755 });
      for (const [inside, file] of entries) {
        const copy = join(source, inside.slice(destination.length + 1));
        copyFileSync(file, copy);
        chownSync(copy, 0, USER);
        chmodSync(copy, 0o440);
      }
      return { destination, type: 'bind', source, options: ['bind', 'ro'] };
    });
  }
}
