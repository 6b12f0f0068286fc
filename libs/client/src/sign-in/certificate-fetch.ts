import { readFileSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import type { TlsFiles } from '@crossroads/grpc';
import type { CustomFetch } from 'openid-client';

const MAX_BYTES = 1_000_000;

/** `fetch` that shows a client certificate to HTTPS servers, which the one of Node.js cannot. */
export const certificateFetch = ({ ca, cert, key }: TlsFiles): CustomFetch => {
  const identity = { ca: readFileSync(ca), cert: readFileSync(cert), key: readFileSync(key) };
  return async (url, { method, headers, body, redirect, signal }) => {
    const more = signal ? { signal } : {};
    if (new URL(url).protocol !== 'https:')
      return fetch(url, { method, headers, redirect, ...more, ...(body == null ? {} : { body }) });
    const content = body == null ? undefined : Buffer.from(await new Response(body).arrayBuffer());
    return new Promise((resolve, reject) => {
      const request = httpsRequest(url, { method, headers, ...identity, ...more }, (response) => {
        const chunks: Buffer[] = [];
        let length = 0;
        response.on('data', (chunk: Buffer) => {
          length += chunk.length;
          if (length > MAX_BYTES)
            request.destroy(new Error(`the sign-in provider answers with over ${MAX_BYTES} bytes`));
          chunks.push(chunk);
        });
        response.once('error', reject);
        response.once('end', () => resolve(responseOf(response.statusCode ?? 500, response.headers, chunks)));
      });
      request.once('error', reject);
      request.end(content);
    });
  };
};

const responseOf = (
  status: number,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  chunks: readonly Buffer[],
): Response => {
  const pairs = Object.entries(headers).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
  );
  return new Response(status === 204 ? null : Buffer.concat(chunks), { status, headers: pairs });
};
