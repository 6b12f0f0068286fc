import { Module } from '@nestjs/common';
import { SnapshotJoins } from './snapshot-joins.js';
import { Snapshots } from './snapshots.js';

/** Which snapshots there are, and what mutations are compared with. */
@Module({ providers: [Snapshots, SnapshotJoins], exports: [Snapshots, SnapshotJoins] })
export class SnapshotStateModule {}
