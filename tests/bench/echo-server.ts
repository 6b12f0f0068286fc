import { readFileSync } from 'node:fs';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { echoDefinition } from './echo-definition.js';

/** The reference for consultations: a grpc-js server with mutual TLS that returns the request. Arguments: three PEM files. */
const [ca = '', certificate = '', key = ''] = process.argv.slice(2).map((file) => readFileSync(file));
const server = new Server();
server.addService(
  { echo: echoDefinition },
  {
    echo: (call: { readonly request: Buffer }, done: (error: null, response: Buffer) => void) =>
      done(null, call.request),
  },
);
const secure = ServerCredentials.createSsl(
  Buffer.from(ca),
  [{ private_key: Buffer.from(key), cert_chain: Buffer.from(certificate) }],
  true,
);
server.bindAsync('127.0.0.1:0', secure, (error, port) => {
  if (error) throw error;
  process.send?.(port);
});
process.once('disconnect', () => process.exit(0));
