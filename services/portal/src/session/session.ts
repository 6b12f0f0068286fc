/** The services that take a citizen's token, each with its own audience. */
export const CITIZEN_SERVICES = ['access-audit', 'ebox', 'person-registry', 'reference-directory'] as const;

export type CitizenService = (typeof CITIZEN_SERVICES)[number];

/** Somebody who is signed in, as one request sees it. */
export interface Session {
  /** As the sign-in provider says it, for the greeting; not an identifier. */
  readonly name: string;
  /** The value of the hidden field `csrf` of each form of this answer. */
  readonly csrfToken: string;
  /** When the person has to sign in again, whatever they do. */
  readonly endsAt: Date;
  /** The token for one service. @throws SessionEnded; ServiceAway when the sign-in provider does not answer */
  accessToken(service: CitizenService): Promise<string>;
}

/** Nobody is signed in, or not any more: the person signs in and comes back to the same page. */
export class SessionEnded extends Error {
  override readonly name = 'SessionEnded';
}

declare global {
  // oxlint-disable-next-line typescript/no-namespace -- the way in which Express' types are extended
  namespace Express {
    interface Request {
      /** Set by the session middleware, for every page; absent: nobody is signed in. */
      session?: Session;
    }
  }
}
