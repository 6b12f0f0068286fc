import { Ask, Behind, Outcome, type Release } from '@crossroads/contracts/access/v1/access_record';
import { AccessConcluded } from '@crossroads/contracts/access/v1/events';

/** A release as its readers see it, and all of its bytes. */
export interface DecodedRelease {
  readonly ask: Ask;
  readonly behind: Behind;
  readonly outcome: Outcome;
  readonly bytes: readonly Buffer[];
}

/** The releases of an access that was published; what is refused is encoded in the same way as what is concluded. */
export const releasesIn = (event: { readonly data: Uint8Array } | undefined): DecodedRelease[] =>
  AccessConcluded.decode(event?.data ?? Buffer.alloc(0)).releases.map(decodedRelease);

const decodedRelease = ({ ask, behind, outcome }: Release): DecodedRelease => ({
  ask: Ask.decode(ask),
  behind: Behind.decode(behind),
  outcome: Outcome.decode(outcome),
  bytes: [ask, behind, outcome],
});
