import { Role } from '@crossroads/contracts/authorization/v1/policy';
import { type Call, PermissionDenied } from '@crossroads/grpc';
import { PolicyFollower } from '@crossroads/policy';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';

/** Lets in administrators of the mesh. Others do not learn whether their request was well-formed, or whether anything is parked. */
@Injectable()
export class AdministratorGuard implements CanActivate {
  constructor(private readonly policy: PolicyFollower) {}

  canActivate(context: ExecutionContext): boolean {
    const { caller } = context.switchToRpc().getContext<Call>();
    if (caller.kind === 'institution' && this.policy.policy().hasRole(caller.enterpriseNumber, Role.ROLE_ADMINISTRATOR))
      return true;
    throw new PermissionDenied('MISSING_PERMISSION', 'only an administrator of the mesh may do that');
  }
}
