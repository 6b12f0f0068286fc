import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { compile } from 'sass';

export interface Asset {
  readonly type: string;
  readonly plain: Buffer;
  readonly gzip: Buffer;
  readonly brotli: Buffer;
}

export type AssetName = 'portal.css' | 'portal.js' | 'govuk-frontend.js' | 'mark.svg';

const require = createRequire(import.meta.url);

const TYPES: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
};

/** Files of ours that tsc does not build are named by the package's `exports`, which an image takes along. */
const own = (file: string): string => require.resolve(`@crossroads/portal/${file}`);

/** govuk-frontend's Sass is found beside its package. */
const stylesheet = (): string =>
  compile(own('portal.scss'), {
    style: 'compressed',
    loadPaths: [dirname(dirname(require.resolve('govuk-frontend/package.json')))],
    quietDeps: true,
  }).css;

interface Assets {
  readonly urls: ReadonlyMap<AssetName, string>;
  readonly files: ReadonlyMap<string, Asset>;
}

const make = (): Assets => {
  const urls = new Map<AssetName, string>();
  const files = new Map<string, Asset>();
  const add = (name: AssetName, content: string): string => {
    const plain = Buffer.from(content);
    const hash = createHash('sha256').update(plain).digest('base64url').slice(0, 12);
    const file = name.replace('.', `-${hash}.`);
    const extension = name.slice(name.indexOf('.') + 1);
    files.set(file, {
      type: TYPES[extension] ?? 'application/octet-stream',
      plain,
      gzip: gzipSync(plain, { level: 9 }),
      brotli: brotliCompressSync(plain),
    });
    urls.set(name, `/assets/${file}`);
    return file;
  };
  add('portal.css', stylesheet());
  add('mark.svg', readFileSync(own('mark.svg'), 'utf8'));
  const library = readFileSync(require.resolve('govuk-frontend/dist/govuk/govuk-frontend.min.js'), 'utf8');
  // Its map is not served.
  const govuk = add('govuk-frontend.js', library.replace(/\n?\/\/# sourceMappingURL=.*\s*$/, '\n'));
  add('portal.js', readFileSync(own('portal.mjs'), 'utf8').replace('./govuk-frontend.js', `./${govuk}`));
  return { urls, files };
};

let assets: Assets | undefined;

/** Made once a process, of which compiling the stylesheet takes most (0.7 s): a build step would leave a file that can be stale. */
const all = (): Assets => (assets ??= make());

/** Its content's hash is in its name, so that a browser keeps it for ever. */
export const assetUrl = (name: AssetName): string => {
  const url = all().urls.get(name);
  if (url === undefined) throw new Error(`there is no asset ${name}`);
  return url;
};

/** By the last part of its URL. */
export const assetFile = (file: string): Asset | undefined => all().files.get(file);
