export { type Citizen, Citizens } from './citizens.js';
export { SignInModule } from './sign-in.module.js';
