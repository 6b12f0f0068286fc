import type { MessageType } from '@crossroads/contracts/ebox/v1/message';
import type { Mailbox } from '@crossroads/contracts/ebox/v1/mailbox_service';
import { Injectable } from '@nestjs/common';
import { MeshCalls } from '../mesh/mesh-calls.js';
import { partOf } from '../mesh/service-away.js';
import type { Session } from '../session/session.js';

/** What several pages of mail ask. */
@Injectable()
export class Mailboxes {
  constructor(private readonly calls: MeshCalls) {}

  /** That the person may read, the own one first. */
  async of(session: Session): Promise<readonly Mailbox[]> {
    const { mailboxes } = await this.calls.as(session, 'mailboxes', (client, options) =>
      client.listMailboxes({}, options),
    );
    return mailboxes;
  }

  /** Without titles, kinds of messages are shown by name. */
  async messageTypes(): Promise<readonly MessageType[]> {
    const types = await partOf(this.calls.messageTypes((client) => client.listMessageTypes({})));
    return 'value' in types ? types.value.messageTypes : [];
  }
}
