import type { Inscription } from '@crossroads/contracts/directory/v1/directory_service';
import { Injectable } from '@nestjs/common';
import { MeshCalls } from '../mesh/mesh-calls.js';
import type { Session } from '../session/session.js';

const PAGE_SIZE = 1_000;
/** Far more files than anybody has. */
const MAX_PAGES = 10;

/** Who has a file on whoever is signed in. */
@Injectable()
export class OwnInscriptions {
  constructor(private readonly calls: MeshCalls) {}

  async all(session: Session): Promise<readonly Inscription[]> {
    const found: Inscription[] = [];
    let pageToken = '';
    for (let page = 0; page < MAX_PAGES; page++) {
      const request = { pageSize: PAGE_SIZE, pageToken };
      const answer = await this.calls.as(session, 'inscriptions', (directory, options) =>
        directory.listOwnInscriptions(request, options),
      );
      found.push(...answer.inscriptions);
      pageToken = answer.nextPageToken;
      if (pageToken === '') break;
    }
    return found;
  }
}
