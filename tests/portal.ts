import { Citizen, type Mail } from '@crossroads/client';
import type { Access } from '@crossroads/contracts/audit/v1/audit_service';
import type { MailboxReference } from '@crossroads/contracts/ebox/v1/message';
import { accessAudit, ebox } from '@crossroads/topology';
import type { WholeMesh } from './whole-mesh.js';

/** The citizen portal: signs people in, and shows them their mail and their list of accesses. */
export class Portal {
  private readonly citizen: Citizen;

  constructor(private readonly mesh: WholeMesh) {
    this.citizen = new Citizen(mesh.network.connection('citizen-portal'));
  }

  /** The mail that a person reads: their own, or a mailbox of somebody else. Signs in anew, as tokens live for minutes. */
  async mailOf(ssin: string, mailbox?: MailboxReference): Promise<Mail> {
    return this.citizen.mail(await this.token(ssin, ebox.name), mailbox);
  }

  /** The person's list of accesses, newest first, without their own consultations of the list. */
  async accessesOf(ssin: string): Promise<Access[]> {
    const accesses: Access[] = [];
    for await (const access of this.citizen.accesses(await this.token(ssin, accessAudit.name), { pageSize: 200 }))
      if (access.mail !== undefined || access.customer !== '') accesses.push(access);
    return accesses;
  }

  close(): void {
    this.citizen.close();
  }

  private token(ssin: string, service: typeof accessAudit.name | typeof ebox.name): Promise<string> {
    return this.mesh.network.signIn(ssin, service);
  }
}
