import 'reflect-metadata';
import { runService } from '@crossroads/service';
import { AppModule } from './app.module.js';
import { service } from './service.js';
import { startPortal } from './start-portal.js';

await runService(service, AppModule, startPortal);
