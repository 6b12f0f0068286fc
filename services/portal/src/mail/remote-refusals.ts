import { RemoteError, status } from '@crossroads/grpc';
import { BadRequestException, ForbiddenException, NotFoundException } from '@nestjs/common';

/** What a service refuses as the pages say it. Anything else comes back unchanged. */
export const asPageError = (error: unknown): unknown => {
  if (!(error instanceof RemoteError)) return error;
  if (error.code === status.NOT_FOUND) return new NotFoundException();
  if (error.code === status.PERMISSION_DENIED) return new ForbiddenException();
  return error;
};

/** Names of the fields that a service found wrong. */
export const wrongFields = (
  error: unknown,
): readonly { readonly field: string; readonly reason: string }[] | undefined =>
  error instanceof RemoteError && error.code === status.INVALID_ARGUMENT
    ? error.violations.map(({ field, reason }) => ({ field, reason }))
    : undefined;

/** The same for a call whose input comes from hidden fields and addresses: what is malformed there is nobody's typing. */
export const refusedAsPage = async <Answer>(answer: Promise<Answer>): Promise<Answer> => {
  try {
    return await answer;
  } catch (error) {
    throw wrongFields(error) ? new BadRequestException() : asPageError(error);
  }
};
