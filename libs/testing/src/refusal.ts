import { RemoteError } from '@crossroads/grpc';

/** The error of a refused call. */
export const refusalOf = async (call: Promise<unknown>): Promise<RemoteError> => {
  try {
    await call;
  } catch (error) {
    if (error instanceof RemoteError) return error;
    throw error;
  }
  throw new Error('the call was answered');
};
