export { CitizenTokens } from './citizen-tokens.js';
export { CitizenTokensModule } from './citizen-tokens.module.js';
export { type Citizen, Citizens } from './citizens.js';
export type { Official } from './official-token.js';
export { Officials } from './officials.js';
export { OfficialsModule } from './officials.module.js';
export { personsAsOne } from './persons-as-one.js';
export { SignInModule } from './sign-in.module.js';
