import { Module } from '@nestjs/common';
import { MeshClientsModule } from '../mesh/mesh-clients.module.js';
import { ServiceStateChecks } from './service-states.js';
import { StateController } from './state.controller.js';

/** Whether each service answers now. */
@Module({ imports: [MeshClientsModule], controllers: [StateController], providers: [ServiceStateChecks] })
export class StateModule {}
