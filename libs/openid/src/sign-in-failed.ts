/**
 * Why a sign-in, or the renewal of a token, did not succeed:
 *
 * - `PROVIDER_AWAY`: the provider does not answer, or answers with an error of its own
 * - `FRONT_END_REFUSED`: the provider does not know the front end, or its certificate
 * - `REFUSED`: the person broke off, or the provider refused them
 * - `NOT_OURS`: the answer does not belong to the sign-in that was begun: another browser, another tab, or a replay
 * - `TOO_WEAK`: the person did not sign in by the level of assurance that was asked for
 * - `ENDED`: the sign-in has ended at the provider; the person signs in again
 */
export type SignInFault = 'PROVIDER_AWAY' | 'FRONT_END_REFUSED' | 'REFUSED' | 'NOT_OURS' | 'TOO_WEAK' | 'ENDED';

/** The message names no person and holds no token. */
export class SignInFailed extends Error {
  override readonly name = 'SignInFailed';

  constructor(
    readonly fault: SignInFault,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  /** Whether it is for an operator, and nothing that the person can mend by signing in again. */
  get isOutage(): boolean {
    return this.fault === 'PROVIDER_AWAY' || this.fault === 'FRONT_END_REFUSED';
  }
}
