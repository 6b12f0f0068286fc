import { Citizen } from '@crossroads/client';
import type { Access } from '@crossroads/contracts/audit/v1/audit_service';
import { accessAudit } from '@crossroads/topology';
import type { WholeMesh } from './whole-mesh.js';

/** A person's list of accesses through the citizen portal, newest first, without their own consultations of the list. */
export const citizenSees = async (mesh: WholeMesh, ssin: string): Promise<Access[]> => {
  const { network } = mesh;
  const citizen = new Citizen(network.connection('citizen-portal'));
  try {
    const token = await network.signIn(ssin, accessAudit.name);
    const accesses: Access[] = [];
    for await (const access of citizen.accesses(token, { withoutOwn: true })) accesses.push(access);
    return accesses;
  } finally {
    citizen.close();
  }
};
