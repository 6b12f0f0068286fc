import type { CheckResponse } from '@crossroads/contracts/authorization/v1/authorization_service';
import { PermissionDenied } from '@crossroads/grpc';
import { decide } from '@crossroads/policy';
import { authorization } from '@crossroads/topology';
import { Injectable } from '@nestjs/common';
import { LivePolicy } from '../policy/live-policy.js';
import type { Viewer } from '../policy/viewer.js';
import type { CheckInput } from './check.pipe.js';

/** Explains what the services of the mesh would decide: the same rules on the same policy. */
@Injectable()
export class PolicyCheck {
  constructor(private readonly live: LivePolicy) {}

  /** @throws PermissionDenied */
  check(viewer: Viewer, input: CheckInput): CheckResponse {
    if (!viewer.mayAskAbout(input.customer))
      throw new PermissionDenied('NOT_YOUR_INSTITUTION', 'ask about your own institution, or one that you represent');
    // A service as the peer: whether an application's key is registered is not part of this question.
    const peer = { kind: 'service', name: authorization.name, spki: '' } as const;
    const decision = decide(this.live.index, { ...input, peer });
    const { policyRevision } = decision;
    if (!decision.allowed)
      return { allowed: false, deliberationId: '', fieldGroups: [], reason: decision.reason, policyRevision };
    const [deliberationId] = decision.deliberationIds;
    return { allowed: true, deliberationId, fieldGroups: decision.fieldGroups, reason: '', policyRevision };
  }
}
