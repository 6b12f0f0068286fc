import { Role } from '@crossroads/contracts/authorization/v1/policy';
import type { Caller } from '@crossroads/grpc';
import type { Policy } from '@crossroads/policy';
import type { Deliberation } from './policy-entities.js';

/** What a caller may see: administrators and the committee everything, other institutions what concerns them. */
export interface Viewer {
  maySee(deliberation: Deliberation): boolean;
  /** Whether it may ask what is granted to this institution. */
  mayAskAbout(enterpriseNumber: string): boolean;
}

export const viewerOf = (caller: Caller, policy: Policy): Viewer => {
  const number = caller.kind === 'institution' ? caller.enterpriseNumber : '';
  const all = policy.hasRole(number, Role.ROLE_ADMINISTRATOR) || policy.hasRole(number, Role.ROLE_COMMITTEE);
  return {
    maySee: ({ recipient, submittedBy }) => all || recipient === number || submittedBy === number,
    mayAskAbout: (enterpriseNumber) => all || policy.mayActFor(caller, enterpriseNumber),
  };
};
