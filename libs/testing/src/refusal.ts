import { RemoteError } from '@crossroads/grpc';

/** What a call was refused with. */
export const refusalOf = async (call: Promise<unknown>): Promise<RemoteError> => {
  try {
    await call;
  } catch (error) {
    if (error instanceof RemoteError) return error;
    throw error;
  }
  throw new Error('the call was answered');
};
