import { EchoService } from './echo-service.js';

/** An rpc of each lane, for specs. */
export const WorkService = {
  /** In the lane `online`. */
  look: { ...EchoService.echo, path: '/crossroads.spec.v1.WorkService/Look' as const },
  /** In the lane `batch`. */
  search: { ...EchoService.echo, path: '/crossroads.spec.v1.WorkService/Search' as const },
  /** In the lane `bulk`. */
  load: { ...EchoService.echo, path: '/crossroads.spec.v1.WorkService/Load' as const },
  /** `endless`. */
  watch: { ...EchoService.count, path: '/crossroads.spec.v1.WorkService/Watch' as const },
} as const;
