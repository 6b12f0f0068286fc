import { type Access, AuditServiceService } from '@crossroads/contracts/audit/v1/audit_service';
import { type Connection, connect } from '@crossroads/grpc';
import { accessAudit } from '@crossroads/topology';
import type { MeshConnection } from './mesh-addresses.js';

/** The mesh as a citizen sees it, through a front end that has a certificate and signs people in. */
export class Citizen {
  private readonly audit: Connection<typeof AuditServiceService>;

  constructor({ addresses, ...identity }: MeshConnection<typeof accessAudit.name>) {
    this.audit = connect(AuditServiceService, addresses[accessAudit.name], {
      ...identity,
      server: { kind: 'service', name: accessAudit.name },
      deadlineMs: 10_000,
    });
  }

  /** Who looked, newest first. `token` is the sign-in provider's; it says whose list it is. */
  async *accesses(token: string, { withoutOwn = false, pageSize = 50 } = {}): AsyncGenerator<Access> {
    for (let pageToken = ''; ; ) {
      const page = await this.audit.listAccesses(
        { pageSize, pageToken, withoutOwn, enterpriseNumber: '' },
        { metadata: { authorization: `Bearer ${token}` } },
      );
      yield* page.accesses;
      if (page.nextPageToken === '') return;
      pageToken = page.nextPageToken;
    }
  }

  close(): void {
    this.audit.close();
  }
}
