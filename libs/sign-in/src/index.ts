export { Citizens } from './citizens.js';
export type { SignedIn } from './citizen-token.js';
export type { EnterpriseRole, EnterpriseRoles } from './enterprise-roles.js';
export { SignInModule } from './sign-in.module.js';
