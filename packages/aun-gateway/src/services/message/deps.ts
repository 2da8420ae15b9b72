import type { Clock, Logger, RandomBytes } from 'aun-core';
import type { AgentMdLookup, AidDirectory, EdgeLimits } from '../../ports.js';
import type { SessionIndex } from '../../session/session-index.js';
import type { BodyStore } from '../../store/body-store.js';
import type { CursorBook } from '../../store/cursor-book.js';
import type { Database } from '../../store/database.js';
import type { DeviceStore } from '../../store/device-store.js';
import type { GroupCommit } from '../../store/group-commit.js';
import type { InboxStore } from '../../store/inbox-store.js';
import type { PrekeyStore } from '../../store/prekey-store.js';
import type { ActiveDevices } from './active-devices.js';
import type { PushStage } from './push-stage.js';

/** What the message service stands on. */
export interface MessageDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly random: RandomBytes;
  readonly limits: EdgeLimits;
  readonly db: Database;
  readonly commit: GroupCommit;
  readonly devices: DeviceStore;
  readonly prekeys: PrekeyStore;
  readonly bodies: BodyStore;
  readonly inbox: InboxStore;
  readonly cursors: CursorBook;
  readonly directory: AidDirectory;
  readonly agentMd: AgentMdLookup;
  readonly index: SessionIndex;
  readonly active: ActiveDevices;
  readonly push: PushStage;
}
