import { Role } from '@crossroads/contracts/authorization/v1/policy';
import type { Caller } from '@crossroads/grpc';
import type { Policy } from '@crossroads/policy';
import type { Deliberation } from '../domain/entities.js';

/** Who reads, and what of: administrators and the committee all, others what concerns them. */
export interface Reader {
  maySee(deliberation: Deliberation): boolean;
  /** Whether it may ask what this institution may have. */
  mayAskAbout(enterpriseNumber: string): boolean;
}

export const readerOf = (caller: Caller, policy: Policy): Reader => {
  const number = caller.kind === 'institution' ? caller.enterpriseNumber : '';
  const all = policy.hasRole(number, Role.ROLE_ADMINISTRATOR) || policy.hasRole(number, Role.ROLE_COMMITTEE);
  return {
    maySee: ({ recipient, submittedBy }) => all || recipient === number || submittedBy === number,
    mayAskAbout: (enterpriseNumber) => all || policy.mayActFor(caller, enterpriseNumber),
  };
};
