import { connect, type SecureVersion } from 'node:tls';

/** Connects with a valid certificate and this maximum version of TLS. Resolves to the agreed version, or to the code of the failure. */
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
