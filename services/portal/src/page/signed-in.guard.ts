import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { SessionEnded } from '../session/session.js';

/** Lets in whoever is signed in; others sign in first. */
@Injectable()
export class SignedInGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { session } = context.switchToHttp().getRequest<Request>();
    if (session === undefined) throw new SessionEnded('nobody is signed in');
    return true;
  }
}
