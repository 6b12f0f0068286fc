import { type IdentityPaths, RenewedFiles } from '@crossroads/configuration';
import { Agent, fetch } from 'undici';

/** As the global `fetch`, for what the libraries of OpenID Connect and JOSE pass to it. */
export type Fetch = (url: string, options: object) => Promise<Response>;

/** Fetches with a client certificate, also after its files were renewed. `ca` is what the server is verified by. */
export const mutualTlsFetch = (paths: IdentityPaths): Fetch => {
  const files = new RenewedFiles(paths);
  let used: { readonly pems: ReturnType<RenewedFiles['current']>; readonly agent: Agent } | undefined;
  const agent = (): Agent => {
    const pems = files.current();
    if (used?.pems !== pems) {
      // Requests in flight end; the connections of the old certificate are then closed.
      void used?.agent.close().catch(() => undefined);
      used = { pems, agent: new Agent({ connect: { ...pems } }) };
    }
    return used.agent;
  };
  // The types of undici and of the global fetch describe the same thing in two ways.
  return async (url, options) => {
    const response = await fetch(url, { ...options, dispatcher: agent() });
    return response as unknown as Response;
  };
};
