import { verify } from './checks.js';
import type { Tour } from './tour.js';

/** The portal's public page, as a browser would get it. */
export const showPages = async ({ mesh, output }: Tour): Promise<void> => {
  output.step('The portal: citizens see in a browser who looked at their data, and read their mail');
  const address = `${mesh.portalUrl}/en`;
  const answer = await fetch(address, { signal: AbortSignal.timeout(10_000) });
  verify(answer.status === 200, `${address} answers ${answer.status}`);
  const [, title] = /<title>([^<]+)<\/title>/.exec(await answer.text()) ?? [];
  verify(title !== undefined, `${address} has no title`);
  const policy = answer.headers.get('content-security-policy') ?? '';
  verify(policy.includes("default-src 'none'"), `${address} has the content security policy “${policy}”`);
  output.verified(`${address} answers with the page “${title}”, which may load nothing from elsewhere`);
};
