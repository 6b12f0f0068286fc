import { readFileSync } from 'node:fs';
import { officialToken } from '@crossroads/client';
import type { CallOptions } from '@crossroads/grpc';
import { type InstitutionName, numberOf } from '@crossroads/local';
import type { WholeMesh } from './whole-mesh.js';

/** An official of an institution of the demo, for one call to the person registry. */
export const official = async (mesh: WholeMesh, name: InstitutionName): Promise<CallOptions> => {
  const token = await officialToken(
    {
      institution: numberOf(name),
      officialId: 'desk-1',
      role: 'registrar',
      certificate: readFileSync(mesh.network.connection(name).tls.cert, 'utf8'),
    },
    { kid: 'officials', privatePem: mesh.network.officialsKey },
  );
  return { metadata: { authorization: `Bearer ${token}` } };
};
