import { type ChildProcess, fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DocumentServiceService, OpenDocumentRequest } from '@crossroads/contracts/document/v1/document_service';
import { DownloadDocumentRequest, MessageServiceService } from '@crossroads/contracts/ebox/v1/message_service';
import { connect, serve, startServer, type TlsFiles } from '@crossroads/grpc';
import { anchorFile, CertificateAuthorities, identityFiles, spkiOfPem } from '@crossroads/local';
import { chunkPart, DocumentWorld, headerPart, PROVIDER, READER, trustDomain } from '../test/document-world.js';

const CHUNK = Buffer.alloc(64 * 1024, 'a decision on a benefit ');
const SIZE = 100 * 1024 * 1024;
const CHUNKS = SIZE / CHUNK.length;

const contentHash = (): string => {
  const hash = createHash('sha256');
  for (let n = 0; n < CHUNKS; n++) hash.update(CHUNK);
  return hash.digest('base64');
};

const document = () => ({
  id: 'bench',
  name: 'decision.pdf',
  mediaType: 'application/pdf',
  size: SIZE,
  sha256: contentHash(),
});

const identity = async (
  folder: string,
  name: string,
  issue: Parameters<typeof identityFiles>[3],
): Promise<TlsFiles> => {
  const authority = await CertificateAuthorities.open(folder, trustDomain);
  const { ca, certificate: cert, key } = await identityFiles(folder, name, authority, issue);
  return { ca, cert, key };
};

/** A provider that sends the same 100 MiB to everybody, and costs as little as possible. */
export const runProvider = async (folder: string): Promise<{ readonly port: number; readonly spki: string }> => {
  const published = document();
  const tls = await identity(folder, 'provider', (issuer) =>
    issuer.issueApplication({ application: 'documents', enterpriseNumber: PROVIDER }),
  );
  async function* openDocument() {
    yield headerPart({}, published);
    for (let n = 0; n < CHUNKS; n++) yield chunkPart(CHUNK);
  }
  const service = serve(DocumentServiceService, { openDocument }, { allow: { openDocument: ['service:ebox'] } });
  const where = { host: '127.0.0.1', port: 0, tls, trustDomain, domain: 'bench.crossroads' };
  const { port } = await startServer({ ...where, services: [service] });
  return { port, spki: spkiOfPem(readFileSync(tls.cert, 'utf8')) };
};

/** The eBox between that provider and readers. */
export const runEbox = async (folder: string, provider: string, spki: string): Promise<{ readonly port: number }> => {
  const world = await DocumentWorld.create(folder);
  await world.register(PROVIDER, { address: `127.0.0.1:${provider}`, serverSpkiHashes: [spki] });
  world.publish(document());
  return { port: world.port };
};

export interface ContentFigures {
  readonly throughPerSecond: number;
  readonly directPerSecond: number;
  readonly ratio: number;
  /** Milliseconds of CPU for one MiB: of the eBox's process, and of both ends of the direct stream. */
  readonly cpuMs: { readonly ebox: number; readonly direct: number };
}

const ROUNDS = 3;

/** Bytes a second from a provider's process through the eBox's to this one, and from the provider's straight to this one, in turns. */
export const benchContent = async (say: (line: string) => void): Promise<ContentFigures> => {
  const folder = mkdtempSync(join(tmpdir(), 'crossroads-content-'));
  const children: ChildProcess[] = [];
  const start = async (...args: string[]) => {
    const child = fork(fileURLToPath(new URL('./run-content.js', import.meta.url)), args);
    children.push(child);
    const [answer] = (await once(child, 'message')) as [{ readonly port: number; readonly spki: string }];
    return { ...answer, child };
  };
  try {
    const tls = await identity(folder, 'ebox', (issuer) => issuer.issueService('ebox'));
    const provider = await start('provider', folder);
    const ebox = await start('ebox', folder, String(provider.port), provider.spki);
    const direct = connect(DocumentServiceService, `127.0.0.1:${provider.port}`, {
      tls: { ...tls, ca: anchorFile(folder, 'institutions') },
      trustDomain,
      server: { kind: 'institution', enterpriseNumber: PROVIDER },
    });
    const reader = connect(MessageServiceService, `127.0.0.1:${ebox.port}`, {
      tls: await identity(folder, `institution-${READER}`, (issuer) =>
        issuer.issueApplication({ application: 'documents', enterpriseNumber: READER }),
      ),
      trustDomain,
      server: { kind: 'service', name: 'ebox' },
    });
    const ways = {
      direct: () => direct.openDocument(OpenDocumentRequest.fromPartial({})),
      through: () => reader.downloadDocument(DownloadDocumentRequest.fromPartial({ documentId: 'bench' })),
    };
    const best = { direct: 0, through: 0 };
    const cpuMs = { ebox: 0, direct: 0 };
    for (let round = 0; round <= ROUNDS; round++)
      for (const name of ['direct', 'through'] as const) {
        const before = { ebox: await cpuOf(ebox.child), ends: await cpuOf(provider.child, process) };
        const perSecond = await bytesPerSecond(ways[name]());
        // The first round warms up.
        if (round === 0) continue;
        say(`${name}: ${(perSecond / 1e6).toFixed(0)} MB/s`);
        best[name] = Math.max(best[name], perSecond);
        if (name === 'through') cpuMs.ebox += (await cpuOf(ebox.child)) - before.ebox;
        else cpuMs.direct += (await cpuOf(provider.child, process)) - before.ends;
      }
    direct.close();
    reader.close();
    const perMiB = (ms: number) => ms / ((ROUNDS * SIZE) / 1024 / 1024);
    return {
      throughPerSecond: best.through,
      directPerSecond: best.direct,
      ratio: best.through / best.direct,
      cpuMs: { ebox: perMiB(cpuMs.ebox), direct: perMiB(cpuMs.direct) },
    };
  } finally {
    for (const child of children) child.disconnect();
    rmSync(folder, { recursive: true, force: true });
  }
};

/** Milliseconds of CPU that a child has used, and this process. */
const cpuOf = async (child: ChildProcess, self?: typeof process): Promise<number> => {
  child.send('cpu');
  const [ofChild] = (await once(child, 'message')) as [NodeJS.CpuUsage];
  const all = [ofChild, ...(self ? [self.cpuUsage()] : [])];
  return all.reduce((sum, { user, system }) => sum + user + system, 0) / 1_000;
};

const bytesPerSecond = async (
  parts: AsyncIterable<{ readonly part?: { readonly $case: string; readonly value: unknown } | undefined }>,
): Promise<number> => {
  const from = performance.now();
  let length = 0;
  for await (const { part } of parts) if (part?.value instanceof Uint8Array) length += part.value.length;
  if (length !== SIZE) throw new Error(`${length} bytes came instead of ${SIZE}`);
  return (length * 1_000) / (performance.now() - from);
};
