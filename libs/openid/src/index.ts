export { SignInFailed, type SignInFault } from './sign-in-failed.js';
export {
  type AccessToken,
  type EndedAtProvider,
  type PendingSignIn,
  type SignedIn,
  SignInClient,
  type SignInClientOptions,
} from './sign-in-client.js';
