import type { ImportPersonsResponse, RefusedRecord } from '@crossroads/contracts/person/v1/person_service';
import { isRejection } from '@crossroads/eventsourcing';
import { InvalidInput, PermissionDenied } from '@crossroads/grpc';
import type { ImportOutcome } from './import.commands.js';

/** Counts the records of an import, and collects those that were refused since the last report. */
export class ImportProgress {
  private recordsRead = 0n;
  private readonly counts = { registered: 0n, changed: 0n, unchanged: 0n };
  private refused: RefusedRecord[] = [];

  add(reference: string, outcome: ImportOutcome): void {
    if (isRejection(outcome)) this.refuse(reference, outcome);
    else {
      this.recordsRead++;
      this.counts[outcome]++;
    }
  }

  /** @throws what is no refusal of one record */
  refuse(reference: string, error: unknown): void {
    if (error instanceof InvalidInput) {
      const [{ reason, field, description }] = error.violations;
      this.refused.push({ reference, reason, description: `${field}: ${description}` });
    } else if (isRejection(error) || error instanceof PermissionDenied)
      this.refused.push({ reference, reason: String(error.reason), description: error.message });
    else throw error;
    this.recordsRead++;
  }

  report(done: boolean): ImportPersonsResponse {
    const refused = this.refused;
    this.refused = [];
    return { recordsRead: this.recordsRead, ...this.counts, refused, done };
  }
}
