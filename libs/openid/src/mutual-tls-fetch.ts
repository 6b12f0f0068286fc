import { RenewedFiles } from '@crossroads/configuration';
import { Agent, fetch } from 'undici';

/** As the global `fetch`, for what the libraries of OpenID Connect and JOSE pass to it. */
export type Fetch = (url: string, options: object) => Promise<Response>;

/** Paths of PEM files. */
export interface ClientCertificate {
  readonly cert: string;
  readonly key: string;
  /** The authorities of the server. @default those of Node.js */
  readonly ca?: string;
}

/** Fetches with a client certificate, also after its files were renewed. */
export const mutualTlsFetch = ({ cert, key, ca }: ClientCertificate): Fetch => {
  const files = new RenewedFiles({ cert, key, ca: ca ?? cert });
  let used: { readonly pems: ReturnType<RenewedFiles['current']>; readonly agent: Agent } | undefined;
  const agent = (): Agent => {
    const pems = files.current();
    if (used?.pems !== pems) {
      // Requests in flight end; the connections of the old certificate are then closed.
      void used?.agent.close().catch(() => undefined);
      const { ca: authorities, ...identity } = pems;
      used = { pems, agent: new Agent({ connect: ca === undefined ? identity : { ...identity, ca: authorities } }) };
    }
    return used.agent;
  };
  // The types of undici and of the global fetch describe the same thing in two ways.
  return async (url, options) => {
    return fetch(url, { ...options, dispatcher: agent() });
  };
};
