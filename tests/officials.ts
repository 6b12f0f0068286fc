import { readFileSync } from 'node:fs';
import { officialToken } from '@crossroads/client';
import type { CallOptions } from '@crossroads/grpc';
import { type InstitutionName, numberOf } from '@crossroads/local';
import type { WholeMesh } from './whole-mesh.js';

/** An official of an institution of the demo, for one call to the person registry. */
export const official = async (mesh: WholeMesh, name: InstitutionName): Promise<CallOptions> => {
  const { tls, requestKey } = mesh.network.connection(name);
  if (requestKey === undefined) throw new Error(`${name} has no official key`);
  const token = await officialToken(
    {
      institution: numberOf(name),
      officialId: 'desk-1',
      role: 'registrar',
      certificate: readFileSync(tls.cert, 'utf8'),
    },
    requestKey,
  );
  return { metadata: { authorization: `Bearer ${token}` } };
};
