import { createParamDecorator, type ExecutionContext, NotFoundException } from '@nestjs/common';
import type { Request } from 'express';
import type { Session } from '../session/session.js';
import { isLanguage, type Language } from '../text/language.js';

/** The request for a page, as those who answer it need it. */
export interface Visit {
  readonly language: Language;
  /** Without the language: `/accesses`. */
  readonly path: string;
  /** With its question mark, or empty. */
  readonly search: string;
  /** Absent: nobody is signed in. */
  readonly session: Session | undefined;
}

/** @throws NotFoundException for a path that does not begin with a language */
export const visitOf = ({ originalUrl, session }: Pick<Request, 'originalUrl' | 'session'>): Visit => {
  const { pathname, search } = new URL(originalUrl, 'http://portal.invalid');
  const [, language = '', ...rest] = pathname.split('/');
  if (!isLanguage(language)) throw new NotFoundException();
  return { language, path: rest.length === 0 ? '' : `/${rest.join('/')}`, search, session };
};

/** Injects the `Visit` into a handler. */
export const Visiting = createParamDecorator((_: unknown, context: ExecutionContext) =>
  visitOf(context.switchToHttp().getRequest<Request>()),
);

/** Injects the session into a handler behind `SignedInGuard`. */
export const SignedIn = createParamDecorator((_: unknown, context: ExecutionContext) => {
  const { session } = context.switchToHttp().getRequest<Request>();
  if (session === undefined) throw new Error('a handler without SignedInGuard asks for the session');
  return session;
});
