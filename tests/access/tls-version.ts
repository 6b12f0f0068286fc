import { connect, type SecureVersion } from 'node:tls';

/** Which TLS was agreed on, or the code of the failure: a client with a good certificate that knows no newer one. */
export const agreedTls = (
  address: string,
  identity: { readonly ca: string; readonly cert: string; readonly key: string },
  maxVersion: SecureVersion,
): Promise<string> => {
  const [host = '', port] = address.split(':');
  return new Promise((resolve) => {
    const socket = connect({
      host,
      port: Number(port),
      ...identity,
      minVersion: 'TLSv1.2',
      maxVersion,
      ALPNProtocols: ['h2'],
      checkServerIdentity: () => undefined,
      timeout: 10_000,
    });
    const end = (verdict: string) => {
      socket.destroy();
      resolve(verdict);
    };
    socket.on('secureConnect', () => end(socket.getProtocol() ?? 'none'));
    socket.on('error', (error) => end(String(Reflect.get(error, 'code'))));
    socket.on('timeout', () => end('no answer'));
  });
};
