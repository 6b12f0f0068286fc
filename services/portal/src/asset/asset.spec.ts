import { request as httpRequest } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AssetModule } from './asset.module.js';
import { type AssetName, assetFile, assetUrl } from './assets.js';

interface Answer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

describe('the door of assets', () => {
  let application: INestApplication;
  let port: number;

  beforeAll(async () => {
    application = await NestFactory.create(AssetModule, { logger: false });
    await application.listen(0, '127.0.0.1');
    port = ((application.getHttpServer() as Server).address() as AddressInfo).port;
  });
  afterAll(() => application.close());

  /** With the path as it is: fetch would take its dots away. */
  const get = (path: string, coding = 'identity'): Promise<Answer> =>
    new Promise((resolve, reject) => {
      httpRequest({ port, host: '127.0.0.1', path, headers: { 'accept-encoding': coding } }, (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('end', () =>
          resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(parts) }),
        );
      })
        .on('error', reject)
        .end();
    });

  const types: readonly (readonly [AssetName, string])[] = [
    ['portal.css', 'text/css; charset=utf-8'],
    ['portal.js', 'text/javascript; charset=utf-8'],
    ['govuk-frontend.js', 'text/javascript; charset=utf-8'],
    ['mark.svg', 'image/svg+xml'],
  ];
  it.each(types)('%s is kept for ever, with its type', async (name, type) => {
    const { status, headers } = await get(assetUrl(name));
    expect(status).toBe(200);
    expect(headers['content-type']).toContain(type);
    expect(headers['cache-control']).toBe('public, max-age=31536000, immutable');
  });

  it('it goes out compressed as the browser reads it, and is the same file', async () => {
    const url = assetUrl('portal.css');
    const plain = assetFile(url.replace('/assets/', ''))?.plain;
    const [bare, gzip, brotli] = [await get(url), await get(url, 'gzip'), await get(url, 'gzip, br')];
    expect([bare, gzip, brotli].map(({ headers }) => headers['content-encoding'])).toEqual([undefined, 'gzip', 'br']);
    expect(bare.body.equals(plain ?? Buffer.of())).toBe(true);
    expect(gunzipSync(gzip.body).equals(bare.body)).toBe(true);
    expect(brotliDecompressSync(brotli.body).equals(bare.body)).toBe(true);
    expect(brotli.headers['vary']).toMatch(/accept-encoding/i);
  });

  it.each([
    '/assets/portal.css',
    '/assets/portal-000000000000.css',
    '/assets/../package.json',
    '/assets/..%2f..%2fpackage.json',
    '/assets/%2e%2e/package.json',
    '/assets/__proto__',
    '/assets/',
  ])('%s is not found', async (path) => {
    expect((await get(path)).status).toBe(404);
  });
});
